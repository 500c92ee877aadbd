"""Where an export is written before it appears: beside its place in a folder, or on its way to an address."""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.core.errors import ConflictError
from workbench.core.files import disk
from workbench.store.files import is_remote


@contextlib.contextmanager
def staged(target: str, only: str, *, beside: Path, sent: Callable[[int, int], None]) -> Iterator[Path]:
    """Give a folder to write into; when all is written, it becomes *target*, or the file *only* in it does.

    What goes to an address waits below *beside*, and *sent* is told how many files have gone, and of how many.
    """
    with _on_its_way(target, only, beside, sent) if is_remote(target) else _renamed(Path(target), only) as folder:
        yield folder


@contextlib.contextmanager
def _renamed(target: Path, only: str) -> Iterator[Path]:
    _check_free(target, only)
    with disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
        try:
            yield staging
            _check_free(target, only)
            if only:
                (staging / only).rename(target)
                shutil.rmtree(staging)
            else:
                staging.chmod(0o755)
                staging.rename(target)  # over an empty folder, too
        except BaseException as exc:
            shutil.rmtree(staging, ignore_errors=True)
            if isinstance(exc, OSError) and exc.errno == errno.ENOTEMPTY:
                raise _taken(target) from exc
            raise


@contextlib.contextmanager
def _on_its_way(target: str, only: str, beside: Path, sent: Callable[[int, int], None]) -> Iterator[Path]:
    from workbench.store.transfers import is_free, send

    if not is_free(target):
        raise _taken(target)
    with disk(beside), tempfile.TemporaryDirectory(dir=beside, prefix=".export.") as folder:
        staging = Path(folder)
        yield staging
        found = {path.relative_to(staging).as_posix(): path for path in staging.rglob("*") if path.is_file()}
        files = {"": found[only]} if only else found
        send(files, target, step=lambda done: sent(done, len(files)))


def _check_free(target: Path, only: str) -> None:
    if target.exists() and (only or not target.is_dir() or any(target.iterdir())):
        raise _taken(target)


def _taken(target: Path | str) -> ConflictError:
    return ConflictError(f"{target} is there already.", hint="Name one that is not there yet.")
