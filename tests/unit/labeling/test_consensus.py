"""What several answers come to."""

from __future__ import annotations

import random
import re
from statistics import fmean

import pytest

from workbench.core.errors import NotFoundError
from workbench.core.labels import dumps, loads
from workbench.core.ports import Answer
from workbench.labeling.answer import State
from workbench.labeling.consensus import METHODS, labels, votes
from workbench.ops.likeness import edits
from workbench.tasks import task
from workbench.testing.crowd import PEOPLE, answers, transcripts

CLASSIFY, MANY, BOXES = map(task, ("image-classification", "multi-label-image-classification", "object-detection"))
HEARD = task("automatic-speech-recognition")


def said(item: str, who: str, at: str, label: str, *, source: str = "cell", state: State = "given") -> Answer:
    result = CLASSIFY.result_of(label) if label else []
    return Answer(item, who, at, result, 2.0, f"{who}/{item}", source, state)


def test_the_newest_answer_wins_unless_somebody_reviewed() -> None:
    given = [said("a", "tom", "2", "ok"), said("a", "eva", "3", "crack"), said("a", "ann", "1", "ok")]
    assert labels(CLASSIFY, given)["a"] == {
        "id": "a",
        "label": "crack",
        "label_by": "eva",
        "label_at": "3",
        "agreement": pytest.approx(1 / 3),
        "confidence": pytest.approx(1 / 3),
        "n_answers": 3,
        "label_seconds": 6.0,
    }
    reviewed = labels(CLASSIFY, [*given, said("a", "max", "0", "ok", source="review")])["a"]
    assert (reviewed["label"], reviewed["label_by"], reviewed["reviewed_by"]) == ("ok", "ann, tom", "max")
    assert reviewed["n_answers"] == 3


def test_a_reviewer_who_says_what_nobody_said_is_the_one_who_labeled() -> None:
    found = labels(CLASSIFY, [said("a", "tom", "1", "ok"), said("a", "max", "2", "crack", source="review")])["a"]
    assert (found["label"], found["label_by"], found["reviewed_by"]) == ("crack", "max", "max")


def test_what_is_skipped_or_taken_back_says_nothing() -> None:
    given = [said("a", "tom", "1", "ok"), said("a", "eva", "2", "", state="skipped"), said("b", "tom", "1", "ok")]
    assert set(labels(CLASSIFY, [*given, said("b", "tom", "2", "", state="withdrawn")])) == {"a"}
    assert labels(CLASSIFY, given)["a"]["n_answers"] == 1


def test_one_person_has_one_vote_also_when_they_answer_here_and_there() -> None:
    twice = [said("a", "tom", "1", "ok"), said("a", "tom", "2", "crack", source="studio"), said("a", "eva", "3", "ok")]
    assert [vote.label for vote in votes(CLASSIFY, twice)["a"]] == ["crack", "ok"]


def test_a_tie_stays_with_what_was_said_first() -> None:
    assert labels(CLASSIFY, [said("a", "tom", "1", "ok"), said("a", "eva", "2", "crack")], how="majority")["a"]["label"] == "ok"


@pytest.mark.parametrize("how", ["dawid-skene", "one-coin"])
def test_who_is_good_is_found_out_and_beats_the_plain_majority(how: str) -> None:
    classes = ["a", "b", "c"]
    right: list[float] = []
    plain: list[float] = []
    off: list[float] = []
    for seed in range(3):
        draw = random.Random(seed)
        truth = {f"{i:04}": draw.choice(classes) for i in range(1000)}
        given = answers(truth, classes, seed=seed)
        found = METHODS[how](CLASSIFY, votes(CLASSIFY, given), {})
        right.append(fmean(found.labels[item][0] == label for item, label in truth.items()))
        most = labels(CLASSIFY, given, how="majority")
        plain.append(fmean(most[item]["label"] == label for item, label in truth.items()))
        off.append(max(abs(found.skills[person] - share) for person, share in PEOPLE.items()))
    assert fmean(right) > fmean(plain) + 0.03
    assert all(one > other for one, other in zip(right, plain, strict=True))
    assert max(off) <= 0.08


