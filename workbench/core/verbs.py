"""The one registry of verbs that a cell, a shell, a URL and a button all go through, with typed, validated arguments."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core import recipe
from workbench.core.config import convert
from workbench.core.errors import InputError
from workbench.core.registry import Registry

#: The public verbs of `workbench`. A module here imports only the standard library and core until its verb is called.
VERBS: Registry[Callable[..., Any]] = Registry(
    "verb",
    {
        "ingest": "workbench.data.ingest:ingest",
        "browse": "workbench.data.browse:browse",
        "split": "workbench.data.split:split",
        "pick": "workbench.data.pick:pick",
        "export": "workbench.data.export:export",
        "audit": "workbench.data.audit:audit",
        "embed": "workbench.data.embed:embed",
        "search": "workbench.data.search:search",
        "augment": "workbench.data.augment:augment",
        "prepare": "workbench.data.prepare:prepare",
        "transform": "workbench.data.transform:transform",
        "accept": "workbench.labeling.accept:accept",
        "attribute": "workbench.labeling.attribute:attribute",
        "active_learn": "workbench.jobs.active_learn:active_learn",
        "label": "workbench.labeling.label:label",
        "recipe": "workbench.training.recipe:recipe",
        "train": "workbench.training.train:train",
        "evaluate": "workbench.evaluation.evaluate:evaluate",
        "optimize": "workbench.optimization.optimize:optimize",
        "serve": "workbench.serving.serve:serve",
        "monitor": "workbench.monitoring.monitor:monitor",
        "promote": "workbench.jobs.promote:promote",
        "submit": "workbench.jobs.submit:submit",
        "verify": "workbench.jobs.verify:verify",
        "schedule": "workbench.jobs.schedule:schedule",
        "result": "workbench.jobs.result:result",
        "idea": "workbench.jobs.idea:idea",
        "quick_check": "workbench.training.quick_check:quick_check",
        "challenge": "workbench.evaluation.challenge:challenge",
    },
)

#: What can be done with a noun: its methods, and the buttons beside it.
ACTIONS: Registry[Callable[..., Any]] = Registry(
    "action",
    {
        "pull": "workbench.labeling.exchange:pull",
        "push": "workbench.labeling.exchange:push",
        "assist": "workbench.labeling.assist:assist",
        "answer": "workbench.labeling.answer:answer",
        "quality": "workbench.labeling.quality:quality",
        "review": "workbench.labeling.review:review",
        "apply": "workbench.data.audit:apply",
        "tag": "workbench.data.versions:tag",
        "mark": "workbench.data.mark:mark",
        "diff": "workbench.data.versions:diff",
        "restore": "workbench.data.versions:restore",
        "history": "workbench.data.versions:history",
        "compact": "workbench.data.versions:compact",
        "publish": "workbench.data.publish:publish",
        "attach": "workbench.data.publish:attach",
        "preview": "workbench.data.augment:preview",
        "cancel": "workbench.jobs.cancel:cancel",
        "reconcile": "workbench.jobs.queueing.reconcile:reconcile",
        "preflight": "workbench.jobs.preflight:preflight",
        "rehearse": "workbench.jobs.rehearse:rehearse",
        "resume": "workbench.jobs.again:resume",
        "rerun": "workbench.jobs.again:rerun",
        "contrast": "workbench.jobs.contrast:contrast",
        "ledger": "workbench.jobs.queueing.ledger:ledger",
        "fire": "workbench.jobs.schedule:fire",
        "pause": "workbench.jobs.schedule:pause",
        "unpause": "workbench.jobs.schedule:unpause",
        "renew": "workbench.jobs.schedule:renew",
        "predict": "workbench.models.predict:predict",
        "ask": "workbench.serving.control:ask",
        "route": "workbench.serving.control:route",
        "rollback": "workbench.serving.control:rollback",
        "stop": "workbench.serving.control:stop",
    },
)


def act(name: str, *args: Any, **kwargs: Any) -> Any:
    """Do *name* with a noun; this is how a method of a noun reaches the stage that implements it."""
    return ACTIONS[name](*args, **kwargs)


def lookup(name: str) -> Callable[..., Any]:
    """Return the function behind a verb or an action; raise `NotFoundError` with close names."""
    return ACTIONS[name] if name in ACTIONS else VERBS[name]


@dataclass(frozen=True)
class Parameter:
    """One argument of a verb as the faces see it; `type` is a JSON type or the kind of a noun."""

    name: str
    type: str
    required: bool
    default: Any
    hint: Any


def parameters(name: str) -> list[Parameter]:
    """Return the arguments of a verb in order, the workspace left out: the faces fill it in."""
    function = lookup(name)
    hints = typing.get_type_hints(function)
    found = []
    for p in inspect.signature(function).parameters.values():
        if _is_workspace(hints[p.name]):
            continue
        many = p.kind is p.VAR_POSITIONAL
        hint: Any = types.GenericAlias(tuple, (hints[p.name], ...)) if many else hints[p.name]
        required = p.default is p.empty and not many
        found.append(Parameter(p.name, _type_name(hint), required, None if p.default is p.empty else p.default, hint))
    return found


def call(name: str, ws: Any, arguments: Mapping[str, Any]) -> Any:
    """Call a verb with JSON-like *arguments*: references become nouns, text becomes numbers; all problems at once."""
    function = lookup(name)
    known = {p.name: p for p in parameters(name)}
    problems = [f"unknown argument {key!r}" for key in sorted(set(arguments) - set(known))]
    problems += [f"`{p.name}` is missing" for p in known.values() if p.required and p.name not in arguments]
    made: dict[str, Any] = {}
    for key in sorted(set(arguments) & set(known)):
        try:
            made[key] = resolve(arguments[key], known[key].hint, ws, where=key)
        except InputError as exc:
            problems.append(exc.message.rstrip("."))
    if problems:
        raise InputError(f"{name}: {'; '.join(problems)}.", hint=f"Arguments: {', '.join(known) or 'none'}.")
    hints = typing.get_type_hints(function)
    signature = inspect.signature(function)
    made |= {p: ws for p in signature.parameters if _is_workspace(hints[p])}
    bound = inspect.BoundArguments(signature, OrderedDict((p, made[p]) for p in signature.parameters if p in made))
    bound.apply_defaults()
    return function(*bound.args, **bound.kwargs)


def resolve(value: Any, hint: Any, ws: Any, *, where: str) -> Any:
    """Return *value* as *hint*, with references resolved in *ws*."""
    options = [a for a in typing.get_args(hint) if a is not type(None)] if _is_union(hint) else [hint]
    if value is None and _is_union(hint) and type(None) in typing.get_args(hint):
        return None
    kinds = [k for k in map(_noun, options) if k]
    members = typing.get_args(options[0])
    if not kinds and members and _noun(members[0]) and isinstance(value, str | list | tuple):
        listed = value.split(",") if isinstance(value, str) else value
        return tuple(resolve(one, members[0], ws, where=f"{where}[{i}]") for i, one in enumerate(listed))
    if not isinstance(value, str) or not kinds:
        return convert(value, hint, where=where)
    if kinds == ["recipe"]:
        return recipe.from_ref(value)
    kind = value.partition(":")[0]
    return ws.resolve(value, kind=kind if kind in kinds else kinds[0])


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a verb that first looks at what it is given: a noun where it takes one, and one of its choices.

    Shells and URLs go through `call`, which makes nouns of references; in a cell a wrong one would be found deep inside.
    """

    @functools.wraps(function)
    def verb(*args: Any, **kwargs: Any) -> Any:
        hints = typing.get_type_hints(function)
        try:
            bound = inspect.signature(function).bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # Python says best itself what is missing or too much
        for name, value in bound.arguments.items():
            _check(name, value, hints[name])
        return function(*args, **kwargs)

    return verb


