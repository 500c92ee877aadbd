"""The warm process: it loads what jobs need, and becomes what it is asked for, in forks.

It has one thread and never works itself. While it loads the next library it answers all the same: a fork of it loads, and
takes its place when ready, unless that library has started a thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import resource
import runpy
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from nbformat.validator import get_validator

from workbench.jobs.members import MARK
from workbench.jobs.running import warm
from workbench.jobs.running.lean import lean

_LIGHT = (
    "papermill", "IPython", "ipykernel.ipkernel",
    "workbench.jobs.running.inline", "workbench.jobs.queueing.queue", "workbench.jobs.promote",
    "workbench.jobs.places.local_target", "workbench.store.records", "workbench.cli.main",
    "cryptography.hazmat.primitives.serialization", "cryptography.hazmat.primitives.asymmetric.ed25519",
)  # fmt: skip
#: Each in a fork of its own; pyarrow and Lance are left out, as they start threads when they are imported.
_HEAVY = (("numpy", "torch", "threadpoolctl"), ("transformers", "transformers.modeling_utils", "safetensors.torch"))
IDLE_S = 900.0
MOST_BYTES = 2_000_000_000
_LOOK_S = 5.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Request:
    """What somebody wants a fork to be."""

    connection: socket.socket
    streams: list[int]
    told: dict[str, Any]


def main(path: Path) -> None:
    """Serve at the socket *path* until nobody asks any more, or the environment is another; in a fork, be what was asked."""
    begun = dict(os.environ)  # some libraries set variables when they load
    lock = path.with_suffix(".lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return  # another was faster
    _sign(path)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what it starts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _load(_LIGHT)
    for minor in (4, 5):
        get_validator(4, minor)  # nbformat compiles its schema on first use, for longer than a small job takes
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with warm.address(path) as short:
        listener.bind(short)
    listener.listen(64)
    heir = -1
    for names in _HEAVY:
        heir, ready = os.pipe()
        if os.fork():
            os.close(ready)
            break
        os.close(heir)
        heir = -1
        _die_with_parent(signal.SIGKILL)
        _load(names)
        _die_with_parent(0)
        if why_not():
            os._exit(0)  # the one before goes on
        try:
            os.write(ready, b"+")
        except BrokenPipeError:
            os._exit(0)  # it has ended, and so has the reason to be here
        os.close(ready)
    request = serve(listener, path, heir, begun)
    if request is not None:
        become(request, [lock, listener], heir)
    os._exit(0)


def serve(listener: socket.socket, path: Path, heir: int, begun: Mapping[str, str]) -> Request | None:
    """Answer until it is time to end, and return None; return the request in each fork."""
    asked_at = time.monotonic()
    _sign(path)
    while True:
        waiting: list[Any] = [listener, heir] if heir >= 0 else [listener]
        ready = select.select(waiting, [], [], _LOOK_S)[0]
        if heir in ready:
            if os.read(heir, 1):
                return None
            heir = -1  # it did not get there
            continue
        if listener in ready:
            asked_at = time.monotonic()
            request = _accept(listener)
            if request is None:
                continue
            if not os.fork():
                return request
            request.connection.close()
            for descriptor in request.streams:
                os.close(descriptor)
        elif time.monotonic() - asked_at > IDLE_S or _bytes() > MOST_BYTES or warm.place(begun) != path:
            path.unlink(missing_ok=True)
            return None


def why_not() -> str:
    """Return why this process cannot be forked, '' when it can."""
    n_threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208  # the names are all that counts
    if n_threads > 1:
        return f"it has {n_threads} threads"
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return "CUDA is in use" if cuda is not None and cuda.is_initialized() else ""


def become(request: Request, held: list[IO[str] | socket.socket], heir: int) -> NoReturn:
    """Be the process that was asked for, from here to its end."""
    for thing in held:
        thing.close()
    if heir >= 0:
        os.close(heir)
    os.setsid()
    for sign, handler in ((signal.SIGCHLD, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        signal.signal(sign, handler)
    for target, descriptor in enumerate(request.streams):
        os.dup2(descriptor, target)
        os.close(descriptor)
    told = request.told
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    time.tzset()
    _mark(told["env"].get(MARK, ""))
    _pin()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    request.connection.sendall(json.dumps({"pid": os.getpid()}).encode())
    sys.path[0] = told["cwd"]
    sys.argv = [told["module"], *told["arguments"]]
    status: Any = 1
    try:
        runpy.run_module(told["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as exc:
        status = exc.code
    except BaseException:
        traceback.print_exc()
    _leave(status)


def _sign(path: Path) -> None:
    """Write the pid into the lock, for whoever wants to end the process."""
    path.with_suffix(".lock").write_text(str(os.getpid()), encoding="ascii")


def _accept(listener: socket.socket) -> Request | None:
    """Return what somebody asks for, None for one who is not this user, says nothing, or has gone."""
    connection, _ = listener.accept()
    connection.settimeout(1.0)
    try:
        _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if user != os.getuid() or why_not():
            raise OSError
        connection.sendall(b"+")
        head, streams, _, _ = socket.recv_fds(connection, 4, 3)
        missing = struct.unpack("<I", head)[0]
        body = bytearray()
        while missing > len(body):
            if not (piece := connection.recv(missing - len(body))):
                raise OSError
            body += piece
        return Request(connection, list(streams), json.loads(body))
    except (OSError, ValueError, struct.error):
        connection.close()
        return None


def _die_with_parent(sign: int) -> None:
    """Get *sign* when the process before this one ends; 0 is to live on."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, sign)


def _load(names: tuple[str, ...]) -> None:
    with lean():
        for name in names:
            with contextlib.suppress(ImportError):  # an extra that is not installed
                importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is here now is never looked at again, so the forks share its memory


def _mark(token: str) -> None:
    """Write the token of the job where the system reads the variables of a process: over those that this one began with."""
    begun = Path("/proc/self/environ").read_bytes()
    at = begun.find(f"{MARK}=".encode())
    if at < 0 or not token:
        return
    first = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[47])
    room = begun.index(b"\0", at) - at - len(MARK) - 1
    ctypes.memmove(first + at + len(MARK) + 1, token.encode()[:room], min(room, len(token)))


def _pin() -> None:
    """Give the libraries that are loaded already the threads that the variables ask for."""
    told = {name: os.environ.get(name, "") for name in warm.LATE}
    cores = len(os.sched_getaffinity(0))
    wanted = {name: int(value) if value.isdigit() and int(value) > 0 else 0 for name, value in told.items()}
    general = wanted["OMP_NUM_THREADS"] or cores
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != (wanted["MKL_NUM_THREADS"] or general):
        torch.set_num_threads(wanted["MKL_NUM_THREADS"] or general)
    pools = sys.modules.get("threadpoolctl")
    n_blas = wanted["OPENBLAS_NUM_THREADS"] or general
    if pools is not None and n_blas != 1:
        for library in pools.ThreadpoolController().lib_controllers:
            if library.user_api == "blas" and library.internal_api == "openblas":
                library.set_num_threads(n_blas)


def _leave(status: Any) -> NoReturn:
    """End as Python does, without taking every module apart: that costs as much as a small job."""
    import atexit
    import threading

    if not isinstance(status, int | None):
        print(status, file=sys.stderr)  # noqa: T201  # as Python does
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]  # joins threads, as Python does at its end
        atexit._run_exitfuncs()
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def _bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