def test_known_items_teach_who_is_good() -> None:
    """Two people who are always wrong together outvote a third, unless some answers are known."""
    truth = {str(i): "ab"[i % 2] for i in range(40)}
    given = answers(truth, "ab", people={"ann": 1.0, "bob": 0.0, "cyd": 0.0})
    assert labels(CLASSIFY, given, how="dawid-skene")["7"]["label"] != truth["7"]
    gold = {item: truth[item] for item in list(truth)[10:]}
    assert labels(CLASSIFY, given, how="dawid-skene", truth=gold)["7"]["label"] == truth["7"]


def test_of_several_classes_each_has_its_own_majority() -> None:
    lists = {"tom": ["a", "b"], "eva": ["b", "c"], "ann": ["b", "c", "d"]}
    given = [Answer("x", who, str(i), MANY.result_of(dumps(names)), key=who) for i, (who, names) in enumerate(lists.items())]
    for how in ("majority", "weighted", "dawid-skene"):
        assert labels(MANY, given, how=how)["x"]["label"] == '["b","c"]'


def test_of_boxes_the_one_that_is_most_like_all_others_is_taken() -> None:
    row = {"id": "x", "width": 100, "height": 100}
    boxes = {"tom": [10, 10, 30, 30], "eva": [12, 10, 30, 30], "ann": [14, 10, 30, 30], "bot": [70, 70, 5, 5]}
    given = [
        Answer("x", who, str(i), BOXES.result_of(dumps([{"label": "cap", "box": box}]), row=row), key=who)
        for i, (who, box) in enumerate(boxes.items())
    ]
    for how in ("majority", "weighted", "dawid-skene"):
        found = labels(BOXES, given, how=how, rows={"x": row})["x"]
        assert found["label"] == dumps([{"label": "cap", "box": boxes["eva"]}])
        assert found["label_by"] == "eva"
    assert 0 < found["agreement"] < 1


def test_of_several_boxes_each_has_its_own_majority() -> None:
    """Everybody missed something or saw something that is not there; together they have it right."""
    row = {"id": "x", "width": 100, "height": 100}
    cap, dent = {"label": "cap", "box": [10, 10, 30, 30]}, {"label": "dent", "box": [60, 60, 20, 20]}
    ghost = {"label": "dent", "box": [5, 80, 9, 9]}
    seen = {"tom": [cap, dent], "eva": [cap | {"box": [11, 10, 30, 30]}], "ann": [dent, ghost, cap | {"box": [13, 10, 30, 30]}]}
    given = [
        Answer("x", who, str(i), BOXES.result_of(dumps(regions), row=row), key=who)
        for i, (who, regions) in enumerate(seen.items())
    ]
    found = labels(BOXES, given, how="majority", rows={"x": row})["x"]
    assert found["label"] == dumps([{"label": "cap", "box": [11, 10, 30, 30]}, dent])
    assert found["label_by"] == "ann, eva, tom"


def test_of_points_each_has_its_own_majority_near_where_most_put_it() -> None:
    points = task("keypoint-detection")

    def marked(who: str, **at: list[float]) -> Answer:
        label = dumps([{"label": name, "point": point} for name, point in at.items()])
        row = {"width": 100, "height": 100}
        return Answer("i", who, who, points.result_of(points.check(label), row=row), 1.0, f"{who}/i", "cell")

    given = [
        marked("ann", nose=[50, 50], eye=[20, 20]),
        marked("bob", nose=[52, 50], eye=[80, 80]),
        marked("cyd", nose=[51, 51]),
    ]
    for how in ("majority", "weighted", "dawid-skene"):
        found = labels(points, given, how=how, rows={"i": {"width": 100, "height": 100}})["i"]["label"]
        assert [region["label"] for region in loads(found)] == ["nose"]
        assert all(abs(x - 51) < 2 for x in loads(found)[0]["point"])


