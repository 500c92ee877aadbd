"""The cells in a fork of the runner, without a kernel: a papermill engine for this very Python, loaded by the runner only."""

from __future__ import annotations

import base64
import codecs
import contextlib
import json
import os
import platform
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.engines import Engine, papermill_engines

from workbench.jobs.running import cells
from workbench.jobs.running.channel import MESSAGE, STDERR, STDOUT, Receiver
from workbench.jobs.running.collect import Collector
from workbench.jobs.running.saved import Saved
from workbench.jobs.running.witness import Observer

NAME = "workbench-inline"
_TICK_S = 0.1
_NAMES = {STDOUT: "stdout", STDERR: "stderr"}
_LANGUAGE = {
    "name": "python",
    "version": platform.python_version(),
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}


class Process:
    """The process of the cells as the runner sees it; it is forked at once and gets ready while the runner does."""

    def __init__(self, folder: Path, secrets: Mapping[str, str], variables: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        out, err = os.pipe(), os.pipe()
        parent = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            ours.close()
            os.environ.update(secrets)
            cells.work(theirs, out[1], err[1], Observer(folder, variables), folder=folder, parent=parent)
        theirs.close()
        os.close(out[1])
        os.close(err[1])
        self.returncode: int | None = None
        ours.setblocking(False)
        self._socket = ours
        self._frames = Receiver(ours)
        self._end = os.pidfd_open(self.pid)
        self._come: deque[tuple[int, Any]] = deque()
        self._pipes = {out[0]: STDOUT, err[0]: STDERR}
        self._decoders = {fd: codecs.getincrementaldecoder("utf-8")("replace") for fd in self._pipes}
        for descriptor in self._pipes:
            os.set_blocking(descriptor, False)

    def ask(self, request: Mapping[str, Any]) -> None:
        """Hand over a request; one that nobody takes any more shows when its answer is waited for."""
        self._socket.setblocking(True)
        with contextlib.suppress(ConnectionError):
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        self._socket.setblocking(False)

    def answers(self) -> Iterator[tuple[int, Any]]:
        """Yield what comes, in order: text of a stream, messages; (0, None) when for a moment nothing does."""
        while True:
            while self._come:
                yield self._come.popleft()
            if not self._frames.is_open:
                return
            waiting: list[Any] = [self._socket, self._end, *self._pipes]
            ready = select.select(waiting, [], [], _TICK_S)[0]
            if not ready:
                yield 0, None
            self._come.extend(self.printed())
            for kind, body in self._frames.take():
                message = json.loads(body) if kind == MESSAGE else {}
                if _did(message):  # whatever C code and children wrote belongs to this cell
                    self._come.extend(self.printed())
                self._come.append((kind, message or body.decode("utf-8", "replace")))
            if self._end in ready and self._socket not in ready:  # a child that it left may hold the socket open
                self._frames.is_open = False

    def printed(self) -> Iterator[tuple[int, str]]:
        """Yield what C code and child processes have written to the descriptors."""
        for descriptor, kind in list(self._pipes.items()):
            while True:
                try:
                    piece = os.read(descriptor, 1 << 16)
                except BlockingIOError:
                    break
                if text := self._decoders[descriptor].decode(piece, final=not piece):
                    yield kind, text
                if not piece:
                    os.close(descriptor)
                    del self._pipes[descriptor]
                    break

    def ended(self) -> int:
        """Return the exit status as `subprocess` tells it; wait for it."""
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def end(self) -> None:
        """End the process where it has not; nothing that a cell has left goes on."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.ended()


class Client(Collector):
    """Executes the cells in the process that was forked."""

    def __init__(self, *words: Any, process: Process, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self._process = process
        self._heard: dict[str, dict[str, Any]] = {}
        #: What nbclient takes for a client of a kernel, to answer widgets: they hear it between two cells.
        self.kc = SimpleNamespace(session=Session(), shell_channel=SimpleNamespace(send=self._answer))

    def status(self) -> int | None:
        """Return the exit status of the process."""
        return self._process.ended()

    def execute(self, **_: Any) -> Any:
        """Execute the notebook, as papermill wants it."""
        self.reset_execution_trackers()
        self.papermill_execute_cells()
        if not self._brake.reason:
            self._watch.testify(self.seen())
        self.nb.metadata["language_info"] = _LANGUAGE
        self.set_widgets_metadata()
        return self.nb

    def seen(self) -> dict[str, Any]:
        """Return what the process has seen so far."""
        self._process.ask({"do": "witness"})
        return next((dict(m["content"]) for kind, m in self._process.answers() if kind == MESSAGE and _did(m)), {})

    def execute_cell(self, cell: Any, cell_index: int, *_: Any, **__: Any) -> Any:
        """Execute one cell."""
        tags = cell.metadata.get("tags", [])
        if not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        cell.outputs = []
        self.clear_before_next_output = False
        while self._heard:
            self._process.ask(self._heard.popitem()[1])
        self._process.ask({"id": str(cell_index), "code": cell.source})
        reply = self._reply(cell, cell_index)
        cell.execution_count = reply["execution_count"]
        self.finish(cell)
        if reply["status"] == "error" and "raises-exception" not in tags:
            raise CellExecutionError.from_cell_and_msg(cell, reply)
        if reply.get("is_last"):  # exit() and quit() end a notebook as sys.exit() does
            raise CellExecutionError.from_cell_and_msg(cell, {"ename": "SystemExit", "evalue": "", "traceback": []})
        return cell

    def _answer(self, message: Mapping[str, Any]) -> None:
        # Kept until the cell has ended, as it does not read meanwhile; each tells the whole state, so the last is enough.
        content = message["content"]
        self._heard[content["comm_id"]] = {"do": "comm", "kind": message["msg_type"], "content": content}

    def _reply(self, cell: Any, index: int) -> dict[str, Any]:
        ticked = time.monotonic()
        for kind, said in self._process.answers():
            if kind == MESSAGE and _did(said):
                return dict(said["content"])
            if kind == MESSAGE:
                self._take(said, cell, index)
            elif kind:
                message = {"msg_type": "stream", "content": {"name": _NAMES[kind], "text": said}}
                self._take(message, cell, index)
            if time.monotonic() - ticked >= _TICK_S:
                ticked = time.monotonic()
                self.tick()
        raise _ended()

    def _take(self, told: dict[str, Any], cell: Any, index: int) -> None:
        parent = {"msg_id": told.get("parent", str(index))}
        message = {
            **told,
            "header": {"msg_type": told["msg_type"]},
            "metadata": told.get("metadata", {}),
            "parent_header": parent,
        }
        message["buffers"] = [base64.b64decode(b) for b in told.get("buffers", ())]
        self.process_message(message, cell, index)


class InlineEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """The engine that papermill knows as 'workbench-inline'."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **settings: Any) -> Any:  # noqa: ARG003  # as papermill calls it
        """Execute *nb* in `process`; `path`, `watch` and `brake` come from the runner too."""
        watch = settings["watch"]
        saved = Saved(nb, settings["path"], watch.mask)
        saved.notebook_start()
        try:
            Client(saved, watch, settings["brake"], process=settings["process"]).execute()
        finally:
            saved.notebook_complete()
            watch.tick(force=True)
        return saved.nb


def _ended() -> DeadKernelError:
    return DeadKernelError("The process of the cells has ended.")


def _did(message: Mapping[str, Any]) -> bool:
    return bool(message.get("msg_type") == "did")


papermill_engines.register(NAME, InlineEngine)
