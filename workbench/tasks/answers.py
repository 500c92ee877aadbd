"""What tasks have in common whose answer is one class, several of them, or a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from workbench.core import labels
from workbench.core.errors import InputError
from workbench.core.ports import Row
from workbench.core.task import Result, Shape
from workbench.ops import likeness
from workbench.tasks.config import LABEL, choices, view, writing
from workbench.tasks.modalities import Shown

#: A longer text is no label.
MAX_TEXT = 1_000_000


class OneOf(Shown):
    """The answer is one class: a label is its name."""

    shape: ClassVar[Shape] = "class"

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the item, and one button per class."""
        return view(*self.stage(), choices(self.classes_for(classes), self.to))

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the chosen class, None when none is."""
        return next(iter(chosen(result)), None)

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*."""
        return [said("choices", self.to, {"choices": [label]}, score)]

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return *label*, which is one of *classes* when there are any."""
        return one_of(label, classes or self.fixed)


class SomeOf(Shown):
    """The answer is any number of classes: a label is their names, sorted, as JSON. None of them is an answer as well."""

    shape: ClassVar[Shape] = "classes"

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the item, and one box to tick per class."""
        return view(*self.stage(), choices(self.classes_for(classes), self.to, several=True, required=False))

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the chosen classes; an answer without a mark says that none of them is right."""
        return labels.dumps(sorted(set(chosen(result))))

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*; of no class, none."""
        names = labels.loads(label)
        return [said("choices", self.to, {"choices": names}, score)] if names else []

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return the names sorted, each once; raise `InputError` when one is none of *classes*."""
        names = labels.loads(label, what="A label of several classes")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError(f"A label of several classes is a list of names, got {label!r:.80}.", hint='Write ["a", "b"].')
        return labels.dumps(sorted({one_of(name, classes) for name in names}))

    def names_in(self, label: str) -> tuple[str, ...]:
        """Return the classes."""
        return tuple(labels.loads(label))

    def likeness(self, one: str, other: str) -> float:
        """Return the share of the classes that both name."""
        return likeness.jaccard(labels.loads(one), labels.loads(other))


class Written(Shown):
    """The answer is a text: a label is that text."""

    shape: ClassVar[Shape] = "text"

    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the config: the item, and a field to write in."""
        return view(*self.stage(), writing(self.to))

    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the text without the space around it, None when nothing was written."""
        for value in values(result, "textarea"):
            text = value.get("text") or ""
            return "\n".join([text] if isinstance(text, str) else map(str, text)).strip() or None
        return None

    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*."""
        return [said("textarea", self.to, {"text": [label]}, score)]

    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return the text without the space around it; raise `InputError` when nothing is left, or far too much."""
        text = label.strip()
        if not text:
            raise InputError("The text of a label is empty.", hint="Skip the item instead.")
        if len(text) > MAX_TEXT:
            raise InputError(f"The text of a label has at most {MAX_TEXT:,} characters, got {len(text):,}.")
        return text

    def names_in(self, label: str) -> tuple[str, ...]:
        """Return nothing: a text has no classes."""
        return ()

    def likeness(self, one: str, other: str) -> float:
        """Return 1 less the share of characters that must be edited."""
        return likeness.writing(one, other)


def chosen(result: Result) -> list[str]:
    """Return the choices in a result, in their order."""
    found = values(result, "choices")
    return [str(name) for name in found[0].get("choices") or ()] if found else []


def values(result: Result, kind: str) -> list[Mapping[str, Any]]:
    """Return the values of a result's regions of that kind; what has no such form is passed over."""
    regions = [region for region in result if isinstance(region, Mapping) and region.get("type") == kind]
    return [region["value"] for region in regions if isinstance(region.get("value"), Mapping)]


def said(kind: str, to: str, value: Mapping[str, Any], score: float | None = None, **more: Any) -> dict[str, Any]:
    """Return one region of a result."""
    region = {"from_name": LABEL, "to_name": to, "type": kind, "value": dict(value), **more}
    return region if score is None else {**region, "score": score}


def one_of(name: str, classes: Sequence[str]) -> str:
    """Return *name*; raise `InputError` when it is empty or none of *classes*, if there are any."""
    if not name or (classes and name not in classes):
        known = f"Classes: {', '.join(map(repr, classes[:8]))}{', ...' if len(classes) > 8 else ''}." if classes else ""
        raise InputError(f"{name!r:.80} is none of the classes.", hint=known)
    return name
