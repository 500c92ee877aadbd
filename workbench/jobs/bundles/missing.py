"""The modules that code imports and that a job would not find, and the distributions that bring the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.jobs.bundles.installed import Interpreter
from workbench.jobs.reading.imports import Import, Source, added_paths, imports, read
from workbench.jobs.reading.modules import is_local
from workbench.jobs.reading.problem import Findings, Problem


def missing_modules(
    folder: Path, sources: Sequence[Source], interpreter: Interpreter, *, is_far: bool = False
) -> tuple[dict[str, str], Findings]:
    """Return the distribution behind each imported module, and a problem for each module that nobody has."""
    findings = Findings()
    texts = [s.text for s in sources]
    made = {_written(text) for text in texts}
    brought: dict[str, str] = {}
    known: dict[str, bool] = {}
    for source in sources:
        for told in imports(source.text):
            if told.level or not told.name:
                continue
            top = told.top
            if top not in known:
                known[top] = interpreter.has(top) or top in made
                if known[top] and (name := interpreter.distribution(top)):
                    brought[top] = name
            if not known[top] and not is_local(folder, top, texts):
                _tell(findings, folder, sources, source, told, is_far=is_far)
    return dict(sorted(brought.items())), findings


def _tell(findings: Findings, folder: Path, sources: Sequence[Source], source: Source, told: Import, *, is_far: bool) -> None:
    for path in (path for s in sources for path, _ in added_paths(s.text)):
        place = folder / path
        if (place / f"{told.top}.py").is_file() or (place / told.top).is_dir():
            said = f"{source} imports `{told.top}` from {path!r}, outside of the notebook's folder, which is not carried."
            is_certain = is_far or not Path(path).is_absolute()
            hint = "Move the module beside the notebook, or install it."
            findings.add(Problem(said, hint, "cells", source.cell, told.line), is_certain=is_certain)
            return
    said = f"{source} imports `{told.top}`, which is neither installed nor beside the notebook."
    is_certain = told.when == "always" and "/" not in source.file
    if told.when != "guarded":
        findings.add(Problem(said, f"Run: pip install {told.top}", "cells", source.cell, told.line), is_certain=is_certain)


def _written(text: str) -> str:
    """Return the module that a cell writes by `%%writefile`, empty when it writes none."""
    told = read(text)
    names = [m.rest.split()[-1] for m in told.magics if m.name in ("writefile", "file") and m.rest] if told else []
    return Path(names[0]).stem if names else ""
