"""Order: how a bundle is to run: where, with how much of the machine, after what, and what to do when it breaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from workbench.core.config import decode
from workbench.core.errors import InputError

Engine = Literal["auto", "inline", "kernel"]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a run asks for; `cpus`, `memory_gb` and `gpus` are those of each worker."""

    at: str = ""
    workers: int = 1
    cpus: float = 1.0
    memory_gb: float = 0.0
    gpus: int = 0
    priority: int = 0
    retries: int = 0
    after: tuple[str, ...] = ()
    idea: str = ""
    time_limit_s: float = 0.0
    #: 'inline' runs the cells in a fork of a warm process, 'kernel' in a Jupyter kernel; 'auto' takes the first where it can.
    engine: Engine = "auto"

    _least: ClassVar[Mapping[str, float]] = {
        "workers": 1,
        "cpus": 0,
        "memory_gb": 0,
        "gpus": 0,
        "retries": 0,
        "time_limit_s": 0,
    }

    def __post_init__(self) -> None:
        """Refuse what no machine could do, all problems at once."""
        wrong = {k: v for k, v in self._least.items() if not (math.isfinite(getattr(self, k)) and getattr(self, k) >= v)}
        problems = [f"`{k}` must be {v:g} or more, got {getattr(self, k)!r}" for k, v in wrong.items()]
        if problems:
            raise InputError(f"{'; '.join(problems)}.", hint="A `time_limit_s` of 0 is no limit.")

    @property
    def needs(self) -> dict[str, float]:
        """Return what all workers together hold while they run."""
        return {"cpus": self.cpus * self.workers, "memory_gb": self.memory_gb * self.workers, "gpus": self.gpus * self.workers}

    def to_json(self) -> dict[str, Any]:
        """Return the order as `job.json` keeps it."""
        return asdict(self) | {"after": list(self.after)}


def from_json(told: Mapping[str, Any]) -> Order:
    """Return the order that `job.json` tells."""
    return decode(Order, told, where="the order of the job")
