"""Label files that lie behind an address are brought here; the media that they name stay where they are until they are read.

A folder is made that has every name below the address: labels whole, media as empty files that stand for theirs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import disk, within
from workbench.data.formats.base import Item, LeftOut
from workbench.store.files import below, is_remote


@dataclasses.dataclass(frozen=True)
class Near:
    """A label file or folder, and where its media lie, as paths on this machine; what stands for what of elsewhere."""

    path: Path = Path()
    root: Path | None = None
    folders: tuple[tuple[str, str], ...] = ()

    def item(self, one: Item | LeftOut) -> Item | LeftOut:
        """Return an item with the addresses of its media for the files that stand for them."""
        if isinstance(one, LeftOut) or not self.folders:
            return one
        told: dict[str, Any] = {"where": self.said(one.where)}
        for file, address in (("file", "address"), ("file_b", "address_b")):
            path = getattr(one, file)
            if isinstance(path, Path) and (far := self.said(str(path))) != str(path):
                told |= {file: None, address: far}
        return dataclasses.replace(one, **told)

    def said(self, text: str) -> str:
        """Return what is said of a file with its address."""
        for folder, address in self.folders:
            text = text.replace(folder, address)
        return text


@contextlib.contextmanager
def near(source: str, root: str, told_in: Sequence[str], *, beside: Path, step: Callable[[int, int], None]) -> Iterator[Near]:
    """Give the label file or folder *source*, and *root*, on this machine, below *beside* for as long as they are read."""
    with contextlib.ExitStack() as stack:

        def brought(address: str, patterns: Sequence[str]) -> tuple[Path, str, str]:
            names = below(address)
            alone = names == [address]
            base = _base(address) if alone else address
            with disk(beside):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=beside, prefix=".ingest."))).resolve()
            _fill(folder, base, below(base) if alone else names, (*patterns, address), step)
            return folder / address[len(base) + 1 :], str(folder), base

        folders: list[tuple[str, str]] = []
        places: list[Path | None] = []
        for address, patterns in ((source.rstrip("/"), told_in), (root.rstrip("/"), ())):
            place = Path(address).expanduser().resolve() if address else None
            if is_remote(address):
                place, *pair = brought(address, patterns)
                folders.append((pair[0], pair[1]))
            places.append(place)
        path, media = places
        assert path is not None
        yield Near(path, media, tuple(folders))


def _base(file: str) -> str:
    """Return the address that a label file's names are relative to: its folder, or the one above `annotations/`."""
    folder = file.rpartition("/")[0]
    return folder.rpartition("/")[0] if folder.endswith("/annotations") else folder


def _fill(folder: Path, base: str, names: Iterable[str], patterns: Sequence[str], step: Callable[[int, int], None]) -> None:
    """Bring what is named as in *patterns*, and make an empty file for everything else below *base*."""
    from workbench.store.transfers import fetch

    wanted = []
    for address in names:
        try:
            path = within(folder, address[len(base) + 1 :])
            with disk(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        except (InputError, OSError, ValueError):
            continue  # no name for a file: too long, with "..", below one that is a file; so nothing here can mean it
        if any(fnmatch(path.name, pattern) or fnmatch(address, pattern) for pattern in patterns):
            wanted.append((address, path))
    fetch(wanted, step=lambda done: step(done, len(wanted)))
