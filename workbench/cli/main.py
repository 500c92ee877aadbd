"""The command `workbench`: every verb and action, runs, labels, doctor; JSON with --json, an exit status for each error."""

from __future__ import annotations

import argparse
import inspect
import json
import logging
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from workbench import __version__
from workbench.cli import cluster, doctor, labels, lock, render, runs
from workbench.core.errors import STATUS, InputError, WorkbenchError
from workbench.core.verbs import ACTIONS, VERBS, Parameter, call, encode, parameters
from workbench.wiring import open as open_workspace

#: Verbs that start a run, which can be followed at once.
_STARTS = ("promote", "submit", "rerun", "resume", "fire")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; errors of the workbench become a message, bugs keep their traceback."""
    told = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(told).parse_args(told)
    as_json = options.json or options.do is _call
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)  # a program may; the library never does
    # Kernels spin on every core otherwise; a command works on one unless told.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        result, text = options.do(options)
    except WorkbenchError as exc:
        if as_json:
            print(json.dumps(exc.to_json()))
        else:
            print(render.error(exc), file=sys.stderr)
        return STATUS[exc.code].exit
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if as_json or text:
        print(json.dumps({"ok": True, "result": encode(result)}) if as_json else text)
    return int(getattr(options, "status", 0))


def _parser(told: Sequence[str]) -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="workbench", description="Label, train, promote, serve and watch perception models.")
    top.add_argument("--version", action="version", version=__version__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON document")
    common.add_argument("-w", "--workspace", default="", metavar="FOLDER", help="default: WORKBENCH_WORKSPACE, or the nearest")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    wants_help = not told or told[0] in ("-h", "--help")
    for name in sorted({*VERBS, *ACTIONS}):
        # Reading a verb's arguments imports its module, so only the one that is called is read.
        chosen = wants_help or name in told
        function = (ACTIONS if name in ACTIONS else VERBS)[name] if chosen else None
        said = inspect.getdoc(function) or "" if chosen else ""
        first = _plain(said.partition("\n")[0])
        sub = commands.add_parser(name, parents=[common], help=first.replace("%", "%%"), description=first)
        sub.set_defaults(do=_verb, verb=name)
        told_of = arguments_told(said)
        for parameter in parameters(name) if chosen else ():
            _add(sub, parameter, told_of.get(parameter.name, ""))
        if name in _STARTS:
            sub.add_argument("-f", "--follow", action="store_true", help="show its log; the exit status is 0 when it is done")
    caller = commands.add_parser("call", parents=[common], help="a verb with its arguments as JSON, for programs")
    caller.add_argument("verb")
    caller.add_argument("--arguments", default="{}", help="a JSON object, or - to read it from standard input")
    caller.set_defaults(do=_call)
    verbs = commands.add_parser("verbs", parents=[common], help="the verbs and their arguments")
    verbs.set_defaults(do=_verbs)
    show = commands.add_parser("show", parents=[common], help="what is in the workspace, or one thing of it")
    show.add_argument("ref", nargs="?", default="", help="a reference such as run:train-1")
    show.set_defaults(do=_show)
    runs.add_commands(commands, common)
    labels.add_commands(commands, common)
    cluster.add_commands(commands, common)
    doctor.add_command(commands, common)
    lock.add_commands(commands, common)
    return top


def arguments_told(docstring: str) -> dict[str, str]:
    r"""Return what the section `Args` of a docstring says of each argument.

    >>> arguments_told("Do it.\n\nArgs:\n    n: How many,\n        at most.\n    by: In which *order*.\n")
    {'n': 'How many, at most.', 'by': 'In which order.'}
    """
    section = re.search(r"^Args:\n((?:    .*\n?)+)", docstring, re.MULTILINE)
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section[1], re.MULTILINE) if section else []
    return {name: _plain(" ".join(text.split())) for name, text in found}


def _plain(text: str) -> str:
    return re.sub(r"\*(\w+)\*", r"\1", text)


def _add(sub: argparse.ArgumentParser, parameter: Parameter, told: str) -> None:
    flag = parameter.name.replace("_", "-")
    told = told.replace("%", "%%")
    if parameter.type == "array" and not parameter.required and parameter.default is None:
        sub.add_argument(parameter.name, nargs="*", help=told or _kind(parameter))
    elif parameter.required:
        sub.add_argument(parameter.name, help=told or _kind(parameter))
    elif parameter.type == "boolean":
        switch = argparse.BooleanOptionalAction
        sub.add_argument(f"--{flag}", dest=parameter.name, action=switch, default=argparse.SUPPRESS, help=told)
    else:
        shown = f"{told} ({_kind(parameter)}, default {parameter.default!r})".strip()
        sub.add_argument(f"--{flag}", dest=parameter.name, default=argparse.SUPPRESS, metavar="VALUE", help=shown)


def _kind(parameter: Parameter) -> str:
    kinds = {"object": "a JSON object", "array": "values with commas between", "string": "text", "integer": "a whole number"}
    return kinds.get(parameter.type, f"a {parameter.type}")


def _verb(options: argparse.Namespace) -> tuple[Any, str]:
    ws = open_workspace(options.workspace) if options.verb != "recipe" else None
    given = {p.name: getattr(options, p.name) for p in parameters(options.verb) if hasattr(options, p.name)}
    for p in parameters(options.verb):
        if p.type == "object" and isinstance(given.get(p.name), str):
            given[p.name] = _json(given[p.name], where=p.name)
    with render.progress(ws, quiet=options.json):
        result = call(options.verb, ws, given)
    options.status = _status(result)
    if getattr(options, "follow", False):
        print(render.text(result), file=sys.stderr)
        options.status = runs.follow(result, quiet=options.json)
        return result, ""
    return result, render.text(result)


def _status(result: Any) -> int:
    """Return 1 for an answer that says no: a preflight with problems, a rehearsal or a verification that came out otherwise."""
    told = encode(result)
    if not isinstance(told, dict):
        return 0
    return int(told.get("ok") is False or told.get("verdict") in ("different", "failed"))


def _call(options: argparse.Namespace) -> tuple[Any, str]:
    text = sys.stdin.read() if options.arguments == "-" else options.arguments
    arguments = _json(text, where="--arguments")
    if not isinstance(arguments, dict):
        raise InputError(f"--arguments must be a JSON object, got {arguments!r}.")
    result = call(options.verb, open_workspace(options.workspace) if options.verb != "recipe" else None, arguments)
    return result, ""


def _verbs(_: argparse.Namespace) -> tuple[Any, str]:
    listed = {
        name: [{"name": p.name, "type": p.type, "required": p.required, "default": encode(p.default)} for p in parameters(name)]
        for name in sorted({*VERBS, *ACTIONS})
    }
    return listed, "\n".join(f"{name:12}{', '.join(p['name'] for p in of)}" for name, of in listed.items())


def _show(options: argparse.Namespace) -> tuple[Any, str]:
    ws = open_workspace(options.workspace)
    call("reconcile", ws, {})  # a run whose process was killed says so
    if options.ref:
        found = ws.resolve(options.ref)
        return found, render.text(found)
    kinds = ("dataset", "labeling", "run", "schedule", "model", "report", "service")
    listed = {kind: [{"id": r.id, "state": r.state, "updated": r.updated} for r in ws.records.all(kind)] for kind in kinds}
    return listed, render.overview(ws, listed)


def _json(text: str, *, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise InputError(f"`{where}` must be JSON, got {text!r:.80}: {exc}.") from exc
