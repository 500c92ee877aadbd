"""What a service does, without a wire: loaded versions, shares of traffic, a queue, a log and meters."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError, not_found
from workbench.core.model import Prediction
from workbench.serving import deployment as folders
from workbench.serving import versions
from workbench.serving.batcher import Batcher, Deliver
from workbench.serving.deployment import Deployment
from workbench.serving.journal import Journal
from workbench.serving.meters import Meters
from workbench.serving.shares import Shares
from workbench.serving.traffic import check
from workbench.serving.versions import Load, Version
from workbench.store.requests import Request

#: Scores of so many classes are answered, the best ones; a thousand would cost more than the model.
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One request on its way: its id, the version that answers, and when it had arrived whole."""

    id: str
    version: Version
    at: float
    clock: float


class Engine:
    """The service of a folder. `open` loads and warms; then requests may come, and versions may change under them."""

    def __init__(self, folder: Path, loader: Load, deliver: Deliver) -> None:
        self._folder, self._loader = folder, loader
        self.deployment: Deployment = folders.read(folder)
        self.is_ready = False
        self.meters = Meters()
        self.journal = Journal(folder)
        self.batcher: Batcher[Version] = Batcher(
            self._work,
            deliver,
            threads=self.deployment.threads,
            max_batch=self.deployment.max_batch,
            max_waiting=self.deployment.max_waiting,
        )
        self.meters.watch(lambda: self.batcher.n_waiting, lambda: self.journal.n_dropped)
        # Ids are unique over restarts without asking the system for randomness at every request.
        self._start, self._numbers = secrets.token_hex(4), count()
        self._versions: dict[str, Version] = {}
        self._shares = Shares({})
        self._changing = threading.Lock()

    def open(self) -> None:
        """Load and warm every version that has a share; raise what the loading raised."""
        with self._changing:
            for ref in self.deployment.traffic:
                self._versions[ref] = self._loaded(ref, self.deployment.models[ref])
            self._switch(self.deployment)
            self.is_ready = True

    def begin(self, key: str = "") -> Asked:
        """Return a request, with the version that its key or chance gives it."""
        if not self.is_ready:
            raise ConflictError("The service is loading its models.", hint="Send it again in a second.")
        version = self._versions[self._shares.choose(key)]
        return Asked(f"{self._start}{next(self._numbers):08x}", version, time.time(), time.perf_counter())

    def submit(self, asked: Asked, items: Sequence[bytes], tickets: Sequence[Any]) -> None:
        """Queue the items; each ticket is delivered with a prediction or an error."""
        self.batcher.submit(asked.version, list(zip(items, tickets, strict=True)))

    def end(self, asked: Asked, items: Sequence[bytes], results: Sequence[Any]) -> dict[str, Any]:
        """Log and count the results and return the answer; raise the first error among them."""
        seconds = time.perf_counter() - asked.clock
        ref, many = asked.version.ref, len(items) > 1
        for i, (item, result) in enumerate(zip(items, results, strict=True)):
            ok = isinstance(result, Prediction)
            status = 200 if ok else 422 if isinstance(result, InputError) else 500
            label, score = (result.label, result.score) if ok else (None, None)
            id = f"{asked.id}-{i}" if many else asked.id
            self.journal.add(Request(id, asked.at, ref, status, label, score, seconds * 1000), item)
            if ok:
                self.meters.answered(ref, seconds)
            else:
                self.meters.refused(ref, status)
        for result in results:
            if not isinstance(result, Prediction):
                raise result
        return {"id": asked.id, "model": ref, "predictions": [_shown(result) for result in results]}

    def turned_away(self, asked: Asked) -> None:
        """Log and count a request that found the queue full."""
        self.journal.add(Request(asked.id, asked.at, asked.version.ref, 503, None, None, 0.0))
        self.meters.refused(asked.version.ref, 503)

    def load(self, ref: str, path: str) -> None:
        """Load and warm a version beside those that answer; it gets no traffic yet."""
        with self._changing:
            if ref not in self._versions:
                self._versions = {**self._versions, ref: self._loaded(ref, path)}
            self.deployment = replace(self.deployment, models={**self.deployment.models, ref: path})
            folders.write(self._folder, self.deployment)

    def route(self, traffic: Mapping[str, float]) -> None:
        """Give each version its share from the next request on; requests under way end where they are."""
        with self._changing:
            shares = check(traffic)
            for ref in shares:
                if ref not in self._versions:
                    raise not_found("loaded model", ref, self._versions, hint="Load it first.")
            # The versions before stay loaded, so that a roll-back needs no loading; older ones leave.
            staying = {
                ref: path for ref, path in self.deployment.models.items() if ref in shares or ref in self._shares.traffic
            }
            changed = replace(self.deployment, traffic=shares, models=staying)
            folders.write(self._folder, changed)
            self._switch(changed)

    def describe(self) -> dict[str, Any]:
        """Return name, task, and the versions with their classes and shares."""
        shares = self._shares.traffic
        loaded = [
            {"model": ref, "traffic": shares.get(ref, 0.0), "classes": list(v.spec.classes), "runtime": v.spec.runtime}
            for ref, v in self._versions.items()
        ]
        return {"name": self.deployment.name, "task": self.deployment.task, "traffic": dict(shares), "models": loaded}

    def close(self) -> None:
        """Answer what waits, write the log, end the threads."""
        self.batcher.close()
        self.journal.close()

    def _loaded(self, ref: str, path: str) -> Version:
        sizes = sorted({1, self.deployment.max_batch})
        return versions.load(ref, Path(path), self._loader, task=self.deployment.task, sizes=sizes)

    def _switch(self, deployment: Deployment) -> None:
        # Order matters to a request between these lines: what a table of shares names must be loaded.
        self.deployment = deployment
        self._shares = Shares(deployment.traffic)
        self._versions = {ref: version for ref, version in self._versions.items() if ref in deployment.models}
        self.meters.traffic(deployment.traffic)

    def _work(self, version: Version, items: list[bytes]) -> list[Any]:
        self.meters.batch(version.ref, len(items))
        return list(version.work(items))


def _shown(prediction: Prediction) -> dict[str, Any]:
    shown = prediction.to_json()
    if len(prediction.scores) > _SHOWN:
        shown["scores"] = dict(sorted(prediction.scores.items(), key=lambda pair: -pair[1])[:_SHOWN])
    return shown
