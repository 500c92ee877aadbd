"""The outside world as small protocols; each has a fake in `workbench.testing` and a suite in `tests/contracts`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One fact of the workspace as the faces see it; `seq` grows with every change anywhere in the workspace."""

    kind: str
    id: str
    seq: int
    state: str
    updated: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Records(Protocol):
    """Small hot state: runs, services, labelings, and an index of datasets, models and reports."""

    def put(self, kind: str, id: str, fields: Mapping[str, Any], *, state: str, new: bool = False) -> Record:
        """Write a record whole; with *new*, raise `ConflictError` when it is there already."""

    def update(self, kind: str, id: str, *, state: str | None = None, only: Sequence[str] = (), **fields: Any) -> Record:
        """Merge *fields* in one transaction; raise `ConflictError` when the state is not in *only* (if given)."""

    def get(self, kind: str, id: str) -> Record:
        """Return a record; raise `NotFoundError` with its neighbours."""

    def all(self, kind: str, *, states: Sequence[str] = ()) -> list[Record]:
        """Return the records of a kind, oldest first; with *states*, only those in one of them, however many there are."""

    def since(self, seq: int) -> list[Record]:
        """Return every record changed after *seq*, in the order of change."""


@dataclass(frozen=True)
class TableVersion:
    """One immutable version of a table; `digest` is a hash of its content."""

    name: str
    version: int
    digest: str
    n_rows: int
    columns: tuple[str, ...]
    created: str
    meta: Mapping[str, Any] = field(default_factory=dict)


class Tables(Protocol):
    """Versioned tables; rows are upserted by `id`, versions never change."""

    def commit(self, name: str, rows: Iterable[Row], *, meta: Mapping[str, Any]) -> TableVersion:
        """Make the next version: the newest with *rows* upserted; return the newest when nothing changes."""

    def read(
        self,
        name: str,
        version: int,
        *,
        columns: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        where: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row]:
        """Return rows in the order of `id`, or in the order of *ids*; *where* is an SQL condition."""

    def count(self, name: str, version: int, *, where: str | None = None) -> int:
        """Return how many rows satisfy *where*."""

    def versions(self, name: str) -> list[TableVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""

    def names(self) -> list[str]:
        """Return the names of all tables."""


class Blobs(Protocol):
    """Content-addressed bytes: the same content is stored once, under its SHA-256."""

    def put(self, content: bytes, *, suffix: str = "") -> str:
        """Store *content* and return its key, `<sha256><suffix>`."""

    def path(self, key: str) -> Path:
        """Return the file that holds *key*; raise `NotFoundError`."""

    def find(self, prefix: str) -> str:
        """Return the one key that starts with *prefix*; raise `NotFoundError`."""


@dataclass(frozen=True)
class ModelVersion:
    """One immutable version of a registered model; `digest` is a hash over its files."""

    name: str
    version: int
    digest: str
    path: Path
    created: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Models(Protocol):
    """The registry of model bundles."""

    def save(self, name: str, folder: Path, *, facts: Mapping[str, Any]) -> ModelVersion:
        """Copy the bundle in *folder* into the registry as the next version of *name*."""

    def find(self, name: str, version: str = "") -> ModelVersion:
        """Return a version by number or alias, the newest by default; raise `NotFoundError`."""

    def versions(self, name: str) -> list[ModelVersion]:
        """Return all versions, oldest first."""

    def names(self) -> list[str]:
        """Return the names of all models."""

    def alias(self, name: str, alias: str, version: int) -> None:
        """Let *alias*, such as 'production', stand for *version*."""


class Tracker(Protocol):
    """The searchable log of finished runs."""

    def log(self, run: str, *, kind: str, params: Mapping[str, Any], metrics: Mapping[str, Sequence[float]]) -> str:
        """Write a run once and return the tracker's own id; metrics are values by step."""

    def find(self, run: str) -> Mapping[str, Any]:
        """Return what was logged for *run*: `params`, `metrics` (last values), `id`; raise `NotFoundError`."""

    def search(self, *, params: Mapping[str, Any] | None = None, at_least: Mapping[str, float] | None = None) -> list[str]:
        """Return the runs with these parameters whose last metrics reach those values, oldest first."""


@dataclass(frozen=True)
class LabelTask:
    """One item on its way to an annotator; `id` is the sample's, `data` what the labeling config shows."""

    id: str
    data: Mapping[str, Any]
    prediction: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What one annotator said of one item; `result` is in Label Studio's format."""

    id: str
    annotator: str
    at: str
    result: Sequence[Mapping[str, Any]]
    seconds: float = 0.0


class Labeler(Protocol):
    """A place where people label."""

    def create(self, title: str, config: str) -> str:
        """Make a project from a labeling config and return its id."""

    def push(self, project: str, tasks: Sequence[LabelTask]) -> int:
        """Add the items that are not there yet, by their `id`; return how many were new."""

    def pull(self, project: str) -> list[Answer]:
        """Return every answer so far."""

    def counts(self, project: str) -> tuple[int, int]:
        """Return how many items the project has, and how many are labeled."""

    def url(self, project: str) -> str:
        """Return where a person opens the project."""


class Target(Protocol):
    """A place where jobs run; a job is a folder that holds all it needs."""

    def submit(self, run: str, folder: Path) -> Mapping[str, Any]:
        """Start the job and return at once with what is needed to find it again."""

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether what leads the job to its end still lives."""

    def why(self, handle: Mapping[str, Any]) -> str:
        """Return a sentence on why a job that does not live ended, '' when nothing more is known."""

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """End every process of the job; return when they are gone."""


class Host(Protocol):
    """A place where services live."""

    def start(self, name: str, folder: Path, *, port: int = 0) -> Mapping[str, Any]:
        """Start a service that is described in *folder*; return when it answers, with `url` and `pid`."""

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the service's process lives."""

    def call(self, handle: Mapping[str, Any], method: str, path: str, body: Any = None) -> Any:
        """Ask the service; return its JSON, raise the error that it answered."""

    def stop(self, handle: Mapping[str, Any]) -> None:
        """Let requests in flight finish, then end the service."""
