"""The composition root: a folder and its settings become a workspace whose ports have adapters; the only such place."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from workbench.core.config import decode
from workbench.core.errors import ConflictError, ExternalError, InputError
from workbench.core.files import disk, write_text
from workbench.core.ports import Target
from workbench.core.registry import Registry
from workbench.core.views import ATTACH
from workbench.core.workspace import Workspace, use
from workbench.store.copy import MARK as COPY

MARKER = "workbench.toml"
#: What a port says that a rehearsal shall not reach: the certificate tells such a cell from one that broke.
OUTSIDE = "A rehearsal does not act outside of its workspace"

#: What hands jobs to the places where they run. Jobs stand above this file, as they open workspaces; so it is named.
TARGETS: Registry[Callable[[Path], Target]] = Registry("targets", {"places": "workbench.jobs.places.places:Places"})

_PREFIX = "WORKBENCH_"
_TEMPLATE = """# Settings of this workspace; each may also come from the environment, as WORKBENCH_<NAME>, which wins.
# labels_url = "http://127.0.0.1:8080"      # a Label Studio of your own; empty: `workbench labels start`
# labels_token = ""                         # its access token; better kept in the environment
# tracking_url = ""                         # an MLflow server; empty: a SQLite file in this folder
"""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a workspace: `workbench.toml`, overruled by the environment."""

    labels_url: str = ""
    labels_token: str = ""
    tracking_url: str = ""
    #: What jobs may hold at a time on this machine; 0 is all that it has.
    cpus: float = 0.0
    memory_gb: float = 0.0
    gpus: int = 0
    #: CPU hours that each person may use per calendar month; 0 is no limit. GPU hours count `gpu_weight` times.
    quota_hours: float = 0.0
    gpu_weight: float = 10.0
    #: What an hour costs, in whatever unit the ledger shall have.
    cpu_hour_price: float = 0.0
    gpu_hour_price: float = 0.0
    #: Who hears that a run has ended: an address that takes JSON, and a mailbox by way of a mail server.
    notify_url: str = ""
    notify_mail: str = ""
    mail_server: str = ""
    #: The run that this process belongs to, the workers that share its trainings, the cluster it is on, which attempt
    #: it is, and whether it is a rehearsal: set by the runner of a job.
    run: str = ""
    workers: int = 1
    at: str = ""
    attempt: int = 1
    rehearsal: bool = False

    def __post_init__(self) -> None:
        """Refuse addresses that are not addresses."""
        for name in ("labels_url", "tracking_url", "notify_url", "mail_server"):
            value = getattr(self, name)
            if value and "://" not in value:
                raise InputError(f"`{name}` must be an address such as 'http://127.0.0.1:8080', got {value!r}.")


def open(path: str | Path = "", *, environment: Mapping[str, str] | None = None) -> Workspace:  # a verb of the face
    """Return the workspace in the folder *path*, made on first use; it becomes the current one.

    An empty *path* means the folder that `WORKBENCH_WORKSPACE` names, else the nearest folder upwards that is a
    workspace. Raises `InputError` when the path is a file or the settings do not fit, `ExternalError` when the folder
    cannot be written.
    """
    env = os.environ if environment is None else environment
    # A job works in a folder of its own; a relative path means what it means beside the notebook.
    base = Path(env.get("WORKBENCH_ORIGIN", "") or Path.cwd())
    root = (base / Path(path or env.get("WORKBENCH_WORKSPACE", "") or _nearest(base)).expanduser()).resolve()
    if root.exists() and not root.is_dir():
        raise InputError(f"{root} is a file.", hint="Give wb.open() a folder.")
    if str(root) == env.get("WORKBENCH_STANDS_FOR"):  # a rehearsal works in a copy
        root = Path(env["WORKBENCH_WORKSPACE"])
    marker = root / MARKER
    with disk(root):
        root.mkdir(parents=True, exist_ok=True)
        if not marker.exists():
            write_text(marker, _TEMPLATE)
    ws = use(Workspace(root, wire=wire, settings=settings(root, env), pins=json.loads(env.get("WORKBENCH_PINS", "{}"))))
    if _in_notebook():
        module, _, attribute = ATTACH.partition(":")
        getattr(import_module(module), attribute)(ws)
    return ws


