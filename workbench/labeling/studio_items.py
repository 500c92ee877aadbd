"""Which items a Label Studio project has: asked page by page, remembered, and none of ours there twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.labeling.studio_wire import Visit

#: Where a task's data holds the id of our sample: answers are joined on it, never on the server's own numbers.
SAMPLE = "sample"
_PAGE = 1000
#: What an item is known by, and whether somebody answered or skipped it. The rest costs the server many times as much.
_KNOWN = {"fields": "task_only", "include": "id,data,total_annotations,cancelled_annotations"}

Item = Mapping[str, Any]


class Inventory:
    """What the projects of one server had when they were last seen: the sample of each item by the item's number."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[int, str]] = {}

    def look(self, visit: Visit, project: str) -> set[str]:
        """Return the samples that the project has; only what came since the last look is asked for."""
        known = self._seen.get(project, {})
        fresh, samples = _after(visit, project, max(known, default=0)), set(known.values())
        if known and (len(known) + len(fresh) != n_items(visit, project) or any(sample(item) in samples for item in fresh)):
            known, fresh = {}, _after(visit, project, 0)  # somebody deleted items, or one came twice
        if spare := _spare(fresh):
            chosen = json.dumps({"selectedItems": {"all": False, "included": sorted(spare)}})
            visit.post("api/dm/actions", chosen.encode(), id="delete_tasks", project=project)
        self._seen[project] = known | {item["id"]: sample(item) for item in fresh if item["id"] not in spare}
        return set(self._seen[project].values())

    def add(self, project: str, items: Mapping[int, str]) -> None:
        """Note what an import has brought: samples by number."""
        self._seen[project].update(items)

    def check(self, visit: Visit, project: str) -> None:
        """Look again when the project has other items than it should: an import that was cut off came through late."""
        if len(self._seen[project]) != n_items(visit, project):
            del self._seen[project]
            self.look(visit, project)


def sample(item: Item) -> str:
    """Return the id of our sample, '' of an item that is not from here."""
    return str(item["data"].get(SAMPLE, ""))


def n_items(visit: Visit, project: str) -> int:
    """Return how many items the project has."""
    return int(visit.get(f"api/projects/{project}/").json()["task_number"] or 0)


def pages(visit: Visit, project: str, asked: Mapping[str, str], *chosen: Any, after: int = 0) -> Iterator[Item]:
    """Yield items in the order of their numbers, each page after the last number: one that is deleted meanwhile moves none.

    *asked* is which of their fields, *chosen* are filters as the server's Data Manager has them.
    """
    while True:
        beyond = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": after}
        query = json.dumps({"filters": {"conjunction": "and", "items": [beyond, *chosen]}, "ordering": ["tasks:id"]})
        told = {"project": project, "page_size": _PAGE, "resolve_uri": False, "query": query, **asked}
        found = visit.get("api/tasks/", **told).json()
        yield from found["tasks"]
        if not found["tasks"] or len(found["tasks"]) >= found["total"]:
            return
        after = found["tasks"][-1]["id"]


def _after(visit: Visit, project: str, number: int) -> list[Item]:
    return list(pages(visit, project, _KNOWN, after=number))


def _spare(items: Sequence[Item]) -> set[int]:
    """Return the items that are there twice without need: nobody answered them, and another of their sample stays."""
    same: dict[str, list[Item]] = {}
    for item in items:
        same.setdefault(sample(item), []).append(item)
    spare: set[int] = set()
    for name, several in same.items():
        if name and len(several) > 1:
            unsaid = [item["id"] for item in several if not item["total_annotations"] and not item["cancelled_annotations"]]
            spare |= set(unsaid[1:] if len(unsaid) == len(several) else unsaid)
    return spare
