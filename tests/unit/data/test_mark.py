"""Tags on many items at once: each keeps its own others, and only what changes is written."""

from __future__ import annotations

import workbench as wb
from workbench.core.dataset import commit


def test_every_item_keeps_its_other_tags_and_what_is_so_already_is_not_written(ws: wb.Workspace) -> None:
    tags = [None, [], ["b"], ["a"], ["b", "c"], ["a", "b"], ["c", "b"]]
    data = commit(ws, "caps", [{"id": str(n), "tags": each} for n, each in enumerate(tags)])
    made = data.mark("a", remove=["b"])
    assert [row["tags"] for row in made.rows(["tags"])] == [["a"], ["a"], ["a"], ["a"], ["a", "c"], ["a"], ["a", "c"]]
    assert ws.tables.versions("caps")[-1].meta["note"] == "+a -b: 6 items changed"
    assert made.mark("a", remove=["b"]) is made
    some = made.select(["4", "0"]).mark(remove=["a"])
    assert [row["tags"] for row in some.rows(["tags"])] == [[], ["a"], ["a"], ["a"], ["c"], ["a"], ["a", "c"]]
