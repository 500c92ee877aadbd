"""When a schedule is due, in its time zone; and the runs that begin then, once each, whatever the clock does."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from workbench.core import files
from workbench.core.errors import InputError, WorkbenchError, not_found
from workbench.core.need import need
from workbench.core.ports import Record
from workbench.core.run import Run
from workbench.core.workspace import Workspace
from workbench.jobs.bundles import bundle as bundles
from workbench.jobs.bundles.pins import exact
from workbench.jobs.order import from_json
from workbench.jobs.reading import notebook as notebooks
from workbench.jobs.submit import folder, start
from workbench.store.locks import locked

#: How often the keeper looks at the clock, and how often at the notebooks.
LOOK_S, BEHIND_S = 1.0, 30.0
_log = logging.getLogger(__name__)


def following(cron: str, tz: str, after: datetime) -> datetime:
    """Return the first time of *cron* after *after*, in UTC.

    Where the clocks change, the times are those of Debian's cron: what falls into the missing hour runs right after it,
    what falls into the doubled one runs once; what runs every few minutes goes on by the time that really passes.
    """
    # In the second of two equal hours cronsim tells the times of the first.
    return next(moment for moment in _times(cron, tz, after) if moment > after)


def latest(cron: str, tz: str, before: datetime) -> datetime:
    """Return the last time of *cron* that is not after *before*, in UTC."""
    return next(moment for moment in _times(cron, tz, before, back=True) if moment <= before)


def _times(cron: str, tz: str, start: datetime, *, back: bool = False) -> Iterator[datetime]:
    cronsim = need("cronsim", extra="none", use="schedule()")
    try:
        zone = ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise not_found("time zone", tz, available_timezones()) from exc
    begin = start.astimezone(zone) + timedelta(seconds=int(back))
    try:
        yield from (moment.astimezone(UTC) for moment in cronsim.CronSim(cron, begin, reverse=back))
        said = ", no day ever fits"
    except cronsim.CronSimError as exc:
        said = f": {str(exc).lower()}"
    hint = "Write minute, hour, day of month, month, day of week: '30 2 * * 1-5' is half past two on working days."
    raise InputError(f"`cron` {cron!r} tells no times{said}.", hint=hint)


def chore(ws: Workspace) -> float | None:
    """Do what is due; return the seconds until the next look, None without a schedule."""
    if not ws.records.all("schedule", states=("active",)):
        return None
    fire_due(ws)
    for record in ws.records.all("schedule"):
        _look_behind(ws, record)
    return LOOK_S


def fire_due(ws: Workspace) -> list[Run]:
    """Start a run of every schedule whose time has come, one however many times have passed, and return them."""
    with locked(ws.root / "schedules.lock"):
        found = [_fire_if_due(ws, record) for record in ws.records.all("schedule", states=("active",))]
    return [run for run in found if run is not None]


def begin(ws: Workspace, record: Record, *, due: str = "") -> Run:
    """Return a run of the bundle of a schedule; *due* is the time that it stands for, '' when a person asked.

    The code is that of the bundle, the data is the newest: what is named without a version is looked up now.
    """
    fields = record.fields
    bundle = bundles.read(folder(ws), folder(ws) / str(fields["bundle"]))
    facts = {"scheduled": {"schedule": record.id, "due": due}, "certificate": fields.get("certificate", "")}
    facts |= {"override": fields.get("override", "")}
    pins = exact(ws, {name: name for name in bundle.facts.get("pins", {})})
    given = exact(ws, dict(fields.get("params", {})))
    return start(ws, bundle, given, from_json(fields["order"]), pins={k: v for k, v in pins.items() if v != k}, **facts)


def is_behind(ws: Workspace, fields: Mapping[str, Any]) -> bool:
    """Return whether the notebook, or a file that goes with it, is not any more what the bundle holds."""
    facts = files.read_json(folder(ws) / str(fields["bundle"]) / bundles.FACTS)
    source = Path(str(facts["source"]["path"]))
    try:
        if notebooks.read(source).digest != facts["source"]["sha256"]:
            return True
    except WorkbenchError:
        return False  # away, or half written: there is nothing to move to
    carried = {name: digest for name, digest in facts["files"].items() if (source.parent / name).is_file()}
    return any(files.digest(source.parent / name) != digest for name, digest in carried.items() if name != source.name)


def _fire_if_due(ws: Workspace, record: Record) -> Run | None:
    fields, now = record.fields, ws.clock()
    following_now = following(str(fields["cron"]), str(fields["tz"]), now)
    moment = datetime.fromisoformat(str(fields["next"]))
    if moment > now:
        if moment > following_now:  # the clock was set back
            ws.records.update("schedule", record.id, next=_text(following_now))
        return None
    due = _text(max(moment, latest(str(fields["cron"]), str(fields["tz"]), now)))
    told: dict[str, Any] = {"next": _text(following_now), "problem": ""}
    run = None
    try:
        # Whoever fired it before may have been killed before the next line, or the clock was set back to before it.
        if not _has_run(ws, record.id, due):
            run = begin(ws, record, due=due)
            told |= {"last": ws.now(), "last_run": run.ref}
    except WorkbenchError as exc:
        _log.warning("The schedule %s did not start a run: %s", record.id, exc)
        told["problem"] = str(exc)
    ws.records.update("schedule", record.id, **told)
    return run


def _has_run(ws: Workspace, name: str, due: str) -> bool:
    """Return whether there is a run for this time; one whose maker was killed before it could be queued is none."""
    found = [r for r in ws.records.all("run") if r.fields.get("scheduled") == {"schedule": name, "due": due}]
    return any(r.state not in ("preparing", "lost") or r.fields.get("started") for r in found)


def _look_behind(ws: Workspace, record: Record) -> None:
    """Note whether the notebook has moved on; not more often than it is worth."""
    fields, now = record.fields, ws.clock()
    looked = fields.get("looked")
    if looked and abs((now - datetime.fromisoformat(str(looked))).total_seconds()) < BEHIND_S:
        return
    with contextlib.suppress(OSError, KeyError):
        ws.records.update("schedule", record.id, is_behind=is_behind(ws, fields), looked=ws.now())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
