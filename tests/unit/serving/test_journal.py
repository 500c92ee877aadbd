"""The request log: what is written, which inputs are kept, and what happens when the disk says no."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.serving.journal import Journal, Limits
from workbench.store.requests import Request, RequestLog


def request(n: int, score: float | None = 0.9, status: int = 200) -> Request:
    return Request(f"r{n:04}", 1000.0 + n, "model:caps@1", status, "ok" if score is not None else None, score, 1.5)


def journal(folder: Path, *, rng: float = 1.0, **limits: float) -> Journal:
    return Journal(folder, limits=Limits(**limits), every_s=3600, clock=lambda: 2000.0, rng=lambda: rng)  # type: ignore[arg-type]  # some are whole


def test_requests_are_there_for_the_next_process(tmp_path: Path) -> None:
    made = journal(tmp_path)
    made.add(request(1), b"one")
    made.add(request(2, None, 422), b"damaged")
    made.close()
    first, second = RequestLog(tmp_path).since(0)
    assert (first.id, first.label, first.score, first.status) == ("r0001", "ok", 0.9, 200)
    assert RequestLog(tmp_path).media(str(first.media)).read_bytes() == b"one"
    assert (second.status, second.media) == (422, None)


def test_the_least_confident_inputs_are_kept_when_not_all_can_be(tmp_path: Path) -> None:
    made = journal(tmp_path, burst=3.0)
    for n, score in enumerate([0.9, 0.5, 0.99, 0.7, 0.6, 0.8]):
        made.add(request(n, score), f"input {n}".encode())
    made.close()
    assert sorted(r.score for r in RequestLog(tmp_path).since(0) if r.media) == [0.5, 0.6, 0.7]


def test_a_random_share_is_kept_whatever_its_score(tmp_path: Path) -> None:
    made = journal(tmp_path, burst=10.0, random_share=0.2, rng=0.0)
    for n in range(50):
        made.add(request(n, 0.999 if n < 2 else 0.5), f"input {n}".encode())
    made.close()
    kept = [r.score for r in RequestLog(tmp_path).since(0) if r.media]
    assert len(kept) == 10
    assert kept.count(0.999) == 2


def test_above_the_cap_the_most_confident_leaves(tmp_path: Path) -> None:
    made = journal(tmp_path, kept=2)
    for n, score in enumerate([0.9, 0.5, 0.7]):
        made.add(request(n, score), f"input {n}".encode())
    made.close()
    log = RequestLog(tmp_path)
    assert sorted(r.score for r in log.since(0) if r.media) == [0.5, 0.7]
    assert len(list((tmp_path / "media").iterdir())) == 2
    assert len(log.since(0)) == 3


def test_the_cap_holds_over_a_restart(tmp_path: Path) -> None:
    for n, score in enumerate([0.9, 0.5, 0.7]):
        made = journal(tmp_path, kept=2)
        made.add(request(n, score), f"input {n}".encode())
        made.close()
    assert sorted(r.score for r in RequestLog(tmp_path).since(0) if r.media) == [0.5, 0.7]


def test_the_same_input_is_kept_once(tmp_path: Path) -> None:
    made = journal(tmp_path)
    for n in range(5):
        made.add(request(n), b"same")
    made.close()
    assert len(list((tmp_path / "media").iterdir())) == 1
    assert len({r.media for r in RequestLog(tmp_path).since(0)}) == 1


def test_a_flood_is_dropped_and_counted(tmp_path: Path) -> None:
    made = journal(tmp_path, waiting=10)
    for n in range(25):
        made.add(request(n))
    assert made.n_dropped == 15
    made.close()


def test_a_log_that_cannot_be_written_is_counted_and_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = journal(tmp_path)
    made.add(request(1), b"one")
    (tmp_path / "media").write_text("a file where the folder should be")
    made.close()
    assert made.n_dropped == 1
