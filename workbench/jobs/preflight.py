"""preflight(): everything that would keep a notebook from running as a job, found before it is submitted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.core.workspace import Workspace, current
from workbench.jobs.bundles import versions
from workbench.jobs.bundles.bundle import Bundle
from workbench.jobs.bundles.plan import Plan, plan
from workbench.jobs.order import Order
from workbench.jobs.queueing import slots
from workbench.jobs.reading.problem import Findings, Problem
from workbench.jobs.submit import folder


def preflight(
    notebook: Path,
    *,
    cells: str = "",
    parameters: Mapping[str, Any] | None = None,
    workers: int = 1,
    at: str = "",
    cpus: float = 1.0,
    memory_gb: float = 0.0,
    gpus: int = 0,
    ws: Workspace | None = None,
) -> dict[str, Any]:
    """Return what a promotion would carry, and each problem with the field, the cell and the line that it stands in."""
    ws = ws or current()
    made = plan(ws, notebook, cells=cells, parameters=parameters, at=at)
    order = _order(made.findings, at=at, workers=workers, cpus=cpus, memory_gb=memory_gb, gpus=gpus)
    check_place(ws, order, made)
    facts = made.contents.facts if made.contents else {}
    digest = made.contents.digest if made.contents else ""
    found = made.findings
    return {
        "ok": not found.problems,
        "title": made.notebook.path.name if made.notebook else Path(notebook).name,
        "problems": [p.to_json() for p in found.problems],
        "warnings": [p.to_json() for p in found.warnings],
        "cells": [choice.to_json() for choice in made.choices],
        "parameters": [p.to_json() for p in made.declared or ()],
        "files": [{"name": n, "bytes": len(body)} for n, body in sorted(made.contents.files.items())] if made.contents else [],
        "pins": dict(facts.get("pins", {})),
        "secrets": [{"name": name, "is_set": name in os.environ} for name in facts.get("secrets", ())],
        "variables": dict(facts.get("variables", {})),
        "bundle": digest,
        "certificate": _certificate(ws, made),
        "estimate": _estimate(ws, made, order),
        "targets": _targets(ws),
        "versions": versions.newest(ws, made.notebook) if made.notebook else {},
    }


def _order(found: Findings, **asked: Any) -> Order:
    """Return the order without the values that are out of range; each of these is a problem of its own field."""
    right = {k: v for k, v in asked.items() if k == "at" or found.attempt(k, Order, **{k: v}) is not None}
    return Order(**right)


def check_place(ws: Workspace, order: Order, made: Plan) -> None:
    """Add what speaks against running there: room, hours, runs to wait for, an address that is none."""
    from workbench.jobs.queueing.queue import admit  # what it needs is only loaded where a job is about to be made

    found = made.findings
    if order.at and not _is_address(order.at):
        said = f"`at` must be the address of a cluster such as 'http://head:8265', got {order.at!r}."
        found.add(Problem(said, "Leave it empty for this machine.", "at"))
        return
    if not order.at:
        _check_machine(order, slots.machine(ws.settings), found)
    asked = replace(order, memory_gb=0.0, gpus=0) if not order.at else order  # these were told with their fields
    found.attempt("order", admit, ws, asked, made.given)


def _check_machine(order: Order, whole: slots.Slots, found: Findings) -> None:
    needs, hint = order.needs, "Ask for less, or name a cluster with `at`."
    for name, there, unit in (("memory_gb", whole.memory_gb, "GB of memory"), ("gpus", len(whole.gpus), "GPUs")):
        if needs[name] > there:
            said = f"The job asks for {needs[name]:g} {unit}, where jobs may hold {there:.4g}."
            found.add(Problem(said, hint, name))
    if needs["cpus"] > whole.cpus:
        name = "cpus" if order.cpus > whole.cpus else "workers"
        said = f"{order.workers} workers of {order.cpus:g} cores ask for {needs['cpus']:g}; jobs may hold {whole.cpus:g} here."
        found.add(Problem(said, "They share what there is, or name a cluster with `at`.", name), is_certain=False)


def _is_address(at: str) -> bool:
    told = urlsplit(at)
    return at == "local-cluster" or (told.scheme in ("http", "https") and bool(told.hostname))


def _certificate(ws: Workspace, made: Plan) -> dict[str, Any] | None:
    digest = made.contents.digest if made.contents else ""
    if not digest or not any((ws.root / "certificates").glob(f"{digest}*")):
        return None
    from workbench.jobs.proof.certificate import existing

    assert made.notebook is not None  # it has contents
    return existing(ws, _bundle(ws, made), made.notebook)


def _bundle(ws: Workspace, made: Plan) -> Bundle:
    assert made.contents is not None
    return Bundle(folder(ws) / made.contents.digest, made.contents.facts)


def _estimate(ws: Workspace, made: Plan, order: Order) -> dict[str, Any] | None:
    from workbench.jobs.queueing.estimate import estimate

    if made.contents is None:
        return None
    return estimate(ws, _bundle(ws, made), order)


def _targets(ws: Workspace) -> list[dict[str, Any]]:
    """Return where a job may go: this machine, the cluster that runs on it, and those that jobs went to before."""
    from workbench.jobs.places.cluster import LOCAL, find

    here = slots.machine(ws.settings)
    found = [
        {"at": "", "label": "This machine", "cpus": here.cpus, "memory_gb": round(here.memory_gb, 1), "gpus": len(here.gpus)}
    ]
    cluster = find()
    if cluster is not None:
        cpus = cluster.cpus_per_node * len(cluster.nodes)
        found.append({"at": LOCAL, "label": "Cluster on this machine", "cpus": cpus, "memory_gb": 0.0, "gpus": 0})
    known = {str((r.fields.get("order") or {}).get("at", "")) for r in ws.records.all("run")} - {"", LOCAL}
    return found + [{"at": at, "label": at, "cpus": 0, "memory_gb": 0.0, "gpus": 0} for at in sorted(known)]
