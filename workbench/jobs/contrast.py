"""contrast(): two runs side by side: parameters, metrics, code, environment, data."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from workbench.core import files
from workbench.core.run import Run


class Contrast(dict[str, Any]):
    """What is different, by kind; as text, a line for each."""

    def __str__(self) -> str:
        left, right = self["runs"]
        lines = [f"{left} and {right}"]
        for kind in ("parameters", "metrics", "results", "environment", "data"):
            lines += [f"  {kind}  {each['name']}: {each['left']} | {each['right']}" for each in self[kind]]
        for each in self["code"]:
            lines += [f"  code  cell {each['cell']}", *(f"    {line}" for line in each["diff"].splitlines())]
        return "\n".join(lines) if len(lines) > 1 else f"{left} and {right} differ in nothing that is recorded."


def contrast(run: Run, other: Run) -> dict[str, Any]:
    """Return what is different between two runs, and only that; a value that one of them lacks is None.

    Code is compared for jobs, cell by cell as a unified diff; environment and data are what the witness of each run saw,
    or what its bundle carried when there is none.
    """
    left, right = run.info(), other.info()
    facts = _facts(run), _facts(other)
    return Contrast(
        runs=[run.ref, other.ref],
        parameters=_pairs(left.params, right.params),
        metrics=_pairs(left.metrics, right.metrics),
        results=_pairs(left.results, right.results),
        code=_code(run, other),
        environment=_environments(*map(_environment, facts)),
        data=_pairs(_data(left.inputs, facts[0]), _data(right.inputs, facts[1])),
    )


def _pairs(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys([*left, *right])
    told = [{"name": name, "left": left.get(name), "right": right.get(name)} for name in names]
    return [each for each in told if each["left"] != each["right"]]


def _facts(run: Run) -> dict[str, Any]:
    from workbench.jobs.bundles.bundle import FACTS
    from workbench.jobs.job import WITNESS
    from workbench.jobs.submit import folder

    bundle = folder(run.ws) / str(run.info().more.get("bundle") or "-") / FACTS
    found: dict[str, Any] = files.read_json(bundle) if bundle.exists() else {}
    witness = run.folder / WITNESS
    return {**found, **(files.read_json(witness) if witness.exists() else {})}


def _environments(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what differs; what a library tells of the machine is known only where it was loaded."""
    return [each for each in _pairs(left, right) if ": " not in each["name"] or None not in (each["left"], each["right"])]


def _environment(facts: Mapping[str, Any]) -> dict[str, Any]:
    cpu = facts.get("cpu") or facts.get("machine") or {}
    return {
        **({"python": facts["python"]} if "python" in facts else {}),
        **facts.get("packages", {}),
        **{f"processor: {key}": cpu[key] for key in ("model", "capability", "cores") if cpu.get(key)},
        **{f"threads: {name}": value for name, value in (facts.get("threads") or {}).items() if value not in ("", None)},
        **{str(k): str(v) for k, v in (facts.get("environment") or {}).items()},
    }


def _data(inputs: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    versions = {str(ref).partition("@")[0]: ref for ref in facts.get("used", ()) if str(ref).startswith("dataset:")}
    read = {path: told.get("sha256") or told.get("bytes") for path, told in _read(facts).items()}
    named = {key: value for key, value in inputs.items() if key not in ("notebook", "bundle")}
    return {**named, **(facts.get("pins") or {}), **versions, **read}


def _read(facts: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the files that were read by a name that means the same for both runs: in a job's own folder it does not."""
    told = facts.get("files", {})
    return {path: each for path, each in told.items() if isinstance(each, Mapping) and "/runs/" not in path}


def _code(run: Run, other: Run) -> list[dict[str, Any]]:
    left, right = _sources(run), _sources(other)
    found = []
    for cell in sorted({*left, *right}):
        lines = [side.get(cell, "").splitlines() for side in (left, right)]
        if lines[0] != lines[1]:
            diff = difflib.unified_diff(lines[0], lines[1], run.ref, other.ref, lineterm="", n=2)
            found.append({"cell": cell, "diff": "\n".join(diff)})
    return found


def _sources(run: Run) -> dict[int, str]:
    from workbench.jobs.bundles.bundle import NOTEBOOK
    from workbench.jobs.submit import folder

    path = folder(run.ws) / str(run.info().more.get("bundle") or "-") / NOTEBOOK
    if not path.exists():
        return {}
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    return {int(c["metadata"]["workbench"]["cell"]): "".join(c["source"]) for c in cells}
