"""What both engines do with a cell: run it or not, take its outputs into the notebook and the log, and tell how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from workbench.jobs.running import failure
from workbench.jobs.running.brake import Brake
from workbench.jobs.running.outputs import collapse
from workbench.jobs.running.saved import Saved, finish
from workbench.jobs.running.watch import Watch

#: The most that one cell's stream may add to the executed notebook; the log has all of it.
MAX_STREAM = 4_000_000
_PIECES = 4096


class Collector(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Executes the cells; one stream is one output, however many prints it came in."""

    def __init__(self, saved: Saved, watch: Watch, brake: Brake, **settings: Any) -> None:
        super().__init__(saved, **settings)
        self._watch = watch
        self._brake = brake
        self._room = MAX_STREAM
        self.on_cell_executed = self.finish

    def finish(self, cell: Any, **_: Any) -> None:
        """Give the outputs of a cell that has ended their final form."""
        finish(cell, self._watch.mask)

    def status(self) -> int | None:
        """Return with which status the process of the cells has ended."""
        raise NotImplementedError

    def seen(self) -> dict[str, Any]:
        """Return what the process of the cells has seen so far, {} when it does not say."""
        raise NotImplementedError

    def papermill_execute_cells(self) -> None:
        """Execute cell by cell until one fails, or the brake is pulled."""
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            if self._brake.reason:
                return
            self._watch.enter(cell)
            self.nb_man.cell_start(cell, index)
            self._room = MAX_STREAM
            state = "failed"
            try:
                self.execute_cell(cell, index)
                state = "done"
            except CellExecutionError as exc:
                self._watch.fail(failure.of_cell(self._watch.number, exc.ename, exc.evalue, exc.traceback))
                return
            except DeadKernelError:
                self._watch.fail(failure.of_kernel(self._watch.number, self.status()))
                raise
            finally:
                self.finish(cell)
                if state == "failed":
                    self.nb_man.cell_exception(cell, cell_index=index)
                self.nb_man.cell_complete(cell, cell_index=index)
                self._watch.leave(state, cell.get("outputs", ()))
            if self._watch.wants_witness():
                self._watch.testify(self.seen())

    def tick(self) -> None:
        """Bring the record, the log and the notebook on disk up to date, as far as that is due."""
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


def _shown(content: Mapping[str, Any]) -> str:
    if "traceback" in content:
        return "\n".join(content["traceback"]) + "\n"
    text = content.get("data", {}).get("text/plain", "")
    return f"{text}\n" if text else ""
