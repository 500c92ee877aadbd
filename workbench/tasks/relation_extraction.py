"""Relation extraction: stretches of a text that name something, and what holds between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from workbench.core import labels
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Result
from workbench.ops import likeness
from workbench.tasks.answers import one_of
from workbench.tasks.config import marks, tag, view
from workbench.tasks.regions import BROKEN, Region, as_list, checked
from workbench.tasks.spans import Spans

#: What the name of a class begins with that is a relation, such as `->works for`.
ARROW = "->"
_HINT = 'Write {"spans": [{"id", "start", "end", "label"}], "relations": [{"from", "to", "label"}]}.'


class RelationExtraction(Spans):
    """A label is {"spans": [{"id", "start", "end", "label"}], "relations": [{"from", "to", "label"}]}.

    Classes that begin with `->` are relations. The ids of spans are their places in the text: s1, s2, ...
    """

    name: ClassVar[str] = "relation-extraction"

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the classes of spans, those of relations, and the text."""
        spans, relations = split(self.classes_for(classes))
        drawn = tag("Relations", *(tag("Relation", value=name) for name in relations))
        return view(drawn, marks(self.tool, spans, self.to), *self.stage())

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the spans and relations that were marked."""
        spans, relations = [], []
        for marked in result:
            try:
                if marked.get("type") == self.kind and (names := marked["value"].get(self.kind)):
                    spans.append({"id": str(marked["id"]), "label": str(names[0]), **self.from_studio(marked, row)})
                elif marked.get("type") == "relation":
                    relations += _drawn(marked)
            except InputError:
                raise
            except BROKEN as exc:
                raise InputError(f"A region of this answer cannot be read: {marked!r:.200}.") from exc
        return self.check(labels.dumps({"spans": spans, "relations": relations}), row=row)

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*."""
        said = labels.loads(label)
        spans = super().result_of(labels.dumps(said["spans"]), row=row, score=score)
        found = [{**region, "id": span["id"]} for region, span in zip(spans, said["spans"], strict=True)]
        for one in said["relations"]:
            ends = {"from_id": one["from"], "to_id": one["to"], "direction": "right"}
            found.append({"type": "relation", **ends, "labels": [one["label"]] if one["label"] else []})
        return found

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return the label with spans and relations sorted and the spans named anew."""
        said = labels.loads(label, what="A label of relations")
        if not isinstance(said, dict) or not set(said) <= {"spans", "relations"}:
            raise InputError(f"A label of relations is an object, got {label!r:.80}.", hint=_HINT)
        names, kinds = split(classes)
        spans = checked(as_list(said.get("spans", [])), lambda one: {"id": str(one["id"]), **self._checked(one, names, row)})
        places = {labels.dumps(_bare(span)): _bare(span) for span in spans}
        ordered = sorted(places.values(), key=self.order)
        numbers = {labels.dumps(span): f"s{i + 1}" for i, span in enumerate(ordered)}
        ids = {span["id"]: numbers[labels.dumps(_bare(span))] for span in spans}
        if len(ids) < len(spans):
            raise InputError("Spans have ids of their own.", hint=_HINT)
        relations = checked(as_list(said.get("relations", [])), lambda one: _relation(one, ids, kinds))
        found = {labels.dumps(one): one for one in relations}
        made = {"spans": [{"id": f"s{i + 1}", **span} for i, span in enumerate(ordered)]}
        return labels.dumps(made | {"relations": [found[key] for key in sorted(found)]})

    def names_in(self, label: str) -> tuple[str, ...]:
        """Return the classes of spans and, with their arrow, those of relations."""
        said = labels.loads(label)
        relations = {ARROW + one["label"] for one in said["relations"] if one["label"]}
        return tuple(sorted({span["label"] for span in said["spans"]} | relations))

    def likeness(self, one: str, other: str) -> float:
        """Return the mean likeness of the spans and of the relations; a relation is alike when both its ends are."""
        first, second = labels.loads(one), labels.loads(other)
        spans = super().likeness(labels.dumps(first["spans"]), labels.dumps(second["spans"]))
        if not first["relations"] and not second["relations"]:
            return spans
        ends = [{span["id"]: span for span in said["spans"]} for said in (first, second)]

        def alike(a: Region, b: Region) -> float:
            if a["label"] != b["label"]:
                return 0.0
            pairs = [(ends[0][a[key]], ends[1][b[key]]) for key in ("from", "to")]
            return min(self.overlap(p, q) if p["label"] == q["label"] else 0.0 for p, q in pairs)

        return (spans + likeness.matched(first["relations"], second["relations"], alike)) / 2


def split(classes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the classes of spans, and those of relations without their arrow.

    >>> split(["person", "->works for"])
    (['person'], ['works for'])
    """
    relations = [name.removeprefix(ARROW).strip() for name in classes if name.startswith(ARROW)]
    return [name for name in classes if not name.startswith(ARROW)], relations


def _bare(span: Region) -> Region:
    return {key: value for key, value in span.items() if key != "id"}


def _drawn(marked: Mapping[str, Any]) -> list[Region]:
    """Return a relation of an answer once per label; one that points to the left is turned round."""
    ends = {"from": str(marked["from_id"]), "to": str(marked["to_id"])}
    if marked.get("direction") == "left":
        ends = {"from": ends["to"], "to": ends["from"]}
    return [{**ends, "label": str(name)} for name in marked.get("labels") or [""]]


def _relation(one: Region, ids: Mapping[str, str], kinds: Sequence[str]) -> Region:
    ends = {}
    for key in ("from", "to"):
        if str(one[key]) not in ids:
            raise InputError(f"There is no span {one[key]!r}.")
        ends[key] = ids[str(one[key])]
    label = str(one.get("label") or "")
    return {**ends, "label": one_of(label, kinds) if label else ""}
