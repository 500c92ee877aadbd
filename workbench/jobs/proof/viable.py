"""Whether an idea is worth more machines: each of its trainings has to pass a quick check, of this recipe on this data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.core import recipe as recipes
from workbench.core.errors import NotFoundError
from workbench.core.report import Report
from workbench.core.verbs import VERBS
from workbench.core.workspace import Workspace

#: How long a check may take that nobody has made yet.
SECONDS = 30.0

_KIND = "quick_check"


def doubts(ws: Workspace, trainings: Iterable[Mapping[str, str]]) -> tuple[list[str], str]:
    """Return the reports of the quick checks, and what speaks against going on, '' when nothing does.

    A recipe's reference holds all of its settings and a dataset's its content, so a check of the same two is a check of
    this very training; the newest counts, and one that nobody has made is made now.
    """
    reports, against = [], []
    for training in trainings:
        recipe, data = training["recipe"], training["data"]
        try:
            report = _newest(ws, recipe, data) or VERBS[_KIND](recipes.from_ref(recipe), ws.dataset(data), seconds=SECONDS)
        except NotFoundError:
            against.append(f"{recipe} was not checked on {data}, which only the rehearsal has")
            continue
        reports.append(report.ref)
        if not report.scores.get("passed"):
            against.append(f"{recipe}: {report.details['says']}")
    return reports, "; ".join(against)


def _newest(ws: Workspace, recipe: str, data: str) -> Report | None:
    records = reversed(ws.records.all("report"))
    wanted = {"kind": _KIND, "subject": recipe, "data": data}
    return next((ws.report(r.id) for r in records if wanted.items() <= r.fields.items()), None)
