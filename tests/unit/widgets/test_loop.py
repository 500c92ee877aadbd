"""The dashboard's board: what the workspace holds as cards, kept up to date, or what is wrong."""

from __future__ import annotations

from pathlib import Path

import workbench as wb
from workbench.core.dataset import commit
from workbench.core.run import begin
from workbench.widgets.cards import board_of
from workbench.widgets.curves import Curves
from workbench.widgets.grid import Grid
from workbench.widgets.loop import Board, Loop, loop


def cards(board: dict, title: str) -> list[dict]:
    return next(column["cards"] for column in board["columns"] if column["title"] == title)


def test_an_empty_workspace_says_what_to_do_in_every_column(ws: wb.Workspace) -> None:
    assert [column["empty"] for column in board_of(ws)["columns"] if not column["cards"]] == [
        "No data yet: wb.ingest()",
        "Nothing to label yet: wb.label()",
        "No run yet: wb.train()",
        "No model yet",
        "Nothing is served yet: wb.serve()",
    ]


def test_each_noun_becomes_a_card(ws: wb.Workspace) -> None:
    commit(ws, "caps", [{"id": "a"}, {"id": "b"}], task="image-classification")
    ws.records.put("labeling", "caps", {"n_items": 400, "n_labeled": 100}, state="open")
    run = begin(ws, "train", progress={"done": 3, "total": 12})
    run.measure(3, loss=0.4, accuracy=0.91)
    ws.records.put(
        "service", "check", {"url": "http://x", "traffic": {"model:caps@1": 90, "model:caps@2": 10}}, state="running"
    )
    board = board_of(ws)
    assert cards(board, "Data")[0]["facts"] == ["2 items", "image-classification"]
    assert cards(board, "Labels")[0]["bars"] == [{"name": "labeled", "share": 0.25, "text": "100 of 400"}]
    assert cards(board, "Runs")[0]["facts"] == ["accuracy 0.910"]
    assert cards(board, "Runs")[0]["bars"][0]["text"] == "3 of 12"
    assert [bar["share"] for bar in cards(board, "Services")[0]["bars"]] == [0.9, 0.1]


def test_the_newest_come_first_and_the_rest_are_counted(ws: wb.Workspace) -> None:
    for _ in range(8):
        begin(ws, "train")
    column = board_of(ws)["columns"][2]
    assert [card["title"] for card in column["cards"]] == ["train-8", "train-7", "train-6", "train-5", "train-4"]
    assert column["more"] == 3


def test_the_newest_training_is_shown_until_a_card_is_chosen(ws: wb.Workspace) -> None:
    data = commit(ws, "caps", [{"id": "a"}])
    made = Loop(ws)
    board, detail = made.widget.children
    assert isinstance(detail.children[0], Grid)
    run = begin(ws, "train")
    run.measure(1, loss=1.0)
    made.sync()
    assert isinstance(detail.children[0], Curves)
    board.chosen = data.ref
    assert isinstance(detail.children[0], Grid)
    run.finish()
    made.sync()
    assert isinstance(detail.children[0], Grid)
    assert cards(board.board, "Runs")[0]["state"] == "done"


def test_without_a_workspace_the_page_says_how_to_name_one() -> None:
    found = loop(environment={})
    assert isinstance(found, Board)
    assert found.board["problem"]["message"] == "No workspace is named."


def test_a_dashboard_makes_no_workspace(tmp_path: Path) -> None:
    found = loop(environment={"WORKBENCH_WORKSPACE": str(tmp_path / "typo")})
    assert found.board["problem"]["message"] == f"{tmp_path / 'typo'} is not a workspace."
    assert not (tmp_path / "typo").exists()
