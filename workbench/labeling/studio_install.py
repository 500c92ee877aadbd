"""Label Studio in an environment of its own, and an empty database ready to be copied; both made once per machine."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from workbench.core.errors import ConflictError, ExternalError
from workbench.core.files import cache_place, disk, write_json
from workbench.store.locks import locked

VERSION = "1.23.2"
DATABASE = "label_studio.sqlite3"
#: What the versions of all its packages were when it was tested.
_CONSTRAINTS = Path(__file__).with_name(f"label-studio-{VERSION}.txt")
_INSTALL_S = 1800

Say = Callable[[str], None]
#: Runs a command, says in an error what it was for, and gives it an environment (None: ours).
Run = Callable[[Sequence[str], str, Mapping[str, str] | None], None]


def cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this version of Label Studio, whether it is installed or not."""
    return cache_place(f"label-studio-{VERSION}", environment=environment)


def installed(folder: Path | None = None) -> Path | None:
    """Return the folder of a finished installation, None when there is none."""
    folder = folder or cache()
    return folder if _marker(folder).exists() else None


def command(folder: Path) -> Path:
    """Return the program."""
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "label-studio"


def template(folder: Path) -> Path:
    """Return the migrated, empty database."""
    return folder / "template.sqlite3"


def install(folder: Path | None = None, *, say: Say = lambda _: None, run: Run | None = None) -> Path:
    """Make the environment and the template when they are not there yet, and return their folder.

    About 1 GB and some minutes the first time, nothing later. A second caller waits for the first; an installation that
    was cut off is begun anew. *say* hears what is done, *run* runs the programs that do it. Raises `ExternalError` when
    one of them fails, as when no package index answers.
    """
    folder, run = folder or cache(), run or _run
    if installed(folder):
        return folder
    try:
        with disk(folder), locked(folder / "install.lock", timeout_s=_INSTALL_S):
            if not installed(folder):
                _environment(folder, say, run)
                _template(folder, say, run)
                write_json(_marker(folder), {"version": VERSION})
    except ConflictError as exc:
        raise ConflictError(f"Label Studio is being installed in {folder} by another process.", hint="Try later.") from exc
    return folder


def scrubbed(data: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the server: what it needs and nothing else, since it reads bare names such as PORT."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")}
    return {
        **keep,
        "HOME": str(data),
        "OMP_NUM_THREADS": "1",
        "DJANGO_DB": "sqlite",
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        **extra,
    }


def _marker(folder: Path) -> Path:
    return folder / "installed.json"


def _environment(folder: Path, say: Say, run: Run) -> None:
    venv, unfinished = folder / "venv", folder / "unfinished"
    if unfinished.exists():
        shutil.rmtree(venv, ignore_errors=True)
    unfinished.touch()
    python = command(folder).with_name("python.exe" if os.name == "nt" else "python")
    if not python.exists():
        say(f"Making an environment for Label Studio {VERSION} in {venv}")
        run([sys.executable, "-m", "venv", str(venv)], "making its environment", None)
    say(f"Installing Label Studio {VERSION} (about 1 GB, some minutes)")
    wanted = [f"label-studio=={VERSION}", "-c", str(_CONSTRAINTS)]
    if find_spec("uv"):
        installer = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    else:
        installer = [str(python), "-m", "pip", "install", "--quiet"]
    run([*installer, *wanted], "installing its packages", None)
    unfinished.unlink()


def _template(folder: Path, say: Say, run: Run) -> None:
    if template(folder).exists():
        return
    say("Making its empty database, once")
    with tempfile.TemporaryDirectory(dir=folder, prefix="template-") as made:
        data = Path(made)
        run([str(command(folder)), "version"], "making its database", scrubbed(data, {}))
        with closing(sqlite3.connect(data / DATABASE)) as database:
            database.execute("PRAGMA journal_mode = wal")  # stays so in the file; single writes are 1.5 times as fast
            database.execute("PRAGMA wal_checkpoint(truncate)")
        (data / DATABASE).replace(template(folder))


def _run(order: Sequence[str], what: str, env: Mapping[str, str] | None) -> None:
    done = subprocess.run(
        order, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise ExternalError(
            f"Label Studio: {what} ended with status {done.returncode}.",
            hint=f"It said: {_last_line(done.stdout)!r}. To go on, run: workbench labels install",
            system="Label Studio",
            retryable=True,
            output=done.stdout,
        )


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
