"""`workbench runs` and `workbench log`: which runs there are, by state and score, and what one of them says."""

from __future__ import annotations

import argparse
import math
import operator
import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from workbench.cli import render
from workbench.core.errors import InputError
from workbench.core.ports import Record
from workbench.core.run import ACTIVE, ENDED, Run
from workbench.core.verbs import call
from workbench.wiring import open as open_workspace

#: As often as a person would notice: a run that takes days is followed for days.
_FOREVER_S = math.inf
_WHERE = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*(<=|>=|!=|==|=|<|>)\s*(.+?)\s*")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `runs` and `log`."""
    runs = commands.add_parser("runs", parents=[common], help="the runs, the newest first, by state, score and idea")
    runs.add_argument("--state", default="", choices=[*ACTIVE, *ENDED], help="only runs in this state")
    runs.add_argument("--where", action="append", default=[], metavar="'NAME>VALUE'", help="a metric, result or parameter")
    runs.add_argument("--idea", default="", help="only runs of this idea")
    runs.add_argument("--user", default="", help="only runs of this person")
    runs.add_argument("-n", dest="most", type=int, default=30, metavar="N", help="at most so many, default 30; 0 is all")
    runs.set_defaults(do=_runs)
    log = commands.add_parser("log", parents=[common], help="what a run has said")
    log.add_argument("run", help="a run, by reference or id")
    log.add_argument("-f", "--follow", action="store_true", help="as it comes, until the run ends; status 0 when it is done")
    log.set_defaults(do=_log)


def follow(run: Run, *, quiet: bool = False) -> int:
    """Show the log of *run* until it has ended, and return its exit status: 0 when it is done."""
    run.follow((lambda _: None) if quiet else _say, timeout_s=_FOREVER_S)
    if not quiet:
        print(f"{run.ref} {run.state}", file=sys.stderr)
    return 0 if run.state == "done" else 1


def _say(line: str) -> None:
    print(line, flush=True)


def _log(options: argparse.Namespace) -> tuple[Any, str]:
    run: Run = open_workspace(options.workspace).run(options.run)
    if options.follow:
        options.status = follow(run, quiet=options.json)
        return run, ""
    call("reconcile", run.ws, {})
    text = run.log_path.read_text(encoding="utf-8", errors="replace") if run.log_path.exists() else ""
    return {"ref": run.ref, "state": run.state, "log": text}, text.rstrip("\n")


def _runs(options: argparse.Namespace) -> tuple[Any, str]:
    ws = open_workspace(options.workspace)
    wanted = [_condition(text) for text in options.where]
    call("reconcile", ws, {})
    kept = [
        record
        for record in reversed(ws.records.all("run"))
        if (not options.state or record.state == options.state)
        and (not options.idea or _order(record).get("idea") == options.idea)
        and (not options.user or record.fields.get("user") == options.user)
        and all(holds(record) for holds in wanted)
    ]
    shown = [_brief(record) for record in kept[: options.most or None]]
    said = render.table(shown) if shown else "No run is like that." if ws.records.all("run") else "There is no run yet."
    more = len(kept) - len(shown)
    return shown, said + (f"\n{more} more; see -n" if more else "")


def _condition(text: str) -> Callable[[Record], bool]:
    found = _WHERE.fullmatch(text)
    if not found:
        raise InputError(f"`--where` must be a name, a comparison and a value, got {text!r}.", hint="Such as 'accuracy>0.9'.")
    name, sign, wanted = found.groups()

    def holds(record: Record) -> bool:
        value = _facts(record).get(name)
        if value is None:
            return False
        try:
            return _COMPARE[sign](float(value), float(wanted))
        except (TypeError, ValueError):  # a text
            return _COMPARE[sign](str(value), wanted.strip("'\""))

    return holds


def _facts(record: Record) -> dict[str, Any]:
    """Return what a run may be asked for by name; what was measured goes before what was given."""
    fields = record.fields
    told = {name: fields.get(name) for name in ("title", "user", "attempt", "model", "bundle")}
    return told | dict(fields.get("params") or {}) | dict(fields.get("results") or {}) | dict(fields.get("metrics") or {})


def _order(record: Record) -> dict[str, Any]:
    return dict(record.fields.get("order") or {})


def _brief(record: Record) -> dict[str, Any]:
    fields = record.fields
    return {
        "ref": f"run:{record.id}",
        "state": record.state,
        "title": str(fields.get("title", "")),
        "created": str(fields.get("created", ""))[:19],
        "took_s": _seconds(fields),
        "metrics": dict(fields.get("metrics") or {}),
        "error": str((fields.get("error") or {}).get("message", "")),
    }


def _seconds(fields: Mapping[str, Any]) -> float | None:
    begun, ended = fields.get("started") or fields.get("created"), fields.get("ended")
    if not begun or not ended:
        return None
    return round((datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds(), 1)
