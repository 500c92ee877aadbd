"""The keeper of a workspace: `python -m workbench.jobs.queueing.keeper <folder>` does what must be done while nobody looks."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from workbench import wiring
from workbench.core.registry import Registry
from workbench.core.workspace import Workspace
from workbench.jobs.surroundings import outside
from workbench.store.copy import MARK as COPY

Chore = Callable[[Workspace], float | None]

#: What there is to do. Each does what is due and returns the seconds until its next look, None when it waits for nothing.
CHORES: Registry[Chore] = Registry(
    "chore",
    {
        "reconcile": "workbench.jobs.queueing.reconcile:chore",
        "dispatch": "workbench.jobs.queueing.queue:chore",
        "schedules": "workbench.jobs.due:chore",
        "notices": "workbench.jobs.queueing.notify:chore",
    },
)
#: How often the keeper looks whether something has changed, and after how long without anything to wait for it goes.
LOOK_S, IDLE_S = 0.5, 60.0
_BROKEN_S = 5.0
#: People who share a workspace have a keeper each, as each one's jobs run as that one.
_NAME = f"keeper-{os.getuid()}"
_log = logging.getLogger(__name__)


def ensure(ws: Workspace) -> bool:
    """Start the keeper of a workspace unless there is one; return whether one was started."""
    if not (ws.root / wiring.MARKER).is_file() or (ws.root / COPY).exists():
        return False  # in a copy nothing happens by itself
    try:
        lock = _take(ws.root)
        return lock is not None and _spawn(ws.root, lock)
    except OSError:  # no room, no process: whoever looks next tries again
        _log.warning("The keeper of %s did not start", ws.root, exc_info=True)
        return False


def wanted(ws: Workspace, *, runs: bool = True) -> bool:
    """Return whether there is something to keep an eye on; *runs* counts jobs, most of which need nobody."""
    if ws.records.all("schedule", states=("active",)) or ws.records.all("notice", states=("pending",)):
        return True
    return runs and any(r.fields.get("order") for r in ws.records.all("run", states=("queued", "running")))


def keep(
    ws: Workspace,
    chores: Mapping[str, Chore],
    *,
    idle_s: float = IDLE_S,
    look_s: float = LOOK_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do the chores until none of them has waited for anything for *idle_s* seconds, or the workspace is gone."""
    hands = [_Hand(ws, name, chore) for name, chore in chores.items()]
    for hand in hands:
        hand.start()
    seq, busy_at = 0, clock()
    marker = ws.root / wiring.MARKER
    born = _identity(marker)
    while any(born) and _identity(marker) == born:
        news = ws.records.since(seq)
        if news:
            seq = news[-1].seq
            for hand in hands:
                hand.wake.set()
        if any(hand.waits for hand in hands):
            busy_at = clock()
        elif clock() - busy_at >= idle_s:
            break
        sleep(look_s)
    for hand in hands:
        hand.stop()


class _Hand(threading.Thread):
    """Does one chore again and again; one that hangs, as a cluster that does not answer, keeps no other waiting."""

    def __init__(self, ws: Workspace, name: str, chore: Chore) -> None:
        super().__init__(name=name, daemon=True)
        self.wake = threading.Event()
        self.waits = True
        self._ws, self._chore = ws, chore
        self._is_over = False

    def stop(self) -> None:
        """Let the chore that is being done be the last one."""
        self._is_over = True
        self.wake.set()

    def run(self) -> None:
        while not self._is_over:
            self.wake.clear()
            try:
                pause = self._chore(self._ws)
            except Exception:  # the next look may find the disk with room again
                _log.exception("The chore %s broke", self.name)
                pause = _BROKEN_S
            self.waits = pause is not None
            if pause == _BROKEN_S:
                time.sleep(pause)
            self.wake.wait(pause)


def main(arguments: Sequence[str]) -> int:
    """Keep the workspace in the folder that is named; return at once when it has a keeper already."""
    root = Path(arguments[0]).resolve()
    logging.basicConfig(format="%(asctime)s %(message)s")
    if not (root / wiring.MARKER).is_file():
        return 2
    lock = _given(int(arguments[1])) if len(arguments) > 1 else _take(root)
    while lock is not None:
        ws = wiring.open(root)
        with lock:
            keep(ws, {name: CHORES[name] for name in CHORES})
        # Whoever came while the lock was still held has seen a keeper; so it looks once more.
        lock = _take(root) if (root / wiring.MARKER).is_file() and wanted(ws) else None
    return 0


def _spawn(root: Path, lock: IO[bytes]) -> bool:
    """Start the keeper; the lock goes over to it with its file, so at no moment a second one could start."""
    with lock, (root / f"{_NAME}.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "workbench.jobs.queueing.keeper", str(root), str(lock.fileno())],
            cwd=root,
            env=outside(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        ).returncode = 0  # nobody waits for it
    return True


def _given(handle: int) -> IO[bytes]:
    """Return the lock that `ensure()` took; jobs that are started from here must not keep it."""
    os.set_inheritable(handle, False)
    return os.fdopen(handle, "a+b")


def _take(root: Path) -> IO[bytes] | None:
    file = (root / f"{_NAME}.lock").open("a+b")
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells one state of a file from another; other settings, or another workspace, are a new beginning."""
    with contextlib.suppress(OSError):
        told = path.stat()
        return told.st_ino, told.st_mtime_ns
    return 0, 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
