"""MLflow as the workspace's searchable log of runs and registry of models; off the hot path, it takes seconds to load."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.core import refs
from workbench.core.errors import ExternalError, NotFoundError, not_found
from workbench.core.files import digest, disk, read_json, write_json
from workbench.core.ports import ModelVersion


class MlflowTracker:
    """The log of finished runs in MLflow; each run is written in one batch when it ends."""

    def __init__(self, uri: str, *, experiment: str) -> None:
        self._uri = uri
        self._experiment = experiment

    def log(self, run: str, *, kind: str, params: Mapping[str, Any], metrics: Mapping[str, Sequence[float]]) -> str:
        """Write a run once and return the tracker's own id; metrics are values by step."""
        client = connect(self._uri)
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        with border(self._uri):
            found = client.get_experiment_by_name(self._experiment)
            experiment = found.experiment_id if found else client.create_experiment(self._experiment)
            made = client.create_run(experiment, run_name=run, tags={"workbench.run": run, "workbench.kind": kind})
            points = [
                Metric(name, float(value), now, step) for name, values in metrics.items() for step, value in enumerate(values)
            ]
            told = [Param(key, str(value)[:6000]) for key, value in params.items()]
            # MLflow takes at most 1,000 metrics and 100 parameters in one batch.
            for start in range(0, max(len(points), len(told) * 10, 1), 1000):
                told_now = told[start // 10 : start // 10 + 100]
                client.log_batch(made.info.run_id, metrics=points[start : start + 1000], params=told_now)
            client.set_terminated(made.info.run_id)
        return str(made.info.run_id)

    def find(self, run: str) -> Mapping[str, Any]:
        """Return what was logged for *run*: `params`, `metrics` (last values), `id`; raise `NotFoundError`."""
        client = connect(self._uri)
        with border(self._uri):
            experiment = client.get_experiment_by_name(self._experiment)
            wanted = f"tags.`workbench.run` = '{refs.check_name(run, what='run')}'"
            found = client.search_runs([experiment.experiment_id], wanted, max_results=1) if experiment else []
        if not found:
            raise not_found("logged run", run, None)
        return {"id": found[0].info.run_id, "params": dict(found[0].data.params), "metrics": dict(found[0].data.metrics)}

    def search(self, *, params: Mapping[str, Any] | None = None, at_least: Mapping[str, float] | None = None) -> list[str]:
        """Return the runs with these parameters whose last metrics reach those values, oldest first."""
        for name in (*(params or {}), *(at_least or {})):
            refs.check_name(name, what="parameter or metric")
        wanted = [f"metrics.`{key}` >= {float(value)!r}" for key, value in (at_least or {}).items()]
        client, found, page = connect(self._uri), list[Any](), ""
        with border(self._uri):
            experiment = client.get_experiment_by_name(self._experiment)
            while experiment and page is not None:
                query: dict[str, Any] = {"order_by": ["attributes.start_time ASC"], "page_token": page or None}
                told = client.search_runs([experiment.experiment_id], " and ".join(wanted), **query)
                found, page = [*found, *told], told.token
        # Values are compared here: text in a filter would have to be quoted.
        alike = [r for r in found if all(r.data.params.get(key) == str(value) for key, value in (params or {}).items())]
        return [str(r.data.tags["workbench.run"]) for r in alike]


class MlflowModels:
    """Model bundles in folders named by their digest, registered in MLflow.

    Registered versions never change, so each is also noted in a small file beside the bundles, and finding one by
    number needs no MLflow. Aliases do change and are always asked of MLflow.
    """

    def __init__(self, root: Path, uri: str) -> None:
        self._root = root
        self._uri = uri

    def save(self, name: str, folder: Path, *, facts: Mapping[str, Any]) -> ModelVersion:
        """Copy the bundle in *folder* into the registry as the next version of *name*."""
        refs.check_name(name, what="model")
        client = connect(self._uri)
        key = _tree_digest(folder)
        home = self._root / name
        with disk(home):
            path = self._keep(folder, home / "bundles" / key[:16])
        with border(self._uri):
            if not client.search_registered_models(f"name = '{name}'"):
                _create_model(client, name)
            made = client.create_model_version(
                name, source=path.as_uri(), tags={"digest": key, "facts": json.dumps(facts)[:4900]}
            )
        note = {"name": name, "version": int(made.version), "digest": key, "path": path.relative_to(self._root).as_posix()}
        note |= {"created": _iso(made.creation_timestamp), "facts": dict(facts)}
        write_json(home / "versions" / f"{made.version}.json", note)
        return self._version(note)

    def find(self, name: str, version: str = "") -> ModelVersion:
        """Return a version by number or alias, the newest by default; raise `NotFoundError`."""
        found = {str(v.version): v for v in self.versions(name)}
        if not version:
            return list(found.values())[-1]
        if version in found:
            return found[version]
        try:
            with border(self._uri):
                return found[str(connect(self._uri).get_model_version_by_alias(name, version).version)]
        except (NotFoundError, KeyError) as exc:
            raise not_found(f"version of model {name}", version, found) from exc

    def versions(self, name: str) -> list[ModelVersion]:
        """Return all versions, oldest first; raise `NotFoundError` for an unknown name."""
        notes = (self._root / refs.check_name(name, what="model") / "versions").glob("*.json")
        found = [self._version(read_json(p)) for p in sorted(notes, key=lambda p: int(p.stem))]
        if not found:
            raise not_found("model", name, self.names(), hint="Make one with wb.train().")
        return found

    def names(self) -> list[str]:
        """Return the names of all models."""
        return sorted(p.parent.name for p in self._root.glob("*/versions") if any(p.glob("*.json")))

    def alias(self, name: str, alias: str, version: int) -> None:
        """Let *alias*, such as 'production', stand for *version*."""
        self.find(name, str(version))
        with border(self._uri):
            connect(self._uri).set_registered_model_alias(name, refs.check_name(alias, what="alias"), str(version))

    def _keep(self, folder: Path, path: Path) -> Path:
        if not path.exists():
            part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
            try:
                shutil.copytree(folder, part)
                part.rename(path)
            except OSError:
                shutil.rmtree(part, ignore_errors=True)
                if not path.exists():  # else another process kept the same bundle first
                    raise
        return path

    def _version(self, note: Mapping[str, Any]) -> ModelVersion:
        path = self._root / note["path"]
        return ModelVersion(note["name"], note["version"], note["digest"], path, note["created"], note["facts"])


def connect(uri: str) -> Any:
    """Return an MLflow client; its telemetry and the banner about its own server stay off."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")  # else it tells that a new database is new
    from mlflow.tracking import MlflowClient  # after the settings, which it reads as it is imported

    with border(uri):
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def border(uri: str) -> Iterator[None]:
    """Translate what MLflow raises."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as exc:
        said = str(exc).splitlines()[0]
        if exc.error_code == "RESOURCE_DOES_NOT_EXIST" or "not found" in said:
            raise NotFoundError(f"MLflow at {uri}: {said}") from exc
        hint = "Free some space, then do it again." if "full" in said else "Check the tracking address in workbench.toml."
        raise ExternalError(f"MLflow at {uri}: {said}", hint=hint, system="MLflow", retryable=True) from exc


def _create_model(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as exc:
        if exc.error_code != "RESOURCE_ALREADY_EXISTS":  # another process was first
            raise


def _tree_digest(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    lines = [f"{p.relative_to(folder).as_posix()} {digest(p)}" for p in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
