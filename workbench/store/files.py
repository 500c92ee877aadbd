"""Files of a folder, or of what stands for one behind an address such as `s3://bucket/line-3`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.core.errors import ExternalError, not_found
from workbench.core.files import disk, write_bytes
from workbench.core.need import need


def is_remote(address: str) -> bool:
    """Return whether *address* is that of a store rather than of a folder.

    >>> is_remote("s3://bucket/line-3"), is_remote("/data/line-3")
    (True, False)
    """
    return "://" in address and not address.startswith("file://")


class Files:
    """Small files by their path below *root*, each written whole."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    def read(self, path: str) -> bytes:
        """Return what a file holds; raise `FileNotFoundError`."""
        if not is_remote(self.root):
            return Path(self.root, path).read_bytes()
        with reached(self.root):
            return bytes(system_of(self.root).cat_file(f"{self.root}/{path}"))

    def write(self, path: str, content: bytes) -> None:
        """Write a file whole."""
        if not is_remote(self.root):
            write_bytes(Path(self.root, path), content)
            return
        with reached(self.root, writing=True):
            system_of(self.root).pipe_file(f"{self.root}/{path}", content)

    def names(self, folder: str = "") -> list[str]:
        """Return the names in a folder, none when it is not there."""
        if not is_remote(self.root):
            place = Path(self.root, folder)
            return sorted(path.name for path in place.iterdir()) if place.is_dir() else []
        try:
            with reached(self.root):
                found = system_of(self.root).ls(f"{self.root}/{folder}".rstrip("/"), detail=False, refresh=True)
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rsplit("/", 1)[-1] for path in found)


#: What talks to stores; these raise errors of their own when there is no key, no network or no such bucket.
_CLIENTS = ("botocore", "aiobotocore", "aiohttp")


@contextmanager
def reached(address: str, *, writing: bool = False) -> Iterator[None]:
    """Translate what a store answers when it cannot be reached or refuses; a file that is not there is so only to readers."""
    try:
        with disk(Path(address)):
            yield
    except Exception as exc:
        if isinstance(exc, FileNotFoundError) and not writing:
            raise
        if not isinstance(exc, OSError | ValueError) and type(exc).__module__.partition(".")[0] not in _CLIENTS:
            raise
        said = " ".join(str(exc).split())[:200].rstrip(".")
        raise ExternalError(
            f"{address} cannot be reached: {said or type(exc).__name__}.",
            hint="Check the address, and the keys that the environment holds for it.",
            system="store",
            retryable=True,
        ) from exc


def opened(address: str) -> Any:
    """Return what lies at *address*, open for reading."""
    return system_of(address.rsplit("/", 1)[0]).open(address, "rb")


def below(address: str) -> list[str]:
    """Return the addresses of all files below *address*, sorted; raise `NotFoundError` when there are none."""
    address = address.rstrip("/")
    with reached(address):
        system = system_of(address)
        system.invalidate_cache()  # it remembers what was there an hour ago
        root, found = system._strip_protocol(address), sorted(system.find(address))
    if not found:
        raise not_found("file or folder", address, None)
    return [address + str(path).removeprefix(root) for path in found]


@lru_cache(maxsize=16)
def system_of(root: str) -> Any:
    """Return what reads and writes at addresses like *root*."""
    fsspec = need("fsspec", extra="remote", use=f"Reading {root}")
    try:
        return fsspec.core.url_to_fs(root)[0]
    except (ImportError, ValueError) as exc:
        said = str(exc).rstrip(".")
        hint = "Run: pip install 'perception-workbench[remote]'"
        raise ExternalError(f"No way is known to read {root}: {said}.", hint=hint, system="store", retryable=False) from exc
