"""Labeling: items of a dataset in front of annotators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from workbench.core import refs
from workbench.core.dataset import Dataset
from workbench.core.model import Model
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.core.verbs import act
from workbench.core.views import VIEWS
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
    place: str = "studio"
    overlap: int = 1
    guidelines: str = ""
    #: How several answers to an item become one label: the name of a consensus.
    aggregate: str = "newest"
    #: The dataset whose labels are known, mixed in to see how good people are; '' when there is none.
    gold: str = ""
    #: What an hour of labeling costs.
    rate: float = 0.0
    annotators: tuple[str, ...] = ()
    #: The labeler's projects by annotator; '' is the one that all share.
    projects: Mapping[str, str] = field(default_factory=dict)
    #: The model that suggests labels in Label Studio, as a reference; '' when none does.
    model: str = ""
    n_answers: int = 0


@dataclass(frozen=True)
class Labeling:
    """A labeling of a workspace: items that people answer, in Label Studio or in a cell."""

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
            place=fields.get("place", "studio"),
            overlap=int(fields.get("overlap", 1)),
            guidelines=fields.get("guidelines", ""),
            aggregate=fields.get("aggregate", "newest"),
            gold=fields.get("gold", ""),
            rate=float(fields.get("rate", 0.0)),
            annotators=tuple(fields.get("annotators", ())),
            projects=dict(fields.get("projects") or {"": fields["project"]}),
            model=fields.get("model", ""),
            n_answers=int(fields.get("n_answers", 0)),
        )

    @property
    def url(self) -> str:
        """Return where a person opens the project; '' for a labeling whose place is a cell."""
        return self.info().url

    def pull(self) -> Dataset:
        """Return the next version of the dataset, with every label given so far; the same labels make no new one."""
        return cast("Dataset", act("pull", self))

    def assist(self, model: Model | None = None, *, recipe: Recipe | None = None, every: int = 0) -> Labeling:
        """Let the newest version of *model* suggest labels in Label Studio, and be trained from there."""
        return cast("Labeling", act("assist", self, model, recipe=recipe, every=every))

    def push(self, data: Dataset) -> Labeling:
        """Add the items of *data* that are not there yet, with their predictions as pre-labels."""
        return cast("Labeling", act("push", self, data))

    def answer(self, item: str, label: str, **said: Any) -> Labeling:
        """Keep what a person says of an item; *said* are `annotator`, `seconds`, `source` ("review" wins) and `state`."""
        return cast("Labeling", act("answer", self, item, label, **said))

    def quality(self) -> Report:
        """Return who labels how well, how much people agree, where they do not, and what it cost."""
        return cast("Report", act("quality", self))

    def review(self, *, n: int = 50, below: float = 1.0) -> Dataset:
        """Return up to *n* items on which people agree less than *below* and that nobody has reviewed."""
        return cast("Dataset", act("review", self, n=n, below=below))

    def _ipython_display_(self) -> None:
        VIEWS["labeling"](self)._ipython_display_()

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        info = self.info()
        return {"ref": self.ref, **{k: getattr(info, k) for k in info.__dataclass_fields__}}


def find(ws: Workspace, ref: refs.Ref) -> Labeling:
    """Return the labeling of *ref*."""
    return Labeling(ws, ws.records.get("labeling", ref.name).id)
