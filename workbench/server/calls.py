"""Calling verbs in processes of their own, warm ones where there are: a verb that crashes takes nothing with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from workbench.core.errors import STATUS, ConflictError, ExternalError, not_found
from workbench.core.verbs import ACTIONS, VERBS, encode, parameters
from workbench.jobs.running import warm
from workbench.server.problems import bug

_log = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "workbench", "call")


@dataclass(frozen=True)
class Answer:
    """What a verb's process said: an HTTP status and one JSON document."""

    status: int
    body: Mapping[str, Any]


@dataclass
class Calls:
    """Runs `workbench call` for each verb, at most `most` at a time and each for at most `timeout_s` seconds."""

    most: int = 4
    timeout_s: float = 900.0
    command: Sequence[str] = _COMMAND
    _n_running: int = field(default=0, init=False, repr=False)

    async def call(self, verb: str, arguments: Mapping[str, Any], *, workspace: Path) -> Answer:
        """Return what *verb* answers; raise `NotFoundError` for an unknown one and `ConflictError` beyond the limit."""
        check(verb)
        if self._n_running >= self.most:
            raise ConflictError(f"{self.most} verbs are at work.", hint="Wait until one ends, or raise WorkbenchApp.max_calls.")
        self._n_running += 1
        try:
            return await self._run(verb, arguments, workspace)
        finally:
            self._n_running -= 1

    async def _run(self, verb: str, arguments: Mapping[str, Any], workspace: Path) -> Answer:
        words = [verb, "--arguments", "-", "--workspace", str(workspace)]
        with TemporaryFile() as given, TemporaryFile() as said, TemporaryFile() as logged:
            given.write(json.dumps(arguments).encode())
            given.seek(0)
            try:
                code = await asyncio.wait_for(self._end(words, workspace, (given, said, logged)), self.timeout_s)
            except TimeoutError as exc:
                raise ExternalError(
                    f"{verb} was ended after {self.timeout_s:g} s.",
                    hint="Promote it to a job, or raise WorkbenchApp.call_timeout_s.",
                    system="workbench call",
                    retryable=False,
                ) from exc
            said.seek(0)
            logged.seek(0)
            return _answer(verb, code, said.read(), logged.read())

    async def _end(self, words: Sequence[str], workspace: Path, streams: tuple[IO[bytes], IO[bytes], IO[bytes]]) -> int | None:
        """Return the exit status of the verb, None from a warm process: there is no parent to tell it."""
        if self.command == _COMMAND:
            env = {"OMP_NUM_THREADS": "1", **os.environ}
            given, said, logged = (stream.fileno() for stream in streams)
            child = await asyncio.to_thread(
                warm.start, "workbench", ["call", *words], cwd=workspace, env=env, streams=(given, said, logged)
            )
            if child is not None:
                await _ended(child)
                return None
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *words,
            cwd=workspace,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            start_new_session=True,  # so that a verb that takes too long ends with all it started, and the server does not
        )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                _kill(process.pid)
                await process.wait()


async def _ended(child: warm.Child) -> None:
    has_ended = False
    child.end.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_recv(child.end, 1)
        has_ended = True
    finally:
        child.end.close()
        if not has_ended:
            _kill(child.pid)


def check(verb: str) -> None:
    """Raise `NotFoundError` with close names unless *verb* is a verb or an action."""
    known = (*VERBS, *ACTIONS)
    if verb not in known:
        raise not_found("verb", verb, known)


def describe() -> list[dict[str, Any]]:
    """Return every verb with its arguments; one whose package is not installed is left out."""
    found = []
    for name in (*VERBS, *ACTIONS):
        try:
            known = parameters(name)
        except ImportError:
            _log.warning("The verb %s cannot be loaded", name, exc_info=True)
            continue
        arguments = [
            {"name": p.name, "type": p.type, "required": p.required, "default": encode(p.default), "choices": _choices(p.hint)}
            for p in known
        ]
        found.append({"name": name, "parameters": arguments})
    return found


def _choices(hint: Any) -> list[Any]:
    parts = (hint, *getattr(hint, "__args__", ()))
    return [value for part in parts if "Literal" in str(getattr(part, "__origin__", "")) for value in part.__args__]


def _answer(verb: str, code: int | None, said: bytes, logged: bytes) -> Answer:
    try:
        body = json.loads(said)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "ok" not in body:
        how = "without an answer" if code is None else f"with status {code} and no answer"
        _log.error("The verb %s ended %s:\n%s", verb, how, logged.decode("utf-8", "replace"))
        return Answer(500, bug(f"{verb} ended {how}."))
    if logged:
        _log.debug("The verb %s said:\n%s", verb, logged.decode("utf-8", "replace"))
    if body["ok"]:
        return Answer(200, body)
    known = STATUS.get(str(body.get("code")))
    return Answer(known.http if known else 500, body)


def _kill(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
