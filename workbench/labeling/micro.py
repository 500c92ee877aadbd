"""Micro-tasks: passers-by answer a known and an unknown item at once; what they say of the unknown is kept when they know."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError
from workbench.core.files import write_text
from workbench.core.labeling import Labeling
from workbench.core.ports import Answer
from workbench.labeling import gold
from workbench.labeling.visitors import Held, Visitors
from workbench.store.locks import locked
from workbench.tasks import task as find_task

SOURCE = "micro"
#: Who knows is right this often; who clicks at random by luck.
_KNOWS = 0.9
#: A random clicker is ever believed with this probability at most, however long they go on (Ville, 1939).
_MISTAKE = 0.01
#: Trust grows no further than this, so that who stops to look loses it in a few wrong answers.
_MOST_TRUST = 10 / _MISTAKE
#: A page that was opened so long ago is too old to be answered.
_VALID_S = 900.0


@dataclass(frozen=True)
class Question:
    """What a visitor is shown: two items in a drawn order, one of them known; *token* says which, to us alone."""

    token: str
    items: tuple[str, str]
    classes: tuple[str, ...]


class Micro:
    """The micro-tasks of one labeling that has gold. Answers wait until their visitor is known not to click at random.

    A right answer to a known item multiplies the trust in a visitor by how much likelier it is of one who knows than of
    one who guesses, a wrong one divides it so. At 100 what they said beside right answers goes into the journal. One
    clicker in a hundred gets there at most, and loses it again.
    """

    def __init__(self, labeling: Labeling, *, seed: int | None = None) -> None:
        info, home = labeling.info(), labeling.ws.root / "labels"
        self._labeling, self._task, self._info = labeling, find_task(info.task), info
        if self._task.shape != "class" or len(info.classes) < 2:
            raise InputError(f"{labeling.ref} asks for more than the name of one class; a micro-task has buttons only.")
        self._truth = gold.truth(labeling)
        if len(self._truth) < 2:
            raise InputError(
                f"{labeling.ref} has {len(self._truth)} known items, and micro-tasks need at least 2.",
                hint="Give wb.label() a dataset with labels as `gold`.",
            )
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311  # seeded in tests only
        self._key = _key(home / "micro.key")
        self._visitors = Visitors(home / "micro.db", labeling.name)
        self._pushed: dict[str, list[str]] = {}

    def ask(self, visitor: str) -> Question | None:
        """Return a question for *visitor*, None when nothing is left that they have not answered."""
        unknown = self._open(visitor)
        if not unknown:
            return None
        pair = [self._random.choice(sorted(self._truth)), self._random.choice(unknown)]
        told = {"known": pair[0], "unknown": pair[1], "at": self._now(), "id": secrets.token_hex(8)}
        self._random.shuffle(pair)
        told |= {"labeling": self._labeling.name, "visitor": visitor, "shown": pair}
        return Question(self._seal(told), (pair[0], pair[1]), self._info.classes)

    def shown(self, visitor: str, token: str) -> tuple[str, str]:
        """Return the two items of a question that was asked of *visitor*, in the order in which they are shown."""
        first, second = self._check(visitor, token)["shown"]
        return str(first), str(second)

    def take(self, visitor: str, token: str, said: Mapping[str, str]) -> bool:
        """Take the answers to both items and return whether the one to the known item is right.

        Raises `InputError` when the question is not ours or an answer none of the classes, `ConflictError` when it was
        answered before or is too old.
        """
        told = self._check(visitor, token)
        known, unknown = told["known"], told["unknown"]
        if any(said.get(item) not in self._info.classes for item in (known, unknown)):
            raise InputError("Both items need an answer.", hint=f"Classes: {', '.join(self._info.classes[:8])}.")
        is_right, luck = said[known] == self._truth[known], 1 / len(self._info.classes)
        factor = _KNOWS / luck if is_right else (1 - _KNOWS) / (1 - luck)
        seconds = min(self._now() - told["at"], _VALID_S) / 2
        held = Held(unknown, self._labeling.ws.now(), self._task.result_of(said[unknown]), seconds) if is_right else None
        if not self._visitors.answered(told["id"], visitor, factor=factor, most=_MOST_TRUST, held=held):
            raise ConflictError("This question was answered already.", hint="Open the next one.")
        if self.trust(visitor) >= 1 / _MISTAKE:
            self._bank(visitor)
        return is_right

    def trust(self, visitor: str) -> float:
        """Return how much likelier the answers of *visitor* are of one who knows than of one who guesses."""
        return self._visitors.trust(visitor)

    def _bank(self, visitor: str) -> None:
        """Move what waited into the journal; twice is once, as answers have keys."""
        held, who = self._visitors.held(visitor), f"{SOURCE}:{visitor}"
        answers = [Answer(h.item, who, h.at, h.result, h.seconds, f"{who}/{h.item}", SOURCE) for h in held]
        self._labeling.ws.journal.write(self._labeling.name, answers)
        self._visitors.let_go(visitor, held)

    def _open(self, visitor: str) -> list[str]:
        """Return the items that need answers and that this visitor has not answered yet."""
        people: dict[str, set[str]] = {}
        for answer in self._labeling.ws.journal.answers(self._labeling.name)[1]:
            if answer.state == "given":
                people.setdefault(answer.id, set()).add(answer.annotator)
        mine = {held.item for held in self._visitors.held(visitor)}
        mine |= {item for item, names in people.items() if len(names) >= self._info.overlap or f"{SOURCE}:{visitor}" in names}
        return sorted(self._items() - mine)

    def _items(self) -> set[str]:
        ws = self._labeling.ws
        for ref in ws.records.get("labeling", self._labeling.name).fields["sources"]:
            if ref not in self._pushed:
                self._pushed[ref] = ws.dataset(ref).ids()
        return {id for ids in self._pushed.values() for id in ids} - set(self._truth)

    def _now(self) -> float:
        return self._labeling.ws.clock().timestamp()

    def _seal(self, told: Mapping[str, Any]) -> str:
        from cryptography.fernet import Fernet

        # Sealed, not only signed: who could read the token would know which of the two items is the known one.
        return Fernet(self._key).encrypt(json.dumps(told).encode()).decode()

    def _check(self, visitor: str, token: str) -> dict[str, Any]:
        from cryptography.fernet import Fernet, InvalidToken

        try:
            told: dict[str, Any] = json.loads(Fernet(self._key).decrypt(token.encode()))
        except (InvalidToken, ValueError) as exc:
            raise InputError("This question was not asked here.", hint="Open the page again.") from exc
        if (told["labeling"], told["visitor"]) != (self._labeling.name, visitor):
            raise InputError("This question was asked of somebody else.", hint="Open the page again.")
        if self._now() - told["at"] > _VALID_S:
            raise ConflictError("This question is too old.", hint="Open the next one.")
        return told


def _key(path: Path) -> str:
    if not path.exists():
        from cryptography.fernet import Fernet

        with locked(path.with_suffix(".lock")):  # of two keys one would open none of the questions that it sealed
            if not path.exists():
                write_text(path, Fernet.generate_key().decode(), mode=0o600)
    return path.read_text(encoding="utf-8")
