"""The cells in a Jupyter kernel: any language, any interpreter; a papermill engine, loaded by the runner only."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import DeadKernelError
from papermill.engines import Engine, papermill_engines

from workbench.jobs.running import witness
from workbench.jobs.running.collect import Collector
from workbench.jobs.running.saved import Saved

NAME = "workbench-kernel"
#: How many messages may wait between kernel and runner. ZeroMQ's 1,000 loses a third of 30,000 flushed prints, silently;
#: no limit at all lets a runaway loop fill the memory.
WAITING = 100_000
#: How many bytes of what a dead kernel wrote last go into the log.
_WORDS = 4_000
_WIDEN = f"(lambda t: t.schedule(lambda: setattr(t.socket, 'sndhwm', {WAITING})))(get_ipython().kernel.iopub_thread)"
#: A kernel that is not Python, or has no workbench, has no witness but the runner.
_WITNESS = "__import__('workbench.jobs.running.witness', fromlist=['*'])"


class Client(Collector):
    """Executes the cells in a kernel."""

    def __init__(self, *words: Any, variables: Sequence[str], **settings: Any) -> None:
        super().__init__(*words, **settings)
        self._variables = list(variables)

    def status(self) -> int | None:
        """Return the exit status of the kernel."""
        return getattr(self.km.provisioner.process, "returncode", None) if self.km is not None else None

    def create_kernel_manager(self) -> Any:
        """Return a manager whose clients take many messages before they lose one."""
        made = super().create_kernel_manager()
        made.context.rcvhwm = WAITING
        return made

    async def async_start_new_kernel_client(self) -> Any:
        """Connect, and let the kernel keep as many messages for us; one that is not ipykernel quietly does not."""
        made = await super().async_start_new_kernel_client()
        await ensure_async(made.execute(_WIDEN, silent=True, store_history=False))
        listen = f"{_WITNESS}.observe({str(Path.cwd())!r}, {self._variables!r})"
        await ensure_async(made.execute(listen, silent=True, store_history=False))
        return made

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def papermill_execute_cells(self) -> None:
        """Let the brake act on the kernel, and hear what it has seen when the cells are through."""
        assert self.km is not None
        self._brake.hold(int(getattr(self.km.provisioner, "pgid", 0) or 0))
        try:
            super().papermill_execute_cells()
        finally:
            if self.km.provisioner.process.returncode is None and not self._brake.reason:
                self._watch.testify(self.seen())

    async def async_seen(self) -> dict[str, Any]:
        """Return what the kernel saw, {} when it does not say."""
        path = self.nb_man.path.with_name(".witness.json")
        with contextlib.suppress(Exception):  # whatever a kernel of another language says to Python
            asked = self.kc.execute(f"{_WITNESS}.tell({str(path)!r})", silent=True, store_history=False)
            await asyncio.wait_for(self.async_wait_for_reply(await ensure_async(asked)), 30)
        return witness.taken(path)

    seen = run_sync(async_seen)

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        """Execute one cell while the log, the record and the notebook on disk follow it."""
        ticking = asyncio.ensure_future(self._tick())
        try:
            return await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking

    execute_cell = run_sync(async_execute_cell)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            self.tick()


class KernelEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """The engine that papermill knows as 'workbench-kernel'."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **settings: Any) -> Any:
        """Execute *nb*; `path`, `watch`, `brake`, `env` and `config` (of the kernel) come from the runner."""
        watch = settings["watch"]
        saved = Saved(nb, settings["path"], watch.mask)
        saved.notebook_start()
        # A kernel repeats there what children of its cells print, secrets and all; only the words of one that dies are read.
        words = tempfile.TemporaryFile()  # noqa: SIM115  # closed below, with the notebook
        try:
            Client(
                saved,
                watch,
                settings["brake"],
                variables=settings["variables"],
                kernel_name=kernel_name,
                config=settings["config"],
                startup_timeout=settings["start_timeout"],
                timeout=None,
                iopub_timeout=600,  # how long the last words of a chatty cell may take after it has ended
                raise_on_iopub_timeout=False,  # whether it ended well is known from its reply, not from its output
                shutdown_kernel="immediate",
            ).execute(env=settings["env"], stdout=words, stderr=words)
        except DeadKernelError:
            words.seek(0)
            watch.log.feed("stderr", words.read()[-_WORDS:].decode("utf-8", "replace"))
            raise
        finally:
            words.close()
            saved.notebook_complete()
            watch.tick(force=True)
        return saved.nb


papermill_engines.register(NAME, KernelEngine)
