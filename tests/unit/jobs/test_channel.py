"""Frames between the cells and the runner."""

from __future__ import annotations

import os
import signal
import socket
import threading

import pytest

from workbench.jobs.running.channel import MESSAGE, STDERR, STDOUT, Receiver, Sender


def test_text_that_belongs_together_comes_together_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, receiver = Sender(theirs), Receiver(ours)
        for kind, body in [(STDOUT, b"a"), (STDOUT, b"b"), (MESSAGE, b"{}"), (MESSAGE, b"[]"), (STDERR, b"c"), (STDOUT, b"d")]:
            sender.send(kind, body)
        assert receiver.take() == [(STDOUT, b"ab"), (MESSAGE, b"{}"), (MESSAGE, b"[]"), (STDERR, b"c"), (STDOUT, b"d")]


def test_a_full_socket_makes_the_sender_wait_and_loses_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, receiver = Sender(theirs), Receiver(ours)
        bodies = [bytes([n]) * 300_000 for n in range(10)]
        threads = [threading.Thread(target=sender.send, args=(MESSAGE, body)) for body in bodies]
        for thread in threads:
            thread.start()
        came: list[bytes] = []
        while len(came) < len(bodies):
            came += [body for _, body in receiver.take()]
        for thread in threads:
            thread.join()
        assert sorted(came) == bodies


def test_an_interrupt_while_a_frame_is_sent_comes_after_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, receiver = Sender(theirs), Receiver(ours)
        came: list[bytes] = []

        def read_late() -> None:
            os.kill(os.getpid(), signal.SIGINT)
            while not came:
                came.extend(body for _, body in receiver.take())

        reader = threading.Timer(0.2, read_late)
        reader.start()
        with pytest.raises(KeyboardInterrupt):
            sender.send(MESSAGE, b"x" * 3_000_000)
            sender.send(STDOUT, b"never")  # pragma: no cover
        reader.join()
        assert [len(body) for body in came] == [3_000_000]


def test_the_end_of_the_other_side_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        receiver = Receiver(ours)
        theirs.close()
        assert (receiver.take(), receiver.is_open) == ([], False)
