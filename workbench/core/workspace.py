"""The workspace: one folder that holds everything of a project, and the way to the adapters that keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from workbench.core import refs
from workbench.core.errors import InputError
from workbench.core.events import Hub
from workbench.core.ports import (
    Assignments,
    Blobs,
    Histories,
    Host,
    Journal,
    Labeler,
    Models,
    Records,
    Scans,
    Tables,
    Target,
    Tracker,
)
from workbench.core.registry import Registry

if TYPE_CHECKING:
    from workbench.core.dataset import Dataset
    from workbench.core.labeling import Labeling
    from workbench.core.model import Model
    from workbench.core.report import Report
    from workbench.core.run import Run
    from workbench.core.schedule import Schedule
    from workbench.core.service import Service

Wire = Callable[[str, "Workspace"], Any]

#: How each noun that a workspace keeps is found by its reference.
FIND: Registry[Callable[[Workspace, refs.Ref], Any]] = Registry(
    "noun",
    {kind: f"workbench.core.{kind}:find" for kind in ("dataset", "labeling", "model", "report", "run", "schedule", "service")},
)

_current: list[Workspace] = []
#: What this process has looked up, in order: the record of a job tells which versions it really used.
_used: dict[str, None] = {}


@dataclass(frozen=True)
class Workspace:
    """A project's folder. Made by `wb.open()`; `wire` gives each port its adapter on first use."""

    root: Path
    wire: Wire = field(repr=False, compare=False)
    settings: Any = field(default=None, repr=False, compare=False)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False, compare=False)
    events: Hub = field(default_factory=Hub, repr=False, compare=False)
    #: The versions that names without one stand for, as `dataset:caps` -> `dataset:caps@2#9f3c...`; those of a job's bundle.
    pins: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Return the folder's name."""
        return self.root.name

    @property
    def ref(self) -> str:
        """Return the reference string."""
        return f"workspace:{self.name}"

    @property
    def records(self) -> Records:
        """Return the small hot state."""
        return cast("Records", self._port("records"))

    @property
    def tables(self) -> Tables:
        """Return the versioned tables."""
        return cast("Tables", self._port("tables"))

    @property
    def scans(self) -> Scans:
        """Return the versioned tables by the column."""
        return cast("Scans", self._port("scans"))

    @property
    def histories(self) -> Histories:
        """Return what happened to the tables."""
        return cast("Histories", self._port("histories"))

    @property
    def journal(self) -> Journal:
        """Return every answer of every labeling."""
        return cast("Journal", self._port("journal"))

    @property
    def assignments(self) -> Assignments:
        """Return who labels what next."""
        return cast("Assignments", self._port("assignments"))

    @property
    def blobs(self) -> Blobs:
        """Return the content-addressed bytes."""
        return cast("Blobs", self._port("blobs"))

    @property
    def models(self) -> Models:
        """Return the registry of models."""
        return cast("Models", self._port("models"))

    @property
    def tracker(self) -> Tracker:
        """Return the log of finished runs."""
        return cast("Tracker", self._port("tracker"))

    @property
    def labeler(self) -> Labeler:
        """Return the place where people label."""
        return cast("Labeler", self._port("labeler"))

    @property
    def target(self) -> Target:
        """Return the place where jobs run."""
        return cast("Target", self._port("target"))

    @property
    def host(self) -> Host:
        """Return the place where services live."""
        return cast("Host", self._port("host"))

    def now(self) -> str:
        """Return the time as ISO 8601 in UTC."""
        return self.clock().isoformat(timespec="milliseconds")

    def dataset(self, ref: str) -> Dataset:
        """Return a dataset by reference or name, the newest version by default.

        An address such as `s3://lab/line-3/caps@2`, or a path, is that of a dataset elsewhere: it is attached to be read.
        """
        if "/" in ref:
            from workbench.core.verbs import act

            return cast("Dataset", act("attach", self, ref))
        return cast("Dataset", self.resolve(ref, kind="dataset"))

    def model(self, ref: str) -> Model:
        """Return a model by reference or name, the newest version by default."""
        return cast("Model", self.resolve(ref, kind="model"))

    def run(self, ref: str) -> Run:
        """Return a run by reference or id."""
        return cast("Run", self.resolve(ref, kind="run"))

    def labeling(self, ref: str) -> Labeling:
        """Return a labeling by reference or name."""
        return cast("Labeling", self.resolve(ref, kind="labeling"))

    def service(self, ref: str) -> Service:
        """Return a service by reference or name."""
        return cast("Service", self.resolve(ref, kind="service"))

    def schedule(self, ref: str) -> Schedule:
        """Return a schedule by reference or name."""
        return cast("Schedule", self.resolve(ref, kind="schedule"))

    def report(self, ref: str) -> Report:
        """Return a report by reference or id."""
        return cast("Report", self.resolve(ref, kind="report"))

    def resolve(self, ref: str, *, kind: str = "") -> Any:
        """Return the noun that *ref* refers to; raise `NotFoundError` with close names."""
        parsed = refs.parse(ref, kind=kind)
        if parsed.kind not in FIND:
            raise InputError(f"A {parsed.kind} is not kept in a workspace.", hint=f"Kinds: {', '.join(FIND)}.")
        if not (parsed.version or parsed.digest) and (pin := self.pins.get(f"{parsed.kind}:{parsed.name}")):
            parsed = refs.parse(pin)
        found = FIND[parsed.kind](self, parsed)
        _used[getattr(found, "ref", ref)] = None
        return found

    def _port(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self.wire(name, self)
        return self._made[name]


def used() -> list[str]:
    """Return the references of everything that this process has looked up."""
    return list(_used)


def use(ws: Workspace) -> Workspace:
    """Make *ws* the one that verbs without a workspace argument mean, and return it."""
    _current[:] = [ws]
    return ws


def current() -> Workspace:
    """Return the workspace that was opened last in this process; raise `InputError` when none was."""
    if not _current:
        raise InputError("No workspace is open.", hint="Call wb.open() first.")
    return _current[0]
