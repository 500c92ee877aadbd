"""estimate(): how long a job will take and what it will cost, before it starts, and how sure that is."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.order import Order
from workbench.jobs.queueing.ledger import settings_of

#: The share of a step that N workers divide, where nobody has measured it.
_PARALLEL = 0.9
#: How far the truth may be from a guess: what was measured here, what was measured small, and what was only assumed.
_NEAR, _WIDE = 0.15, 0.5


def estimate(ws: Workspace, bundle: Bundle, order: Order) -> dict[str, Any] | None:
    """Return the expected seconds with an interval, the cost and what they rest on, None when nothing is known."""
    found = _of_past_runs(ws, bundle, order) or _of_pace(ws, bundle, order)
    if found is None:
        return None
    settings, needs = settings_of(ws), order.needs
    hourly = needs["cpus"] * settings.cpu_hour_price + needs["gpus"] * settings.gpu_hour_price
    seconds, low, high, basis = found
    told = {"seconds": round(seconds, 3), "low": round(low, 3), "high": round(high, 3)}
    return {**told, "cost": round(seconds * hourly / 3600, 6), "basis": basis}


def speedup(ws: Workspace, workers: int) -> tuple[float, bool]:
    """Return how many times faster *workers* train than one, and whether that was measured on this machine.

    `scaling.json` holds `{"speedup": {"1": 1.0, "2": [1.6, 1.7, 1.8]}}`, a factor alone or amid its interval; between two
    measured numbers it is a straight line, beyond them and without it Amdahl's law (1967).
    """
    try:
        told = json.loads((ws.root / "scaling.json").read_text(encoding="utf-8"))["speedup"]
        known = sorted((int(n), float(factor[1] if isinstance(factor, list) else factor)) for n, factor in told.items())
    except (OSError, ValueError, KeyError, AttributeError, IndexError, TypeError):
        known = []
    below = [each for each in known if each[0] <= workers]
    above = [each for each in known if each[0] >= workers]
    if below and above:
        (n1, f1), (n2, f2) = below[-1], above[0]
        return (f1 if n1 == n2 else f1 + (f2 - f1) * (workers - n1) / (n2 - n1)), True
    return 1 / (1 - _PARALLEL + _PARALLEL / workers), workers == 1


def _of_past_runs(ws: Workspace, bundle: Bundle, order: Order) -> tuple[float, float, float, str] | None:
    """Return the median of the runs of this bundle that did the same, with the shortest and the longest."""
    took = [
        float(r.fields["cost"]["wall_s"])
        for r in ws.records.all("run", states=("done",))
        if r.fields.get("bundle") == bundle.digest
        and (r.fields.get("cost") or {}).get("wall_s")
        and r.fields.get("attempt") == 1
        and all((r.fields.get("order") or {}).get(key) == getattr(order, key) for key in ("workers", "at", "gpus"))
    ]
    if not took:
        return None
    seconds = statistics.median(took)
    spread = 0.0 if len(took) > 2 else _NEAR
    said = "1 run" if len(took) == 1 else f"{len(took)} runs"
    return seconds, min(took) * (1 - spread), max(took) * (1 + spread), f"{said} of this bundle"


def _of_pace(ws: Workspace, bundle: Bundle, order: Order) -> tuple[float, float, float, str] | None:
    """Return what the pace of the rehearsal comes to: the steps of each training, and the rest as it took then."""
    made = sorted((ws.root / "certificates").glob(f"{bundle.digest}-*/certificate.json"), key=lambda path: path.stat().st_mtime)
    pace, rest = next((found for path in reversed(made) if (found := _pace(path))[0]), ((), 0.0))
    if not pace:
        return None
    factor, is_measured = speedup(ws, order.workers)
    stepping = sum(float(each["step_s"]) * float(each["steps"]) for each in pace)
    # Beside its steps a training reads its data and checks itself; workers do not make that faster.
    beside = sum(max(0.0, float(each.get("total_s", 0)) - float(each["step_s"]) * float(each["steps"])) for each in pace)
    seconds = stepping / factor + beside + rest
    spread = _NEAR if is_measured else _WIDE
    steps = int(sum(float(each["steps"]) for each in pace))
    said = f"{steps} steps at {1000 * stepping / max(steps, 1):.0f} ms in the rehearsal"
    if order.workers > 1:
        said += f", {order.workers} workers {'measured' if is_measured else 'assumed'} to be {factor:.1f} times faster"
    return seconds, seconds * (1 - spread), seconds * (1 + spread), said


def _pace(path: Path) -> tuple[Sequence[Mapping[str, Any]], float]:
    """Return the pace of each training in a certificate, and the seconds that were not spent in trainings."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return (), 0.0
    pace = told.get("pace") or []
    each = [p for p in ([pace] if isinstance(pace, Mapping) else pace) if p.get("step_s") and p.get("steps")]
    spent = sum(float(p.get("spent_s", float(p["step_s"]) * float(p.get("done", 0)))) for p in each)
    return each, max(0.0, float(told.get("seconds") or 0) - spent)
