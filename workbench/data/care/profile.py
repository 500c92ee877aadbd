"""The check that finds nothing wrong and says what the data are: their kind, their columns, and what that suggests."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from workbench.core.dataset import SOURCE, TEXT
from workbench.data.care.finding import Outcome
from workbench.data.care.subject import Subject
from workbench.models.embedders.embedder import DEFAULT

_ENDS = (("source", "target"), ("src", "dst"), ("from", "to"), ("head", "tail"), ("u", "v"), ("node_a", "node_b"))
_TIMES = frozenset({"time", "timestamp", "date", "datetime", "day", "hour", "month", "year", "t", "ts", "ds", "step"})
#: Times are regular when so many of the steps are the same; two columns hold the same nodes when so many values are shared.
_REGULAR, _SHARED = 0.8, 0.3
#: What kind of data they are is judged by so many first rows.
_LOOK = 10_000


def profile(subject: Subject) -> Outcome:
    """Return what the data are, each column's type, gaps and range, and the choices that follow."""
    names = _own(subject)
    first = subject.data.rows(names, limit=_LOOK) if names else []
    kind = _kind(subject, {name: [row.get(name) for row in first] for name in names})
    columns = {name: _column(subject.column(name)) for name in names}  # one at a time: all may not fit into memory
    labels = Counter(str(label) for label in subject.labels if label is not None)
    facts = {
        "modality": kind,
        "n_items": len(subject.ids),
        "labeled": round(sum(labels.values()) / max(1, len(subject.ids)), 4),
        "classes": dict(labels.most_common(50)),
        "columns": columns,
        "suggests": _suggests(subject, kind, columns, labels),
    }
    return Outcome(facts=facts)


def _own(subject: Subject) -> list[str]:
    names = list(subject.own_columns)
    # An edge list has a column of the name that a workspace gives to where rows came from.
    pairs = [pair for pair in _ENDS if all(name in subject.data.columns for name in pair)]
    return [SOURCE, *names] if pairs and pairs[0][0] == SOURCE and SOURCE not in names else names


def _kind(subject: Subject, columns: Mapping[str, Sequence[Any]]) -> str:
    if subject.kind in ("image", "audio"):
        return "image-text" if subject.kind == "image" and any(subject.column(TEXT)) else subject.kind
    if subject.kind == "text":
        return "text"
    if _ends(columns):
        return "graph"
    return "time-series" if _clock(columns) else "tabular"


def _ends(columns: Mapping[str, Sequence[Any]]) -> tuple[str, str] | None:
    """Return the two columns that are the ends of edges."""
    names = {name.casefold(): name for name in columns}
    for one, other in _ENDS:
        if one in names and other in names:
            return names[one], names[other]
    # Else two columns of names or whole numbers, and nothing more than a weight, that share their values.
    nodes = [name for name, values in columns.items() if all(v is None or isinstance(v, str | int) for v in values)]
    if len(nodes) != 2 or len(columns) > 3:
        return None
    first, second = ({v for v in columns[name] if v is not None} for name in nodes)
    shared = len(first & second) / max(1, min(len(first), len(second)))
    return (nodes[0], nodes[1]) if shared >= _SHARED and len(first | second) > 2 else None


def _clock(columns: Mapping[str, Sequence[Any]]) -> str:
    """Return the column that is a regular time, when there is a number to follow over it; '' otherwise."""
    for name, values in columns.items():
        times = [_seconds(value, named=name.casefold() in _TIMES) for value in values if value is not None]
        numbers = [n for n, v in columns.items() if n != name and any(isinstance(x, float | int) for x in v)]
        if len(times) < 3 or any(t is None for t in times) or not numbers:
            continue
        distinct = sorted({t for t in times if t is not None})
        steps = Counter(round(b - a, 3) for a, b in pairwise(distinct))
        # A month has 28 to 31 days, and a day may miss: the usual step and those near it count.
        usual = steps.most_common(1)[0][0] if steps else 0.0
        if usual and sum(n for step, n in steps.items() if 0.9 * usual <= step <= 1.12 * usual) >= _REGULAR * sum(
            steps.values()
        ):
            return name
    return ""


def _seconds(value: Any, *, named: bool) -> float | None:
    """Return a point in time as a number: a date as text always, a number only under a name that means time."""
    if isinstance(value, datetime | date):
        return float(value.toordinal()) if not isinstance(value, datetime) else value.timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if named and math.isfinite(value) else None
    if not isinstance(value, str) or len(value) < 6 or value.isdigit():
        return None
    try:
        return datetime.fromisoformat(value if len(value) != 7 else f"{value}-01").timestamp()
    except ValueError:
        return None


def _column(values: Sequence[Any]) -> dict[str, Any]:
    told = [v for v in values if v is not None and not (isinstance(v, float) and math.isnan(v))]
    facts: dict[str, Any] = {"missing": round(1 - len(told) / max(1, len(values)), 4)}
    if told and all(isinstance(v, int | float) and not isinstance(v, bool) for v in told):
        numbers = [float(v) for v in told if math.isfinite(v)] or [0.0]  # nothing but infinities
        mean = math.fsum(numbers) / len(numbers)
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in numbers) / len(numbers))
        return facts | {"type": "number", "min": min(numbers), "max": max(numbers), "mean": mean, "deviation": deviation}
    if told and all(isinstance(v, list | bytes) for v in told):
        return facts | {"type": type(told[0]).__name__}
    counts = Counter(map(str, told))
    return facts | {"type": "name" if len(counts) <= max(20, len(told) // 20) else "text", "distinct": len(counts)}


def _suggests(
    subject: Subject, kind: str, columns: Mapping[str, Mapping[str, Any]], labels: Mapping[str, int]
) -> dict[str, Any]:
    """Return what follows from the profile: how to split, to fill, to scale, what to embed with."""
    groups = subject.column("group")
    grouped = len(set(groups) - {None}) > 1 and groups != subject.labels
    numbers = columns if kind in ("tabular", "time-series") else {}
    missing = sorted(name for name, told in numbers.items() if told["missing"])
    scales = [told["deviation"] for told in numbers.values() if told["type"] == "number" and told["deviation"]]
    rare = sorted(name for name, n in labels.items() if n < 5)
    ways = {
        "split": "time" if kind == "time-series" else "group" if grouped else "label" if labels else "random",
        "embed": DEFAULT.get(subject.kind, ""),
        "fill": missing,
        "standardize": len(scales) > 1 and max(scales) > 10 * min(scales),
        "label_more_of": rare[:20],
        "balance": bool(labels) and max(labels.values()) >= 10 * min(labels.values()),
    }
    return {name: value for name, value in ways.items() if value}
