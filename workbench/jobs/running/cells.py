"""The process of the cells: IPython as ipykernel sets it up, without sockets and threads; what it shows goes to the runner."""

from __future__ import annotations

import asyncio
import base64
import builtins
import contextlib
import ctypes
import faulthandler
import functools
import getpass
import io
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import comm
import ipykernel.ipkernel  # noqa: F401  # it says which comms widgets get
from ipykernel.compiler import XCachingCompiler
from ipykernel.eventloops import enable_gui
from ipykernel.kernelbase import Kernel
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from traitlets.config import Config

from workbench.jobs.running.channel import MESSAGE, STDERR, STDOUT, Sender
from workbench.jobs.running.witness import Observer

_C = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
#: Of the runner and the cells, the system shall take the cells when memory runs out: the runner then tells what happened.
_TAKEN_FIRST = "200"


class Stream(io.TextIOBase):
    """`sys.stdout` of the cells. A forked child of theirs writes to the descriptor instead, which the runner reads too."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, sender: Sender, kind: int, descriptor: int, name: str) -> None:
        self._sender, self._kind, self._descriptor, self.name = sender, kind, descriptor, name
        self._pid = os.getpid()

    def write(self, text: str) -> int:
        """Show *text* at once."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")  # as every other text stream says it
        body = text.encode("utf-8", "replace")
        if os.getpid() == self._pid:
            if body:
                self._sender.send(self._kind, body)
        else:
            while body:
                body = body[os.write(self._descriptor, body) :]
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor, for those who start a process that writes to this stream."""
        return self._descriptor


class Wire(Session):  # type: ignore[misc]  # jupyter_client is skipped by the type checker
    """The session that IPython's displays write to."""

    sender: Sender

    def send(self, _stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, *_: Any, **more: Any) -> Any:
        """Hand a message to the runner."""
        msg = msg_or_type
        if not isinstance(msg, dict):
            msg = self.msg(msg_or_type, content, parent=parent, metadata=more.get("metadata"))
        told = {
            "msg_type": msg["msg_type"],
            "content": msg["content"],
            "metadata": msg["metadata"],
            "parent": msg["parent_header"].get("msg_id", ""),
            "buffers": [base64.b64encode(b).decode() for b in more.get("buffers") or ()],
        }
        self.sender.send(MESSAGE, json.dumps(told, default=str).encode())
        return msg


class Desk(Kernel):
    """What `get_ipython().kernel` is: somebody who has a session, knows the parent of a message and answers no input()."""

    implementation = "workbench"
    banner = ""
    parent_message: Mapping[str, Any] = {}

    def get_parent(self, channel: str | None = None) -> Any:  # noqa: ARG002  # as ipykernel has it
        """Return the request that the cell came with."""
        return self.parent_message


class Cells:
    """IPython with our ends of the sockets; lives in the process of the cells only."""

    def __init__(self, end: socket.socket, observer: Observer) -> None:
        self._end = end
        self._observer = observer
        self._sender = Sender(end)
        os.register_at_fork(after_in_child=self._sender.forked)
        sys.stdout = Stream(self._sender, STDOUT, 1, "<stdout>")
        sys.stderr = Stream(self._sender, STDERR, 2, "<stderr>")
        config = Config({"HistoryManager": {"enabled": False}, "IPKernelApp": {"transport": "ipc"}})
        wire = Wire()
        wire.sender = self._sender
        self._desk = Desk.instance(session=wire, config=config)
        shell = ZMQInteractiveShell.instance(
            parent=self._desk, kernel=self._desk, user_ns={}, compiler_class=XCachingCompiler, config=config
        )
        shell.displayhook.session = shell.display_pub.session = wire
        shell.displayhook.topic = b"execute_result"
        self._shell = self._desk.shell = shell
        shell.enable_gui = functools.partial(enable_gui, kernel=self._desk)  # it would ask the application of a kernel
        builtins.input = self._desk.raw_input
        getpass.getpass = self._desk.getpass
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # but while a cell runs

    async def serve(self) -> None:
        """Run the cells that the runner sends, until it sends no more."""
        requests = self._end.makefile("rb")
        while line := requests.readline():
            asked = json.loads(line)
            if asked.get("do") == "comm":
                getattr(comm.get_comm_manager(), asked["kind"])(None, None, {"content": asked["content"], "buffers": []})
                continue
            await asyncio.sleep(0)  # what a cell has left to the loop goes on between two cells
            reply = await self._run(asked)
            sys.stdout.flush()
            _C.fflush(None)  # what C code has printed and the C library still holds
            self._tell({"msg_type": "did", "content": reply})

    def _tell(self, message: Mapping[str, Any]) -> None:
        self._sender.send(MESSAGE, json.dumps(message, default=str).encode())

    async def _run(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked.get("do") == "witness":
            return self._observer.facts()
        header = {"msg_id": asked["id"], "msg_type": "execute_request"}
        self._desk.parent_message = {"header": header, "content": {"code": asked["code"]}, "metadata": {}}
        self._shell.set_parent(self._desk.parent_message)
        self._shell._last_traceback_during_displayhook = False
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            result = await self._execute(asked["code"])
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        error = result.error_before_exec or result.error_in_exec
        told: dict[str, Any] = {"status": "ok", "execution_count": self._shell.execution_count - 1}
        if error is not None or self._shell._last_traceback_during_displayhook:
            kind = type(error).__name__ if error is not None else "Exception"
            told |= {"status": "error", "ename": kind, "evalue": str(error)}
            told["traceback"] = getattr(self._shell, "_last_traceback", None) or []
        return told | {"is_last": bool(self._shell.exit_now)}

    async def _execute(self, code: str) -> Any:
        shell = self._shell
        problem = None
        try:
            transformed = shell.transform_cell(code)
        except Exception:
            transformed, problem = code, sys.exc_info()
        if not shell.should_run_async(code, transformed_cell=transformed, preprocessing_exc_tuple=problem):
            return shell.run_cell(code, store_history=True)
        coroutine = shell.run_cell_async(
            code, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
        )
        task = asyncio.ensure_future(coroutine)
        task.get_loop().add_signal_handler(signal.SIGINT, task.cancel)
        result = None
        try:
            result = await task
            return result
        finally:
            task.get_loop().remove_signal_handler(signal.SIGINT)
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)


def work(end: socket.socket, out: int, err: int, observer: Observer, *, folder: Path, parent: int) -> NoReturn:
    """Be the process of the cells, just forked: a session of its own that ends with the runner."""
    status = 1
    try:
        os.setsid()
        _die_with(parent)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_TAKEN_FIRST, encoding="ascii")
        for sign in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
            signal.signal(sign, signal.SIG_DFL)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(folder)
        faulthandler.enable(file=2)
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        sys.path[:] = ["", *(p for p in sys.path if p)]
        sys.argv = ["cells"]
        cells = Cells(end, observer)
        observer.start()
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.run_until_complete(cells.serve())
        status = 0
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
    os._exit(status)  # what a kernel does that has been told to end: nothing runs after its last cell


def _die_with(parent: int) -> None:
    """End when the runner does, however it ends."""
    _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
