"""Task: the pivot; what one perception task knows about labels, tensors, metrics and pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from workbench.core.model import Prediction
from workbench.core.ports import Row


class Task(ABC):
    """One perception task; the only place that knows its shapes. Every stage asks it, none tests its name.

    Arrays are numpy; `inputs` are float32, first axis the batch. Named as `transformers.pipeline` names its tasks.
    """

    name: ClassVar[str]
    modality: ClassVar[str]
    #: The file endings that hold such samples, lower case, with the dot.
    suffixes: ClassVar[tuple[str, ...]]
    #: The metric that gates and searches use unless told otherwise.
    main_metric: ClassVar[str]

    @property
    def ref(self) -> str:
        """Return the reference string, such as `task:image-classification`."""
        return f"task:{self.name}"

    @abstractmethod
    def labeling_config(self, classes: Sequence[str]) -> str:
        """Return the Label Studio config for these classes; names are escaped."""

    @abstractmethod
    def label_of(self, result: Sequence[Mapping[str, Any]]) -> str | None:
        """Return the label in an annotation's result, None when the annotator skipped it."""

    @abstractmethod
    def result_of(self, label: str, *, score: float | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the result that says *label*: the inverse of `label_of`."""

    @abstractmethod
    def read(self, item: Any) -> Any:
        """Return an item (a path, encoded bytes or the thing itself) decoded; raise `InputError` when it cannot be."""

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

    @abstractmethod
    def describe(self, path: Path) -> Row:
        """Return the columns that a file of this modality has (size, thumbnail); raise `InputError` if corrupt."""