def _check(name: str, value: Any, hint: Any) -> None:
    options = list(typing.get_args(hint)) if _is_union(hint) else [hint]
    nouns = [option for option in options if _noun(option)]
    if nouns and len(nouns) == len([o for o in options if o is not type(None)]):
        if not isinstance(value, tuple(options)):
            kind = _noun(nouns[0])
            known = kind in ("dataset", "model", "run", "labeling", "service", "report", "schedule")
            way = f"ws.{kind}({value!r})" if isinstance(value, str) and known else f"wb.{nouns[0].__name__}"
            kinds = " or ".join(option.__name__ for option in nouns)
            raise InputError(f"`{name}` must be a {kinds}, got {value!r:.80}.", hint=f"Give it a noun, such as {way}.")
    elif typing.get_origin(hint) is typing.Literal:
        convert(value, hint, where=name)


def encode(value: Any) -> Any:
    """Return *value* as JSON: nouns by `to_json`, containers item by item."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [encode(v) for v in value]
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _noun(hint: Any) -> str:
    module = getattr(hint, "__module__", "")
    named = isinstance(hint, type) and module == f"workbench.core.{hint.__name__.lower()}"
    return hint.__name__.lower() if named else ""


def _type_name(hint: Any) -> str:
    options = [a for a in typing.get_args(hint) if a is not type(None)] if _is_union(hint) else [hint]
    first = options[0]
    if kind := _noun(first):
        return kind
    origin = typing.get_origin(first)
    if origin is typing.Literal:
        return "choice"
    if origin is not None:
        return "object" if origin is dict or origin.__name__ == "Mapping" else "array"
    names: dict[Any, str] = {bool: "boolean", int: "integer", float: "number"}
    return names.get(first, "string")


def _is_workspace(hint: Any) -> bool:
    return "workspace" in map(_noun, typing.get_args(hint) if _is_union(hint) else [hint])
