"""The certificate as a page that a person reads and prints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.jobs.proof.page import page


def page_of(certificate: Mapping[str, Any]) -> str:
    """Return the certificate as HTML."""
    told, signed = certificate, certificate["signature"]
    problem = told["problem"] or {}
    place = ", ".join(f"{key} {problem[key]}" for key in ("cell", "line") if problem.get(key))
    environment = told.get("environment") or {}
    return page(
        f"Certificate of {Path(told['notebook']['path']).name}",
        told["verdict"],
        told["says"],
        [
            ("What broke", (), [(problem.get("message", ""), place), (problem.get("hint", ""), "")] if problem else []),
            ("Cells", ("Cell", "State", "Why"), [(str(c["cell"]), c["state"], _why(c)) for c in told["cells"]]),
            (
                "Named results",
                ("Name", "In the notebook", "In the rehearsal", "State"),
                [(r["name"], _value(r["before"]), _value(r["again"]), r["state"]) for r in told["results"]],
            ),
            ("What was compared", (), _compared(told)),
            ("Environment", (), [(key.replace("_", " "), str(value)) for key, value in environment.items()]),
            ("Signature", (), [(key, str(value)) for key, value in signed.items()]),
        ],
    )


def _why(cell: Mapping[str, Any]) -> str:
    return f"{cell['why']}\n{cell['diff']}" if cell["diff"] else str(cell["why"])


def _value(value: Any) -> str:
    return "not there" if value is None else str(value)


def _compared(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("notebook", told["notebook"]["path"]),
        ("its cells", told["notebook"]["sha256"]),
        ("its outputs", told["notebook"]["outputs"]),
        ("bundle", told["bundle"]),
        ("made", f"{told['made']} by {told['by']}"),
        ("rehearsal", f"{told['seconds']:g} s of {told['limit_s']:g} s"),
        ("results equal within", f"{told['tolerance']:g}, relative"),
        ("left out", "standard error, addresses of objects, live widgets"),
    ]