def settings(root: Path, environment: Mapping[str, str]) -> Settings:
    """Return the settings of the workspace in *root*; an unknown key in the file is refused, with the known ones."""
    try:
        told = tomllib.loads((root / MARKER).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as exc:
        raise InputError(f"{root / MARKER} is not TOML: {exc}.") from exc
    except OSError as exc:
        raise ExternalError(f"{root / MARKER} cannot be read: {exc.strerror}.", system="disk", retryable=False) from exc
    names = [f.name for f in fields(Settings)]
    told |= {name: environment[_PREFIX + name.upper()] for name in names if _PREFIX + name.upper() in environment}
    # The runner names its run by reference; records know it by id.
    at_home = environment.get("WORKBENCH_WORKSPACE", str(root)) == str(root)
    told["run"] = str(told.get("run", "")).removeprefix("run:")
    if not at_home:
        told |= {"run": "", "workers": 1, "at": "", "attempt": 1, "rehearsal": False}
    if (root / COPY).exists():  # what is tried in a copy is nobody's business
        told |= dict.fromkeys(("labels_url", "tracking_url", "notify_url", "notify_mail"), "")
    return decode(Settings, told, where=str(root / MARKER))


def stay_inside(ws: Workspace) -> None:
    """Refuse what would reach out of a rehearsal, or of any other copy of a workspace."""
    if ws.settings.rehearsal or (ws.root / COPY).exists():
        raise ConflictError(f"{OUTSIDE}.", hint="Labeling, serving and further jobs are left to the run itself.")


def wire(port: str, ws: Workspace) -> Any:
    """Return the adapter of *port* for a workspace."""
    return ADAPTERS[port](ws)


def _records(ws: Workspace) -> Any:
    from workbench.store.records import SqliteRecords

    return SqliteRecords(ws.root / "records.db", clock=ws.clock)


def _tables(ws: Workspace) -> Any:
    os.environ.setdefault("LANCE_LOG", "error")  # else Lance logs that a new table is new
    from workbench.store.tables import LanceTables

    return LanceTables(ws.root / "data", clock=ws.clock)


def _scans(ws: Workspace) -> Any:
    from workbench.store.scans import LanceScans

    return LanceScans(cast("Any", ws.tables))  # both are Lance's here


def _histories(ws: Workspace) -> Any:
    from workbench.store.histories import LanceHistories

    return LanceHistories(cast("Any", ws.tables))  # as above


def _journal(ws: Workspace) -> Any:
    from workbench.store.journal import SqliteJournal

    return SqliteJournal(ws.root / "labels.db", clock=ws.clock)


def _assignments(ws: Workspace) -> Any:
    from workbench.store.assignments import SqliteAssignments

    return SqliteAssignments(ws.root / "labels.db", clock=ws.clock)


def _blobs(ws: Workspace) -> Any:
    from workbench.store.blobs import FileBlobs
    from workbench.store.sharing import media_places

    return FileBlobs(ws.root / "media", elsewhere=lambda: media_places(ws.root / "data"))


def _models(ws: Workspace) -> Any:
    from workbench.store.tracking import MlflowModels

    return MlflowModels(ws.root / "models", _tracking(ws))


def _tracker(ws: Workspace) -> Any:
    from workbench.store.tracking import MlflowTracker

    return MlflowTracker(_tracking(ws), experiment=ws.name)


def _tracking(ws: Workspace) -> str:
    return ws.settings.tracking_url or f"sqlite:///{ws.root / 'mlflow.db'}"


def _labeler(ws: Workspace) -> Any:
    stay_inside(ws)
    from workbench.labeling.studio_server import connect

    return connect(ws)


def _target(ws: Workspace) -> Any:
    return TARGETS["places"](ws.root)


def _host(ws: Workspace) -> Any:
    stay_inside(ws)
    from workbench.serving.local_host import LocalHost

    return LocalHost()


#: Each port's adapter, made on first use, so that a process loads only what it touches.
ADAPTERS: Mapping[str, Callable[[Workspace], Any]] = {
    "records": _records,
    "tables": _tables,
    "scans": _scans,
    "histories": _histories,
    "journal": _journal,
    "assignments": _assignments,
    "blobs": _blobs,
    "models": _models,
    "tracker": _tracker,
    "labeler": _labeler,
    "target": _target,
    "host": _host,
}


def _nearest(start: Path) -> Path:
    for folder in (start, *start.parents):
        if (folder / MARKER).exists():
            return folder
    raise InputError(f"No workspace at {start} or above.", hint='Name one: wb.open("my-project"), or --workspace.')


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None
