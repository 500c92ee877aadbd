"""One training from its first step to the registered model, recorded so that it can be followed, ended and survived."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from workbench import tasks
from workbench.core.errors import ConflictError, NotFoundError, WorkbenchError
from workbench.core.files import write_text
from workbench.core.model import Model, register
from workbench.core.run import Run
from workbench.models import bundle
from workbench.models.torch_runtime import FILE, encode
from workbench.ops.metrics import histogram
from workbench.training import checkpoints
from workbench.training.checkpoints import Best
from workbench.training.learn import learn, say, told
from workbench.training.plan import Plan
from workbench.training.resume import take_over
from workbench.training.spread import launch

#: What was installed, in the folder of the run.
PACKAGES = "packages.txt"


def work(run: Run, plan: Plan, former: Run | None = None) -> None:
    """Train and register the model, going on from *former*; what goes wrong is recorded in the run and raised again."""
    try:
        if former and take_over(run, former):
            say(run, f"continues {former.ref}")
        best = launch(run, plan, run.ws) if plan.workers > 1 else learn(run, plan)
        if best is None or run.cancel_path.exists():
            _end(run, "cancelled")
            return
        model = _register(run, plan, best)
        epoch = best.epoch
        say(run, f"{model.ref} is epoch {epoch.number}: {told(epoch.metrics)}")
        _track(run, plan, model)
        run.finish(model=model.ref, metrics={"loss": epoch.loss, "val_loss": epoch.val_loss, **epoch.metrics})
        checkpoints.clear(run)  # the model holds what is worth keeping
    except KeyboardInterrupt:
        _end(run, "cancelled")
        raise
    except BaseException as exc:
        say(run, "".join(traceback.format_exception(exc)).rstrip())
        message = exc.message if isinstance(exc, WorkbenchError) else f"{type(exc).__name__}: {exc}"
        _end(run, "failed", error={"code": getattr(exc, "code", "bug"), "message": message})
        raise


def _register(run: Run, plan: Plan, best: Best) -> Model:
    folder = run.folder / "best"
    shutil.rmtree(folder, ignore_errors=True)
    bundle.write(folder, best.spec, {FILE: encode(best.weights)})
    model = register(run.ws, plan.name, folder, facts=_facts(run, plan, best, folder))
    shutil.rmtree(folder, ignore_errors=True)
    return model


def _facts(run: Run, plan: Plan, best: Best, folder: Path) -> dict[str, Any]:
    """Return what is known of the model; `reference` is what monitoring holds production against."""
    predictions = tasks.learnable(plan.recipe.task).predictions(best.epoch.outputs, plan.classes)
    said = [p.label for p in predictions]
    return {
        "task": plan.recipe.task,
        "classes": list(plan.classes),
        "runtime": "torch",
        "backbone": plan.recipe.backbone,
        "metrics": dict(best.epoch.metrics),
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


def _track(run: Run, plan: Plan, model: Model) -> None:
    curve = run.curve()
    metrics = {key: [float(step[key]) for step in curve] for key in curve[0] if key not in ("step", "at")}
    params = {**asdict(plan.recipe), **_origin(run, plan), "model": model.ref}
    try:
        run.ws.tracker.log(run.id, kind="train", params=params, metrics=metrics)
    except WorkbenchError as exc:  # the model is registered; a log that cannot be written does not undo it
        say(run, f"not tracked: {exc}")


def _origin(run: Run, plan: Plan) -> dict[str, Any]:
    """Return what the weights came from: versions of data, code and packages, processes and threads."""
    record = run.ws.records.get("run", run.id).fields
    parent = str(record.get("parent", ""))
    job: Mapping[str, Any] = {}
    with contextlib.suppress(NotFoundError):
        job = run.ws.records.get("run", parent).fields if parent else {}
    return {
        "data": plan.data.ref,
        "val": plan.val.ref,
        "threads": plan.threads,
        "workers": plan.workers,
        "continues": record.get("continues", ""),
        "parent": parent,
        "bundle": job.get("bundle", ""),
        "notebook": job.get("inputs", {}).get("notebook", ""),
        "lock": _lock(run),
    }


def _lock(run: Run) -> str:
    """Write down what is installed and return its digest: two trainings with the same one had the same packages."""
    installed = sorted({f"{d.name}=={d.version}" for d in distributions()}, key=str.lower)
    text = "\n".join(installed) + "\n"
    write_text(run.folder / PACKAGES, text)
    return hashlib.sha256(text.encode()).hexdigest()


def _end(run: Run, state: str, **fields: Any) -> None:
    say(run, state)
    with contextlib.suppress(ConflictError):  # whoever cancelled it may have ended it already
        run.finish(state=state, **fields)
