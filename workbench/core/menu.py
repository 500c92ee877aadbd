"""What can be done with a record in its state: the buttons that every face shows beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.core.ports import Record
from workbench.core.run import ACTIVE

#: Kinds whose reference is their id; the reference of a dataset is in its fields, since it carries version and digest.
_NAMED = ("labeling", "run", "model", "service", "report", "schedule")


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
        return _ended_run(record)
    question = f"Cancel {record.id}? Every process that it started ends."
    return [Action(verb="cancel", label="Cancel", arguments={"run": ref_of(record)}, confirm=question)]


def _ended_run(record: Record) -> list[Action]:
    if not record.fields.get("bundle"):
        return []  # a training in a kernel: what it ran is that notebook's
    run = ref_of(record)
    actions = [Action(verb="rerun", label="Run again", arguments={"run": run}, ask=("parameters",))]
    if record.state == "done":
        return [Action(verb="verify", label="Verify", arguments={"run": run}), *actions]
    return [Action(verb="resume", label="Resume", arguments={"run": run}), *actions]


def _schedule(record: Record) -> list[Action]:
    schedule = ref_of(record)
    other = ("pause", "Pause") if record.state == "active" else ("unpause", "Go on")
    verbs = [("fire", "Run now"), other]
    if record.fields.get("is_behind"):
        verbs.insert(0, ("renew", "Move to the newest"))
    return [Action(verb=verb, label=label, arguments={"schedule": schedule}) for verb, label in verbs]


def _model(record: Record) -> list[Action]:
    ref = ref_of(record)
    told = record.fields.get("challenge") or {}
    lost = f"{record.id} was not shown to be better than {told.get('champion')} (p = {told.get('p', 1):.2g}). Deploy it?"
    question = lost if told and not told.get("better") else ""
    actions = [Action(verb="serve", label="Deploy", arguments={"model": ref}, ask=("name", "canary"), confirm=question)]
    if record.fields.get("runtime") == "torch":  # what is optimized already is not optimized again
        val = record.fields.get("val")  # what it was checked on in training is what it has to keep its score on
        known = {"model": ref, "data": val} if val else {"model": ref}
        actions.append(Action(verb="optimize", label="Optimize", arguments=known, ask=() if val else ("data",)))
    return actions


def _service(record: Record) -> list[Action]:
    if record.state in ("stopped", "failed"):
        return _restart(record)
    if record.state != "running":
        return []
    service, traffic = ref_of(record), dict(record.fields.get("traffic", {}))
    actions = []
    if len(traffic) > 1:
        newest = _newest(traffic, record.fields.get("history", ()))
        question = f"Send all traffic of {record.id} to {newest}?"
        actions.append(
            Action(verb="route", label="Cut over", arguments={"service": service, "traffic": {newest: 100}}, confirm=question)
        )
    if len(traffic) > 1 or _served_before(traffic, record.fields.get("history", ())):
        question = f"Give all traffic of {record.id} back to the model that had it before?"
        actions.append(Action(verb="rollback", label="Roll back", arguments={"service": service}, confirm=question))
    question = f"Stop {record.id}? Requests in flight finish first."
    return [*actions, Action(verb="stop", label="Stop", arguments={"service": service}, confirm=question)]


def _newest(traffic: Mapping[str, float], history: Sequence[Mapping[str, Any]]) -> str:
    """Return the model that joined last; one that had left and came back has joined anew."""
    joined: list[str] = []
    for entry in history:
        here = entry.get("traffic", {})
        joined = [ref for ref in joined if ref in here] + [ref for ref in here if ref not in joined]
    known = [ref for ref in joined if ref in traffic]
    return known[-1] if known else list(traffic)[-1]


def _served_before(traffic: Mapping[str, float], history: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether another model than today's once had all the traffic."""
    alone = {next(iter(entry["traffic"])) for entry in history if len(entry.get("traffic", {})) == 1}
    return bool(alone - set(traffic))


def _restart(record: Record) -> list[Action]:
    shared = [entry["traffic"] for entry in record.fields.get("history", ()) if entry.get("traffic")]
    if not shared:
        return []
    main = max(shared[-1], key=lambda ref: float(shared[-1][ref]))
    arguments = {"model": main, "name": record.id, "canary": shared[-1][main]}
    return [Action(verb="serve", label="Start", arguments=arguments)]


_OFFERS: Mapping[str, Callable[[Record], list[Action]]] = {
    "dataset": _dataset,
    "labeling": _labeling,
    "run": _run,
    "model": _model,
    "service": _service,
    "schedule": _schedule,
}
