"""The face of the workbench: verbs and nouns, each loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.core.dataset import Dataset as Dataset
    from workbench.core.labeling import Labeling as Labeling
    from workbench.core.model import Model as Model
    from workbench.core.recipe import Recipe as Recipe
    from workbench.core.report import Report as Report
    from workbench.core.run import Run as Run
    from workbench.core.schedule import Schedule as Schedule
    from workbench.core.service import Service as Service
    from workbench.core.task import Task as Task
    from workbench.core.workspace import Workspace as Workspace
    from workbench.data.audit import audit as audit
    from workbench.data.augment import augment as augment
    from workbench.data.browse import browse as browse
    from workbench.data.embed import embed as embed
    from workbench.data.export import export as export
    from workbench.data.ingest import ingest as ingest
    from workbench.data.pick import pick as pick
    from workbench.data.prepare import prepare as prepare
    from workbench.data.search import search as search
    from workbench.data.split import split as split
    from workbench.data.transform import transform as transform
    from workbench.evaluation.challenge import challenge as challenge
    from workbench.evaluation.evaluate import evaluate as evaluate
    from workbench.jobs.active_learn import active_learn as active_learn
    from workbench.jobs.idea import idea as idea
    from workbench.jobs.promote import promote as promote
    from workbench.jobs.result import result as result
    from workbench.jobs.schedule import schedule as schedule
    from workbench.jobs.submit import submit as submit
    from workbench.jobs.verify import verify as verify
    from workbench.labeling.accept import accept as accept
    from workbench.labeling.attribute import attribute as attribute
    from workbench.labeling.label import label as label
    from workbench.monitoring.monitor import monitor as monitor
    from workbench.optimization.optimize import optimize as optimize
    from workbench.serving.serve import serve as serve
    from workbench.training.quick_check import quick_check as quick_check
    from workbench.training.recipe import recipe as recipe
    from workbench.training.train import train as train
    from workbench.wiring import open as open

__version__ = "0.1.0"

_HOME = {
    "Dataset": "core.dataset",
    "Labeling": "core.labeling",
    "Model": "core.model",
    "Recipe": "core.recipe",
    "Report": "core.report",
    "Run": "core.run",
    "Schedule": "core.schedule",
    "Service": "core.service",
    "Task": "core.task",
    "Workspace": "core.workspace",
    "accept": "labeling.accept",
    "active_learn": "jobs.active_learn",
    "attribute": "labeling.attribute",
    "audit": "data.audit",
    "augment": "data.augment",
    "browse": "data.browse",
    "challenge": "evaluation.challenge",
    "embed": "data.embed",
    "evaluate": "evaluation.evaluate",
    "export": "data.export",
    "idea": "jobs.idea",
    "ingest": "data.ingest",
    "label": "labeling.label",
    "monitor": "monitoring.monitor",
    "open": "wiring",
    "optimize": "optimization.optimize",
    "pick": "data.pick",
    "prepare": "data.prepare",
    "promote": "jobs.promote",
    "quick_check": "training.quick_check",
    "recipe": "training.recipe",
    "result": "jobs.result",
    "schedule": "jobs.schedule",
    "search": "data.search",
    "serve": "serving.serve",
    "split": "data.split",
    "submit": "jobs.submit",
    "train": "training.train",
    "transform": "data.transform",
    "verify": "jobs.verify",
}

__all__ = [*_HOME, "__version__"]  # noqa: PLE0604  # the table above is the one list of public names


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    value = getattr(import_module(f"workbench.{_HOME[name]}"), name)
    if name[0].islower() and name != "open":
        value = import_module("workbench.core.verbs").checked(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
