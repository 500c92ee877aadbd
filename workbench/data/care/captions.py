"""The check for captions that say nothing, or the same of different pictures."""

from __future__ import annotations

from collections import defaultdict

from workbench.core.dataset import MEDIA, TEXT
from workbench.data.care.finding import Finding, Outcome
from workbench.data.care.subject import Subject


def captions(subject: Subject) -> Outcome:
    """Propose to tag pictures whose caption is empty, or is that of other pictures too, the commonest first."""
    texts = _captions(subject)
    if texts is None:
        return Outcome(skipped="The items are no pictures with captions.")
    found = [Finding(id, "Its caption is empty.", "tag") for id, text in texts.items() if not text.strip()]
    same: dict[str, list[str]] = defaultdict(list)
    for id, text in texts.items():
        same[" ".join(text.casefold().split())].append(id)
    same.pop("", None)
    for ids in sorted(same.values(), key=len, reverse=True):
        said = f"{len(ids)} pictures have this caption."
        found += [Finding(id, said, "tag", score=float(len(ids)), other=ids[0]) for id in ids if len(ids) > 1]
    return Outcome(found, {"captions": len(texts), "different": len(same)})


def _captions(subject: Subject) -> dict[str, str] | None:
    """Return the caption of each item that has one, None for data of another kind."""
    task = subject.task
    if task is None or subject.kind != "image":
        return None
    if task.shape == "text" and task.made_of == (MEDIA,):
        texts = subject.labels
    elif task.shape == "class" and task.made_of == (MEDIA, TEXT):
        texts = subject.column(TEXT)
    else:
        return None
    return {id: text for id, text in zip(subject.ids, texts, strict=True) if text is not None}
