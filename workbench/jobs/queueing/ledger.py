"""ledger(): what runs have used and cost, by person, idea or run."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from workbench import wiring
from workbench.core.errors import ConflictError
from workbench.core.ports import Record
from workbench.core.workspace import Workspace, current
from workbench.jobs.order import Order

_NOTHING = {"cpu_s": 0.0, "gpu_s": 0.0, "wall_s": 0.0, "price": 0.0}
_HOUR_S = 3600.0


def ledger(*, by: Literal["user", "idea", "run"] = "user", ws: Workspace | None = None) -> dict[str, Any]:
    """Return CPU and GPU hours and cost of this month, and what is left of the quota.

    What a run holds counts, used or not, from the moment it starts; runs that are at work count until now. Months are
    those of UTC, and a run belongs to the month in which it ended.
    """
    ws = ws or current()
    settings, now = settings_of(ws), ws.clock()
    rows: dict[str, dict[str, Any]] = {}
    for record in _of_month(ws, now):
        row = rows.setdefault(_name(record, by), {"runs": 0, **_NOTHING})
        row["runs"] += 1
        for key, value in spent(record.fields, now, settings).items():
            row[key] += value
    told = [{"name": name, **_hours(row, settings)} for name, row in sorted(rows.items())]
    return {
        "month": f"{now:%Y-%m}",
        "by": by,
        "rows": told,
        "total": _hours({key: sum(row[key] for row in rows.values()) for key in ("runs", *_NOTHING)}, settings),
        "quota": _quota(ws, now) if settings.quota_hours else None,
    }


def spent(fields: Mapping[str, Any], until: datetime, settings: Any) -> dict[str, float]:
    """Return what a run has cost: its former attempts, and the one that runs until *until*."""
    cost = _NOTHING | dict(fields.get("cost") or {})
    if not fields.get("started") or fields.get("ended"):
        return cost
    # A clock that was set back must not give time back.
    wall = max(0.0, (until - datetime.fromisoformat(str(fields["started"]))).total_seconds())
    held = fields.get("slots") or {}
    cpu_s, gpu_s = wall * float(held.get("cpus", 0)), wall * len(held.get("gpus", ()))
    price = (cpu_s * settings.cpu_hour_price + gpu_s * settings.gpu_hour_price) / _HOUR_S
    more = {"cpu_s": cpu_s, "gpu_s": gpu_s, "wall_s": wall, "price": price}
    return {key: round(cost[key] + value, 6) for key, value in more.items()}


def check(ws: Workspace, order: Order, *, expected_s: float = 0.0) -> None:
    """Raise `ConflictError` when this person's hours of the month do not do for a job that takes *expected_s* seconds."""
    settings = settings_of(ws)
    if not settings.quota_hours:
        return
    quota = _quota(ws, ws.clock())
    needs = order.needs
    wanted = expected_s * (needs["cpus"] + settings.gpu_weight * needs["gpus"]) / _HOUR_S
    if quota["left_h"] > 0 and wanted <= quota["left_h"]:
        return
    asked = f", and the job is expected to take {wanted:.2f}" if wanted else ""
    raise ConflictError(
        f"{quota['left_h']:.2f} of the {quota['hours']:g} CPU hours of {quota['user']} are left this month{asked}.",
        hint="`workbench ledger` shows what was used; the setting `quota_hours` is the limit.",
        quota=quota,
    )


def settings_of(ws: Workspace) -> Any:
    """Return the settings of a workspace, also of one that was not opened by `wb.open()`."""
    return ws.settings or wiring.settings(ws.root, os.environ)


def _quota(ws: Workspace, now: datetime) -> dict[str, Any]:
    settings, user = settings_of(ws), getpass.getuser()
    used = 0.0
    for record in _of_month(ws, now):
        if record.fields.get("user") == user:
            cost = spent(record.fields, now, settings)
            used += (cost["cpu_s"] + settings.gpu_weight * cost["gpu_s"]) / _HOUR_S
    left = max(0.0, settings.quota_hours - used)
    return {"user": user, "hours": settings.quota_hours, "used_h": round(used, 4), "left_h": round(left, 4)}


def _of_month(ws: Workspace, now: datetime) -> Iterable[Record]:
    """Return the jobs that held something this month."""
    month = f"{now:%Y-%m}"
    for record in ws.records.all("run"):
        fields = record.fields
        if fields.get("order") and (fields.get("started") or (fields.get("cost") or {}).get("wall_s")):
            until = str(fields.get("ended") or "")
            if not until or until.startswith(month):
                yield record


def _name(record: Record, by: str) -> str:
    if by == "run":
        return f"run:{record.id}"
    return str((record.fields["order"] if by == "idea" else record.fields).get(by, ""))


def _hours(row: Mapping[str, Any], settings: Any) -> dict[str, Any]:
    cpu, gpu, wall = (round(row[key] / _HOUR_S, 6) for key in ("cpu_s", "gpu_s", "wall_s"))
    counted = round(cpu + settings.gpu_weight * gpu, 6)
    return {
        "runs": row["runs"],
        "cpu_h": cpu,
        "gpu_h": gpu,
        "wall_h": wall,
        "hours": counted,
        "price": round(float(row["price"]), 4),
    }
