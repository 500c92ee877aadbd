"""One training from its first step to the registered model, recorded so that it can be followed, ended and survived."""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench import tasks
from workbench.core.dataset import Dataset
from workbench.core.errors import ConflictError, WorkbenchError
from workbench.core.model import register
from workbench.core.recipe import Recipe
from workbench.core.run import Run
from workbench.models import names
from workbench.models.bundle import Spec
from workbench.models.samples import Samples
from workbench.ops.metrics import histogram
from workbench.training import checkpoints
from workbench.training.loop import Epoch, epochs, seeded, start


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is trained on what; *name* is the model's."""

    recipe: Recipe
    data: Dataset
    val: Dataset
    classes: tuple[str, ...]
    name: str


def work(run: Run, plan: Plan) -> None:
    """Train and register the model; what goes wrong is recorded in the run and raised again."""
    try:
        with seeded(plan.recipe):
            best = _learn(run, plan)
        if best is None or run.cancel_path.exists():
            _end(run, "cancelled")
            return
        epoch, folder = best
        model = register(run.ws, plan.name, folder, facts=_facts(run, plan, epoch, folder))
        _say(run, f"{model.ref} is epoch {epoch.number}: {_told(epoch.metrics)}")
        _track(run, plan)
        run.finish(model=model.ref, metrics={"loss": epoch.loss, "val_loss": epoch.val_loss, **epoch.metrics})
    except KeyboardInterrupt:
        _end(run, "cancelled")
        raise
    except BaseException as exc:
        _say(run, "".join(traceback.format_exception(exc)).rstrip())
        message = exc.message if isinstance(exc, WorkbenchError) else f"{type(exc).__name__}: {exc}"
        _end(run, "failed", error={"code": getattr(exc, "code", "bug"), "message": message})
        raise


def _learn(run: Run, plan: Plan) -> tuple[Epoch, Path] | None:
    """Return the best epoch and its bundle; None when the run was cancelled before its first epoch ended."""
    recipe, classes = plan.recipe, plan.classes
    network = start(recipe, n_classes=len(classes))
    spec = _spec(recipe, classes, network.settings)
    data, val = (Samples(side, task=recipe.task, classes=classes, settings=network.settings) for side in (plan.data, plan.val))
    _say(run, f"{len(data)} samples to learn from, {len(val)} to check on, {len(classes)} classes")
    best: tuple[Epoch, Path] | None = None
    for epoch in epochs(network, recipe, data, val, classes, stop=run.cancel_path.exists):
        folder = checkpoints.write(run, spec, network, number=epoch.number)
        if best is None or _rank(recipe, epoch) > _rank(recipe, best[0]):
            best = (epoch, folder)
        checkpoints.keep(run, best[1], folder)
        _show(run, recipe, epoch)
    return best


def _spec(recipe: Recipe, classes: tuple[str, ...], settings: Mapping[str, Any]) -> Spec:
    backbone = "pretrained" if names.is_folder(recipe.backbone) else recipe.backbone
    return Spec(task=recipe.task, classes=classes, runtime="torch", backbone=backbone, settings=settings)


def _rank(recipe: Recipe, epoch: Epoch) -> tuple[float, float]:
    return epoch.metrics[tasks.task(recipe.task).main_metric], -epoch.val_loss


def _show(run: Run, recipe: Recipe, epoch: Epoch) -> None:
    run.measure(epoch.number, loss=epoch.loss, val_loss=epoch.val_loss, **epoch.metrics)
    run.update(progress={"done": epoch.number, "total": recipe.epochs})
    run.ws.events.emit("progress", run.ref, done=epoch.number, total=recipe.epochs)
    losses = f"loss {epoch.loss:.4f}  val_loss {epoch.val_loss:.4f}"
    _say(run, f"epoch {epoch.number}/{recipe.epochs}  {losses}  {_told(epoch.metrics)}  {epoch.seconds:.1f} s")


def _facts(run: Run, plan: Plan, epoch: Epoch, folder: Path) -> dict[str, Any]:
    """Return what is known of the model; `reference` is what monitoring holds production against."""
    predictions = tasks.task(plan.recipe.task).predictions(epoch.outputs, plan.classes)
    said = [p.label for p in predictions]
    return {
        "task": plan.recipe.task,
        "classes": list(plan.classes),
        "runtime": "torch",
        "backbone": plan.recipe.backbone,
        "metrics": dict(epoch.metrics),
        "run": run.ref,
        "recipe": plan.recipe.ref,
        "data": plan.data.ref,
        "val": plan.val.ref,
        "size_bytes": sum(file.stat().st_size for file in folder.iterdir()),
        "seen": run.ws.blobs.put(json.dumps(sorted(plan.data.ids())).encode(), suffix=".ids"),
        "reference": {
            "scores": histogram([p.score for p in predictions]),
            "labels": {name: said.count(name) for name in plan.classes},
        },
    }


def _track(run: Run, plan: Plan) -> None:
    curve = run.curve()
    metrics = {key: [float(step[key]) for step in curve] for key in curve[0] if key not in ("step", "at")}
    try:
        run.ws.tracker.log(run.id, kind="train", params=asdict(plan.recipe) | {"data": plan.data.ref}, metrics=metrics)
    except WorkbenchError as exc:  # the model is registered; a log that cannot be written does not undo it
        _say(run, f"not tracked: {exc}")


def _end(run: Run, state: str, **fields: Any) -> None:
    _say(run, state)
    with contextlib.suppress(ConflictError):  # whoever cancelled it may have ended it already
        run.finish(state=state, **fields)


def _told(metrics: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def _say(run: Run, line: str) -> None:
    with run.log_path.open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")
