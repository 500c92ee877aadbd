"""What the browser of a dataset asks for: one item, its file and history, the map, versions, tags, labelings."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
from workbench.core.labels import dumps
from workbench.widgets.grid import Grid, grid
from workbench.widgets.media import viewable
from workbench.widgets.pages import Pages
from workbench.widgets.query import Query


@pytest.fixture
def data(real_ws: wb.Workspace) -> wb.Dataset:
    """Forty items in two groups that lie apart, in two versions: in the second, item 3 has another label, item 40 is new."""
    rng = np.random.default_rng(3)
    rows = [
        {
            "id": f"i{n:02d}",
            "media": "m",
            "name": f"part-{n}",
            "label": ("ok", "crack")[n % 2],
            "embedding": (rng.normal(size=6) + 20 * (n % 2)).tolist(),
        }
        for n in range(40)
    ]
    commit(real_ws, "parts", rows, task="image-classification", classes=["ok", "crack"], meta={"embedding_by": "pixels"})
    changed = [{"id": "i03", "label": "ok", "label_by": "bo"}, {"id": "i40", "media": "m", "label": "ok"}]
    return commit(real_ws, "parts", changed, note="bo looked again")


class Browser:
    """The browser's end of a widget: asks, and keeps what came."""

    def __init__(self, widget: Grid) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self._widget = widget
        widget.send = lambda content, buffers=None: self.sent.append((content, list(buffers or ())))
        widget._handle_custom_msg({"kind": "hello"}, [])

    def ask(self, what: str, **about: Any) -> dict[str, Any]:
        """Ask, and return the answer to that question."""
        self._widget._handle_custom_msg({"kind": "ask", "n": 7, "what": what, "about": about}, [])
        [told] = [content for content, _ in self.sent if content["kind"] == "answer"][-1:]
        assert told["n"] == 7
        return told


def names(widget: Grid) -> list[str]:
    return [row["id"] for row in widget.to_json()["rows"]]


def test_an_item_is_told_whole_with_its_life_and_without_its_vectors(data: wb.Dataset) -> None:
    browser = Browser(grid(data))
    row = browser.ask("item", id="i03")["row"]
    assert (row["label"], row["label_by"]) == ("ok", "bo")
    assert "embedding" not in row
    steps = browser.ask("history", id="i03")["steps"]
    assert [(step["version"], step["note"], step["by"]) for step in steps][1] == (2, "bo looked again", "bo")
    assert ["label", "crack", "ok"] in steps[1]["changes"]


def test_a_question_that_cannot_be_answered_is_answered_with_the_problem(data: wb.Dataset) -> None:
    browser = Browser(grid(data))
    assert browser.ask("item", id="nobody")["problem"]["message"].startswith("No item named 'nobody'")
    assert "answers no question 'everything'" in browser.ask("everything")["problem"]["message"]
    assert "no part '../base'" in browser.ask("part", name="../base")["problem"]["message"]
    assert browser.ask("media", id="i03", column="label")["problem"]["message"] == "Item 'i03' has no file in 'label'."


def test_two_versions_are_compared_row_by_row(data: wb.Dataset) -> None:
    widget = grid(data, versus=data.ws.dataset("parts@1"), filters={"change": ["changed", "added"]})
    assert names(widget) == ["i03", "i40"]
    browser = Browser(widget)
    page = browser.sent[0][0]
    assert [before and before[2] for before in page["before"]] == ["crack", None]
    [change] = [f for f in widget.facets if f["column"] == "change"]
    assert change["values"] == [["same", 39], ["changed", 1], ["added", 1], ["removed", 0]]
    assert browser.ask("item", id="i03")["before"]["label"] == "crack"
    assert browser.ask("item", id="i40")["before"] is None
    with pytest.raises(InputError, match="only while two versions are compared"):
        grid(data, filters={"change": ["added"]}).to_json()


