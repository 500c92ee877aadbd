"""Warm processes: `python -m` without waiting for Python, papermill and torch to load; a fork of one that has them already.

There is one for each environment: interpreter, installed packages, and the variables that libraries read when they load.
Whoever asks and gets none goes the ordinary way. `WORKBENCH_WARM=0` turns them off.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import site
import socket
import stat
import struct
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core import processes
from workbench.jobs.members import MARK
from workbench.jobs.surroundings import outside

#: How long to wait for a warm process to say hello, and then for its child.
_HELLO_S, _BEGIN_S = 0.5, 5.0
#: What begins with these is read when Python or a library loads, so a warm process has it already.
_EARLY = (
    "PYTHON", "LD_", "LANG", "LC_", "HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "OMP_", "GOMP_",
    "KMP_AFFINITY", "KMP_BLOCKTIME", "MKL_", "OPENBLAS_", "BLIS_", "DNNL_", "ONEDNN_", "ATEN_", "TORCH_", "PYTORCH_", "HF_",
    "HUGGINGFACE_", "TRANSFORMERS_", "NPY_", "MALLOC_", "GLIBC_",
)  # fmt: skip
#: These can be changed in the fork.
LATE = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_SEED = "PYTHONHASHSEED"


@dataclass(frozen=True)
class Child:
    """A process that was asked for; `end` is readable once it has ended, where that was wanted."""

    pid: int
    end: socket.socket


def start(
    module: str, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], streams: tuple[int, int, int]
) -> Child | None:
    """Return a new process that does what `python -m module` does, None when no warm one can have it.

    It leads a session of its own. *streams* become its input, output and errors. When there is no warm process, one is
    started in the background, for the next time.
    """
    if not is_wanted(env):
        return None
    path = place(env)
    asked = {"module": module, "arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}
    body = json.dumps(asked).encode()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_HELLO_S)
        with address(path) as short:
            connection.connect(short)
        if connection.recv(1) != b"+":
            raise OSError
        connection.settimeout(_BEGIN_S)
        socket.send_fds(connection, [struct.pack("<I", len(body))], list(streams))
        connection.sendall(body)
        told = json.loads(connection.recv(4096))
        connection.settimeout(None)
        return Child(told["pid"], connection)
    except (OSError, ValueError, KeyError):
        connection.close()
        ensure(env)
        return None


def ensure(env: Mapping[str, str] = os.environ) -> None:
    """See to it that there will be a warm process for the environment *env*; return at once."""
    if not is_wanted(env):
        return
    path = place(env)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_private(path.parent) or not _is_free(path):
            return
        log = path.with_suffix(".log")
        command = [sys.executable, "-m", "workbench.jobs.running.zygote", str(path)]
        around = {**outside(env), MARK: "0" * 32}  # a fork writes the token of its job over it
        processes.spawn(command, cwd=path.parent, env=_early(env, around=around), log=log)
    except OSError:  # no room, no right: everything works without it, a little later
        return


@contextlib.contextmanager
def address(path: Path) -> Iterator[str]:
    """Yield a name of the socket *path* that fits into an address, which has 108 bytes, however deep its folder lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def is_wanted(env: Mapping[str, str]) -> bool:
    """Return whether warm processes are there at all: this system forks safely, and nobody has turned them off."""
    return sys.platform == "linux" and env.get("WORKBENCH_WARM", "1") != "0"


def place(env: Mapping[str, str]) -> Path:
    """Return the socket of the warm process for the environment *env*."""
    base = env.get("XDG_RUNTIME_DIR", "")
    folder = Path(base) if base and Path(base).is_dir() else Path(env.get("HOME") or Path.home()) / ".cache"
    early = _early(env, around={})
    told = json.dumps([sys.executable, sys.version, installed(), sorted(early.items())])
    return folder / "perception-workbench" / "warm" / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.sock"


def installed() -> list[tuple[str, int]]:
    """Return what changes whenever a package is installed, or this workbench is edited."""
    scheme = sysconfig.get_paths()
    folders = {scheme["purelib"], scheme["platlib"], site.getusersitepackages()}
    here = Path(__file__).parents[2]
    if not any(here.is_relative_to(folder) for folder in folders):
        folders |= {str(p) for p in (here, *here.iterdir()) if p.is_dir() and not p.name.startswith("_")}
        newest = max(p.stat().st_mtime_ns for p in here.rglob("*.py"))
    else:
        newest = 0
    return [("workbench", newest), *((f, Path(f).stat().st_mtime_ns) for f in sorted(folders) if Path(f).is_dir())]


def is_private(folder: Path) -> bool:
    """Return whether nobody else can reach into *folder*."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _early(env: Mapping[str, str], *, around: Mapping[str, str]) -> dict[str, str]:
    """Return *around* with those variables of *env* that count when libraries load."""
    told = {k: v for k, v in outside(env).items() if k.startswith(_EARLY) and k not in LATE}
    # Every job has a seed of its own or this one; a verb does not care.
    return {**around, **dict.fromkeys(LATE, "1"), _SEED: "0", **told}


def _is_free(path: Path) -> bool:
    """Return whether no process holds, or is about to hold, the socket *path*."""
    with path.with_suffix(".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
