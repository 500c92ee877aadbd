"""Slots: the cores, the memory and the GPUs of this machine, and who holds how much of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.jobs.order import Order

_GPUS = Path("/proc/driver/nvidia/gpus")
#: Shares of a core are added and taken away; what is left may miss a whole by the last bits.
_EPS = 1e-6


@dataclass(frozen=True)
class Slots:
    """An amount of cores and memory, and GPUs by their index."""

    cpus: float
    memory_gb: float
    gpus: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the slots as the record of a run keeps them."""
        return {"cpus": self.cpus, "memory_gb": self.memory_gb, "gpus": list(self.gpus)}

    def without(self, held: Iterable[Mapping[str, Any]]) -> Slots:
        """Return what is left when others hold theirs."""
        told = list(held)
        taken = {int(index) for each in told for index in each.get("gpus", ())}
        return Slots(
            self.cpus - sum(float(each.get("cpus", 0)) for each in told),
            self.memory_gb - sum(float(each.get("memory_gb", 0)) for each in told),
            tuple(index for index in self.gpus if index not in taken),
        )

    def take(self, order: Order, whole: Slots) -> Slots | None:
        """Return what *order* gets of these, None when they do not do; one that wants more cores than all gets all."""
        needs = order.needs
        cpus, memory, gpus = min(needs["cpus"], whole.cpus), needs["memory_gb"], int(needs["gpus"])
        if cpus > self.cpus + _EPS or memory > self.memory_gb + _EPS or gpus > len(self.gpus):
            return None
        return Slots(cpus, memory, self.gpus[:gpus])


def machine(settings: Any) -> Slots:
    """Return what jobs may hold at a time: the settings, else all that this machine has."""
    gpus = int(settings.gpus) or (len(list(_GPUS.iterdir())) if _GPUS.is_dir() else 0)
    return Slots(float(settings.cpus) or cores(), float(settings.memory_gb) or _memory_gb(), tuple(range(gpus)))


def cores() -> float:
    """Return how many cores this process may use."""
    return float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def check(order: Order, whole: Slots) -> None:
    """Raise `InputError` for an order that would wait for ever: on this machine it will never fit."""
    if order.at:
        return
    needs, problems = order.needs, []
    if needs["memory_gb"] > whole.memory_gb + _EPS:
        problems.append(f"{needs['memory_gb']:g} GB of memory, where jobs may hold {whole.memory_gb:.1f} GB")
    if needs["gpus"] > len(whole.gpus):
        problems.append(f"{needs['gpus']:g} GPUs, where there are {len(whole.gpus)}")
    if problems:
        said = "; ".join(problems)
        raise InputError(f"The job asks for {said}.", hint="Ask for less, or name a cluster with `at`.")


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
