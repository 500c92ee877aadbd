"""A line under the cell says how far a long work is, and goes when it is done."""

from __future__ import annotations

from workbench.core.events import Event
from workbench.widgets.line import Line


def test_what_takes_long_is_told_and_nothing_stays_of_it() -> None:
    now, written = [0.0], list[str]()
    line = Line(written.append, clock=lambda: now[0])

    def heard(seconds: float, done: int, **more: object) -> None:
        now[0] += seconds
        line(Event("progress", "dataset:caps@2", {"verb": "audit", "done": done, "total": 2000, **more}))

    heard(0, 0, what="labels")
    heard(1, 100)
    line(Event("metrics", "run:train-1", {"loss": 1}))
    assert written == []  # two seconds have not passed
    heard(1.5, 1500)
    heard(0.1, 1600)  # too soon for another
    heard(0.6, 1700)
    assert [text.strip() for text in written] == [f"audit dataset:caps@2: labels {n} of 2,000" for n in ("1,500", "1,700")]
    assert written[1].startswith("\r")
    heard(0.1, 2000)
    assert written[2].strip() == ""
    assert len(written[2]) == len(written[1]) + 1
    heard(60, 5)  # another work: it has just begun
    assert len(written) == 3
