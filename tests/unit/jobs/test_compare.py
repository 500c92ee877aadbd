"""What counts as the same output: as it is, up to what differs for no reason, within a tolerance, or not."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from workbench.jobs.proof.compare import RESULT, compare, near, results
from workbench.jobs.proof.judge import compare_results
from workbench.jobs.proof.randomness import asks_time, unseeded, upstream
from workbench.jobs.proof.small import trained_small


def text(said: str, stream: str = "stdout") -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": stream, "text": said}]


def picture(colour: str, said: str) -> list[dict[str, Any]]:
    file, told = io.BytesIO(), PngInfo()
    told.add_text("Software", said)
    Image.new("RGB", (4, 4), colour).save(file, "png", pnginfo=told)
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": f"<Figure {said}>"}
    return [{"output_type": "display_data", "data": data}]


@pytest.mark.parametrize(
    ("before", "again", "up_to"),
    [
        ("<A at 0x7f00deadbeef>", "<A at 0x7f11deadbeef>", ()),
        ("took 1.23 s", "took 4.5 s", ("times",)),
        ("2026-11-21 13:00:01.123", "2027-01-02 04:05:06.789", ("times",)),
        ("datetime.datetime(2026, 11, 21, 13, 0)", "datetime.datetime(2026, 1, 2, 3, 4, 5)", ("times",)),
        ("run:train-3 made model:caps@3", "run:train-12 made model:caps@4", ("run and version numbers",)),
        ("train-3 in 2 ms", "train-4 in 3 ms", ("run and version numbers", "times")),
        (" 50%|###   | 1/2 [00:01<00:02, 1.2it/s]\nok", "ok", ("progress bars",)),
        ("loss 0.5000001", "loss 0.5", ("numbers within 1e-06",)),
        ("123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174001", ("identifiers",)),
    ],
)
def test_what_differs_for_no_reason_is_put_aside_and_named(before: str, again: str, up_to: tuple[str, ...]) -> None:
    found = compare(text(before), text(again), tolerance=1e-6)
    assert (found.state, found.up_to) == ("equal" if up_to else "identical", up_to)


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ("accuracy 0.97", "accuracy 0.98"),
        ("dataset:caps@2", "dataset:caps@3"),
        ("5 rows", "6 rows"),
        ("a", ""),
        ("True", "False"),
    ],
)
def test_what_means_something_is_different(before: str, again: str) -> None:
    found = compare(text(before), text(again), tolerance=1e-6)
    assert found.state == "different"
    assert f"-{before}" in found.diff


def test_folders_are_the_same_under_their_two_names() -> None:
    found = compare(text("in /ws/a.txt"), text("in /ws/rehearsals/1/ws/a.txt"), folders={"/ws/rehearsals/1/ws": "/ws"})
    assert found.state == "identical"


def test_standard_error_and_live_widgets_are_not_compared() -> None:
    widget = [{"output_type": "display_data", "data": {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}}]
    assert compare([*text("a"), *text("Warning", "stderr"), *widget], text("a")).state == "identical"


def test_pieces_of_one_stream_are_one_text() -> None:
    assert compare([*text("a\n"), *text("b\n")], text("a\nb\n")).state == "identical"


def test_pictures_are_compared_by_their_pixels() -> None:
    assert compare(picture("red", "one"), picture("red", "two")).state == "identical"
    found = compare(picture("red", "one"), picture("blue", "one"))
    assert (found.state, found.diff) == ("different", "picture 1 is another")


def test_the_same_in_another_order_is_known_as_such() -> None:
    found = compare(text("b\na\n"), text("a\nb\n"))
    assert (found.state, found.is_permuted) == ("different", True)


def test_errors_are_compared_by_what_they_say() -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["one"]}
    assert compare([error], [error | {"traceback": ["two"]}]).state == "identical"
    assert compare([error], [error | {"evalue": "yes"}]).state == "different"


def test_numbers_are_near_only_where_the_rest_is_the_same() -> None:
    assert near("a 1.0 b -2e3", "a 1.0000001 b -2.0000001e3", 1e-6)
    assert not near("a 1.0", "b 1.0", 1)
    assert not near("1 2", "1", 1)


def test_named_results_are_compared_by_name() -> None:
    shown = [{"output_type": "display_data", "data": {RESULT: {"f1": 0.5, "model": "model:caps@1"}}}]
    assert results(shown) == {"f1": 0.5, "model": "model:caps@1"}
    found = compare_results(1, results(shown), {"f1": 0.6, "model": "model:caps@2", "new": 1}, tolerance=1e-6)
    assert [(r["name"], r["state"]) for r in found] == [("f1", "different"), ("model", "equal"), ("new", "different")]


def test_cells_after_a_training_are_small_where_they_depend_on_it() -> None:
    cells = {
        1: "import workbench as wb\nws = wb.open()",
        2: "data = ws.dataset('caps')",
        3: "run = wb.train(recipe, data, data)",
        4: "print(len(data))",
        5: "model = run.result()",
        6: "wb.evaluate(ws.model('caps'), data)",
        7: "net.train()",
        8: "model = 3",
        9: "print(model)",
    }
    assert trained_small(cells) == {3, 5, 6}


def test_draws_without_a_seed_are_found_and_seeded_ones_are_not() -> None:
    assert unseeded({1: "import random", 2: "x = random.random()"}, [2]) == (2, 1, "random.random()")
    assert unseeded({1: "random.seed(3)", 2: "x = random.random()"}, [2]) is None
    assert unseeded({1: "random.seed(3)", 2: "x = np.random.rand(3)"}, [2]) == (2, 1, "np.random.rand()")
    assert unseeded({1: "rng = np.random.default_rng()"}, [1]) == (1, 1, "np.random.default_rng()")
    assert unseeded({1: "rng = np.random.default_rng(7)"}, [1]) is None
    assert unseeded({1: "a, b = train_test_split(x)"}, [1]) == (1, 1, "train_test_split()")
    assert unseeded({1: "x = torch.rand(3)", 2: "print(1)"}, [2]) is None


def test_the_clock_is_found() -> None:
    assert asks_time("import datetime\nprint(datetime.datetime.now())") == 2
    assert asks_time("now = 3") == 0


def test_upstream_goes_by_names() -> None:
    assert upstream({1: "a = 1", 2: "b = 2", 3: "c = a", 4: "print(c)"}, 4) == {1, 3, 4}
