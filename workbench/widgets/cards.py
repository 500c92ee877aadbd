"""Records as cards: what a person wants to know of each noun at a glance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.ports import Record
from workbench.core.workspace import Workspace

_AT_MOST = 5


def board_of(ws: Workspace) -> dict[str, Any]:
    """Return the columns of the loop, each with its newest cards first."""
    columns = [
        _column(ws, "dataset", "Data", "No data yet: wb.ingest()", _dataset),
        _column(ws, "labeling", "Labels", "Nothing to label yet: wb.label()", _labeling),
        _column(ws, "run", "Runs", "No run yet: wb.train()", _run),
        _column(ws, "model", "Models", "No model yet", _model),
        _column(ws, "service", "Services", "Nothing is served yet: wb.serve()", _service),
    ]
    return {"workspace": ws.name, "columns": columns, "problem": None}


def _column(ws: Workspace, kind: str, title: str, empty: str, card: Callable[[Record], dict[str, Any]]) -> dict[str, Any]:
    records = ws.records.all(kind)[::-1]
    return {
        "title": title,
        "empty": empty,
        "cards": [{"facts": [], "bars": [], "state": record.state, **card(record)} for record in records[:_AT_MOST]],
        "more": max(0, len(records) - _AT_MOST),
    }


def _dataset(record: Record) -> dict[str, Any]:
    f = record.fields
    facts = [f"{int(f.get('n_items', 0)):,} items", str(f.get("task", ""))]
    title = f"{record.id}@{f.get('version', '')}"
    return {"ref": str(f.get("ref", f"dataset:{record.id}")), "title": title, "state": "", "facts": _said(facts)}


def _labeling(record: Record) -> dict[str, Any]:
    done, total = int(record.fields.get("n_labeled", 0)), int(record.fields.get("n_items", 0))
    bars = [{"name": "labeled", "share": done / total, "text": f"{done:,} of {total:,}"}] if total else []
    return {"ref": f"labeling:{record.id}", "title": record.id, "bars": bars}


def _run(record: Record) -> dict[str, Any]:
    f = record.fields
    progress: Mapping[str, Any] = f.get("progress") or {}
    done, total = progress.get("done"), progress.get("total")
    bars = []
    if record.state == "running" and done is not None and total:
        bars.append({"name": "progress", "share": done / total, "text": f"{done} of {total}"})
    error = str((f.get("error") or {}).get("message", ""))
    return {
        "ref": f"run:{record.id}",
        "title": record.id,
        "facts": _said([_scores(f.get("metrics") or {}), error or str(f.get("model", ""))]),
        "bars": bars,
    }


def _model(record: Record) -> dict[str, Any]:
    f = record.fields
    facts = [str(f.get("runtime", "")), _scores(f.get("metrics") or {})]
    return {"ref": f"model:{record.id}", "title": record.id, "state": "", "facts": _said(facts)}


def _service(record: Record) -> dict[str, Any]:
    traffic: Mapping[str, float] = record.fields.get("traffic") or {}
    bars = [
        {"name": ref.removeprefix("model:"), "share": share / 100, "text": f"{share:g} %"} for ref, share in traffic.items()
    ]
    return {
        "ref": f"service:{record.id}",
        "title": record.id,
        "facts": _said([str(record.fields.get("url", ""))]),
        "bars": bars,
    }


def _scores(metrics: Mapping[str, Any]) -> str:
    """Return the scores that say how well, not the losses; two are enough for a glance."""
    scores = [(k, v) for k, v in metrics.items() if isinstance(v, int | float) and 0 <= v <= 1 and "loss" not in k]
    known = sorted(scores, key=lambda item: not item[0].startswith(("val", "f1", "accuracy")))
    return " · ".join(f"{name.removeprefix('val_')} {value:.3f}" for name, value in known[:2])


def _said(facts: list[str]) -> list[str]:
    return [fact for fact in facts if fact]
