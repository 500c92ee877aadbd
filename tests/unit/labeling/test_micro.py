"""Micro-tasks: what a visitor says of an unknown item is kept when they know the known one, time after time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from workbench.core.dataset import commit
from workbench.core.errors import ConflictError, InputError
from workbench.core.labeling import Labeling
from workbench.core.workspace import Workspace
from workbench.labeling.label import label
from workbench.labeling.micro import Micro

CLASSES = ("cat", "dog")
N = 60


def right(item: str) -> str:
    return CLASSES[int(item.rpartition("-")[2]) % 2]


@pytest.fixture
def job(ws: Workspace) -> Labeling:
    key = ws.blobs.put(b"one picture for all", suffix=".png")
    pets = [{"id": f"pet-{i}", "media": key} for i in range(N)]
    gold = [{"id": f"gold-{i}", "media": key, "label": right(f"-{i}")} for i in range(10)]
    known = commit(ws, "gold", gold, task="image-classification", classes=CLASSES)
    return label(commit(ws, "pets", pets, task="image-classification", classes=CLASSES), place="cell", gold=known)


def answered(micro: Micro, visitor: str, say: Callable[[str], str], most: int = N) -> list[bool]:
    """Answer questions until there is none left; return whether each was counted as right."""
    checks = []
    while len(checks) < most and (question := micro.ask(visitor)):
        checks.append(micro.take(visitor, question.token, {item: say(item) for item in question.items}))
    return checks


def banked(job: Labeling) -> list[str]:
    return [answer.id for answer in job.ws.journal.answers(job.name)[1]]


def test_labels_wait_until_their_visitor_is_known_to_know(job: Labeling) -> None:
    micro = Micro(job, seed=0)
    assert all(answered(micro, "eva", right, most=7))
    assert banked(job) == []
    answered(micro, "eva", right, most=1)
    assert len(banked(job)) == 8, "at 1.8 for 1 eight right answers are worth more than 100"
    answered(micro, "eva", right)
    assert len(banked(job)) == N
    labels = {row["id"]: row["label"] for row in job.pull()}
    assert labels == {item: right(item) for item in labels}


def test_what_was_said_beside_a_wrong_answer_is_never_kept(job: Labeling) -> None:
    micro = Micro(job, seed=1)
    answered(micro, "eva", right, most=12)
    question = micro.ask("eva")
    assert question is not None
    unknown = next(item for item in question.items if item.startswith("pet"))
    assert not micro.take("eva", question.token, {item: CLASSES[right(item) == "cat"] for item in question.items})
    assert unknown not in banked(job)


def test_random_clicks_bank_next_to_nothing(job: Labeling) -> None:
    """Forty bots on two classes, where half of all clicks are right: less than a fiftieth of what they say is kept."""
    given = 0
    for bot in range(40):
        clicks = partial(lambda draw, _: draw.choice(CLASSES), random.Random(bot))
        given += len(answered(Micro(job, seed=bot), f"bot-{bot}", clicks, most=25))
    assert given == 1000
    assert len(banked(job)) < 0.02 * given


def test_a_question_is_answered_once_by_whom_it_was_asked_and_in_time(job: Labeling) -> None:
    micro = Micro(job, seed=0)
    question = micro.ask("eva")
    assert question is not None
    said = {item: right(item) for item in question.items}
    with pytest.raises(InputError, match="Both items need an answer"):
        micro.take("eva", question.token, {})
    with pytest.raises(InputError, match="asked of somebody else"):
        micro.take("tom", question.token, said)
    with pytest.raises(InputError, match="not asked here"):
        micro.take("eva", question.token[:-4] + "AAAA", said)
    assert micro.take("eva", question.token, said)
    with pytest.raises(ConflictError, match="answered already"):
        micro.take("eva", question.token, said)


def test_an_old_question_is_not_taken(job: Labeling) -> None:
    micro = Micro(job, seed=0)
    question = micro.ask("eva")
    assert question is not None
    later = datetime.now(UTC) + timedelta(hours=1)
    object.__setattr__(job.ws, "clock", lambda: later)
    with pytest.raises(ConflictError, match="too old"):
        micro.take("eva", question.token, {item: right(item) for item in question.items})


def test_the_token_and_the_order_do_not_tell_which_item_is_known(job: Labeling) -> None:
    micro, first = Micro(job, seed=0), list[bool]()
    for _ in range(200):
        question = micro.ask("eva")
        assert question is not None
        first.append(question.items[0].startswith("gold"))
        assert not any(item in question.token for item in question.items)
    assert 60 < sum(first) < 140


def test_micro_tasks_need_known_items_and_labels_that_are_names(ws: Workspace, job: Labeling) -> None:
    bare = label(ws.dataset("pets"), place="cell", name="bare")
    with pytest.raises(InputError, match="labeling:bare has 0 known items"):
        Micro(bare)
    boxes = label(ws.dataset("pets"), task="object-detection", place="cell", name="boxes")
    with pytest.raises(InputError, match="asks for more than the name of one class"):
        Micro(boxes)
