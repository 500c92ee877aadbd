"""Manifests for KubeRay: a Ray cluster on Kubernetes that takes jobs, or one that lives for a single bundle."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import read_json
from workbench.core.need import need
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.order import Order

#: What KubeRay takes, derived from its own definitions; see NOTICE.
_SCHEMA = Path(__file__).with_name("kuberay-1.7.0.json")

_VOLUME = "workspace"
_KEPT_S = 600
_RAY_GB = 2.0


def cluster(
    order: Order, *, root: Path, image: str, claim: str, secret: str, namespace: str = "default", name: str = "workbench"
) -> dict[str, Any]:
    """Return a RayCluster with a worker pod for each of the order's workers.

    *root*, the folder of the workspace, is where the volume *claim* is mounted in every pod, so that a path means the same
    there as here. *image* holds Ray and the workbench, *secret* names the Secret whose `auth_token` all requests carry.
    """
    spec = _cluster_spec(order, root=root, image=image, claim=claim, secret=secret)
    return checked({"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": _metadata(name, namespace), "spec": spec})


def job(
    bundle: Bundle,
    order: Order,
    *,
    parameters: Mapping[str, Any],
    root: Path,
    image: str,
    claim: str,
    secret: str,
    namespace: str = "default",
    name: str = "",
) -> dict[str, Any]:
    """Return a RayJob that runs *bundle* of the workspace in *root* on a cluster of its own; the workspace keeps its run."""
    told = json.dumps({"order": order.to_json() | {"at": "http://127.0.0.1:8265"}, "parameters": dict(parameters)})
    words = ["python", "-m", "workbench.jobs.places.ray_entry", str(root), str(bundle.path), told]
    made = _cluster_spec(order, root=root, image=image, claim=claim, secret=secret, names=bundle.facts["secrets"])
    spec = {
        "entrypoint": shlex.join(words),
        "submissionMode": "HTTPMode",
        "shutdownAfterJobFinishes": True,
        "ttlSecondsAfterFinished": _KEPT_S,
        "backoffLimit": 0,  # the run is tried again by the workspace, from its checkpoint
        "rayClusterSpec": made,
    }
    name = name or f"wb-{_slug(bundle.title)}-{bundle.digest[:8]}"
    return checked({"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": _metadata(name, namespace), "spec": spec})


def text(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return documents as YAML that `kubectl apply -f` takes."""
    yaml = need("yaml", extra="scale", use="workbench cluster manifest")
    written: str = yaml.safe_dump_all([dict(d) for d in documents], sort_keys=False, width=120, allow_unicode=True)
    return written


def checked(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return *document* when KubeRay would take it; raise `InputError` with every place where it would not."""
    jsonschema = need("jsonschema", extra="scale", use="workbench cluster manifest")
    schema = read_json(_SCHEMA)
    kind = str(document.get("kind"))
    if kind not in schema:
        raise InputError(f"KubeRay has no {kind!r} here.", hint="Kinds: RayCluster, RayJob.")
    validator = jsonschema.Draft202012Validator({"$defs": schema["$defs"], **schema[kind]})
    problems = sorted(f"{_where(found.absolute_path)}: {found.message}" for found in validator.iter_errors(document))
    if problems:
        more = f" and {len(problems) - 8} more" if len(problems) > 8 else ""
        raise InputError(f"KubeRay does not take the {kind}: {'; '.join(problems[:8])}{more}.")
    return dict(document)


def _cluster_spec(
    order: Order, *, root: Path, image: str, claim: str, secret: str, names: Iterable[str] = ()
) -> dict[str, Any]:
    head = _pod("ray-head", _resources(1, max(4.0, order.memory_gb), 0), root=root, image=image, claim=claim)
    # The secrets of a bundle are read where its run is made; their values are beside the token.
    head["spec"]["containers"][0]["env"] += [
        {"name": n, "valueFrom": {"secretKeyRef": {"name": secret, "key": n, "optional": True}}} for n in names
    ]
    # Of a pod's memory, what is asked for is the jobs'; Ray's own processes and its store of objects have theirs beside it.
    memory_gb = order.memory_gb and order.memory_gb + _RAY_GB
    worker = _pod("ray-worker", _resources(order.cpus, memory_gb, order.gpus), root=root, image=image, claim=claim)
    holds = {"memory": str(int(order.memory_gb * 2**30)), "object-store-memory": str(2**30)} if order.memory_gb else {}
    return {
        "rayVersion": _ray_version(),
        "authOptions": {"mode": "token", "secretName": secret},
        # The head keeps the cluster; what is asked for is held by the workers.
        "headGroupSpec": {"rayStartParams": {"num-cpus": "0", "dashboard-host": "0.0.0.0"}, "template": head},  # noqa: S104  # of the pod
        "workerGroupSpecs": [
            {
                "groupName": "workers",
                "replicas": order.workers,
                "minReplicas": order.workers,
                "maxReplicas": order.workers,
                "rayStartParams": holds,
                "template": worker,
            }
        ],
    }


def _pod(name: str, resources: Mapping[str, str], *, root: Path, image: str, claim: str) -> dict[str, Any]:
    return {
        "spec": {
            "containers": [
                {
                    "name": name,
                    "image": image,
                    "env": [{"name": "RAY_USAGE_STATS_ENABLED", "value": "0"}],
                    "resources": {"limits": dict(resources), "requests": dict(resources)},
                    "volumeMounts": [{"name": _VOLUME, "mountPath": str(root)}],
                }
            ],
            "volumes": [{"name": _VOLUME, "persistentVolumeClaim": {"claimName": claim}}],
        }
    }


def _resources(cpus: float, memory_gb: float, gpus: int) -> dict[str, str]:
    asked = {"cpu": f"{max(cpus, 0.1):g}"}
    if memory_gb:
        asked["memory"] = f"{round(memory_gb * 1024)}Mi"
    return asked | ({"nvidia.com/gpu": str(gpus)} if gpus else {})


def _metadata(name: str, namespace: str) -> dict[str, Any]:
    for what, value in (("name", name), ("namespace", namespace)):
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,45}[a-z0-9])?", value):
            raise InputError(
                f"The {what} {value!r} is none that Kubernetes takes.",
                hint="Lower-case letters, digits and '-' between them, 47 characters at most.",
            )
    return {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "perception-workbench"}}


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:30].rstrip("-") or "job"


def _ray_version() -> str:
    try:
        return metadata.version("ray")
    except metadata.PackageNotFoundError:
        return "2.60.0"


def _where(path: Iterable[Any]) -> str:
    said = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return said.lstrip(".") or "the document"
