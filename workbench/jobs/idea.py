"""The verb `idea`: what belongs to one idea: its runs, notes and spending."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.core import refs
from workbench.core.errors import NotFoundError
from workbench.core.workspace import Workspace, current
from workbench.jobs.queueing.ledger import ledger


@dataclass(frozen=True)
class Idea:
    """What is true of an idea now: its notes, its runs by reference, and what they have used this month."""

    name: str
    notes: tuple[Mapping[str, str], ...] = ()
    runs: tuple[str, ...] = ()
    spent: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        return asdict(self)


def idea(name: str, *, note: str = "", ws: Workspace | None = None) -> Idea:
    """Return the idea, made on first use; *note* is added to its notes.

    The runs of an idea are those that were promoted with `idea=name`.
    """
    from workbench.store.locks import locked

    ws = ws or current()
    refs.check_name(name, what="idea")
    with locked(ws.root / "ideas.lock"):
        notes = _notes(ws, name)
        if note or notes is None:
            told = [{"at": ws.now(), "by": getpass.getuser(), "text": note}] if note else []
            notes = [*(notes or ()), *told]
            ws.records.put("idea", name, {"ref": f"idea:{name}", "notes": notes, "updated": ws.now()}, state="open")
    runs = [f"run:{r.id}" for r in ws.records.all("run") if (r.fields.get("order") or {}).get("idea") == name]
    spent = next((row for row in ledger(by="idea", ws=ws)["rows"] if row["name"] == name), None)
    return Idea(name, tuple(notes), tuple(runs), spent)


def _notes(ws: Workspace, name: str) -> list[dict[str, str]] | None:
    try:
        return list(ws.records.get("idea", name).fields["notes"])
    except NotFoundError:
        return None
