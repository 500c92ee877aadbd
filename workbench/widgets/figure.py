"""Training curves as a matplotlib figure: what a notebook keeps of a run when the kernel is gone."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

DPI = 144
_COLORS = ("#4c8bf5", "#f28e2b", "#2fa89c", "#c25fb0", "#8a9a2b", "#e0566b", "#7b6fd6", "#b07b4f")
_INK, _MUTED, _RULE = "#212121", "#70757a", "#e3e5e8"
_DOTS_UP_TO = 40


def curves_figure(
    title: str,
    state: str,
    points: Sequence[Mapping[str, float]],
    panes: Sequence[Mapping[str, Any]],
    best: Mapping[str, Any],
) -> bytes:
    """Return one pane per group of metrics, side by side, as PNG; the best step is marked."""
    from matplotlib.figure import Figure  # half a second that only a finished run needs to spend

    figure = Figure(figsize=(4.6 * max(1, len(panes)), 2.9), dpi=DPI, layout="constrained", facecolor="white")
    figure.suptitle(f"{title}  ·  {state}", x=0.01, ha="left", fontsize=10, fontweight="bold", color=_INK)
    for place, pane in enumerate(panes, start=1):
        axes = figure.add_subplot(1, len(panes), place)
        for color, name in zip(_COLORS * len(pane["names"]), pane["names"], strict=False):
            known = [point for point in points if name in point]
            marker = "o" if len(known) <= _DOTS_UP_TO else None
            x, y = [point["step"] for point in known], [point[name] for point in known]
            axes.plot(x, y, color=color, lw=1.8, marker=marker, ms=3, label=name.replace("_", " "))
        if best and best["name"] in pane["names"]:
            axes.axvline(best["step"], color=_MUTED, lw=1, ls=(0, (3, 3)))
            said = f"best {best['value']:.4g}"
            axes.plot([best["step"]], [best["value"]], "o", ms=7, mfc="white", mec=_INK, mew=1.5, label=said)
        _style(axes, pane["title"])
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _style(axes: Any, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=9, color=_INK)
    axes.legend(frameon=False, fontsize=8, labelcolor=_INK)
    axes.grid(axis="y", color=_RULE, lw=0.8)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(length=0, labelsize=8, colors=_MUTED)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_RULE)
