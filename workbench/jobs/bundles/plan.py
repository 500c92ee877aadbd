"""Planning a promotion: read, choose, check and gather, with every problem collected instead of the first one raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.core.workspace import Workspace
from workbench.jobs.bundles.bundle import Bundle, publish
from workbench.jobs.bundles.contents import Contents, gather
from workbench.jobs.reading import observed
from workbench.jobs.reading.cell_checks import check_cell
from workbench.jobs.reading.closure import Choice, select
from workbench.jobs.reading.names import Names, reads
from workbench.jobs.reading.notebook import Cell, Notebook, read
from workbench.jobs.reading.parameters import Declared, check, declared
from workbench.jobs.reading.problem import Findings


@dataclass
class Plan:
    """What a promotion would do; `contents` is None when the notebook itself cannot be read."""

    findings: Findings = field(default_factory=Findings)
    notebook: Notebook | None = None
    declared: list[Declared] | None = None
    given: dict[str, Any] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    contents: Contents | None = None

    def publish(self, root: Path) -> Bundle:
        """Return the bundle below *root*; raise what was found wrong, all of it."""
        self.findings.check()
        assert self.contents is not None  # without contents there is a problem that tells why
        return publish(root, self.contents)


def plan(
    ws: Workspace,
    notebook: Path,
    *,
    cells: str = "",
    parameters: Mapping[str, Any] | None = None,
    at: str = "",
    override: str = "",
) -> Plan:
    """Return what promoting *notebook* would carry and what keeps it from running as a job.

    Hidden state is a problem too: a job starts without it. With an *override* it is a warning.
    """
    made = Plan()
    found = made.findings
    source = made.notebook = found.attempt("notebook", read, notebook)
    if source is None:
        return made
    made.declared = found.attempt("parameters", declared, source.code)
    for name, value in sorted((parameters or {}).items()):
        made.given |= found.attempt(f"parameters.{name}", check, made.declared, {name: value}, where=source.path.name) or {}
    made.choices = found.attempt("cells", select, source, cells) or []
    if not made.choices:
        return made
    taken = [choice.cell for choice in made.choices if choice.taken]
    for cell in taken:
        check_cell(cell, found)
    _hidden_state(source, taken, found, is_allowed=bool(override))
    made.contents = gather(
        source,
        made.choices,
        tag=cells,
        declared=made.declared,
        ws=ws,
        given=list(made.given.values()),
        is_far=bool(at),
    )
    found.merge(made.contents.findings)
    return made


def _hidden_state(notebook: Notebook, taken: Sequence[Cell], found: Findings, *, is_allowed: bool) -> None:
    """Tell of names that no cell makes, and of all else that was not what running from top to bottom is."""
    numbers = frozenset(cell.number for cell in taken)
    by_number = {cell.number: told for cell in taken if isinstance(told := reads(cell.source), Names)}
    for problem in observed.unmade(notebook, numbers=numbers):
        told = by_number[problem.cell]
        is_sure = any(f"`{name}`" in problem.message.partition(",")[0] for name in told.sure)
        found.add(replace(problem, field="cells"), is_certain=is_sure and not is_allowed)
    signs = [*observed.order(notebook.code), *observed.edited(notebook.code, observed.history_here())]
    found.add(*(replace(p, field="cells") for p in signs if p.cell in numbers), is_certain=False)
