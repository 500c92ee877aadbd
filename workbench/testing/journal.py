"""Fakes of the journal of answers and of the queue of items, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from workbench.core.ports import Answer, Journal
from workbench.store.assignments import check_overlap
from workbench.store.journal import key_of, moment


def _utc_now() -> datetime:
    return datetime.now(UTC)


class FakeJournal:
    """Answers in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, Answer]] = {}
        self._lock = threading.RLock()
        self._seq = 0

    def write(self, labeling: str, answers: Sequence[Answer]) -> int:
        """Keep answers by their `key`; an older one never replaces a newer; return how many were news."""
        dated = [(answer, moment(answer)) for answer in answers]
        news = 0
        with self._lock:
            for answer, at in dated:
                place = (labeling, key_of(answer))
                before = self._kept.get(place)
                if before and (at < moment(before[1]) or before[1] == answer):
                    continue
                self._seq += 1
                news += 1
                self._kept[place] = (self._seq, answer)
        return news

    def answers(self, labeling: str, *, since: int = 0) -> tuple[int, list[Answer]]:
        """Return the answers that are news since that sequence number, oldest first, and the newest sequence number."""
        found = sorted((seq, key) for (name, key), (seq, _) in self._kept.items() if name == labeling and seq > since)
        return (found[-1][0] if found else since), [self._kept[labeling, key][1] for _, key in found]


class FakeAssignments:
    """The queue of items as lists; what was answered is read from the journal beside it."""

    def __init__(self, journal: Journal, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._journal = journal
        self._clock = clock
        self._overlap: dict[str, dict[str, int]] = {}
        self._leases: dict[tuple[str, str, str], tuple[str, float]] = {}

    def enqueue(self, labeling: str, items: Sequence[str], *, overlap: int = 1) -> int:
        """Add items in this order, return how many are new; those that are there keep their place, with the larger overlap."""
        check_overlap(overlap)
        known = self._overlap.setdefault(labeling, {})
        before = len(known)
        for item in items:
            known[item] = max(known.get(item, 0), overlap)
        return len(known) - before

    def claim(self, labeling: str, annotator: str, n: int, *, session: str = "", lease_s: float = 600.0) -> list[str]:
        """Return up to *n* items for this person, those that they hold already first; a lease that ran out is given away."""
        now = self._clock().timestamp()
        self._leases = {k: v for k, v in self._leases.items() if v[1] > now and not self._answered(*k)}
        items = self._overlap.get(labeling, {})
        mine = {i: self._leases.get((labeling, i, annotator)) for i in items}
        held = [i for i, lease in mine.items() if lease and lease[0] in ("", session)]
        found = [*held, *(i for i in items if self._is_open(labeling, i, annotator))][:n]
        for item in found:
            self._leases[labeling, item, annotator] = (session, now + lease_s)
        return found

    def release(self, labeling: str, annotator: str, items: Sequence[str]) -> None:
        """Give items back that this person holds and did not answer."""
        for item in items:
            self._leases.pop((labeling, item, annotator), None)

    def progress(self, labeling: str) -> Mapping[str, int]:
        """Return `items`, `answers`, `done` (items with all the answers they need), `held`, `people`."""
        now = self._clock().timestamp()
        answers = [a for a in self._journal.answers(labeling)[1] if a.state != "withdrawn"]
        items = self._overlap.get(labeling, {})
        live = [k for k, v in self._leases.items() if k[0] == labeling and v[1] > now and not self._answered(*k)]
        return {
            "items": len(items),
            "answers": sum(a.state == "given" for a in answers),
            "done": sum(self._given(labeling, i) >= overlap for i, overlap in items.items()),
            "held": len(live),
            "people": len({a.annotator for a in answers}),
        }

    def _is_open(self, labeling: str, item: str, annotator: str) -> bool:
        if self._answered(labeling, item, annotator) or (labeling, item, annotator) in self._leases:
            return False
        held = sum(k[:2] == (labeling, item) for k in self._leases)
        return self._given(labeling, item) + held < self._overlap[labeling][item]

    def _answered(self, labeling: str, item: str, annotator: str) -> bool:
        return any(a.annotator == annotator for a in self._standing(labeling, item))

    def _given(self, labeling: str, item: str) -> int:
        return len({a.annotator for a in self._standing(labeling, item) if a.state == "given"})

    def _standing(self, labeling: str, item: str) -> list[Answer]:
        return [a for a in self._journal.answers(labeling)[1] if a.id == item and a.state != "withdrawn"]
