"""Answers and their queue when processes die: what was acknowledged is there, and nobody holds what nobody does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.store.assignments import SqliteAssignments
from workbench.store.journal import SqliteJournal

pytestmark = pytest.mark.slow

_WRITER = """
import sys
from pathlib import Path
from workbench.core.ports import Answer
from workbench.store.assignments import SqliteAssignments
from workbench.store.journal import SqliteJournal
path, who = Path(sys.argv[1]), sys.argv[2]
queue, journal = SqliteAssignments(path), SqliteJournal(path)
while held := queue.claim("caps", who, 3, lease_s=1.0):
    journal.write("caps", [Answer(held[0], who, "2026-03-01T12:00:00Z", [{"type": "choices"}])])
    print(held[0], flush=True)
"""


def test_writers_that_are_killed_leave_every_acknowledged_answer_and_no_item_twice(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    queue, journal = SqliteAssignments(path), SqliteJournal(path)
    queue.enqueue("caps", [f"i{n:05d}" for n in range(4000)])
    acknowledged: list[str] = []
    for generation in range(2):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", _WRITER, str(path), f"{who}{generation}"], stdout=subprocess.PIPE, text=True
            )
            for who in ("ann", "bob")
        ]
        for writer in writers:
            acknowledged += [writer.stdout.readline().strip() for _ in range(200)]
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            acknowledged += [line.strip() for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith("\n")]
    answers = [answer.id for answer in journal.answers("caps")[1]]
    assert len(acknowledged) == len(set(acknowledged)) >= 800
    assert set(acknowledged) <= set(answers)
    assert len(answers) == len(set(answers)), "no item was given to two people"
    assert queue.progress("caps")["done"] == len(answers)
