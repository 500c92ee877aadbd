"""Our papermill engine: saves by time, tells what happens while it happens, and can be stopped; loaded by the runner only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from workbench.core import files
from workbench.jobs import failure
from workbench.jobs.brake import Brake
from workbench.jobs.watch import Watch, collapse

NAME = "workbench"
#: The most that one cell's stream may add to the executed notebook; the log has all of it.
MAX_STREAM = 4_000_000
#: How many messages may wait between kernel and runner. ZeroMQ's 1,000 loses a third of 30,000 flushed prints, silently;
#: no limit at all lets a runaway loop fill the memory.
WAITING = 100_000
_WIDEN = f"(lambda t: t.schedule(lambda: setattr(t.socket, 'sndhwm', {WAITING})))(get_ipython().kernel.iopub_thread)"
_SAVE_S = 1.0
_PIECES = 4096


class Keeper(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """Keeps the executed notebook on disk: whole at every moment, and never more than a few seconds old."""

    def __init__(self, nb: Any, path: Path) -> None:
        super().__init__(nb, progress_bar=False, autosave_cell_every=0)
        self._path = path
        self._stale = True
        self._saved_at = float("-inf")
        self._cost_s = 0.0

    def save(self, **_: Any) -> None:
        """Write the notebook when that is due; what costs more is done less often."""
        self._stale = True
        self.tick()

    def tick(self, *, force: bool = False) -> None:
        """Write what has changed since the last time."""
        now = time.monotonic()
        if self._stale and (force or now - self._saved_at >= max(_SAVE_S, 20 * self._cost_s)):
            files.write_text(self._path, json.dumps(self.nb, indent=1, ensure_ascii=False) + "\n")
            self._stale, self._saved_at = False, time.monotonic()
            self._cost_s = self._saved_at - now

    def touch(self) -> None:
        """Note that an output has changed."""
        self._stale = True

    def notebook_complete(self, **kwargs: Any) -> None:
        """Write the final state whatever the clock says; a cell that never ran is not completed, as papermill has it."""
        left = [c for c in self.nb.cells if c.cell_type == "code" and c.metadata.papermill["status"] == self.PENDING]
        super().notebook_complete(**kwargs)
        for cell in left:
            cell.metadata.papermill["status"] = self.PENDING
        self.tick(force=True)


class Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Executes the cells; one stream is one output, however many prints it came in."""

    def __init__(self, keeper: Keeper, watch: Watch, brake: Brake, **settings: Any) -> None:
        super().__init__(keeper, **settings)
        self._watch = watch
        self._brake = brake
        self._room = MAX_STREAM
        self.on_cell_executed = _join

    def create_kernel_manager(self) -> Any:
        """Return a manager whose clients take many messages before they lose one."""
        made = super().create_kernel_manager()
        made.context.rcvhwm = WAITING
        return made

    async def async_start_new_kernel_client(self) -> Any:
        """Connect, and let the kernel keep as many messages for us; one that is not ipykernel quietly does not."""
        made = await super().async_start_new_kernel_client()
        await ensure_async(made.execute(_WIDEN, silent=True, store_history=False))
        return made

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def papermill_execute_cells(self) -> None:
        """Execute cell by cell until one fails, or the brake is pulled."""
        assert self.km is not None
        self._brake.hold(int(getattr(self.km.provisioner, "pgid", 0) or 0))
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            if self._brake.reason:
                return
            self._watch.enter(cell)
            self.nb_man.cell_start(cell, index)
            state = "failed"
            try:
                self.execute_cell(cell, index)
                state = "done"
            except CellExecutionError as exc:
                self._watch.failure = failure.of_cell(self._watch.number, exc.ename, exc.evalue, exc.traceback)
                return
            except DeadKernelError:
                self._watch.failure = failure.of_kernel(self._watch.number, self.km.provisioner.process)
                raise
            finally:
                if state == "failed":
                    self.nb_man.cell_exception(cell, cell_index=index)
                self.nb_man.cell_complete(cell, cell_index=index)
                self._watch.leave(state)

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        """Execute one cell while the log, the record and the notebook on disk follow it."""
        self._room = MAX_STREAM
        ticking = asyncio.ensure_future(self._tick())
        try:
            return await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking
            _join(cell)

    execute_cell = run_sync(async_execute_cell)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self._watch.tick()
            self.nb_man.tick()

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Take one message: into the notebook, joined with the one before where both are the same stream, and the log."""
        self.nb_man.touch()
        content: Mapping[str, Any] = msg["content"]
        if msg["msg_type"] != "stream":
            self._watch.log.feed("stdout", _shown(content))
            return super().output(outs, msg, display_id, cell_index)
        self._watch.log.feed(content["name"], content["text"])
        content["text"] = self._fitting(content["text"])  # type: ignore[index]  # the message is ours by now
        last = outs[-1] if outs and not self.clear_before_next_output else None
        hooked = bool(self.output_hook_stack[msg["parent_header"].get("msg_id")])
        if hooked or last is None or last.output_type != "stream" or last.name != content["name"]:
            out = super().output(outs, msg, display_id, cell_index)
            if out is not None and not hooked:
                out.text = [out.text]  # pieces: joining text to text is quadratic in a chatty cell
            return out
        last.text.append(content["text"])
        if len(last.text) > _PIECES:
            last.text = [collapse("".join(last.text))]
        return last

    def _fitting(self, text: str) -> str:
        """Return as much of *text* as the notebook has room for, with a note where it was cut."""
        room, self._room = self._room, self._room - len(text)
        if len(text) <= room:
            return text
        return f"{text[:room]}\n[The rest of this output is in log.txt.]\n" if room > 0 else ""


class JobEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """The engine that papermill knows as 'workbench'."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **settings: Any) -> Any:
        """Execute *nb*; `path`, `watch`, `brake` and `config` (of the kernel) come from the runner."""
        keeper = Keeper(nb, settings["path"])
        keeper.notebook_start()
        try:
            Client(
                keeper,
                settings["watch"],
                settings["brake"],
                kernel_name=kernel_name,
                config=settings["config"],
                startup_timeout=settings["start_timeout"],
                timeout=None,
                iopub_timeout=600,  # how long the last words of a chatty cell may take after it has ended
                raise_on_iopub_timeout=False,  # whether it ended well is known from its reply, not from its output
                shutdown_kernel="immediate",
            ).execute()
        finally:
            keeper.notebook_complete()
            settings["watch"].tick(force=True)
        return keeper.nb


def _join(cell: Any, **_: Any) -> None:
    """Make text of the pieces that each stream of the cell came in."""
    for out in cell.get("outputs", ()):
        if out.output_type == "stream" and isinstance(out.text, list):
            out.text = collapse("".join(out.text))


def _shown(content: Mapping[str, Any]) -> str:
    if "traceback" in content:
        return "\n".join(content["traceback"]) + "\n"
    text = content.get("data", {}).get("text/plain", "")
    return f"{text}\n" if text else ""


papermill_engines.register(NAME, JobEngine)
