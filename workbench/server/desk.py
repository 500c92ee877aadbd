"""What the handlers share: the settings, the verbs at work, and the workspace that is shown."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError
from workbench.core.files import within
from workbench.server import calls, place
from workbench.server.mirror import Mirror
from workbench.server.upstream import Upstream

_log = logging.getLogger(__name__)

HINT = "Make one in a notebook:  import workbench as wb;  ws = wb.open('my-project')"
#: Processes are looked after at most this often; it takes one system call for each that should live.
_SETTLE_EVERY_S = 2.0


class Desk:
    """What the handlers share: the settings, the calls at work, and the workspace that is shown."""

    def __init__(self, *, root_dir: Path, told: str, at_work: calls.Calls, max_body: int, max_file: int = 1 << 30) -> None:
        self.root_dir = root_dir
        self.calls = at_work
        self.max_body = max_body
        self.max_file = max_file
        #: The way to Label Studio, once somebody has opened it.
        self.studio: Upstream | None = None
        self._told = told
        self._mirror: Mirror | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="workbench-settle")
        self._settling: Future[None] | None = None
        self._settled_at = float("-inf")

    def mirror(self) -> Mirror | None:
        """Return the view of the workspace; looked for again until there is one, and when its folder is gone."""
        if self._mirror is None or not self._mirror.ws.root.is_dir():
            found = place.choose(self.root_dir, told=self._told)
            self._mirror = Mirror(found) if found else None
        return self._mirror

    def need_mirror(self) -> Mirror:
        """Return the view of the workspace; raise `ConflictError` when there is none yet."""
        mirror = self.mirror()
        if mirror is None:
            raise ConflictError(f"There is no workspace at {self.root_dir}.", hint=HINT)
        return mirror

    def notebook(self, path: Any) -> str:
        """Return the file of a notebook that JupyterLab names: relative to the root folder, with or without a drive."""
        if not isinstance(path, str):
            raise InputError(f"`notebook` must be a path, got {path!r}.")
        local = path.removeprefix("RTC:")
        known = Path(local).is_relative_to(self.root_dir)
        return str(within(self.root_dir, str(Path(local).relative_to(self.root_dir)) if known else local.lstrip("/")))

    def settle(self) -> None:
        """See to it, now and then and beside the requests, that the records tell of processes which are gone."""
        mirror, now = self.mirror(), time.monotonic()
        is_working = self._settling is not None and not self._settling.done()
        if mirror is None or is_working or now - self._settled_at < _SETTLE_EVERY_S:
            return
        self._settled_at = now
        self._settling = self._thread.submit(_settle, mirror)


def _settle(mirror: Mirror) -> None:
    try:
        mirror.settle()
    except Exception:  # the sidebar shows what is known, and the log why it is not newer
        _log.exception("The workspace %s could not be brought up to date", mirror.ws.root)
