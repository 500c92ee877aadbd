"""The verb `audit`: what is wrong with a dataset, each finding a proposal; the action `apply` makes a version of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workbench.core import dataset as columns
from workbench.core.dataset import Dataset, commit
from workbench.core.errors import DependencyError, InputError, not_found
from workbench.core.ports import Row
from workbench.core.refs import Ref
from workbench.core.report import Report, record
from workbench.data.care.finding import CHECKS, Finding, Outcome

if TYPE_CHECKING:
    from workbench.data.care.subject import Subject

#: What may be carried out without looking at each: the item is of no use, or is there once more.
CERTAIN = ("invalid", "duplicates")
_SHOWN = 20
_NO_LABEL: Row = dict.fromkeys(
    (columns.LABEL, columns.LABEL_BY, columns.LABEL_AT, columns.LABEL_NAMES, columns.REVIEWED_BY, columns.AGREEMENT)
)


def audit(data: Dataset, *, against: Sequence[Dataset] = (), checks: Sequence[str] = (), groups: Sequence[str] = ()) -> Report:
    """Return what is wrong with *data*, each finding with its reason and a proposal; nothing is changed.

    Args:
        data: The dataset. With the vectors of `wb.embed()`, wrong labels, outliers and coverage are judged by those.
        against: Datasets that must not share items with it and that it shall resemble: the test set of a training set.
        checks: Which ones; all by default: profile, invalid, quality, duplicates, near-duplicates, leakage, labels,
            captions, outliers, bias, coverage.
        groups: The columns whose values are groups that labels must not depend on; the usual ones by default.

    Returns:
        A report: `scores` hold for each check the share of items without a finding, and `clean`, without any;
        `details["checks"]` the facts of each check; `report.items("labels")` the items that it found, most striking
        first; `report.apply()` the next version.
    """
    from workbench.data.care.subject import Subject  # numpy
    from workbench.data.vectors import modality  # as above

    for name, given, of in (("against", against, Dataset), ("checks", checks, str), ("groups", groups, str)):
        if isinstance(given, str | Dataset) or not all(isinstance(one, of) for one in given):
            what = "datasets" if of is Dataset else "names"
            raise InputError(f"`{name}` must be a list of {what}, got {given!r:.80}.", hint=f"Write {name}=[...].")
    chosen = [CHECKS.target(name) and name for name in checks] or list(CHECKS)
    missing = sorted(set(groups) - set(data.columns))
    if missing:
        raise not_found("column", missing[0], data.columns)
    subject = Subject(data, against, groups)
    for other in against:
        if len(other) and len(data) and (kind := modality(other)) != subject.kind:
            raise InputError(f"{data.ref} is {subject.kind}, {other.ref} is {kind}.", hint="Name a dataset of the same kind.")
    outcomes: dict[str, Outcome] = {}
    for done, name in enumerate(chosen):
        data.ws.events.emit("progress", data.ref, verb="audit", done=done, total=len(chosen), what=name)
        outcomes[name] = _checked(name, subject, asked=bool(checks))
    data.ws.events.emit("progress", data.ref, verb="audit", done=len(chosen), total=len(chosen))
    return _report(data, outcomes, against)


def apply(report: Report, *, only: Sequence[str] = ()) -> Dataset:
    """Return the next version of the audited dataset, with proposals carried out; what has changed since stays.

    "remove" takes items out; "relabel" takes a label off and leaves the suggestion as a prediction, for a person to decide;
    "tag" adds the name of the check to the item's tags.

    Args:
        report: Of `wb.audit()`.
        only: Names of checks, ids of items, or both: then those checks for those items. By default `invalid` and
            `duplicates`, which need no second look.
    """
    if report.kind != "audit":
        raise InputError(f"{report.ref} proposes nothing.", hint="Apply a report of wb.audit().")
    ws = report.ws
    audited = ws.dataset(report.data)
    newest = columns.find(ws, Ref("dataset", audited.name))  # not the one that a job may have pinned: changes are made to this
    there = set(newest.ids())
    chosen = _chosen(report, only)
    gone = sorted({f.id for _, f in chosen if f.proposal == "remove"} & there)
    rest = [(name, f) for name, f in chosen if f.id in there and f.id not in set(gone)]
    rows = _changed(report, newest, audited, rest)
    if not gone and not rows:
        return newest.select([id for id in audited.ids() if id in there]) if audited.selection else newest
    done = Counter(name for name, f in chosen if f.id in there)
    said = ", ".join(f"{n} {name}" for name, n in sorted(done.items()))
    made = commit(ws, newest.name, rows, remove=gone, note=said, verb="apply", inputs=[report.ref])
    if not audited.selection:
        return made
    lost = set(gone) | (set(audited.ids()) - there)
    return made.select([id for id in audited.ids() if id not in lost])


def findings(report: Report) -> list[tuple[str, Finding]]:
    """Return everything that an audit found, each with the name of its check."""
    lines = report.ws.blobs.path(str(report.details["findings"])).read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    return [(str(one.pop("check")), Finding(**one)) for one in told]


def _checked(name: str, subject: Subject, *, asked: bool) -> Outcome:
    try:
        return CHECKS[name](subject)
    except DependencyError as exc:
        if asked:
            raise
        return Outcome(skipped=str(exc))  # one missing package shall not cost the other checks


def _report(data: Dataset, outcomes: dict[str, Outcome], against: Sequence[Dataset]) -> Report:
    ids = data.ids()
    n = max(1, len(ids))
    told: dict[str, Any] = {}
    scores: dict[str, float] = {}
    flagged: set[str] = set()
    for name, outcome in outcomes.items():
        items = list(dict.fromkeys(f.id for f in outcome.findings if f.id))
        flagged |= set(items)
        first = [{k: v for k, v in asdict(f).items() if v != ""} for f in outcome.findings[:_SHOWN]]
        told[name] = {"n": len(outcome.findings), "skipped": outcome.skipped, **outcome.facts, "first": first}
        if outcome.skipped or name == "profile":
            continue
        if items:
            told[name]["items"] = data.select(items).ref
        scores[name] = 1 - len(items) / n
    lines = [json.dumps({"check": name, **asdict(f)}) for name, o in outcomes.items() for f in o.findings]
    key = data.ws.blobs.put("\n".join(lines).encode(), suffix=".jsonl")
    details = {"n_items": len(ids), "checks": told, "findings": key, "against": [other.ref for other in against]}
    scores = {"clean": 1 - len(flagged) / n, **scores}
    return record(data.ws, "audit", subject=data.ref, data=data.ref, scores=scores, details=details)


def _chosen(report: Report, only: Sequence[str]) -> list[tuple[str, Finding]]:
    found = [(name, f) for name, f in findings(report) if f.id and f.proposal != "none"]
    checks = [name for name in only if name in report.details["checks"]]
    ids = set(only) - set(checks)
    unknown = sorted(ids - {f.id for _, f in found})
    if unknown:
        raise not_found(f"check or item found by {report.ref}", unknown[0], report.details["checks"])
    wanted = set(checks or (CERTAIN if not ids else report.details["checks"]))
    return [(name, f) for name, f in found if name in wanted and (not ids or f.id in ids)]


def _changed(report: Report, newest: Dataset, audited: Dataset, rest: Sequence[tuple[str, Finding]]) -> list[Row]:
    """Return the rows that get another label or tag; a label that was given after the audit is not taken off."""
    ids = sorted({f.id for _, f in rest})
    if not ids:
        return []
    wanted = [columns.ID, columns.LABEL, columns.TAGS]
    now = {row[columns.ID]: row for row in newest.select(ids).rows(wanted)}
    then = {row[columns.ID]: row.get(columns.LABEL) for row in audited.select(ids).rows(wanted[:2])}
    rows: dict[str, Row] = {}
    for name, f in rest:
        row = rows.setdefault(f.id, {columns.ID: f.id})
        if f.proposal == "tag":
            row[columns.TAGS] = sorted({*(row.get(columns.TAGS) or now[f.id].get(columns.TAGS) or ()), name})
        elif now[f.id].get(columns.LABEL) == then[f.id]:
            row |= {c: v for c, v in _NO_LABEL.items() if c in newest.columns}
            if f.other:
                row |= {columns.PREDICTION: f.other, columns.PREDICTION_BY: report.ref, columns.SCORE: f.score}
    return [row for row in rows.values() if len(row) > 1]
