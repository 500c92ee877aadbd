"""Items before and after steps, side by side, as a picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.ops import masks
from workbench.ops.shapes import corners

DPI = 110
_INK = "#e0566b"
_LONGEST = 160


class Pairs:
    """A picture of pairs; in a notebook it shows itself."""

    def __init__(self, png: bytes, text: str) -> None:
        self.png, self.text = png, text

    def __repr__(self) -> str:
        return self.text

    def to_json(self) -> dict[str, str]:
        """Return the picture as the faces carry it."""
        return {"image/png": base64.b64encode(self.png).decode("ascii"), "text/plain": self.text}

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.to_json()


def pairs(modality: str, samples: Sequence[tuple[Any, Any]], *, title: str) -> Pairs:
    """Return pairs of samples, each before and after, with what is labeled drawn in."""
    from matplotlib.figure import Figure  # half a second that only a preview needs to spend

    columns = 2 if modality == "text" else min(3, len(samples)) * 2
    rows = -(-len(samples) * 2 // columns)
    high, wide = (0.9, 5.0) if modality == "text" else (1.9, 1.9)
    figure = Figure(figsize=(wide * columns, high * rows + 0.4), dpi=DPI, layout="constrained", facecolor="white")
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    for place, sample in enumerate([side for pair in samples for side in pair]):
        axes = figure.add_subplot(rows, columns, place + 1)
        axes.set_axis_off()
        axes.set_title(("before", "after")[place % 2], fontsize=7, color="#70757a", loc="left", pad=2)
        _DRAWN[modality](axes, sample)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Pairs(file.getvalue(), f"{title}: {len(samples)} items before and after")


def _image(axes: Any, sample: Any) -> None:
    axes.imshow(sample.content, interpolation="nearest")
    for region in sample.regions:
        if "box" in region:
            _outline(axes, corners(region["box"], float(region.get("rotation", 0.0))))
        elif "polygon" in region:
            _outline(axes, region["polygon"])
        elif "mask" in region:
            axes.contour(masks.decode(region["mask"]), levels=[0.5], colors=_INK, linewidths=1)
        elif "point" in region:
            axes.plot(*region["point"], "o", ms=4, mfc="none", mec=_INK)


def _outline(axes: Any, points: Sequence[Sequence[float]]) -> None:
    closed = np.asarray([*points, points[0]], float) - 0.5  # the picture's first pixel has its middle at 0
    axes.plot(closed[:, 0], closed[:, 1], color=_INK, lw=1.2)


def _audio(axes: Any, sample: Any) -> None:
    sound = sample.content
    axes.plot(np.arange(len(sound.samples)) / sound.rate, sound.samples.mean(axis=1), lw=0.5, color="#4c8bf5")
    axes.set_ylim(-1, 1)
    for region in sample.regions:
        axes.axvspan(region["start"], region["end"], color=_INK, alpha=0.25)


def _text(axes: Any, sample: Any) -> None:
    text = str(sample.content)
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    axes.text(0, 0.9, shown, va="top", fontsize=8, wrap=True, family=["DejaVu Sans", "sans-serif"])


def _table(axes: Any, sample: Any) -> None:
    told = "\n".join(f"{k}: {v:.4g}" if isinstance(v, float) else f"{k}: {v}" for k, v in list(sample.content.items())[:10])
    axes.text(0, 1, told, va="top", fontsize=6)


_DRAWN = {"image": _image, "audio": _audio, "text": _text, "table": _table}
