"""What the runner and the process of the cells say to each other: frames on one socket, in the order they were sent."""

from __future__ import annotations

import signal
import socket
import struct
import threading
from collections import deque

#: What a frame holds: text for one of the two streams, or a message as JSON.
STDOUT, STDERR, MESSAGE = 1, 2, 3
_HEAD = struct.Struct("<BI")
_INTERRUPT = {signal.SIGINT}


class Sender:
    """The end of the cells. A full socket makes it wait, so that a runaway loop fills no memory."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._lock = threading.Lock()
        self._owner = 0
        self._late: deque[tuple[int, bytes]] = deque()

    def send(self, kind: int, body: bytes) -> None:
        """Send one frame, whole, whatever other threads and signals do meanwhile."""
        if self._owner == threading.get_ident():  # the handler of a signal that came while this thread sends
            self._late.append((kind, body))
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)  # else KeyboardInterrupt leaves half a frame
        try:
            with self._lock:
                self._owner = threading.get_ident()
                try:
                    self._put(kind, body)
                    while self._late:
                        self._put(*self._late.popleft())
                finally:
                    self._owner = 0
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def forked(self) -> None:
        """Be usable in a child, whose parent may have held the lock."""
        self._lock = threading.Lock()
        self._owner = 0
        self._late.clear()

    def _put(self, kind: int, body: bytes) -> None:
        self._end.sendall(_HEAD.pack(kind, len(body)) + body)


class Receiver:
    """The end of the runner: whole frames out of whatever has arrived; text that belongs together comes together."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._read = bytearray()
        self.is_open = True

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._end.fileno()

    def take(self) -> list[tuple[int, bytes]]:
        """Read once and return the frames that are whole by now."""
        try:
            fresh = self._end.recv(1 << 18)
        except (BlockingIOError, InterruptedError):
            return []
        except ConnectionError:
            fresh = b""
        self.is_open = bool(fresh)
        self._read += fresh
        frames: list[tuple[int, bytearray]] = []
        start = 0
        while len(self._read) - start >= _HEAD.size:
            kind, size = _HEAD.unpack_from(self._read, start)
            end = start + _HEAD.size + size
            if len(self._read) < end:
                break
            body = self._read[start + _HEAD.size : end]
            start = end
            if kind != MESSAGE and frames and frames[-1][0] == kind:
                frames[-1][1].extend(body)
            else:
                frames.append((kind, body))
        del self._read[:start]
        return [(kind, bytes(body)) for kind, body in frames]
