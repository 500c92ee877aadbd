"""Two outputs of one cell, compared: equal as they are, up to what differs for no reason, within a tolerance, or different."""

from __future__ import annotations

import base64
import difflib
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.jobs.running.outputs import normal

#: What `wb.result()` shows; results are compared by name, not as text.
RESULT = "application/vnd.workbench.result+json"
NUMBERED = "run and version numbers"
TIMES = "times"

_PICTURES = ("image/png", "image/jpeg")
_TEXTS = ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml", "application/json")
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
#: In the order in which they are tried: what is put aside, where it stands, and what it becomes.
_ASIDE: Sequence[tuple[str, re.Pattern[str], str]] = (
    (
        NUMBERED,
        re.compile(r"\b((?:model|run|report|labeling|service):[\w.-]*?)(?:-\d+)?(?:@\d+)?(?:#[0-9a-f]+)?(?![\w-])"),
        r"\1",
    ),
    (NUMBERED, re.compile(r"\b(job|train|evaluate|optimize|monitor)-\d+\b"), r"\1"),
    ("progress bars", re.compile(r"^.*\d+%\|.*\|.*$\n?|^.*\d+(?:\.\d+)?(?:it/s|s/it).*$\n?", re.MULTILINE), ""),
    (TIMES, re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (TIMES, re.compile(r"datetime\.(?:datetime|date|time)\([\d, ]+\)"), "<time>"),
    (TIMES, re.compile(rf"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w* )?(?:{_MONTHS}) +\d+ [\d:]+(?: \d{{4}})?"), "<time>"),
    (TIMES, re.compile(r"\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b"), "<time>"),
    (TIMES, re.compile(r"\b1[5-9]\d{8}(?:\d{3}|\.\d+)?\b"), "<time>"),
    (TIMES, re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)? ?(?:ns|µs|us|ms|s|sec|secs|seconds|min|minutes)\b"), "<time>"),
    ("identifiers", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\bT_[0-9a-f]{5}\b"), "<id>"),
    ("temporary names", re.compile(r"/tmp/[\w./-]+"), "<temporary>"),  # noqa: S108  # a pattern, no file
)


@dataclass(frozen=True)
class Compared:
    """What came of it; *up_to* names what was put aside to call them equal."""

    state: Literal["identical", "equal", "different"]
    up_to: tuple[str, ...] = ()
    diff: str = ""
    #: Of different ones: whether the same words came in another order, and whether only the last digits differ.
    is_permuted: bool = False
    is_near: bool = False

    @property
    def why(self) -> str:
        """Return in words what was put aside."""
        return f"equal up to {' and '.join(self.up_to)}" if self.up_to else ""


def compare(
    before: Sequence[Mapping[str, Any]],
    again: Sequence[Mapping[str, Any]],
    *,
    tolerance: float = 0.0,
    folders: Mapping[str, str] | None = None,
) -> Compared:
    """Compare what a cell showed *before* with what it showed *again*; *folders* are the same under two names.

    Standard error is not compared: warnings and progress go there. Addresses of objects never count.
    """
    left, right = _parts(before, folders or {}), _parts(again, folders or {})
    a, b = _texts(left), _texts(right)
    seen = _pictures(before, again)
    if a == b and not seen:
        return Compared("identical")
    up_to: dict[str, None] = {}
    for reason, pattern, instead in _ASIDE:
        was = _n_differing(a, b)
        a, b = pattern.sub(instead, a), pattern.sub(instead, b)
        if _n_differing(a, b) < was:
            up_to[reason] = None
        if a == b and not seen:
            return Compared("equal", tuple(up_to))
    if tolerance and not seen and near(a, b, tolerance):
        return Compared("equal", (*up_to, f"numbers within {tolerance:g}"))
    is_permuted = sorted(re.findall(r"\w+|\S", a)) == sorted(re.findall(r"\w+|\S", b))
    said = "\n".join(filter(None, (_diff(_texts(left), _texts(right)), seen)))
    is_near = not seen and near(a, b, 1e-3)
    return Compared("different", tuple(up_to), said, is_permuted=is_permuted and not seen, is_near=is_near)


def near(a: str, b: str, tolerance: float) -> bool:
    """Return whether two texts are the same but for numbers, and those within a relative *tolerance*.

    >>> near("loss 0.5000001", "loss 0.5", 1e-6), near("loss 1", "rate 1", 1)
    (True, False)
    """
    if _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    pairs = zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True)
    return all(x == y or math.isclose(float(x), float(y), rel_tol=tolerance, abs_tol=tolerance * 1e-3) for x, y in pairs)


def results(outputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the named results that a cell showed."""
    found: dict[str, Any] = {}
    for out in outputs:
        found |= out.get("data", {}).get(RESULT) or {}
    return found


def _parts(outputs: Sequence[Mapping[str, Any]], folders: Mapping[str, str]) -> list[str]:
    """Return the texts that are compared; pictures are compared by their pixels."""
    parts: list[str] = []
    for out in normal(outputs):
        if out["type"] == "stream":
            parts += [out["text"]] if out["name"] == "stdout" else []
        elif out["type"] == "error":
            parts.append(f"{out['ename']}: {out['evalue']}")
        elif RESULT not in out["data"]:
            parts += _of_data(out["data"])
    for name, known in folders.items():
        parts = [part.replace(name, known) for part in parts]
    return parts


def _of_data(data: Mapping[str, Any]) -> list[str]:
    if any(mime in data for mime in _PICTURES):
        return []  # the text beside a picture is for those who cannot see it
    return [str(data[mime]) for mime in _TEXTS if mime in data]


def _texts(parts: Sequence[str]) -> str:
    return "\n".join(part.rstrip("\n") for part in parts)


def _n_differing(a: str, b: str) -> int:
    left, right = a.split(), b.split()
    return abs(len(left) - len(right)) + sum(x != y for x, y in zip(left, right, strict=False))


def _diff(a: str, b: str) -> str:
    lines = difflib.unified_diff(a.splitlines(), b.splitlines(), "notebook", "rehearsal", n=1, lineterm="")
    told = [line if len(line) <= 160 else f"{line[:157]}..." for line in lines][2:]
    more = [f"... and {len(told) - 16} more lines"] if len(told) > 16 else []
    return "\n".join([*told[:16], *more])


def _seen(outputs: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the pixels of the pictures: two files of one picture may differ in what they say about their program."""
    return [_pixels(picture) for picture in _raw(outputs)]


def _raw(outputs: Sequence[Mapping[str, Any]]) -> list[str]:
    values = [out.get("data", {}).get(mime) for out in outputs for mime in _PICTURES]
    return [v if isinstance(v, str) else "".join(v) for v in values if v]


def _pixels(picture: str) -> tuple[Any, ...]:
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")
    except (OSError, ValueError):
        return (picture,)
    return image.size, image.tobytes()


def _pictures(before: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]) -> str:
    left, right = _seen(before), _seen(again)
    if len(left) != len(right):
        return f"{len(left)} pictures, then {len(right)}"
    told = [f"picture {n} is another" for n, (a, b) in enumerate(zip(left, right, strict=True), 1) if a != b]
    return ", ".join(told)
