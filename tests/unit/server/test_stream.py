"""The log of a run as events."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from workbench.server.stream import follow

ENDED = ("done",)


def collect(path: Path, states: list[str], *, offset: int = 0, writes: list[bytes] | None = None) -> list[dict[str, str]]:
    """Return the events of a log that grows by one of *writes* at each wait, while the state goes through *states*."""
    left, now = list(writes or []), list(states)

    async def sleep(_: float) -> None:
        if left:
            with path.open("ab") as file:
                file.write(left.pop(0))
        if len(now) > 1:
            now.pop(0)

    async def run() -> list[str]:
        return [event async for event in follow(path, lambda: now[0], offset=offset, ended=ENDED, sleep=sleep)]

    return [dict(line.split(": ", 1) for line in event.strip().split("\n")) for event in asyncio.run(run())]


def test_an_event_carries_whole_lines_and_the_offset_after_them(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"one\ntw")
    first, second, end = collect(log, ["running", "running", "done"], writes=[b"o\n", b""])
    assert (json.loads(first["data"]), first["id"]) == ("one\n", "4")
    assert (json.loads(second["data"]), second["id"]) == ("two\n", "8")
    assert (end["event"], json.loads(end["data"])) == ("end", "done")


def test_a_reader_resumes_where_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"one\ntwo\n")
    assert json.loads(collect(log, ["done"], offset=4)[0]["data"]) == "two\n"


def test_what_a_dead_run_left_without_an_end_of_line_is_told_too(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"last words")
    assert json.loads(collect(log, ["done"])[0]["data"]) == "last words"


def test_a_letter_of_several_bytes_is_not_torn(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes("größe\n".encode()[:3])
    events = collect(log, ["running", "running", "done"], writes=["größe\n".encode()[3:]])
    assert json.loads(events[0]["data"]) == "größe\n"


def test_a_progress_bar_does_not_break_the_events(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"10%\r50%\r")
    assert json.loads(collect(log, ["done"])[0]["data"]) == "10%\r50%\r"


def test_a_log_that_is_not_there_yet_is_awaited(tmp_path: Path) -> None:
    events = collect(tmp_path / "log.txt", ["queued", "running", "done"], writes=[b"begun\n"])
    assert json.loads(events[0]["data"]) == "begun\n"


def test_a_quiet_log_keeps_the_connection_open(tmp_path: Path) -> None:
    waits = 0

    async def sleep(_: float) -> None:
        nonlocal waits
        waits += 1

    async def first() -> str:
        async for event in follow(tmp_path / "log.txt", lambda: "running", offset=0, ended=ENDED, sleep=sleep):
            return event
        return ""

    assert asyncio.run(first()).startswith(":")
    assert waits > 10
