"""The check for labels that depend on who or where instead of what: by group, by source, by annotator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core import dataset as columns
from workbench.core.dataset import LABEL_BY, SOURCE
from workbench.core.need import need
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import Subject

#: A rate differs when chance would do it less often than this, all comparisons together, and by at least so much.
_CHANCE, _GAP = 0.01, 0.1
#: Groups with fewer items are not judged; a column with more groups tells items apart, not groups.
_FEWEST, _MOST = 20, 50
#: So many times the smallest is the largest, and it is out of balance.
_BALANCE = 10

_HOUSE = {value for key, value in vars(columns).items() if key.isupper() and isinstance(value, str)}


def bias(subject: Subject) -> Outcome:
    """Report classes and groups out of balance, and classes whose share differs between groups more than chance does."""
    known = [(place, label) for place, label in enumerate(subject.labels) if label is not None]
    if not known:
        return Outcome(skipped="There are no labels.")
    classes = Counter(str(label) for _, label in known)
    findings = _unbalanced("classes", classes) if len(classes) <= _MOST else []
    tables: dict[str, Any] = {}
    asked = _asked(subject)
    for name in asked:
        groups = subject.column(name)
        pairs = Counter((str(groups[i]), str(label)) for i, label in known if groups[i] is not None)
        table, said = _gap(name, pairs, n_compared=len(asked))
        if table:
            tables[name] = table
            findings += said + _unbalanced(f"groups of {name!r}", _sums(pairs, 0))
    return Outcome(findings, {"classes": dict(classes.most_common(_MOST)), "groups": tables})


def _asked(subject: Subject) -> list[str]:
    """Return the columns whose values may be groups: those that were named, else the usual ones and a person's own."""
    if subject.groups:
        return [name for name in subject.groups if name in subject.data.columns]
    own = [] if subject.kind == "table" else [c for c in subject.own_columns if c not in _HOUSE and _names(subject.column(c))]
    return [name for name in dict.fromkeys(["group", SOURCE, LABEL_BY, *own]) if name in subject.data.columns]


def _names(values: Sequence[Any]) -> bool:
    told = [value for value in values if value is not None]
    return bool(told) and all(isinstance(value, str | bool) for value in told) and len(set(told)) <= _MOST


def _gap(name: str, pairs: Counter[tuple[str, str]], *, n_compared: int) -> tuple[Mapping[str, Any], list[Finding]]:
    sizes = _sums(pairs, 0)
    groups = sorted(group for group, n in sizes.items() if n >= _FEWEST)
    classes = [label for label, _ in _sums(pairs, 1).most_common(_MOST)]
    if not 2 <= len(groups) <= _MOST or len(classes) < 2:
        return {}, []
    counts: Any = np.array([[pairs[group, label] for label in classes] for group in groups], float)
    classes = [name for name, n in zip(classes, counts.sum(axis=0), strict=True) if n]
    counts = counts[:, counts.sum(axis=0) > 0]
    # A folder that is named as its only class is the label itself, not a group.
    if all(counts[i].max() == counts[i].sum() and classes[int(counts[i].argmax())] == group for i, group in enumerate(groups)):
        return {}, []
    rates = counts / counts.sum(axis=1, keepdims=True)
    gap = rates.max(axis=0) - rates.min(axis=0)
    worst = int(gap.argmax())
    stats = need("scipy.stats", extra="train", use="Measuring bias")
    p = min(1.0, float(stats.chi2_contingency(counts).pvalue) * n_compared)
    table = {
        "n": {group: sizes[group] for group in groups},
        "rates": {
            group: {c: round(float(r), 4) for c, r in zip(classes, rates[i], strict=True)} for i, group in enumerate(groups)
        },
        "class": classes[worst],
        "gap": round(float(gap[worst]), 4),
        "p": p,
    }
    if p >= _CHANCE or gap[worst] < _GAP:
        return table, []
    low, high = (groups[int(at)] for at in (rates[:, worst].argmin(), rates[:, worst].argmax()))
    reason = (
        f"{classes[worst]!r} is {rates[:, worst].max():.0%} of {name} {high!r} and {rates[:, worst].min():.0%} of {low!r};"
        f" chance alone would hardly do that (p = {p:.0e})."
    )
    return table, [Finding("", reason, "none", float(gap[worst]), name)]


def _sums(pairs: Counter[tuple[str, str]], place: int) -> Counter[str]:
    sums = Counter[str]()
    for pair, n in pairs.items():
        sums[pair[place]] += n
    return sums


def _unbalanced(what: str, sizes: Counter[str]) -> list[Finding]:
    if len(sizes) < 2:
        return []
    (most, n_most), (least, n_least) = sizes.most_common()[0], sizes.most_common()[-1]
    if n_most < _BALANCE * n_least:
        return []
    reason = f"Of the {what}, {most!r} has {n_most} items and {least!r} has {n_least}."
    return [Finding("", reason, "none", n_most / n_least)]
