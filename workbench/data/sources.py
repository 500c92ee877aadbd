"""What a source names: files, folders, patterns; and which format a label file is of."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.core.errors import InputError, not_found
from workbench.data.formats.base import Contents, Item
from workbench.store.files import below, is_remote
from workbench.tasks import task

#: The format of a label file by its ending; `.json` and `.xml` are of several, and looked into.
_BY_ENDING = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_BY_ENDING |= {".manifest": "ground-truth", ".yaml": "yolo", ".yml": "yolo"}

_HEAD = 1 << 16
_PACKED = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")

#: What files are for when nobody says it.
_USUAL = ("image-classification", "audio-classification", "text-classification")


def guess(source: str | Sequence[str]) -> str:
    """Return the format that a label file has by its name, here or behind an address, '' for anything else.

    A folder of files is a folder of files.
    """
    if not isinstance(source, str) or not (is_remote(source) or (not glob.has_magic(source) and _is_file(source))):
        return ""
    suffix = Path(source).suffix.lower()
    return {".json": "coco", ".xml": "cvat"}.get(suffix, _BY_ENDING.get(suffix, ""))


def format_of(path: Path) -> str:
    """Return the format of a label file, '' for anything else."""
    suffix = path.suffix.lower()
    if suffix not in (".json", ".xml"):
        return _BY_ENDING.get(suffix, "")
    with path.open("rb") as file:
        head = file.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
    if suffix == ".xml":
        return "cvat" if b"<annotations" in head else ""
    if head.startswith(b"["):
        return "label-studio" if re.search(rb'"(annotations|completions|data)"\s*:', head) else "jsonl"
    return "coco"


def _is_file(source: str) -> bool:
    return Path(source).expanduser().is_file()


def like(folder: Path) -> str:
    """Return the format that a folder looks like, '' when none; only said in hints, never assumed."""
    if (folder / "data.yaml").exists() or (folder / "dataset.yaml").exists():
        return "yolo"
    if (folder / "Annotations").is_dir():
        return "voc"
    if (folder / "annotations.xml").exists():
        return "cvat"
    if (folder / "dataset_info.json").exists() or (folder / "dataset_dict.json").exists():
        return "huggingface"
    if (folder / "metadata.csv").exists():
        return "audio-folder"
    return ""


def files(pattern: str, suffixes: Sequence[str]) -> Iterator[Path]:
    """Return the files that a folder (those with these endings), a file's name or a pattern stands for."""
    path = Path(pattern).expanduser()
    if path.is_dir():
        yield from (p.resolve() for p in path.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    elif path.is_file():
        yield path.resolve()
    elif glob.has_magic(pattern):
        yield from (Path(p).resolve() for p in glob.iglob(str(path), recursive=True) if Path(p).is_file())
    else:
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise not_found("file or folder", str(path.absolute()), [str(path.absolute().parent / n) for n in beside])


def plain(source: str | Sequence[str], asked: str, *, labeled: bool) -> Contents:
    """Return the files that *source* stands for as items of a task: the one asked for, else the one of their modality."""
    patterns = [source] if isinstance(source, str) else list(source)
    if packed := [one for one in patterns if one.lower().endswith(_PACKED)]:
        raise InputError(f"{packed[0]} is an archive.", hint="Unpack it, and name the folder.")
    seems = like(Path(patterns[0]).expanduser())
    # Texts beside no picture may well be the labels of some.
    usual = [asked] if asked else list(_USUAL[:1] if seems else _USUAL)
    for name in usual:
        kind = task(name)
        far = sorted({one for pattern in patterns if is_remote(pattern) for one in remote(pattern, kind.suffixes)})
        near = sorted({one for pattern in patterns if not is_remote(pattern) for one in files(pattern, kind.suffixes)})
        mine = any(path.suffix.lower() in kind.suffixes for path in near)
        if far or mine or (near and name == usual[-1]):
            every: list[Path | str] = [*near, *far]
            return Contents(name, [_item(one, labeled=labeled) for one in every])
    kind = task(usual[0])
    more = f" It looks like format {seems!r}: wb.ingest(..., format={seems!r})." if seems else ""
    raise InputError(f"No {kind.modality} files in {source!r}.", hint=f"Files end in {', '.join(kind.suffixes)}.{more}")


def remote(address: str, suffixes: Sequence[str]) -> list[str]:
    """Return the addresses below *address* with these endings; itself, when it is such a file."""
    try:
        found = below(address)
    except FileNotFoundError:
        raise not_found("file or folder", address, None) from None
    return [one for one in found if Path(one).suffix.lower() in suffixes]


def _item(one: Path | str, *, labeled: bool) -> Item:
    group = Path(one).parent.name
    row = {"name": Path(one).name, "group": group}
    label = group if labeled else None
    if isinstance(one, str):
        return Item(one, address=one, row=row, label=label)
    return Item(str(one), one, row=row, label=label)
