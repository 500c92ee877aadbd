"""The grid: what travels to the browser, what comes back, and what is never read or kept."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import ExternalError, InputError
from workbench.widgets import base
from workbench.widgets.grid import Grid, grid


def jpeg(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def data(real_ws: wb.Workspace) -> wb.Dataset:
    """Ten rows: even ones are 'ok', odd ones 'crack', the last unlabeled; row 3 is predicted wrongly."""
    rows = [
        {
            "id": f"{n:016x}",
            "media": "m",
            "name": f"part-{n}.jpg",
            "thumb": jpeg(n),
            "label": None if n == 9 else ("crack" if n % 2 else "ok"),
            "prediction": "ok" if n == 3 else ("crack" if n % 2 else "ok"),
            "score": 1 - n / 10,
        }
        for n in range(10)
    ]
    rows[4]["thumb"] = None
    rows[5]["name"] = "<b>it's</b>.jpg"
    return commit(real_ws, "parts", rows, task="image-classification", classes=["ok", "crack"])


def listen(widget: Grid) -> list[tuple[dict, list[bytes]]]:
    sent: list[tuple[dict, list[bytes]]] = []
    widget.send = lambda content, buffers=None: sent.append((content, list(buffers or ())))
    return sent


def hello(widget: base.View, who: str = "one") -> None:
    widget._handle_custom_msg({"kind": "hello", "who": who}, [])
    widget._handle_custom_msg({"kind": "painted"}, [])


def shown(widget: Grid) -> list[str]:
    return [row["name"] for row in widget.to_json()["rows"]]


def test_a_page_is_one_buffer_that_its_ends_cut_into_thumbnails(data: wb.Dataset) -> None:
    widget = grid(data, page_size=6)
    sent = listen(widget)
    hello(widget)
    (page, buffers), (facets, _) = sent
    assert (page["kind"], facets["kind"]) == ("page", "facets"), "what can wait comes after the page"
    assert len(buffers) == 1
    starts = [0, *page["ends"][:-1]]
    thumbs = [buffers[0][start:end] for start, end in zip(starts, page["ends"], strict=True)]
    assert thumbs == [row["thumb"] or b"" for row in data.rows(limit=6)]
    assert (page["page"], page["pages"], page["total"]) == (0, 2, 10)
    assert page["items"][3] == ["0000000000000003", "part-3.jpg", "crack", "ok", 0.7, None, None, None, []]


def test_nothing_is_sent_before_a_browser_says_hello(data: wb.Dataset) -> None:
    widget = grid(data)
    sent = listen(widget)
    widget.show(page=1)
    assert sent == []


def test_a_browser_that_says_hello_again_is_answered_once_and_another_one_too(data: wb.Dataset) -> None:
    widget = grid(data)
    sent = listen(widget)
    for who in ("one", "one", "other"):
        widget._handle_custom_msg({"kind": "hello", "who": who}, [])
    assert [message["kind"] for message, _ in sent] == ["page", "page"], "counts wait until a page is painted"
    del sent[:]
    for _ in range(2):
        widget._handle_custom_msg({"kind": "painted"}, [])
    assert [message["kind"] for message, _ in sent] == ["facets", "facets"], "each of two browsers has none yet"


def test_a_table_that_cannot_be_read_whole_shows_its_first_page_and_why(
    data: wb.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ExternalError("Dataset parts: a piece of it is gone.", system="store", retryable=False)

    monkeypatch.setattr(type(data.ws.scans), "columns", broken)
    widget = grid(data)
    sent = listen(widget)
    hello(widget)
    assert [message["kind"] for message, _ in sent] == ["page", "problem"]
    assert sent[1][0]["message"] == "Dataset parts: a piece of it is gone."


def test_turning_the_page_reads_only_that_page_and_counts_nothing(data: wb.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = grid(data, page_size=4)
    sent = listen(widget)
    hello(widget)
    del sent[:]
    scans = type(data.ws.scans)
    read, take = [], scans.take
    monkeypatch.setattr(scans, "take", lambda *a, **k: read.append(len(found := take(*a, **k))) or found)
    monkeypatch.delattr(scans, "columns")
    widget.show(page=1)
    assert read == [4]
    assert [message["kind"] for message, _ in sent] == ["page"]


def test_thumbnails_are_not_in_the_state_that_a_notebook_keeps(data: wb.Dataset) -> None:
    widget = grid(data)
    hello(widget)
    state = widget.get_state()
    assert not any(isinstance(value, bytes | memoryview) for value in state.values())
    assert "part-1.jpg" not in str({k: v for k, v in state.items() if k not in ("_esm", "_css")})


def counts(widget: Grid, column: str) -> dict:
    [facet] = [f for f in widget.facets if f["column"] == column]
    return dict(facet["values"]) | ({None: facet["absent"]} if facet["absent"] else {})


def test_filters_are_counted_and_combine(data: wb.Dataset) -> None:
    widget = grid(data)
    assert counts(widget, "label") == {"ok": 5, "crack": 4, None: 1}
    assert [f["count"] for f in widget.facets if f["kind"] == "differs"] == [1]
    assert shown(widget.show(filters={"label": ["crack", None]})) == [
        "part-1.jpg",
        "part-3.jpg",
        "<b>it's</b>.jpg",
        "part-7.jpg",
        "part-9.jpg",
    ]
    assert shown(widget.show(filters={}, differs=True)) == ["part-3.jpg"]
    assert shown(widget.show(differs=False, text="IT'S")) == ["<b>it's</b>.jpg"]
    assert shown(widget.show(text="", ranges={"score": [0.65, 0.85]})) == ["part-2.jpg", "part-3.jpg"]


def test_a_filter_leaves_the_counts_of_its_own_column_and_lowers_the_others(data: wb.Dataset) -> None:
    widget = grid(data, filters={"label": ["crack"]})
    assert counts(widget, "label") == {"ok": 5, "crack": 4, None: 1}
    assert counts(widget, "prediction") == {"ok": 1, "crack": 3}


def test_a_column_of_lists_is_counted_by_member(real_ws: wb.Workspace) -> None:
    rows = [{"id": str(n), "media": "m", "tags": tags} for n, tags in enumerate((["a", "b"], ["b"], [], None, ["b"]))]
    widget = grid(commit(real_ws, "tagged", rows))
    assert counts(widget, "tags") == {"b": 3, "a": 1, None: 2}
    assert [row["id"] for row in widget.show(filters={"tags": ["a", None]}).to_json()["rows"]] == ["0", "2", "3"]


def test_the_least_certain_come_first_and_what_has_no_score_last(data: wb.Dataset) -> None:
    commit(data.ws, "parts", [{"id": f"{8:016x}", "score": None}])
    newest = data.ws.dataset("parts")
    assert shown(grid(newest, sort="score", page_size=2)) == ["part-9.jpg", "part-7.jpg"]
    assert shown(grid(newest, sort="score"))[-1] == "part-8.jpg"
    assert shown(grid(newest, sort="score", descending=True))[-1] == "part-8.jpg"
    assert shown(grid(newest, sort="label", descending=True))[:2] == ["part-8.jpg", "part-6.jpg"]


def test_a_selection_keeps_its_own_order_and_is_filtered_too(data: wb.Dataset) -> None:
    chosen = data.select([f"{n:016x}" for n in (7, 2, 4)])
    assert shown(grid(chosen)) == ["part-7.jpg", "part-2.jpg", "part-4.jpg"]
    assert shown(grid(chosen, filters={"label": ["ok"]})) == ["part-2.jpg", "part-4.jpg"]
    assert shown(grid(chosen, sort="score")) == ["part-7.jpg", "part-4.jpg", "part-2.jpg"]
    assert counts(grid(chosen), "label") == {"ok": 2, "crack": 1}


def test_a_tile_has_the_label_and_the_picture_of_its_own_row_whatever_is_asked(data: wb.Dataset) -> None:
    commit(data.ws, "parts", [{"id": f"{n:016x}", "label": "late", "thumb": jpeg(200 + n)} for n in (1, 6)])
    newest = data.ws.dataset("parts")
    truth = {row["id"]: row for row in newest}
    for chosen in (newest, newest.select([f"{n:016x}" for n in (6, 1, 8, 0, 3)])):
        for sort in ("id", "name", "label", "score"):
            for query in ({}, {"text": "part"}, {"filters": {"label": ["late", "ok"]}}, {"differs": True}):
                for descending in (False, True):
                    widget = grid(chosen, page_size=3)
                    sent = listen(widget)
                    hello(widget)
                    widget.show(sort=sort, descending=descending, page=1, **query)
                    page, [thumbs] = next((m, b) for m, b in reversed(sent) if m["kind"] == "page")
                    start = 0
                    for (id, name, label, *_), end in zip(page["items"], page["ends"], strict=True):
                        row = truth[id]
                        assert (name, label) == (row["name"], row["label"])
                        assert thumbs[start:end] == (row["thumb"] or b"")
                        start = end


def test_a_page_past_the_end_is_the_last_page(data: wb.Dataset) -> None:
    assert grid(data, page_size=4).show(page=99).query["page"] == 2


def test_what_a_person_selects_is_a_dataset(data: wb.Dataset) -> None:
    widget = grid(data)
    with pytest.raises(InputError, match="No row of parts@1 is selected"):
        _ = widget.selection
    widget.set_state({"selected": [f"{n:016x}" for n in (8, 1)]})
    assert [row["name"] for row in widget.selection] == ["part-8.jpg", "part-1.jpg"]


def test_unknown_arguments_are_refused(data: wb.Dataset) -> None:
    with pytest.raises(TypeError, match="colour"):
        grid(data, colour=3)
    with pytest.raises(TypeError, match="colour"):
        Grid(data, colour=3)
    with pytest.raises(InputError, match="unknown key 'classes'"):
        grid(data).show(classes=["ok"])
    with pytest.raises(InputError, match="has no column 'line'"):
        grid(data).show(sort="line")
    with pytest.raises(InputError, match="`lasso` must be three points"):
        grid(data).show(lasso=[[0, 0], [1, 1]])
    with pytest.raises(InputError, match="`page_size` must be 1 to 500, got 0"):
        grid(data, page_size=0)


def test_what_cannot_be_done_is_told_in_the_browser_and_the_query_stays(data: wb.Dataset) -> None:
    widget = grid(data, text="part")
    sent = listen(widget)
    hello(widget)
    del sent[:]
    widget.set_state({"query": {**widget.query, "like": "a crack"}})
    assert [message["kind"] for message, _ in sent] == ["problem"], sent
    problem = sent[0][0]
    assert "has no vectors" in problem["message"]
    assert (widget.query["like"], widget.query["text"]) == ("", "part")
    with pytest.raises(InputError, match="has no vectors"):
        widget.show(like="a crack")


def test_the_picture_is_a_png_and_corrupt_thumbnails_do_not_break_it(real_ws: wb.Workspace) -> None:
    rows = [{"id": "a", "media": "m", "thumb": b"not a picture"}, {"id": "b", "media": "m", "thumb": jpeg(9)}]
    picture = grid(commit(real_ws, "odd", rows)).picture()
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).format == "PNG"


def test_a_dataset_without_thumbs_labels_or_names_is_shown_too(real_ws: wb.Workspace) -> None:
    widget = grid(commit(real_ws, "bare", [{"id": "a", "media": "m"}]))
    sent = listen(widget)
    hello(widget)
    assert sent[0][0]["items"] == [["a", None, None, None, None, None, None, None, []]]
    assert widget.facets == []


def test_browse_imports_no_widgets_until_it_is_called() -> None:
    code = "import sys, workbench.data.browse; sys.exit('ipywidgets' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_on_the_command_line_browse_answers_rows_without_pictures(data: wb.Dataset) -> None:
    found = wb.browse(data).to_json()
    assert found["dataset"] == data.ref
    assert found["total"] == len(found["rows"]) == 10
    assert set(found["rows"][0]) == {"id", "name", "label", "prediction", "score"}
