"""Report: what was measured of a model on a dataset, and whether it is enough."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from workbench.core import refs
from workbench.core.errors import ConflictError, GateError, InputError
from workbench.core.verbs import act
from workbench.core.views import VIEWS
from workbench.core.workspace import Workspace

if TYPE_CHECKING:
    from workbench.core.dataset import Dataset

_MARKDOWN = str.maketrans({c: f"&#{ord(c)};" for c in "|`*_[]!~$\\\n\r"})


@dataclass(frozen=True)
class Report:
    """Scores by name, with details (a confusion matrix, what was tried and why it was left); higher is better."""

    ws: Workspace = field(repr=False)
    id: str
    kind: str
    subject: str
    data: str
    scores: Mapping[str, float]
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ref(self) -> str:
        """Return the reference string, such as `report:evaluate-3`."""
        return f"report:{self.id}"

    def require(self, **floors: float) -> Report:
        """Return the report when every score reaches its floor, else raise `GateError` that names each miss."""
        unknown = sorted(set(floors) - set(self.scores))
        if unknown:
            raise InputError(
                f"{self.ref} has no score named {', '.join(map(repr, unknown))}.",
                hint=f"Scores: {', '.join(sorted(self.scores))}.",
            )
        misses = {name: (self.scores[name], floor) for name, floor in sorted(floors.items()) if self.scores[name] < floor}
        if misses:
            said = "; ".join(f"{n} is {value:.3f}, required {floor:.3f}" for n, (value, floor) in misses.items())
            raise GateError(f"{self.subject} missed its gate: {said}.", misses=misses, report=self.ref)
        return self

    def items(self, check: str) -> Dataset:
        """Return the items that a check of `wb.audit()` found, most striking first."""
        found = self.details.get("checks", {}).get(check, {}).get("items")
        if found is None:
            raise InputError(f"{self.ref} found no items by {check!r}.", hint=f"Scores: {', '.join(sorted(self.scores))}.")
        return self.ws.dataset(str(found))

    def apply(self, *, only: Sequence[str] = ()) -> Dataset:
        """Return the next version of the audited dataset, with proposals carried out; by default those beyond doubt."""
        return cast("Dataset", act("apply", self, only=only))

    def _repr_markdown_(self) -> str | None:
        """Return what an audit found as a table; a notebook asks for it."""
        if not (found := self._found()):
            return None
        lines = [
            f"**{self.id}** of `{self.data}`: {self.scores['clean']:.1%} clean",
            "",
            "| check | found | such as |",
            "|---|--:|---|",
        ]
        # Reasons hold names and labels that anybody may have written.
        lines += [f"| {one['check']} | {one['found']} | {html.escape(one['such as']).translate(_MARKDOWN)} |" for one in found]
        return "\n".join(lines)

    def _found(self) -> list[dict[str, Any]]:
        return [
            {"check": name, "found": told["n"], "such as": told["skipped"] or next((f["reason"] for f in told["first"]), "")}
            for name, told in self.details.get("checks", {}).items()
        ]

    def _repr_png_(self) -> bytes | None:
        """Return the curve that was measured as a picture; a notebook asks for it."""
        return VIEWS["report"](self) if self.details.get("curve") else None

    def to_json(self) -> dict[str, Any]:
        """Return the facts that the faces show."""
        told = {"ref": self.ref, "kind": self.kind, "subject": self.subject, "data": self.data, "scores": dict(self.scores)}
        return told | ({"checks": found} if (found := self._found()) else {})


def record(
    ws: Workspace, kind: str, *, subject: str, data: str, scores: Mapping[str, float], details: Mapping[str, Any] | None = None
) -> Report:
    """Keep a report and return it; its id is the kind and a number."""
    number = sum(1 for r in ws.records.all("report") if r.fields.get("kind") == kind) + 1
    body = {"kind": kind, "subject": subject, "data": data, "scores": dict(scores), "details": dict(details or {})}
    while True:
        try:
            ws.records.put("report", f"{kind}-{number}", body | {"created": ws.now()}, state="done", new=True)
        except ConflictError:
            number += 1
            continue
        return Report(ws, f"{kind}-{number}", kind, subject, data, dict(scores), dict(details or {}))


def find(ws: Workspace, ref: refs.Ref) -> Report:
    """Return the report of *ref*."""
    fields = ws.records.get("report", ref.name).fields
    return Report(ws, ref.name, fields["kind"], fields["subject"], fields["data"], fields["scores"], fields.get("details", {}))
