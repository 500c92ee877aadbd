"""Many files on their way to an address or from one, several at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

from workbench.core.errors import InputError, not_found
from workbench.core.files import disk
from workbench.store.files import below, opened, reached, system_of

T = TypeVar("T")
Step = Callable[[int], None]

_AT_ONCE, _CHUNK = 8, 256
#: A file of labels that is larger than this is not fetched.
MAX_BYTES = 4 * 2**30


def is_free(address: str) -> bool:
    """Return whether nothing lies at *address* nor below it."""
    with reached(address):
        system = system_of(address)
        system.invalidate_cache()
        return not system.exists(address)


def send(files: Mapping[str, Path], address: str, *, step: Step) -> None:
    """Write files to *address*, each under its name there, several at once; a single one called "" becomes *address* itself.

    There is no way to let many files appear in one moment behind an address: those at the top, which tell of the others,
    come last, one by one, and when it is cut short, what was written is taken back.
    """
    system = system_of(address)
    begun: list[str] = []

    def put(name: str) -> None:
        target = f"{address}/{name}" if name else address
        begun.append(target)
        with reached(address, writing=True):
            system.put_file(str(files[name]), target)

    deep, top = ([name for name in sorted(files) if ("/" in name) is deeper] for deeper in (True, False))
    try:
        _each(put, deep, step)
        for done, name in enumerate(top, start=len(deep) + 1):
            put(name)
            step(done)
    except BaseException:
        with contextlib.suppress(Exception):  # the store may be what went away
            system.rm(sorted(set(begun).intersection(below(address))))
        raise


def fetch(files: Iterable[tuple[str, Path]], *, step: Step = lambda _done: None) -> None:
    """Bring what lies at each address into a file."""

    def get(one: tuple[str, Path]) -> None:
        address, path = one
        try:
            with reached(address), opened(address) as source, disk(path), path.open("wb") as target:
                while piece := source.read(1 << 20):
                    target.write(piece)
                    if target.tell() > MAX_BYTES:
                        raise InputError(f"{address} is larger than {MAX_BYTES >> 30} GB.")
        except FileNotFoundError:
            raise not_found("file or folder", address, None) from None

    _each(get, files, step)


def _each(call: Callable[[T], None], items: Iterable[T], step: Step) -> None:
    """Call with every item, some at a time; whoever stops it waits for no more than those that are under way."""
    waiting, done = iter(items), count(1)
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        while chunk := list(islice(waiting, _CHUNK)):
            for _ in pool.map(call, chunk):
                step(next(done))
    finally:
        pool.shutdown(cancel_futures=True)
