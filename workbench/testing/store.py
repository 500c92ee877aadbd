"""Fakes of what keeps things: records, blobs, models and the log of runs, in memory; tables have a file of their own."""

from __future__ import annotations

import hashlib
import math
import shutil
import threading
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from workbench.core import refs
from workbench.core.errors import ConflictError, InputError, not_found
from workbench.core.ports import ModelVersion, Record

_AT = "2026-01-01T00:00:00.000+00:00"


class FakeRecords:
    """Records in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], Record] = {}
        self._lock = threading.RLock()
        self._seq = 0

    def put(self, kind: str, id: str, fields: Mapping[str, Any], *, state: str, new: bool = False) -> Record:
        """Write a record whole; with *new*, raise `ConflictError` when it is there already."""
        with self._lock:
            if new and (kind, id) in self._records:
                raise ConflictError(f"There is a {kind} named {id!r} already.", hint="Choose another name.")
            self._seq += 1
            self._records[kind, id] = Record(kind, id, self._seq, state, _AT, deepcopy(dict(fields)))
            return self._records[kind, id]

    def update(self, kind: str, id: str, *, state: str | None = None, only: Sequence[str] = (), **fields: Any) -> Record:
        """Merge *fields*; raise `ConflictError` when the state is not in *only* (if given)."""
        with self._lock:
            before = self.get(kind, id)
            if only and before.state not in only:
                raise ConflictError(f"{kind.capitalize()} {id} is {before.state}, not {' or '.join(only)}.", state=before.state)
            return self.put(kind, id, {**before.fields, **fields}, state=state or before.state)

    def get(self, kind: str, id: str) -> Record:
        """Return a record; raise `NotFoundError` with its neighbours."""
        if (kind, id) not in self._records:
            raise not_found(kind, id, [i for k, i in self._records if k == kind])
        return self._records[kind, id]

    def all(self, kind: str, *, states: Sequence[str] = ()) -> list[Record]:
        """Return the records of a kind, oldest first; with *states*, only those in one of them."""
        return [r for (k, _), r in self._records.items() if k == kind and (not states or r.state in states)]

    def since(self, seq: int) -> list[Record]:
        """Return every record changed after *seq*, in the order of change."""
        return sorted((r for r in self._records.values() if r.seq > seq), key=lambda r: r.seq)


class FakeBlobs:
    """Blobs in a folder of the test; they are files, because what reads them wants paths."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes, *, suffix: str = "") -> str:
        """Store *content* and return its key, `<sha256><suffix>`."""
        key = hashlib.sha256(content).hexdigest() + suffix
        self._root.mkdir(parents=True, exist_ok=True)
        (self._root / key).write_bytes(content)
        return key

    def fetch(self, address: str, *, sha256: str = "") -> Path:
        """Return the file at *address*, after a look whether it has that hash."""
        path = Path(address.removeprefix("file://"))
        if not path.is_file():
            raise not_found("file", address, None)
        if sha256 and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise ConflictError(f"{address} is not what it was: its SHA-256 is not {sha256[:12]}.")
        return path

    def path(self, key: str) -> Path:
        """Return the file that holds *key*; raise `NotFoundError`."""
        if "/" in key or len(key) < 64:
            raise InputError(f"{key!r} is not the key of a blob.")
        if not (self._root / key).exists():
            raise not_found("blob", key, None)
        return self._root / key

    def find(self, prefix: str) -> str:
        """Return the one key that starts with *prefix*; raise `NotFoundError`."""
        found = [p.name for p in self._root.glob(f"{prefix}*")]
        if len(found) != 1:
            raise not_found("content", f"#{prefix}", None)
        return found[0]


class FakeModels:
    """Model versions in a folder of the test."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._versions: dict[str, list[ModelVersion]] = {}
        self._aliases: dict[tuple[str, str], int] = {}

    def save(self, name: str, folder: Path, *, facts: Mapping[str, Any]) -> ModelVersion:
        """Copy the bundle in *folder* into the registry as the next version of *name*."""
        refs.check_name(name, what="model")
        history = self._versions.setdefault(name, [])
        path = self._root / f"{name}-{len(history) + 1}"
        shutil.copytree(folder, path)
        content = b"".join(p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file())
        key = hashlib.sha256(content).hexdigest()
        history.append(ModelVersion(name, len(history) + 1, key, path, _AT, dict(facts)))
        return history[-1]

    def find(self, name: str, version: str = "") -> ModelVersion:
        """Return a version by number or alias, the newest by default; raise `NotFoundError`."""
        known = self.versions(name)
        wanted = str(self._aliases.get((name, version), version))
        found = {"": known[-1], **{str(v.version): v for v in known}}.get(wanted)
        if found is None:
            raise not_found(f"version of model {name}", version, [str(v.version) for v in known])
        return found

    def versions(self, name: str) -> list[ModelVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""
        if name not in self._versions:
            raise not_found("model", name, self._versions)
        return list(self._versions[name])

    def names(self) -> list[str]:
        """Return the names of all models."""
        return sorted(self._versions)

    def alias(self, name: str, alias: str, version: int) -> None:
        """Let *alias* stand for *version*."""
        self.find(name, str(version))
        self._aliases[name, alias] = version


class FakeTracker:
    """The log of runs in a dictionary."""

    def __init__(self) -> None:
        self._runs: dict[str, Mapping[str, Any]] = {}

    def log(self, run: str, *, kind: str, params: Mapping[str, Any], metrics: Mapping[str, Sequence[float]]) -> str:
        """Write a run once and return the tracker's own id."""
        last = {name: values[-1] for name, values in metrics.items() if values}
        told = {key: str(value) for key, value in params.items()}
        self._runs[run] = {"id": f"fake-{len(self._runs)}", "kind": kind, "params": told, "metrics": last}
        return str(self._runs[run]["id"])

    def find(self, run: str) -> Mapping[str, Any]:
        """Return what was logged for *run*; raise `NotFoundError`."""
        if run not in self._runs:
            raise not_found("logged run", run, self._runs)
        return self._runs[run]

    def search(self, *, params: Mapping[str, Any] | None = None, at_least: Mapping[str, float] | None = None) -> list[str]:
        """Return the runs with these parameters whose last metrics reach those values, oldest first."""
        return [
            run
            for run, told in self._runs.items()
            if all(told["params"].get(key) == str(value) for key, value in (params or {}).items())
            and all(told["metrics"].get(key, -math.inf) >= value for key, value in (at_least or {}).items())
        ]