def test_where_no_region_has_a_majority_the_most_typical_answer_is_taken() -> None:
    row = {"id": "x", "width": 100, "height": 100}
    boxes = [[0, 0, 20, 20], [40, 40, 20, 20]]
    given = [
        Answer("x", who, str(i), BOXES.result_of(dumps([{"label": "cap", "box": box}]), row=row), key=who)
        for i, (who, box) in enumerate(zip(("tom", "eva"), boxes, strict=True))
    ]
    assert labels(BOXES, given, how="majority", rows={"x": row})["x"]["label_by"] == "tom"


def test_an_unknown_consensus_is_named_with_its_neighbours() -> None:
    with pytest.raises(NotFoundError, match="No consensus named 'dawid'. Did you mean 'dawid-skene'"):
        labels(CLASSIFY, [said("a", "tom", "1", "ok")], how="dawid")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["glad", "mace"])
def test_models_of_crowd_kit_answer_in_the_same_form(how: str) -> None:
    truth = {f"{i:03}": "abc"[i % 3] for i in range(60)}
    found = METHODS[how](CLASSIFY, votes(CLASSIFY, answers(truth, "abc")), {"000": "b"})
    assert found.labels["000"] == ("b", 1.0)
    assert fmean(found.labels[item][0] == label for item, label in truth.items()) > 0.7
    assert found.skills["ann"] > found.skills["cyd"]


def test_a_transcript_put_together_has_fewer_wrong_words_than_the_best_person() -> None:
    draw, known = random.Random(0), re.findall(r"\w+", transcripts.__doc__ or "")
    truth = {f"{i:02}": " ".join(draw.choices(known, k=draw.randint(8, 20))) for i in range(25)}
    given = transcripts(truth, people={"ann": 0.9, "bob": 0.8, "cyd": 0.7})
    found = votes(HEARD, given)

    def wrong(texts: dict[str, str]) -> float:
        return fmean(edits(texts[i].split(), truth[i].split()) / len(truth[i].split()) for i in truth)

    best = wrong({vote.item: vote.label for given in found.values() for vote in given if vote.annotator == "ann"})
    by = {how: wrong({i: str(r["label"]) for i, r in labels(HEARD, given, how=how).items()}) for how in ("majority", "rover")}
    assert by["rover"] < 0.75 * min(best, by["majority"]), (best, by)
    skills = METHODS["rover"](HEARD, found, {}).skills
    assert skills["ann"] > skills["bob"] > skills["cyd"]


def test_what_is_no_text_is_weighed_as_ever() -> None:
    given = votes(CLASSIFY, [said("a", "tom", "1", "ok"), said("a", "eva", "2", "crack"), said("a", "ann", "3", "crack")])
    assert METHODS["rover"](CLASSIFY, given, {}) == METHODS["weighted"](CLASSIFY, given, {})
    alone = votes(HEARD, [Answer("a", "tom", "1", HEARD.result_of("two  words\nhere"), 1.0, "tom/a", "cell")])
    assert METHODS["rover"](HEARD, alone, {}).labels == {"a": ("two  words\nhere", 1.0)}


def test_an_answer_that_cannot_be_read_is_told_and_keeps_no_other_back(caplog: pytest.LogCaptureFixture) -> None:
    row = {"width": 10, "height": 10}
    good = BOXES.result_of(dumps([{"label": "a", "box": [1, 2, 3, 4]}]), row=row)
    broken = [{"type": "rectanglelabels", "value": {"rectanglelabels": ["a"], "x": "left"}}]
    given = [Answer("i", "eva", "1", broken, key="1"), Answer("i", "tom", "2", good, key="2")]
    assert labels(BOXES, given, rows={"i": row})["i"]["label_by"] == "tom"
    assert "The answer of eva to i is left out: A region of this answer cannot be read" in caplog.text
