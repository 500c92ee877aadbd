"""The outside world as small protocols; each has a fake in `workbench.testing` and a suite in `tests/contracts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench.core.answers import Answer, LabelTask, Pulled

#: What is told here beside the protocols themselves.
__all__ = ["Answer", "LabelTask", "Pulled"]

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

    def commit(self, name: str, rows: Iterable[Row], *, meta: Mapping[str, Any], remove: Sequence[str] = ()) -> TableVersion:
        """Make the next version: the newest with *rows* upserted and the ids *remove* gone; the newest when nothing changes.

        *rows* may be a `pyarrow.Table` or `RecordBatchReader` too: a million rows then never become a million dictionaries.
        """

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


class Scans(Protocol):
    """The same tables by the column: what browsing, searching and checking a million rows takes."""

    def columns(
        self, name: str, version: int, columns: Sequence[str], *, ids: Sequence[str] | None = None, where: str | None = None
    ) -> Any:
        """Return columns as a `pyarrow.Table`, rows in the order of `id`, or in the order of *ids*."""

    def order(
        self,
        name: str,
        version: int,
        *,
        ids: Sequence[str] | None = None,
        where: str | None = None,
        sort: str = "id",
        descending: bool = False,
    ) -> Any:
        """Return the places of the matching rows in that order, as int64 numpy; absent values come last."""

    def take(self, name: str, version: int, places: Any, *, columns: Sequence[str]) -> list[Row]:
        """Return the rows at these places, in their order."""

    def counts(
        self, name: str, version: int, column: str, *, ids: Sequence[str] | None = None, where: str | None = None
    ) -> dict[Any, int]:
        """Return how many rows have each value of a column (each member, for a column of lists); None is a value."""

    def nearest(
        self, name: str, version: int, column: str, vector: Sequence[float], k: int, *, where: str | None = None
    ) -> list[tuple[str, float]]:
        """Return the ids whose vectors are nearest by cosine, nearest first, with their similarity."""


class Histories(Protocol):
    """What happened to tables: tags, differences, the life of a row."""

    def tag(self, name: str, tag: str, version: int | None) -> None:
        """Let *tag* stand for a version from now on; None takes it away."""

    def tags(self, name: str) -> dict[str, int]:
        """Return the tags with their versions."""

    def changes(self, name: str, before: int, after: int) -> Mapping[str, list[str]]:
        """Return the ids that were `added`, `removed` and `changed` between two versions, sorted."""

    def of(self, name: str, id: str) -> list[tuple[TableVersion, Row]]:
        """Return a row as it was in each version that changed it, oldest first."""

    def compact(self, name: str) -> Mapping[str, int]:
        """Rewrite small pieces of a table as large ones; versions stay. Return `files_before`, `files_after`, `bytes_freed`."""


class Blobs(Protocol):
    """Content-addressed bytes: the same content is stored once, under its SHA-256."""

    def put(self, content: bytes, *, suffix: str = "") -> str:
        """Store *content* and return its key, `<sha256><suffix>`."""

    def fetch(self, address: str, *, sha256: str = "") -> Path:
        """Return a file with what lies at *address*, kept here if it is a URL; raise `ConflictError` when its hash differs."""

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


class Journal(Protocol):
    """Every answer of every labeling, wherever it was given; nothing is ever lost or taken back unsaid."""

    def write(self, labeling: str, answers: Sequence[Answer]) -> int:
        """Keep answers by their `key`, in one transaction; an older one never replaces a newer; return how many were news."""

    def answers(self, labeling: str, *, since: int = 0) -> tuple[int, list[Answer]]:
        """Return the answers that are news since that sequence number, oldest first, and the newest sequence number."""


class Assignments(Protocol):
    """Who labels what next: an item goes to as many people as its labeling asks for, and to nobody twice."""

    def enqueue(self, labeling: str, items: Sequence[str], *, overlap: int = 1) -> int:
        """Add items in this order, return how many are new; those that are there keep their place, with the larger overlap."""

    def claim(self, labeling: str, annotator: str, n: int, *, session: str = "", lease_s: float = 600.0) -> list[str]:
        """Return up to *n* items for this person, those that they hold already first; a lease that ran out is given away.

        What the same person holds in another *session*, such as a second window, stays there.
        """

    def release(self, labeling: str, annotator: str, items: Sequence[str]) -> None:
        """Give items back that this person holds and did not answer."""

    def progress(self, labeling: str) -> Mapping[str, int]:
        """Return `items`, `answers`, `done` (items with all the answers they need), `held`, `people`."""


class Labeler(Protocol):
    """A place where people label."""

    def create(self, title: str, config: str, *, guidelines: str = "", overlap: int = 1) -> str:
        """Make a project from a labeling config and return its id; *overlap* is how many people shall answer each item."""

    def push(self, project: str, tasks: Sequence[LabelTask], *, step: Callable[[int], None] = ...) -> int:
        """Add the items that are not there yet, by their `id`; return how many were new. *step* hears how many are done."""

    def pull(self, project: str, *, since: str = "") -> Pulled:
        """Return every answer to the items that changed since that cursor, at least; all of them without one."""

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
