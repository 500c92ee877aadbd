"""The grid: what travels to the browser, what comes back, and what is never read or kept."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.errors import InputError
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


def hello(widget: base.View) -> None:
    widget._handle_custom_msg({"kind": "hello"}, [])


def shown(widget: Grid) -> list[str]:
    return [row["name"] for row in widget.to_json()["rows"]]


def test_a_page_is_one_buffer_that_its_ends_cut_into_thumbnails(data: wb.Dataset) -> None:
    widget = grid(data, page_size=6)
    sent = listen(widget)
    hello(widget)
    [(page, buffers)] = sent
    assert len(buffers) == 1
    starts = [0, *page["ends"][:-1]]
    thumbs = [buffers[0][start:end] for start, end in zip(starts, page["ends"], strict=True)]
    assert thumbs == [row["thumb"] or b"" for row in data.rows(limit=6)]
    assert (page["page"], page["pages"], page["total"]) == (0, 2, 10)
    assert page["items"][3] == ["0000000000000003", "part-3.jpg", "crack", "ok", 0.7]


def test_nothing_is_sent_before_a_browser_says_hello(data: wb.Dataset) -> None:
    widget = grid(data)
    sent = listen(widget)
    widget.show(page=1)
    assert sent == []


def test_turning_the_page_reads_only_that_page(data: wb.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    widget = grid(data, page_size=4)
    listen(widget)
    hello(widget)
    read, tables = [], data.ws.tables
    real = type(tables).read
    monkeypatch.setattr(type(tables), "read", lambda *a, **k: read.append(len(found := real(*a, **k))) or found)
    widget.show(page=1)
    assert read == [4]


def test_thumbnails_are_not_in_the_state_that_a_notebook_keeps(data: wb.Dataset) -> None:
    widget = grid(data)
    hello(widget)
    state = widget.get_state()
    assert not any(isinstance(value, bytes | memoryview) for value in state.values())
    assert "part-1.jpg" not in str({k: v for k, v in state.items() if k not in ("_esm", "_css")})


def test_filters_are_counted_and_combine(data: wb.Dataset) -> None:
    widget = grid(data)
    assert [(f["kind"], f["label"], f["count"]) for f in widget.facets] == [
        ("label", "ok", 5),
        ("label", "crack", 4),
        ("unlabeled", "", 1),
        ("differs", "", 1),
    ]
    assert shown(widget.show(labels=["crack"], unlabeled=True)) == [
        "part-1.jpg",
        "part-3.jpg",
        "<b>it's</b>.jpg",
        "part-7.jpg",
        "part-9.jpg",
    ]
    assert shown(widget.show(labels=[], unlabeled=False, differs=True)) == ["part-3.jpg"]
    assert shown(widget.show(differs=False, text="IT'S")) == ["<b>it's</b>.jpg"]


def test_the_least_certain_come_first_in_the_order_of_scores(data: wb.Dataset) -> None:
    assert shown(grid(data, sort="score", page_size=2)) == ["part-9.jpg", "part-8.jpg"]


def test_a_selection_keeps_its_own_order_and_is_filtered_too(data: wb.Dataset) -> None:
    chosen = data.select([f"{n:016x}" for n in (7, 2, 4)])
    assert shown(grid(chosen)) == ["part-7.jpg", "part-2.jpg", "part-4.jpg"]
    assert shown(grid(chosen, labels=["ok"])) == ["part-2.jpg", "part-4.jpg"]
    assert [f["count"] for f in grid(chosen).facets] == [2, 1]


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
    with pytest.raises(InputError, match="`page_size` must be 1 to 500, got 0"):
        grid(data, page_size=0)


def test_a_problem_in_a_page_is_shown_and_not_raised_into_the_kernel(data: wb.Dataset) -> None:
    widget = grid(data.select([f"{n:016x}" for n in range(3)]))
    sent = listen(widget)
    hello(widget)
    widget.set_state({"query": {**widget.query, "sort": "score"}})
    (data.ws.root / "data" / "parts.versions" / "1.json").unlink()
    data.ws.tables._open.cache_clear()
    data.ws.tables._index.cache_clear()
    hello(widget)
    assert sent[-1][0]["kind"] == "problem"


def test_the_picture_is_a_png_and_corrupt_thumbnails_do_not_break_it(real_ws: wb.Workspace) -> None:
    rows = [{"id": "a", "media": "m", "thumb": b"not a picture"}, {"id": "b", "media": "m", "thumb": jpeg(9)}]
    picture = grid(commit(real_ws, "odd", rows)).picture()
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).format == "PNG"


def test_a_dataset_without_thumbs_labels_or_names_is_shown_too(real_ws: wb.Workspace) -> None:
    widget = grid(commit(real_ws, "bare", [{"id": "a", "media": "m"}]))
    sent = listen(widget)
    hello(widget)
    assert sent[0][0]["items"] == [["a", None, None, None, None]]
    assert widget.facets == []


def test_browse_imports_no_widgets_until_it_is_called() -> None:
    code = "import sys, workbench.data.browse; sys.exit('ipywidgets' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_on_the_command_line_browse_answers_rows_without_pictures(data: wb.Dataset) -> None:
    found = wb.browse(data).to_json()
    assert found["dataset"] == data.ref
    assert found["total"] == len(found["rows"]) == 10
    assert set(found["rows"][0]) == {"id", "name", "label", "prediction", "score"}
