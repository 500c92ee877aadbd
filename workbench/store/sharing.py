"""Datasets of other places: one that is published to a folder or an address, and one that is read where it lies.

A place is laid out as a workspace is: `data/<name>.lance`, `data/<name>.versions` and `media`. So another workspace is
a place too, and nothing has to be copied to read from it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa

from workbench.core.errors import ConflictError, not_found
from workbench.core.files import disk, read_json, write_json
from workbench.store.files import Files, is_remote
from workbench.store.places import Place
from workbench.store.view import border

DATA, MEDIA = "data", "media"
_APART = "Open the other one in another workspace."


def publish(root: str, facts: Mapping[str, Any], rows: pa.RecordBatchReader, *, tags: Mapping[str, int]) -> bool:
    """Write one version to the place *root*; return False when it is there already.

    Raises `ConflictError` when that place has another content under the same number.
    """
    place, name, version = Place(f"{root}/{DATA}"), str(facts["name"]), int(facts["version"])
    if version in place.numbers(name):
        there = place.manifest(name, version)["digest"]
        if there != facts["digest"]:
            raise ConflictError(
                f"{root} has another {name}@{version}, with the content #{there[:12]}.", hint="Publish to a place of its own."
            )
        place.write_tags(name, place.tags(name) | dict(tags))
        return False
    if not is_remote(root):
        with disk(Path(root)):
            Path(root, DATA).mkdir(parents=True, exist_ok=True)
    with border(f"{root}/{name}"):
        # "overwrite" makes a version of Lance's: others keep their rows, also that of somebody who publishes at this moment.
        how = {"mode": "overwrite", "data_storage_version": "stable", "storage_options": place.storage()}
        data = lance.write_dataset(rows, place.uri(name), **how)
        data.tags.create(f"v{version}-{data.version}", data.version)
    place.write_manifest({**facts, "lance": data.version})
    place.write_tags(name, place.tags(name) | dict(tags))
    return True


def publish_media(root: str, files: Iterable[tuple[str, Path]]) -> int:
    """Copy media by their keys to the place *root*, those that it has left out; return how many were copied."""
    target = Files(f"{root}/{MEDIA}")
    there: dict[str, set[str]] = {}

    def copied(item: tuple[str, Path]) -> int:
        key, path = item
        if key in there.setdefault(key[:2], set(target.names(key[:2]))):
            return 0
        if is_remote(root):
            target.write(f"{key[:2]}/{key}", path.read_bytes())
            return 1
        place = Path(root, MEDIA, key[:2], key)
        with disk(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place.with_name(f".{key}"))
            place.with_name(f".{key}").replace(place)
        return 1

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(copied, files))


def link(folder: Path, name: str, root: str) -> None:
    """Let *name* among the tables of *folder* stand for the table of that name at the place *root*.

    Raises `NotFoundError` when there is none, `ConflictError` when *folder* has a table of that name.
    """
    place = Place(f"{root}/{DATA}")
    if not place.numbers(name):
        raise not_found(f"dataset at {root}", name, place.names())
    if Place(str(folder)).numbers(name):
        raise ConflictError(f"There is a dataset named {name!r} here already.", hint=_APART)
    path = folder / f"{name}.link.json"
    before = read_json(path)["root"] if path.exists() else place.root
    if before != place.root:
        raise ConflictError(
            f"The name {name!r} stands for the dataset at {before}.", hint="Open the other one in another workspace."
        )
    write_json(path, {"root": place.root})


def media_places(folder: Path) -> list[str]:
    """Return where the media of linked tables lie."""
    roots = {str(read_json(path)["root"]) for path in folder.glob("*.link.json")}
    return sorted(f"{root.removesuffix(f'/{DATA}')}/{MEDIA}" for root in roots)
