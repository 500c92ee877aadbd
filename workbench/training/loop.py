"""The training loop: plain torch, seeded, one pass of AdamW with a cosine schedule per epoch."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.recipe import Recipe
from workbench.models.backbones import Network, create
from workbench.models.samples import Samples
from workbench.training.group import ALONE, Group, Indices
from workbench.training.optimizer import AdamW
from workbench.training.registries import LOSSES, STRATEGIES
from workbench.transforms.mix import mixed, one_hot
from workbench.transforms.sample import draw

Array = NDArray[np.float32]

#: The share of all steps in which the learning rate rises to its peak.
WARM_UP = 0.1

#: What is asked before each step: to go on, to save first, to end.
GO, SAVE, STOP = 0, 1, 2


@dataclass(frozen=True)
class Epoch:
    """What one pass over the data came to; `outputs` are the raw ones of the validation data."""

    number: int
    loss: float
    val_loss: float
    metrics: Mapping[str, float]
    outputs: Array
    seconds: float


@contextlib.contextmanager
def seeded(recipe: Recipe, *, threads: int = 0) -> Iterator[None]:
    """Fix the seed and the number of threads for a while; both are the process's and are given back."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(threads or recipe.threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def start(recipe: Recipe, *, n_classes: int) -> Network:
    """Return the recipe's network before its first step; call it within `seeded`."""
    network = create(recipe.backbone, n_classes=n_classes, image_size=recipe.image_size)
    # Channels last is how the convolutions of a CPU like their pixels; the numbers are the same.
    network.to(memory_format=torch.channels_last)
    return network


