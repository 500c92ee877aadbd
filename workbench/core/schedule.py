"""Schedule: a bundle that runs again and again, at times that a cron expression tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from workbench.core import refs
from workbench.core.run import Run
from workbench.core.verbs import act
from workbench.core.workspace import Workspace


@dataclass(frozen=True)
class ScheduleInfo:
    """What was true of a schedule when it was asked; times are ISO 8601 in UTC, '' where there is none."""

    name: str
    state: str
    cron: str
    tz: str
    bundle: str
    notebook: str
    params: Mapping[str, Any]
    next: str
    last: str
    last_run: str


@dataclass(frozen=True)
class Schedule:
    """A schedule of a workspace; the handle asks now."""

    ws: Workspace = field(repr=False)
    name: str

    @property
    def ref(self) -> str:
        """Return the reference string, such as `schedule:nightly`."""
        return f"schedule:{self.name}"

    @property
    def state(self) -> str:
        """Return 'active' or 'paused', as it is now."""
        return self.ws.records.get("schedule", self.name).state

    def info(self) -> ScheduleInfo:
        """Return what is true now, frozen."""
        record = self.ws.records.get("schedule", self.name)
        told = record.fields
        text = {key: str(told.get(key, "")) for key in ("cron", "tz", "bundle", "notebook", "next", "last", "last_run")}
        return ScheduleInfo(name=self.name, state=record.state, params=dict(told.get("params", {})), **text)

    def fire(self) -> Run:
        """Run the bundle now, beside its times."""
        return cast("Run", act("fire", self))

    def pause(self) -> Schedule:
        """Let no more runs begin until `unpause()`."""
        return cast("Schedule", act("pause", self))

    def unpause(self) -> Schedule:
        """Go on; times that passed meanwhile are not caught up."""
        return cast("Schedule", act("unpause", self))

    def renew(self) -> Schedule:
        """Move to what the notebook is now: the next runs take a new bundle, made and rehearsed as by `promote()`."""
        return cast("Schedule", act("renew", self))

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        info = self.info()
        told = {name: getattr(info, name) for name in ("state", "cron", "tz", "bundle", "notebook", "next", "last", "last_run")}
        return {"ref": self.ref, **told, "params": dict(info.params)}


def find(ws: Workspace, ref: refs.Ref) -> Schedule:
    """Return the schedule of *ref*."""
    return Schedule(ws, ws.records.get("schedule", ref.name).id)
