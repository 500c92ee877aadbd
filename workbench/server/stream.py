"""A run's log as server-sent events: `id` is the byte offset after each event, so a reader resumes where it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

#: As much as one event carries; a longer line is cut there.
_MOST = 64 * 1024
_KEEP_ALIVE_S = 15.0


async def follow(
    path: Path,
    state: Callable[[], str],
    *,
    offset: int,
    ended: tuple[str, ...],
    every_s: float = 0.15,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[str]:
    """Yield the events of a growing log from byte *offset* on, until `state()` is one of *ended* and all is said.

    The data of an event is a JSON string of whole lines, because a progress bar's carriage return would end an event's line.
    """
    quiet_s = 0.0
    while True:
        now = state()
        fresh = _read(path, offset, whole=now not in ended)
        if fresh:
            offset, quiet_s = offset + len(fresh), 0.0
            yield f"id: {offset}\ndata: {json.dumps(fresh.decode('utf-8', 'replace'))}\n\n"
            continue
        if now in ended:
            yield f"event: end\nid: {offset}\ndata: {json.dumps(now)}\n\n"
            return
        if quiet_s >= _KEEP_ALIVE_S:
            quiet_s = 0.0
            yield ": still here\n\n"
        await sleep(every_s)
        quiet_s += every_s


def _read(path: Path, offset: int, *, whole: bool) -> bytes:
    """Return the next bytes, up to the last end of a line when *whole*: a letter of several bytes is never torn."""
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(offset)
        fresh = file.read(_MOST)
    end = max(fresh.rfind(b"\n"), fresh.rfind(b"\r")) + 1
    return fresh[:end] if end or (whole and len(fresh) < _MOST) else fresh
