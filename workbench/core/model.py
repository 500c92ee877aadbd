"""Model: one immutable version of a registered model bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from workbench.core import refs
from workbench.core.verbs import act
from workbench.core.workspace import Workspace


@dataclass(frozen=True)
class Prediction:
    """What a model says of one item: the best label with its score, and the score of every class."""

    label: str
    score: float
    scores: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the prediction as a service answers it."""
        return {"label": self.label, "score": self.score, "scores": dict(self.scores)}


@dataclass(frozen=True)
class Model:
    """A registered model; `facts` hold task, classes, runtime, metrics and where it came from."""

    ws: Workspace = field(repr=False)
    name: str
    version: int
    digest: str
    path: Path = field(repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ref(self) -> str:
        """Return the reference string, such as `model:caps@4`."""
        return f"model:{self.name}@{self.version}"

    @property
    def task(self) -> str:
        """Return the name of the task."""
        return str(self.facts["task"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the class names, in the order of the outputs."""
        return tuple(self.facts.get("classes", ()))

    def predict(self, items: Sequence[Any]) -> list[Prediction]:
        """Return a prediction per item; an item is a path, encoded bytes, or what the task takes (a PIL image)."""
        return cast("list[Prediction]", act("predict", self, items))

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        return {"ref": self.ref, "name": self.name, "version": self.version, "digest": self.digest, **self.facts}


def register(ws: Workspace, name: str, folder: Path, *, facts: Mapping[str, Any]) -> Model:
    """Register the bundle in *folder* as the next version of *name*; *facts* are JSON (task, classes, runtime, ...)."""
    refs.check_name(name, what="model")
    saved = ws.models.save(name, folder, facts=facts)
    ws.pins.pop(f"model:{name}", None)  # from now on the name stands for what was made here
    model = Model(ws, saved.name, saved.version, saved.digest, saved.path, saved.facts)
    ws.records.put("model", f"{name}@{saved.version}", model.to_json() | {"created": saved.created}, state="ready")
    ws.events.emit("model", model.ref)
    return model


def find(ws: Workspace, ref: refs.Ref) -> Model:
    """Return the model of *ref*; without a version, the newest."""
    found = ws.models.find(ref.name, ref.version or "")
    return Model(ws, found.name, found.version, found.digest, found.path, found.facts)
