"""Labeling: items of a dataset in front of annotators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from workbench.core import refs
from workbench.core.dataset import Dataset
from workbench.core.verbs import act
from workbench.core.workspace import Workspace


@dataclass(frozen=True)
class LabelingInfo:
    """What was true of a labeling when it was asked."""

    name: str
    state: str
    dataset: str
    task: str
    classes: tuple[str, ...]
    project: str
    url: str
    n_items: int
    n_labeled: int


@dataclass(frozen=True)
class Labeling:
    """A labeling of a workspace; its items stand in a project of the labeler."""

    ws: Workspace = field(repr=False)
    name: str

    @property
    def ref(self) -> str:
        """Return the reference string, such as `labeling:caps`."""
        return f"labeling:{self.name}"

    def info(self) -> LabelingInfo:
        """Return what the workspace knows now; `pull` and `push` bring the counts up to date."""
        record = self.ws.records.get("labeling", self.name)
        fields: Mapping[str, Any] = record.fields
        return LabelingInfo(
            name=self.name,
            state=record.state,
            dataset=fields["dataset"],
            task=fields["task"],
            classes=tuple(fields["classes"]),
            project=fields["project"],
            url=fields["url"],
            n_items=int(fields.get("n_items", 0)),
            n_labeled=int(fields.get("n_labeled", 0)),
        )

    @property
    def url(self) -> str:
        """Return where a person opens the project."""
        return self.info().url

    def pull(self) -> Dataset:
        """Return the next version of the dataset, with every label given so far; the same labels make no new one."""
        return cast("Dataset", act("pull", self))

    def push(self, data: Dataset) -> Labeling:
        """Add the items of *data* that are not there yet, with their predictions as pre-labels."""
        return cast("Labeling", act("push", self, data))

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        info = self.info()
        return {"ref": self.ref, **{k: getattr(info, k) for k in info.__dataclass_fields__}}


def find(ws: Workspace, ref: refs.Ref) -> Labeling:
    """Return the labeling of *ref*."""
    return Labeling(ws, ws.records.get("labeling", ref.name).id)