def test_what_a_version_lost_is_shown_last_as_it_was(data: wb.Dataset) -> None:
    ws = data.ws
    now = commit(ws, "parts", [{"id": "i41", "label": "crack", "line": 3}], remove=["i07", "i02", "i11", "i39"])
    widget = grid(now, versus=data, page_size=10)
    browser = Browser(widget)
    assert (widget.to_json()["total"], widget.matching.n_items) == (42, 38), "what is gone is shown, and cannot be worked on"
    assert counted(widget, "change") == {"same": 37, "added": 1, "removed": 4}
    assert counted(widget, "label") == {"ok": 22, "crack": 20}
    widget.show(page=3)
    shown = [f"i{n:02d}" for n in range(42) if n not in (2, 7, 11, 39)] + ["i02", "i07", "i11", "i39"]
    assert names(widget) == shown[30:40]
    page = [content for content, _ in browser.sent if content["kind"] == "page"][-1]
    assert (page["removed"], page["gone"]) == (2, 4)
    assert [before and before[2] for before in page["before"]][-4:] == ["ok", None, "ok", "crack"]
    widget.show(page=4)
    assert [(row["id"], row["change"]) for row in widget.to_json()["rows"]] == [("i11", "removed"), ("i39", "removed")]

    widget.show(filters={"change": ["removed"], "label": ["crack"]}, sort="name", descending=True)
    assert names(widget) == ["i07", "i39", "i11"], "in the order asked for"
    assert counted(widget, "label") == {"ok": 1, "crack": 3}
    assert names(widget.show(filters={"change": ["removed"], "line": [3]})) == [], "there was no such column"
    assert names(widget.show(filters={}, text="part-39")) == ["i39"]

    told = browser.ask("item", id="i07")
    assert (told["version"], told["row"]["label"], told["before"]["label"]) == (2, "crack", "crack")
    steps = browser.ask("history", id="i07")["steps"]
    assert [(step["version"], step["gone"], step["changes"]) for step in steps][-1] == (3, True, [])
    browser.ask("all")
    assert widget.selected == [], "only what is there is selected"
    widget.show(versus=0, text="")
    assert browser.ask("item", id="i07")["problem"]["message"].startswith("No item named 'i07'")
    assert names(grid(now.select(["i01"]), versus=data)) == ["i01"], "a selection lost nothing"


def test_an_outline_on_the_map_chooses_what_lies_in_it(data: wb.Dataset) -> None:
    widget = grid(data)
    points = widget.pages.map.points()
    assert np.isnan(points[40]).all(), "an item without a vector is not on the map"
    (left, top), (right, bottom) = points[1:40:2].min(axis=0) - 0.01, points[1:40:2].max(axis=0) + 0.01
    widget.show(
        lasso=[[float(left), float(top)], [float(right), float(top)], [float(right), float(bottom)], [float(left), 1.0]]
    )
    assert names(widget) == [f"i{n:02d}" for n in range(1, 40, 2)]
    browser = Browser(widget)
    told = browser.ask("map", color="label")
    xy, codes, shown = browser.sent[-1][1]
    assert (len(xy), len(codes), len(shown)) == (8 * 41, 41, 41)
    assert told["names"] == ["ok", "crack"]
    assert list(codes[:4]) == [0, 1, 0, 0]
    assert sum(shown) == 41, "what lies outside of the outline stays on the map"
    with pytest.raises(InputError, match="no map 'umap'"):
        widget.pages.map.points("umap")


def test_the_most_like_an_item_come_after_it_and_filters_still_hold(data: wb.Dataset) -> None:
    widget = grid(data, like="i05")
    assert names(widget)[0] == "i05"
    assert set(names(widget)[:20]) == {f"i{n:02d}" for n in range(1, 40, 2)}
    assert names(widget.show(filters={"label": ["ok"]}))[0] == "i03", "it lies with the cracks"
    with pytest.raises(InputError, match="is a file"):
        grid(data, like=__file__)


def test_a_tag_makes_a_version_that_the_browser_goes_on_with(data: wb.Dataset) -> None:
    widget = grid(data)
    browser = Browser(widget)
    widget.set_state({"selected": ["i01", "i02"]})
    told = browser.ask("tag", tag=" blurry ")
    assert (told["version"], told["changed"], widget.title) == (3, True, "parts@3")
    assert names(widget.show(filters={"tags": ["blurry"]})) == ["i01", "i02"]
    assert browser.ask("tag", tag="blurry")["changed"] is False
    assert browser.ask("tag", tag="blurry", remove=True, id="i01")["version"] == 4
    assert names(widget) == ["i02"]
    assert "1 to 80 characters" in browser.ask("tag", tag="x" * 81)["problem"]["message"]
    assert data.rows(["id", "tags"])[1].get("tags") is None, "a version never changes"


def test_without_a_selection_all_that_match_are_meant(data: wb.Dataset) -> None:
    widget = grid(data, filters={"label": ["crack"]})
    browser = Browser(widget)
    assert widget.matching.n_items == 19
    browser.ask("tag", tag="seen")
    assert counted(widget.show(filters={}), "tags") == {"seen": 19}
    assert browser.ask("all")["count"] == 41
    assert widget.selection.n_items == 41


