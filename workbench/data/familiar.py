"""What the workspace knows of a file by its content, so that a file that comes again is not decoded again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from workbench.core.dataset import ID, MEDIA, SHA256, Dataset
from workbench.core.files import digest
from workbench.core.ports import Row
from workbench.core.task import Task
from workbench.core.workspace import Workspace


class Familiar:
    """The rows of a workspace that say what a file of this task is: `task.facts`, which its content alone decides."""

    def __init__(self, ws: Workspace, task: Task) -> None:
        self._ws = ws
        self._facts = list(task.facts)
        needed = {ID, MEDIA, *self._facts}
        datasets = [ws.dataset(name) for name in ws.tables.names()] if self._facts else []
        self._datasets = [data for data in datasets if needed <= set(data.columns)]
        self._ids: dict[str, Any] = {}  # as Arrow has them: a million are 20 MB

    def __bool__(self) -> bool:
        """Return whether anything may be known at all: hashing a file for nothing is not free."""
        return bool(self._datasets)

    def digest(self, path: Path) -> str:
        """Return the SHA-256 of a file, '' of one that cannot be read: whoever reads it next says why."""
        try:
            return digest(path)
        except OSError:
            return ""

    def of(self, digests: Sequence[str]) -> dict[str, Row]:
        """Return the facts by SHA-256 of those contents that a row is made of."""
        found: dict[str, Row] = {}
        wanted = {one[:16] for one in digests if one}
        for data in self._datasets:
            if not wanted:
                break
            if here := self._there(data, wanted):
                columns = [c for c in (ID, MEDIA, SHA256, *self._facts) if c in data.columns]
                for row in self._ws.tables.read(data.name, data.version, columns=columns, ids=here):
                    facts = {column: row[column] for column in self._facts}
                    if row[MEDIA] and None not in facts.values():
                        found[str(row.get(SHA256) or row[MEDIA])[:64]] = facts
                wanted -= {one[:16] for one in found}
        return found

    def _there(self, data: Dataset, wanted: Collection[str]) -> list[str]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if data.name not in self._ids:
            self._ids[data.name] = self._ws.scans.columns(data.name, data.version, [ID])[ID]
        ids = self._ids[data.name]
        return list(ids.filter(pc.is_in(ids, value_set=pa.array(sorted(wanted), ids.type))).to_pylist())
