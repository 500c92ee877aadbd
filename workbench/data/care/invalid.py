"""The check for items that cannot be used: damaged or changed files, empty texts, labels that are none."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from workbench.core.dataset import MEDIA, SHA256, TEXT, Dataset
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import Subject
from workbench.data.vectors import decoded, each

#: How tables of the world write that there is no label.
_ABSENT = frozenset({"", "nan", "none", "null", "n/a", "na", "<na>", "#n/a", "undefined"})


def invalid(subject: Subject) -> Outcome:
    """Propose to remove items that cannot be read, and to take labels off that are none."""
    findings = list(_items(subject)) + list(_labels(subject))
    return Outcome(findings, {"unreadable": sum(f.proposal == "remove" for f in findings)})


def _items(subject: Subject) -> Iterable[Finding]:
    if subject.kind == "table":
        empty = np.ones(len(subject.ids), bool)
        for name in subject.own_columns:  # one at a time: all may not fit into memory
            empty &= np.fromiter(map(_missing, subject.column(name)), bool, len(empty))
        yield from (Finding(subject.ids[place], "The row has no values.", "remove") for place in np.flatnonzero(empty))
        return
    hashes = [name.replace(MEDIA, SHA256) for name in subject.parts if name.startswith(MEDIA)]
    look = partial(_whole, subject.data, subject.kind, subject.parts)
    for chunk in each(subject.data, subject.ids, look, [*subject.parts, *hashes], verb="audit"):
        for id, said in chunk:
            if said is not None:
                yield Finding(id, said.message if isinstance(said, InputError) else said, "remove")


def _whole(data: Dataset, kind: str, parts: Sequence[str], row: Row) -> str | None:
    """Return what is wrong with an item, None when nothing is."""
    if TEXT in parts and not str(row.get(TEXT) or "").strip():
        return "The text is empty."
    return next((said for name in parts if name.startswith(MEDIA) and (said := _file(data, kind, name, row))), None)


def _file(data: Dataset, kind: str, column: str, row: Row) -> str | None:
    try:
        item = decoded(data, row, kind, column=column)
        expected = str(row.get(column.replace(MEDIA, SHA256)) or str(row[column]).partition(".")[0])
        with data.media(row, column=column).open("rb") as file:
            if len(expected) == 64 and hashlib.file_digest(file, "sha256").hexdigest() != expected:
                return "The file was changed after it was brought in: its SHA-256 differs."
    except (OSError, LookupError) as exc:
        return f"The file is missing: {getattr(exc, 'message', None) or exc}"
    if kind == "audio":
        if not len(item.samples):
            return "The recording is empty."
        if not np.isfinite(item.samples).all():
            return "The recording has samples that are no numbers."
    return None


def _labels(subject: Subject) -> Iterable[Finding]:
    task, classes = subject.task, subject.data.classes
    needed = ("width", "height", TEXT)  # what regions and spans must lie in
    facts = zip(*(subject.column(name) for name in needed), strict=True)
    for id, label, told in zip(subject.ids, subject.labels, facts, strict=True):
        if label is None:
            continue
        if str(label).strip().casefold() in _ABSENT and label not in classes:
            yield Finding(id, f"The label {label!r} says that there is none.", "relabel")
        elif task is not None:
            try:
                task.check(str(label), classes, row={"id": id, **dict(zip(needed, told, strict=True))})
            except InputError as exc:
                yield Finding(id, f"The label: {exc.message}", "relabel")


def _missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
