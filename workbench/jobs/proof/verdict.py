"""Verdict: what came of running a job once more, as facts, as text, in a notebook and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from workbench.jobs.proof.page import page

Told = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Identical, equal, or different; `cell` is the first that differs, `causes` all that may have made the difference."""

    run: str
    verdict: str
    says: str
    cause: str = ""
    cell: int = 0
    causes: Sequence[Told] = ()
    cells: Sequence[Told] = ()
    metrics: Sequence[Told] = ()
    results: Sequence[Told] = ()
    artifacts: Sequence[Told] = ()
    tolerance: float = 0.0
    seconds: float = 0.0
    made: str = ""
    signature: Told = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return all facts."""
        return asdict(self) | {k: [dict(each) for each in getattr(self, k)] for k in _LISTS}

    def __str__(self) -> str:
        lines = [f"{self.run} is {self.verdict}: {self.says}"]
        lines += [f"  {each['cause']}: {each['detail']}" for each in self.causes]
        for cell in self.cells:
            if cell["state"] not in ("identical", "equal"):
                lines.append(f"  cell {cell['cell']}: {cell['state']}{', ' if cell['why'] else ''}{cell['why']}")
                lines += [f"    {line}" for line in cell.get("diff", "").splitlines()]
        lines += [f"  {m['name']}: {m['before']} -> {m['again']}" for m in self.metrics if m["before"] != m["again"]]
        lines += [f"  {a['name']}: {a['state']}" for a in self.artifacts]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<b>{escape(self.run)} is {escape(self.verdict)}</b><pre>{escape(str(self).partition(': ')[2])}</pre>"

    def page(self) -> str:
        """Return the verdict as an HTML page."""
        cells = [(str(c["cell"]), c["state"], f"{c['why']}\n{c['diff']}" if c.get("diff") else c["why"]) for c in self.cells]
        named = [(each["name"], str(each["before"]), str(each["again"])) for each in (*self.metrics, *self.results)]
        made = [(a["name"], str(a["before"])[:16], str(a["again"])[:16], a["state"]) for a in self.artifacts]
        told = [
            ("run", self.run),
            ("made", self.made),
            ("took", f"{self.seconds:g} s"),
            ("tolerance", f"{self.tolerance:g}, relative"),
        ]
        return page(
            f"Verification of {self.run}",
            self.verdict,
            self.says,
            [
                ("Causes", (), [(c["cause"], c["detail"]) for c in self.causes]),
                ("Cells", ("Cell", "State", "Why"), cells),
                ("Metrics and results", ("Name", "Then", "Now"), named),
                ("Models", ("Model", "Then", "Now", "State"), made),
                ("Verification", (), told),
                ("Signature", (), [(key, str(value)) for key, value in self.signature.items()]),
            ],
        )


_LISTS = ("causes", "cells", "metrics", "results", "artifacts")
