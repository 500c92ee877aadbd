"""The training loop: plain torch, seeded, one pass of AdamW with a cosine schedule per epoch."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from workbench import tasks
from workbench.core.recipe import Recipe
from workbench.models.backbones import Network, create
from workbench.models.samples import Samples
from workbench.training.registries import LOSSES, STRATEGIES

Array = NDArray[np.float32]

#: The share of all steps in which the learning rate rises to its peak.
WARM_UP = 0.1


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
def seeded(recipe: Recipe) -> Iterator[None]:
    """Fix the seed and the number of threads for a while; both are the process's and are given back."""
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(recipe.threads)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def start(recipe: Recipe, *, n_classes: int) -> Network:
    """Return the recipe's network before its first step; call it within `seeded`."""
    network = create(recipe.backbone, n_classes=n_classes, image_size=recipe.image_size)
    # Channels last is how the convolutions of a CPU like their pixels; the numbers are the same.
    network.to(memory_format=torch.channels_last)
    return network


def epochs(
    network: Network,
    recipe: Recipe,
    data: Samples,
    val: Samples,
    classes: tuple[str, ...],
    *,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Epoch]:
    """Train *network* in place and yield each epoch; end early, within a step, when *stop* says so."""
    task, loss_of = tasks.task(recipe.task), LOSSES[recipe.task]
    strategy = STRATEGIES[recipe.strategy]
    step = _stepper(network, recipe, n_steps=recipe.epochs * _n_batches(len(data), recipe))
    order = np.random.default_rng(recipe.seed)
    for number in range(1, recipe.epochs + 1):
        began = clock()
        strategy(network)  # evaluation took it out of training mode
        total = 0.0
        for batch in np.array_split(order.permutation(len(data)), _n_batches(len(data), recipe)):
            if stop():
                return
            pixels = torch.from_numpy(data.inputs(batch)).contiguous(memory_format=torch.channels_last)
            total += step(pixels, torch.from_numpy(data.targets[batch])) * len(batch)
        network.eval()
        outputs = val.outputs(lambda array: _infer(network, array), size=recipe.batch_size)
        val_loss = float(loss_of(torch.from_numpy(outputs), torch.from_numpy(val.targets)))
        metrics = task.metrics(outputs, val.targets, classes)
        yield Epoch(number, total / len(data), val_loss, metrics, outputs, clock() - began)


def _stepper(network: Network, recipe: Recipe, *, n_steps: int) -> Callable[[torch.Tensor, torch.Tensor], float]:
    """Return the function that makes one step and returns its loss."""
    loss_of = LOSSES[recipe.task]
    parameters = STRATEGIES[recipe.strategy](network)
    optimizer = torch.optim.AdamW(parameters, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_peak(step, n_steps))

    def step(pixels: torch.Tensor, targets: torch.Tensor) -> float:
        loss = loss_of(network(pixels), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        return float(loss.detach())

    return step


def _share_of_peak(step: int, n_steps: int) -> float:
    rising = (step + 1) / max(1, math.ceil(WARM_UP * n_steps))
    return min(1.0, rising) * 0.5 * (1 + math.cos(math.pi * step / n_steps))


def _n_batches(n_items: int, recipe: Recipe) -> int:
    # Split evenly: a last batch of one sample has no variance, and batch normalization refuses it.
    return math.ceil(n_items / recipe.batch_size)


def _infer(network: Network, array: Array) -> Array:
    with torch.inference_mode():
        outputs: Array = network(torch.from_numpy(array)).numpy()
        return outputs
