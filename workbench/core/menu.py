"""What can be done with a record in its state: the buttons that every face shows beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.core.ports import Record
from workbench.core.run import ACTIVE

#: Kinds whose reference is their id; the reference of a dataset is in its fields, since it carries version and digest.
_NAMED = ("labeling", "run", "model", "service", "report")


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing that can be done: a verb with its arguments.

    `ask` names the arguments that a person fills in first; `confirm` is the question to answer before it is done.
    """

    verb: str
    label: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    ask: tuple[str, ...] = ()
    confirm: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the action as the faces read it; what is empty is left out."""
        made: dict[str, Any] = {"verb": self.verb, "label": self.label, "arguments": dict(self.arguments)}
        if self.ask:
            made["ask"] = list(self.ask)
        if self.confirm:
            made["confirm"] = self.confirm
        return made


def ref_of(record: Record) -> str:
    """Return the reference string of what a record is about.

    >>> ref_of(Record("run", "train-1", 1, "done", ""))
    'run:train-1'
    """
    return (
        f"{record.kind}:{record.id}" if record.kind in _NAMED else str(record.fields.get("ref", f"{record.kind}:{record.id}"))
    )


def offered(record: Record) -> list[Action]:
    """Return what can be done with a record as it is now, the most useful first."""
    offers = _OFFERS.get(record.kind)
    return offers(record) if offers else []


def _dataset(record: Record) -> list[Action]:
    return [Action(verb="label", label="Label", arguments={"data": ref_of(record)}, ask=("task", "classes"))]


def _labeling(record: Record) -> list[Action]:
    return [Action(verb="pull", label="Pull labels", arguments={"labeling": ref_of(record)})]


def _run(record: Record) -> list[Action]:
    if record.state not in ACTIVE:
        return []
    question = f"Cancel {record.id}? Every process that it started ends."
    return [Action(verb="cancel", label="Cancel", arguments={"run": ref_of(record)}, confirm=question)]


def _model(record: Record) -> list[Action]:
    ref = ref_of(record)
    actions = [Action(verb="serve", label="Deploy", arguments={"model": ref}, ask=("name", "canary"))]
    if record.fields.get("runtime") == "torch":  # what is optimized already is not optimized again
        actions.append(Action(verb="optimize", label="Optimize", arguments={"model": ref}, ask=("data",)))
    return actions


def _service(record: Record) -> list[Action]:
    if record.state not in ("running", "ready"):
        return []
    service, traffic = ref_of(record), dict(record.fields.get("traffic", {}))
    actions = []
    if len(traffic) > 1:
        newest = list(traffic)[-1]
        actions.append(
            Action(
                verb="route",
                label="Cut over",
                arguments={"service": service, "traffic": {newest: 100}},
                confirm=f"Send all traffic of {record.id} to {newest}?",
            )
        )
    if len(traffic) > 1 or record.fields.get("history"):
        actions.append(
            Action(
                verb="rollback",
                label="Roll back",
                arguments={"service": service},
                confirm=f"Give all traffic of {record.id} back to the model that had it before?",
            )
        )
    question = f"Stop {record.id}? Requests in flight finish first."
    return [*actions, Action(verb="stop", label="Stop", arguments={"service": service}, confirm=question)]


_OFFERS: Mapping[str, Callable[[Record], list[Action]]] = {
    "dataset": _dataset,
    "labeling": _labeling,
    "run": _run,
    "model": _model,
    "service": _service,
}
