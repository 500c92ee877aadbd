"""Task: the pivot; what one perception task knows about labels, tensors, metrics and pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from workbench.core import labels
from workbench.core.model import Prediction
from workbench.core.ports import Row

#: What a label is: the name of a class, several of them, regions with classes, free text, or an order of candidates.
Shape = Literal["class", "classes", "regions", "text", "order"]

Result = Sequence[Mapping[str, Any]]


class Task(ABC):
    """One perception task as it is labeled; the only place that knows its shapes. Every stage asks it, none tests its name.

    A label is text: the name of the class, the text itself, or JSON in one canonical form (`core.labels.dumps`), whose
    shape the task's module tells. Named as `transformers.pipeline` names its tasks.
    """

    name: ClassVar[str]
    modality: ClassVar[str]
    #: The file endings that hold such samples, lower case, with the dot; empty when samples are rows without a file.
    suffixes: ClassVar[tuple[str, ...]]
    shape: ClassVar[Shape] = "class"
    #: The classes that every labeling of this task has, such as left, right and tie; where there are any, none are asked for.
    fixed: ClassVar[tuple[str, ...]] = ()
    #: The columns that make an item what it is: the same content in them is the same item. Of a table's rows, all of them.
    made_of: ClassVar[tuple[str, ...]] = ("media",)
    #: The columns that `describe` returns of a file, where the content of the file alone decides them.
    facts: ClassVar[tuple[str, ...]] = ()

    @property
    def ref(self) -> str:
        """Return the reference string, such as `task:image-classification`."""
        return f"task:{self.name}"

    def classes_for(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return the classes of a labeling that was asked for *classes*: `fixed` ones, these, or none where labels are text.

        Raises `InputError` when they cannot be told apart, or are too few to choose from.
        """
        if self.fixed or self.shape in ("text", "order"):
            return self.fixed
        return labels.distinct(classes, least=2 if self.shape == "class" else 1)

    @abstractmethod
    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the Label Studio config for these classes; names are escaped. Classes are ignored where labels are text."""

    @abstractmethod
    def shown(self, row: Row, media: Path | None) -> Mapping[str, Any]:
        """Return what the labeling config shows of a row, by the names that it uses; *media* is the row's file.

        Where *row* has a second file, its column `media_b` must hold the `Path`, too.
        """

    @abstractmethod
    def label_of(self, result: Result, *, row: Row | None = None) -> str | None:
        """Return the label in an annotation's result, None when it says nothing.

        Where labels are regions or several classes, none of them is a label as well. So ask first whether the answer
        was skipped.
        """

    @abstractmethod
    def result_of(self, label: str, *, row: Row | None = None, score: float | None = None) -> Result:
        """Return the result that says *label*: the inverse of `label_of`.

        Regions of pictures need the `width` and `height` of *row*, spans its `text`.
        """

    @abstractmethod
    def check(self, label: str, classes: Sequence[str] = (), *, row: Row | None = None) -> str:
        """Return *label* in its canonical form; raise `InputError` when it is no label of this task and these classes."""

    def names_in(self, label: str) -> tuple[str, ...]:
        """Return the classes that occur in a label, each once, sorted; none for free text."""
        return (label,)

    def likeness(self, one: str, other: str) -> float:
        """Return how much two labels of an item agree, 0 to 1; what agreement and consensus are computed from."""
        return float(one == other)

    @abstractmethod
    def read(self, item: Any) -> Any:
        """Return an item (a path, encoded bytes or the thing itself) decoded; raise `InputError` when it cannot be."""

    @abstractmethod
    def describe(self, path: Path) -> Row:
        """Return the columns that a file of this modality has (size, thumbnail); raise `InputError` if corrupt."""


class Learnable(Task):
    """A task that models are trained for; arrays are numpy, `inputs` float32, first axis the batch."""

    #: The metric that gates and searches use unless told otherwise.
    main_metric: ClassVar[str]

    @abstractmethod
    def blank(self) -> Any:
        """Return a decoded item that shows nothing, to warm a model with."""

    @abstractmethod
    def inputs(self, items: Sequence[Any], *, settings: Mapping[str, Any]) -> Any:
        """Return decoded items as one float32 array for the model; *settings* travel in the model bundle."""

    @abstractmethod
    def predictions(self, outputs: Any, classes: Sequence[str]) -> list[Prediction]:
        """Return a prediction per row of the model's raw outputs."""

    @abstractmethod
    def metrics(self, outputs: Any, targets: Any, classes: Sequence[str]) -> Mapping[str, float]:
        """Return every score of this task, higher is better."""
