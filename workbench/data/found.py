"""What an import is given to read: files as such, or what a label file says of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import InputError, not_found
from workbench.core.files import digest
from workbench.data.formats import FORMATS
from workbench.data.formats.base import Contents, Incoming
from workbench.data.mirror import Near, near
from workbench.data.sources import format_of, guess, plain


@dataclass(frozen=True)
class Asked:
    """What somebody asked to read, as `ingest` has it."""

    source: str | Sequence[str]
    format: str
    task: str
    root: str
    columns: Mapping[str, str]
    labeled: bool


@dataclass(frozen=True)
class Found:
    """The samples, the format that they are in ('' for files as such), the digest of its label file, where it is read."""

    contents: Contents
    format: str = ""
    digest: str = ""
    near: Near = field(default_factory=Near)


@contextlib.contextmanager
def found(asked: Asked, *, beside: Path, step: Callable[[int, int], None]) -> Iterator[Found]:
    """Give what is to be read; what lies behind an address waits below *beside* meanwhile, *step* hears how many are there."""
    seems = asked.format or guess(asked.source)
    if not seems:
        yield Found(plain(asked.source, asked.task, labeled=asked.labeled))
        return
    if not isinstance(asked.source, str):
        raise InputError(f"Format {seems!r} reads one file or folder at a time, got {len(asked.source)}.")
    with near(asked.source, asked.root, FORMATS[seems].told_in, beside=beside, step=step) as place:
        if not place.path.exists():
            raise not_found("file or folder", str(place.path), [str(p) for p in place.path.parent.glob("*")])
        used = asked.format or format_of(place.path)
        if not used:
            yield Found(plain(asked.source, asked.task, labeled=asked.labeled))
            return
        try:
            contents = FORMATS[used]().read(Incoming(place.path, asked.task, place.root, asked.columns))
        except InputError as exc:
            raise InputError(place.said(exc.message), hint=place.said(exc.hint)) from exc
        yield Found(contents, used, digest(place.path) if place.path.is_file() else "", place)