class Learner:
    """A network and everything that changes while it learns; `state` and `restore` go on bit for bit, amid an epoch too.

    Make and use it within `seeded`. `epoch` and `batch` are where it stands: so many batches of that epoch are done.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        n_classes: int,
        n_items: int,
        group: Group = ALONE,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.recipe, self.group, self._n_classes = recipe, group, n_classes
        self.network = start(recipe, n_classes=n_classes).to(group.device)
        self.n_items, self.n_batches = n_items, n_batches(n_items, recipe)
        self.epoch, self.batch = 1, 0
        #: How long the last steps took, in seconds.
        self.pace: deque[float] = deque(maxlen=1000)
        self._clock = clock
        self._total = 0.0
        self._order = np.random.default_rng(recipe.seed)
        self._drawn: Mapping[str, Any] = self._order.bit_generator.state  # before the order of this epoch
        self._strategy, self._loss_of = STRATEGIES[recipe.strategy], LOSSES[recipe.task]
        self._parameters = self._strategy(self.network)
        self._optimizer = AdamW(self._parameters, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True)
        n_steps = recipe.epochs * self.n_batches
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: _share_of_peak(step, n_steps))
        self._forward = group.spread(self.network)
        if not group.leads:
            torch.manual_seed(recipe.seed + group.rank)  # the weights are the same, what is dropped is not

    def epochs(
        self,
        data: Samples,
        val: Samples,
        classes: tuple[str, ...],
        *,
        ask: Callable[[], int] = lambda: GO,
        save: Callable[[], None] = lambda: None,
    ) -> Iterator[Epoch]:
        """Train and yield each epoch; *ask* says before each step whether to go on, to *save* first, or to save and end."""
        task = tasks.learnable(self.recipe.task)
        while self.epoch <= self.recipe.epochs:
            began = self._clock()
            self._strategy(self.network)  # evaluation took it out of training mode
            for batch in np.array_split(self._order.permutation(self.n_items), self.n_batches)[self.batch :]:
                if said := self.group.agree(ask()):
                    save()
                    if said == STOP:
                        return
                self._step(data, batch)
            self.network.eval()
            outputs = self.group.outputs(val, self._infer, size=self.recipe.batch_size)
            val_loss = float(self._loss_of(torch.from_numpy(outputs), torch.from_numpy(val.targets)))
            metrics = task.metrics(outputs, val.targets, classes)
            loss = float(self.group.gather(torch.tensor(self._total, dtype=torch.float64)).sum()) / self.n_items
            number, self.epoch, self.batch, self._total = self.epoch, self.epoch + 1, 0, 0.0
            self._drawn = self._order.bit_generator.state
            yield Epoch(number, loss, val_loss, metrics, outputs, self._clock() - began)

    def step(self, pixels: torch.Tensor, targets: torch.Tensor, weight: float = 1.0) -> float:
        """Make one step and return its mean loss; *weight* is what the loss counts in the gradient."""
        loss = self._loss_of(self._forward(pixels), targets)
        self._optimizer.zero_grad()
        (loss if weight == 1.0 else loss * weight).backward()
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Return, besides the weights, all that the next step depends on: tensors and JSON; every process calls it."""
        states = [self._optimizer.state[p] for p in self._parameters]
        tensors = {f"optimizer.{i}.{key}": value for i, state in enumerate(states) for key, value in state.items()}
        tensors["rng"] = self.group.gather(torch.get_rng_state())
        tensors["total"] = self.group.gather(torch.tensor(self._total, dtype=torch.float64))
        if self.group.device != "cpu":
            tensors["rng_device"] = self.group.gather(torch.cuda.get_rng_state(self.group.device))
        facts = {
            "epoch": self.epoch,
            "batch": self.batch,
            "order": self._drawn,
            "schedule": {k: v for k, v in self._schedule.state_dict().items() if k != "lr_lambdas"},
            "lr": [group["lr"] for group in self._optimizer.param_groups],
        }
        return tensors, facts

    def restore(
        self, weights: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]
    ) -> None:
        """Stand where `state` was taken; with another number of processes, what is dropped at random differs."""
        self.network.load_state_dict(dict(weights))
        for name, value in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimizer":
                number, _, key = rest.partition(".")
                parameter = self._parameters[int(number)]
                self._optimizer.state[parameter][key] = _laid_out_as(parameter, value)
        self.epoch, self.batch = int(facts["epoch"]), int(facts["batch"])
        self._order.bit_generator.state = self._drawn = facts["order"]
        self._schedule.load_state_dict({**facts["schedule"], "lr_lambdas": [None]})
        for group, lr in zip(self._optimizer.param_groups, facts["lr"], strict=True):
            group["lr"] = lr
        rank, totals = self.group.rank, tensors["total"]
        if len(totals) == self.group.size:
            self._total = float(totals[rank])
            torch.set_rng_state(tensors["rng"][rank].clone())  # torch reads a view from the start of what it views
            if "rng_device" in tensors and self.group.device != "cpu":
                torch.cuda.set_rng_state(tensors["rng_device"][rank].clone(), self.group.device)
        else:
            self._total = float(totals.sum()) if self.group.leads else 0.0

    def _step(self, data: Samples, batch: Indices) -> None:
        began = self._clock()
        mine = self.group.part(batch)
        inputs: Array = data.inputs(mine, epoch=self.epoch)
        targets: NDArray[Any] = data.targets[mine]
        if self.recipe.mix:
            random = draw(self.recipe.seed, self.recipe.mix, self.epoch, self.batch, self.group.rank)
            inputs, targets = mixed(self.recipe.mix, inputs, one_hot(targets, self._n_classes), random)
        pixels = laid_out(torch.from_numpy(inputs))
        device = self.group.device
        self._total += self.step(pixels.to(device), torch.from_numpy(targets).to(device), self.group.weight(batch)) * len(mine)
        self.batch += 1
        self.pace.append(self._clock() - began)

    def _infer(self, array: Array) -> Array:
        with torch.inference_mode():
            outputs: Array = self.network(torch.from_numpy(array).to(self.group.device)).cpu().numpy()
            return outputs


def n_batches(n_items: int, recipe: Recipe) -> int:
    """Return the number of batches of an epoch: split evenly, as batch normalization refuses a last batch of one sample."""
    return math.ceil(n_items / recipe.batch_size)


def laid_out(inputs: torch.Tensor) -> torch.Tensor:
    """Return a batch in the memory layout that a CPU's convolutions like; what is no picture stays as it is."""
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _share_of_peak(step: int, n_steps: int) -> float:
    rising = (step + 1) / max(1, math.ceil(WARM_UP * n_steps))
    return min(1.0, rising) * 0.5 * (1 + math.cos(math.pi * step / n_steps))


def _laid_out_as(parameter: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return *value* in the memory layout of *parameter*: a fused optimizer walks through both alike."""
    if value.shape != parameter.shape:
        return value.to(parameter.device)
    return torch.empty_like(parameter, dtype=value.dtype, requires_grad=False).copy_(value)
