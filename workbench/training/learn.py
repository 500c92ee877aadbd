"""Learning as a run: from its newest checkpoint to its last epoch, its curve, pace and checkpoints written on the way."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping
from typing import Any

from workbench import tasks
from workbench.core.files import write_text
from workbench.core.recipe import Recipe
from workbench.core.run import Run
from workbench.models import names
from workbench.models.bundle import Spec
from workbench.models.samples import Samples
from workbench.training import checkpoints
from workbench.training.checkpoints import Best, Checkpoint, Pacer
from workbench.training.fitted import settings_of, steps_of
from workbench.training.group import ALONE, Group
from workbench.training.loop import GO, SAVE, STOP, Epoch, Learner, n_batches, seeded
from workbench.training.plan import Plan


def learn(run: Run, plan: Plan, group: Group = ALONE) -> Best | None:
    """Return the best epoch and its weights; None when the run was cancelled. Every process of *group* calls it."""
    with seeded(plan.recipe, threads=plan.threads):
        began = time.perf_counter()
        learner = Learner(plan.recipe, n_classes=len(plan.classes), n_items=len(plan.data), group=group)
        settings = settings_of(plan.recipe, plan.data, plan.classes, learner.network.settings)
        teacher = _Teacher(run, plan, learner, settings)
        task, classes = plan.recipe.task, plan.classes
        steps = steps_of(plan.recipe, tasks.task(task).modality)
        data = Samples(plan.data, task=task, classes=classes, settings=settings, steps=steps, seed=plan.recipe.seed)
        val = Samples(plan.val, task=task, classes=classes, settings=settings)
        teacher.say(f"{len(data)} samples to learn from, {len(val)} to check on, {len(plan.classes)} classes")
        teacher.go_on()
        data.inputs([0])  # decodes what fits into memory
        teacher.start_s = time.perf_counter() - began
        for epoch in learner.epochs(data, val, plan.classes, ask=teacher.ask, save=teacher.save):
            teacher.note(epoch)
        done = learner.epoch > plan.recipe.epochs
        if plan.workers > 1 and done:
            teacher.save()  # whoever launched the group reads the best weights there
        return teacher.best if done else None


class _Teacher:
    """Keeps the records of a learner; in a group, only the process that leads writes."""

    def __init__(self, run: Run, plan: Plan, learner: Learner, settings: Mapping[str, Any]) -> None:
        self.best: Best | None = None
        self.start_s = 0.0
        self._run, self._plan, self._learner = run, plan, learner
        self._leads = learner.group.leads
        self._pacer = Pacer()
        self._spec = _spec(plan.recipe, plan.classes, settings)

    def ask(self) -> int:
        """Say what is to be done before the next step."""
        if not self._leads:
            return GO
        if self._run.cancel_path.exists():
            return STOP
        return SAVE if self._pacer.is_due(within=True) else GO

    def go_on(self) -> None:
        """Stand where the newest checkpoint was taken, if there is one."""
        checkpoint = checkpoints.newest(self._run)
        if checkpoint is None:
            return
        self._learner.restore(checkpoint.weights, checkpoint.state, checkpoint.facts)
        self.best = checkpoint.best
        where = f"epoch {self._learner.epoch}, batch {self._learner.batch + 1} of {self._learner.n_batches}"
        self.say(f"goes on from {checkpoint.folder.name}: {where}")
        if self._leads:
            _cut_curve(self._run, checkpoint)

    def save(self) -> None:
        """Write a checkpoint; every process of the group takes part."""
        began = time.monotonic()
        state, facts = self._learner.state()
        if self._leads:
            step = (self._learner.epoch - 1) * self._learner.n_batches + self._learner.batch
            weights = self._learner.network.state_dict()
            checkpoints.write(self._run, self._spec, weights, step=step, state=state, facts=facts, best=self.best)
            self._pacer.saved(began)

    def note(self, epoch: Epoch) -> None:
        """Record an epoch, keep its weights when it is the best, and save."""
        if self._leads:
            if self.best is None or _rank(self._plan.recipe, epoch) > _rank(self._plan.recipe, self.best.epoch):
                weights = {k: v.detach().cpu().clone() for k, v in self._learner.network.state_dict().items()}
                self.best = Best(epoch, self._spec, weights)
            self._show(epoch)
        is_last = epoch.number == self._plan.recipe.epochs
        if self._learner.group.agree(SAVE if not is_last and self._pacer.is_due(within=False) else GO):
            self.save()

    def say(self, line: str) -> None:
        """Write a line into the run's log."""
        if self._leads:
            say(self._run, line)

    def _show(self, epoch: Epoch) -> None:
        run, recipe = self._run, self._plan.recipe
        run.measure(epoch.number, loss=epoch.loss, val_loss=epoch.val_loss, **epoch.metrics)
        run.update(progress={"done": epoch.number, "total": recipe.epochs}, pace=self._pace(epoch))
        run.ws.events.emit("progress", run.ref, done=epoch.number, total=recipe.epochs)
        losses = f"loss {epoch.loss:.4f}  val_loss {epoch.val_loss:.4f}"
        say(run, f"epoch {epoch.number}/{recipe.epochs}  {losses}  {told(epoch.metrics)}  {epoch.seconds:.1f} s")

    def _pace(self, epoch: Epoch) -> dict[str, Any]:
        """Return how fast it goes, and how long the whole training takes by that; of a small one, how long the full would."""
        plan, learner = self._plan, self._learner
        full = plan.full or plan
        n_items, batches = len(full.data), n_batches(len(full.data), full.recipe)
        # A small training may have smaller batches than the full one; time goes with samples.
        scale = (n_items / batches) / (learner.n_items / learner.n_batches)
        step_s = statistics.median(learner.pace) * scale
        steps = full.recipe.epochs * batches
        check_s = max(0.0, epoch.seconds - sum(list(learner.pace)[-learner.n_batches :])) * len(full.val) / len(plan.val)
        start_s = self.start_s * (n_items + len(full.val)) / (learner.n_items + len(plan.val))
        return {
            "step_s": step_s,
            "steps": steps,
            "batch": full.recipe.batch_size,
            "done": min(steps, epoch.number * learner.n_batches),
            "workers": learner.group.size,
            "total_s": start_s + steps * step_s + full.recipe.epochs * check_s,
        }


def _spec(recipe: Recipe, classes: tuple[str, ...], settings: Mapping[str, Any]) -> Spec:
    backbone = "pretrained" if names.is_folder(recipe.backbone) else recipe.backbone
    return Spec(task=recipe.task, classes=classes, runtime="torch", backbone=backbone, settings=settings)


def say(run: Run, line: str) -> None:
    """Append a line to the run's log."""
    with run.log_path.open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


def told(metrics: Mapping[str, float]) -> str:
    """Return scores as a line of text."""
    return "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())


def _rank(recipe: Recipe, epoch: Epoch) -> tuple[float, float]:
    return epoch.metrics[tasks.learnable(recipe.task).main_metric], -epoch.val_loss


def _cut_curve(run: Run, checkpoint: Checkpoint) -> None:
    """Take the epochs off the curve that are done again."""
    kept = [point for point in run.curve() if point["step"] < checkpoint.facts["epoch"]]
    write_text(run.folder / "metrics.jsonl", "".join(json.dumps(point) + "\n" for point in kept))
