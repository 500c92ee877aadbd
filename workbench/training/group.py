"""The processes that share a training: each takes its part of every batch, and what they find out is put together."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from workbench.models.backbones import Network
from workbench.models.samples import Samples
from workbench.training import batch_norm

Array = NDArray[np.float32]
Indices = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Group:
    """This process among those that train together; `control` carries what lies in main memory."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"
    control: Any = field(default=None, repr=False)

    @property
    def leads(self) -> bool:
        """Return whether this is the process that writes records and checkpoints."""
        return self.rank == 0

    def part(self, batch: Indices) -> Indices:
        """Return this process's part of a batch that all draw alike."""
        return batch if self.size == 1 else np.array_split(batch, self.size)[self.rank]

    def weight(self, batch: Indices) -> float:
        """Return what the mean loss of this part counts: gradients are averaged over processes, not over samples."""
        return len(self.part(batch)) * self.size / len(batch)

    def spread(self, network: Network) -> Callable[[Tensor], Tensor]:
        """Return *network* as what is called in training: its gradients and batch statistics are those of the whole batch."""
        if self.size == 1:
            return network
        batch_norm.share(network)
        devices = [torch.device(self.device)] if self.device != "cpu" else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # the new name of `broadcast_buffers` is too new
            # Buffers are equal already, as the statistics are shared; a part that is not used is found in the first step.
            wrapped: Callable[[Tensor], Tensor] = torch.nn.parallel.DistributedDataParallel(
                network, device_ids=devices, broadcast_buffers=False, static_graph=True
            )
        return wrapped

    def agree(self, said: int) -> int:
        """Return what the leading process says."""
        if self.size == 1:
            return said
        told = torch.tensor([said])
        distributed.broadcast(told, src=0, group=self.control)
        return int(told)

    def gather(self, mine: Tensor) -> Tensor:
        """Return the tensors of all processes, of one shape, as rows in order of rank."""
        if self.size == 1:
            return mine[None]
        rows = [torch.empty_like(mine) for _ in range(self.size)]
        distributed.all_gather(rows, mine.contiguous(), group=self.control)
        return torch.stack(rows)

    def outputs(self, data: Samples, run: Callable[[Array], Array], *, size: int) -> Array:
        """Return what *run* makes of every sample, each process having computed its part."""
        if self.size == 1:
            return data.outputs(run, size=size)
        parts = np.array_split(np.arange(len(data)), self.size)
        mine = [run(data.inputs(parts[self.rank][i : i + size])) for i in range(0, len(parts[self.rank]), size)]
        shape = self.agree(mine[0].shape[1] if mine else 0)  # the first part is never the empty one
        padded = torch.zeros(len(parts[0]), shape)
        if mine:
            padded[: len(parts[self.rank])] = torch.from_numpy(np.concatenate(mine))
        rows = self.gather(padded).numpy()
        return np.concatenate([row[: len(part)] for row, part in zip(rows, parts, strict=True)])


ALONE = Group()