def test_a_selection_is_sent_to_labeling(data: wb.Dataset) -> None:
    widget = grid(data)
    browser = Browser(widget)
    widget.set_state({"selected": ["i07", "i05"]})
    assert browser.ask("label", name="again", place="cell")["name"] == "again"
    assert data.ws.assignments.progress("again")["items"] == 2


def test_drawings_are_counted_by_their_classes(real_ws: wb.Workspace) -> None:
    box = {"label": "disc", "box": [1.0, 2.0, 3.0, 4.0]}
    rows = [
        {
            "id": str(n),
            "media": "m",
            "label": dumps([box] * n),
            "label_names": ["disc"] if n else [],
            "prediction": dumps([box]),
        }
        for n in range(3)
    ]
    widget = grid(commit(real_ws, "drawn", rows, task="object-detection", classes=["disc"]))
    assert [f["column"] for f in widget.facets] == ["label_names"]
    assert counted(widget, "label_names") == {"disc": 2}


def test_text_in_any_script_is_found_whatever_its_case(real_ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": str(n), "text": text} for n, text in enumerate(("Straße ÄRGER", "裂纹在左边", "it's ok", None))]
    data = commit(real_ws, "texts", rows, task="text-classification")
    for text, expected in (("ärger", ["0"]), ("裂纹", ["1"]), ("IT'S", ["2"]), ("%", [])):
        assert names(grid(data, text=text)) == expected
    monkeypatch.setattr("workbench.widgets.columns.MAX_TEXT_BYTES", 0)  # as if there were too much to keep
    assert [names(grid(data, text=text)) for text in ("straße", "裂纹", "it's")] == [["0"], ["1"], ["2"]]


def test_a_picture_travels_as_it_is_when_a_browser_can_show_it_and_else_scaled_down(tmp_path: Path) -> None:
    small, wide, deep = tmp_path / "small.png", tmp_path / "wide.tif", tmp_path / "turned.jpg"
    Image.new("RGB", (40, 30), "red").save(small)
    assert viewable(small) == (small.read_bytes(), "image/png", [40, 30])
    Image.new("RGB", (6000, 300), "red").save(wide)
    content, kind, size = viewable(wide)
    assert (kind, size, Image.open(io.BytesIO(content)).size) == ("image/jpeg", [6000, 300], (2560, 128))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (3000, 20), "red").save(deep, exif=exif)
    content, _, size = viewable(deep)
    assert (size, Image.open(io.BytesIO(content)).size) == ([20, 3000], (17, 2560))


def test_what_is_no_picture_is_shown_as_text_and_a_bomb_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    page.write_bytes(b"<script>alert(1)</script>\xff")
    content, kind, _ = viewable(page)
    assert (kind, content.decode()) == ("text/plain", "<script>alert(1)</script>\ufffd")
    bomb = tmp_path / "bomb.png"
    Image.new("1", (14_000, 14_000)).save(bomb)
    with pytest.raises(InputError, match="too large"):
        viewable(bomb)
    large = tmp_path / "large.jpg"
    Image.new("L", (14_000, 14_000)).save(large)
    content, _, size = viewable(large)
    assert (size, max(Image.open(io.BytesIO(content)).size)) == ([14_000, 14_000], 2560)


def test_pages_of_a_hundred_thousand_rows_hold_their_columns_in_little(real_ws: wb.Workspace) -> None:
    import pyarrow as pa

    n = 100_000
    at = np.arange(n)
    rows = pa.table(
        {
            "id": [f"{i:08x}" for i in at],
            "media": ["m"] * n,
            "name": [f"p{i}" for i in at],
            "label": pa.array(np.array(["a", "b", "c"])[at % 3]),
            "score": at / n,
        }
    )
    pages = Pages(commit(real_ws, "many", rows), 60)
    query = Query(filters={"label": ("b",)}, ranges={"score": (0.5, 1.0)}, text="99", sort="score", descending=True)
    expected = [i for i in at[::-1] if i % 3 == 1 and i / n >= 0.5 and "99" in f"p{i}"]
    assert pages.total(query) == len(expected)
    assert [row["name"] for row in pages.rows(query)] == [f"p{i}" for i in expected[:60]]
    assert pages.columns.coded("label").codes.nbytes == 4 * n


def counted(widget: Grid, column: str) -> dict[Any, int]:
    [facet] = [f for f in widget.facets if f["column"] == column]
    return {value: n for value, n in facet["values"] if n}
