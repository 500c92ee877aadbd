"""`workbench cluster`: a Ray cluster of several nodes on this machine, and the manifests for one on Kubernetes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.wiring import open as open_workspace


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `cluster start | status | stop | manifest`."""
    parser = commands.add_parser("cluster", help="a Ray cluster on this machine, and manifests for Kubernetes")
    inner = parser.add_subparsers(required=True, metavar="start|status|stop|manifest")
    start = inner.add_parser("start", parents=[common], help="start it; a running one is left as it is")
    start.add_argument("--nodes", type=int, default=2, help="how many, the head included (default 2)")
    start.add_argument("--cpus-per-node", type=int, default=1, help="how many CPUs each may give to jobs (default 1)")
    start.set_defaults(do=_start)
    inner.add_parser("status", parents=[common], help="whether it runs, where, and its nodes").set_defaults(do=_status)
    inner.add_parser("stop", parents=[common], help="end it and everything that runs on it").set_defaults(do=_stop)
    _add_manifest(inner, common)


def _add_manifest(inner: Any, common: argparse.ArgumentParser) -> None:
    said = "a RayCluster for KubeRay that takes jobs; with a bundle, a RayJob that runs it"
    add = inner.add_parser("manifest", parents=[common], help=said, description=said)
    add.add_argument("bundle", nargs="?", default="", help="its folder, or the first letters of its digest")
    add.add_argument("--image", required=True, help="holds Ray and perception-workbench")
    add.add_argument("--claim", required=True, help="the volume claim that holds the workspace, mounted at the same path")
    add.add_argument("--secret", default="ray-token", help="the Secret whose auth_token is the token (default ray-token)")
    add.add_argument("--namespace", default="default")
    add.add_argument("--name", default="", help="of the cluster or the job")
    add.add_argument("--parameters", default="{}", help="of the notebook, as a JSON object")
    add.add_argument("--output", default="", metavar="FILE", help="where to write it; else it is printed")
    for name, kind, default in (("workers", int, 1), ("cpus", float, 1.0), ("memory-gb", float, 4.0), ("gpus", int, 0)):
        each = "" if name == "workers" else "of each worker, "
        add.add_argument(f"--{name}", type=kind, default=default, help=f"{each}default {default:g}")
    add.set_defaults(do=_manifest)


def _manifest(options: argparse.Namespace) -> tuple[Any, str]:
    from workbench.jobs import submit
    from workbench.jobs.bundles import bundle
    from workbench.jobs.order import Order
    from workbench.jobs.places import kuberay  # as for the cluster
    from workbench.jobs.reading.parameters import check

    ws = open_workspace(options.workspace)
    order = Order(workers=options.workers, cpus=options.cpus, memory_gb=options.memory_gb, gpus=options.gpus)
    where = {name: getattr(options, name) for name in ("image", "claim", "secret", "namespace")} | {"root": ws.root}
    if options.name:
        where["name"] = options.name
    if options.bundle:
        found = bundle.read(submit.folder(ws), Path(options.bundle))
        given = check(found.parameters, _object(options.parameters, where="--parameters"), where=found.title)
        document = kuberay.job(found, order, parameters=given, **where)
    else:
        document = kuberay.cluster(order, **where)
    text = kuberay.text([document])
    if not options.output:
        return document, text.rstrip()
    write_text(Path(options.output), text)
    return document, f"Written to {options.output}. Run: kubectl apply -f {options.output}"


def _object(text: str, *, where: str) -> dict[str, Any]:
    """Return the JSON object in *text*."""
    try:
        made = json.loads(text)
    except json.JSONDecodeError as exc:
        raise InputError(f"`{where}` must be a JSON object, got {text!r:.80}: {exc}.") from exc
    if not isinstance(made, dict):
        raise InputError(f"`{where}` must be a JSON object, got {text!r:.80}.")
    return made


def _start(options: argparse.Namespace) -> tuple[Any, str]:
    cluster = _cluster()
    cluster.start(nodes=options.nodes, cpus_per_node=options.cpus_per_node, say=_teller(options))
    told = cluster.status()
    return told, _text(told)


def _status(_: argparse.Namespace) -> tuple[Any, str]:
    told = _cluster().status()
    return told, _text(told)


def _stop(_: argparse.Namespace) -> tuple[Any, str]:
    _cluster().stop()
    return {"state": "stopped"}, "The cluster is stopped."


def _text(told: Mapping[str, Any]) -> str:
    lines = [str(told["says"])]
    for node in told["nodes"]:
        what = "head" if node["is_head"] else "worker"
        state = f"{node['cpus']:g} CPU, {node['memory_gb']:g} GB" if node["is_alive"] else "gone"
        gpus = f", {node['gpus']:g} GPU" if node["gpus"] else ""
        lines.append(f"  {node['address']:<12} {what:<7} {state}{gpus}  pid {node['pid']}  {node['log']}")
    if told["state"] != "stopped":
        lines += [
            f"dashboard  {told['dashboard']}  (its token is in {told['token']})",
            f"jobs go there with  at={told['at']!r}",
        ]
    return "\n".join(lines)


def _cluster() -> ModuleType:
    from workbench.jobs.places import cluster  # the jobs stand on the store, which no other command needs

    return cluster


def _teller(options: argparse.Namespace) -> Callable[[str], None]:
    """Return what hears how far it is: standard error, or nobody when a program reads."""
    return (lambda _: None) if options.json else (lambda line: print(line, file=sys.stderr, flush=True))
