"""Reading label files that anybody may have written: of bounded size, without entities, code or ways out of the folder."""

from __future__ import annotations

import json
import math
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.files import within

#: Label files are read whole; COCO's largest has 450 MB.
MAX_BYTES = 1 << 30
#: One that tells of a single picture, or of the data set as a whole.
MAX_SMALL = 16 << 20

_UPLOADED = re.compile(r"[0-9a-f]{8}-")


def text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """Return the text of a UTF-8 file; raise `InputError` when it is too large or not text."""
    try:
        return content(path, limit=limit).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} is not UTF-8: byte {exc.start:,} is {exc.object[exc.start]:#x}.") from exc


def content(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file; raise `InputError` when it is missing or too large."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise InputError(f"{path} has {size >> 20:,} MB, more than the {limit >> 20:,} MB read at once.", hint="Split it.")
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror}.") from exc


def parsed(path: Path, *, limit: int = MAX_BYTES) -> Any:
    """Return the JSON in a file."""
    return json_of(text(path, limit=limit), what=str(path))


def json_of(said: str | bytes, *, what: str) -> Any:
    """Return the JSON in a text; NaN and nesting without end are refused as what they are."""
    try:
        return json.loads(said, parse_constant=_no_number)
    except RecursionError as exc:
        raise InputError(f"{what} nests too deeply.") from exc
    except ValueError as exc:
        raise InputError(f"{what} is not JSON: {str(exc).rstrip('.')}.", hint="It may be cut off.") from exc


def xml(path: Path, *, limit: int = MAX_BYTES) -> Any:
    """Return the root element of an XML file; one that declares entities is refused."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        return fromstring(content(path, limit=limit), forbid_dtd=True)
    except DefusedXmlException as exc:
        raise InputError(f"{path} declares entities or a DTD, which label files do not need.") from exc
    except (ParseError, ValueError, LookupError) as exc:
        raise InputError(f"{path} is not XML: {exc}.", hint="It may be cut off.") from exc


def yaml(path: Path) -> Any:
    """Return what a small YAML file says, plain values only."""
    import yaml as reader

    try:
        return reader.safe_load(text(path, limit=1 << 20))
    except (reader.YAMLError, RecursionError, ValueError) as exc:
        raise InputError(f"{path} is not YAML: {' '.join(str(exc).split())}.") from exc


def yaml_of(value: Any) -> str:
    """Return *value* as YAML."""
    import yaml as writer

    return str(writer.safe_dump(value, allow_unicode=True, sort_keys=False))


class Files:
    """The files below a folder, found by the names that a label file uses for them; none of them lies outside of it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._called: dict[str, list[Path]] | None = None

    def find(self, name: Any) -> Path:
        """Return the file of this name, or the only one below the folder that is called so."""
        if not isinstance(name, str) or not name or "\0" in name:
            raise InputError(f"{name!r:.80} is not the name of a file.")
        said = name.replace("\\", "/").removeprefix("./")
        if path := self._at(said):
            return path
        own = said.rpartition("/")[2]
        called = self._all().get(own, [])
        there = [path for path in called if path.as_posix().endswith(f"/{said}")] or called
        if len(there) == 1:  # also for a path on the machine of whoever wrote it
            return there[0]
        within(self._root, said)
        if there:
            raise InputError(f"{len(there)} files below {self._root} are called {own!r}.", hint="Name their folders.")
        raise InputError(
            f"There is no file {said!r:.200} below {self._root}.", hint="Name the folder of the files with `root`."
        )

    def nearest(self, name: str) -> Path:
        """Return the file that an address from another machine means: the one below the folder with most of its path.

        Label Studio puts eight digits before the name of a file that was uploaded.
        """
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        ends = ["/".join(parts[i:]) for i in range(len(parts))] or [name]
        own = [_UPLOADED.sub("", ends[-1])] if _UPLOADED.match(ends[-1]) else []
        there = next((path for said in (*ends, *own) if (path := self._at(said))), None)
        return there or self.find(own[0] if own and ends[-1] not in self._all() else ends[-1])

    def _at(self, said: str) -> Path | None:
        """Return the file at a path below the folder, None when there is none or a link leads to it from outside."""
        parts = said.split("/")
        if said.startswith("/") or ".." in parts:
            return None
        steps = [self._root]
        for part in parts:
            steps.append(steps[-1] / part)
        try:
            linked = steps[-1].is_file() and any(step.is_symlink() for step in steps[1:])
            inside = steps[-1].is_file() and not (linked and not steps[-1].resolve().is_relative_to(self._root))
        except OSError:  # such as a name that is too long for any file
            return None
        return steps[-1] if inside else None

    def _all(self) -> dict[str, list[Path]]:
        """Return the files below the folder by their own names; looked for when a path is not as it is told."""
        if self._called is None:
            self._called = defaultdict(list)
            for folder, _, names in os.walk(self._root):
                for name in names:
                    path = Path(folder, name)
                    if not path.is_symlink() or path.resolve().is_relative_to(self._root):
                        self._called[name].append(path)
        return self._called


def dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list in JSON; what is none is not one of them."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """Return a number of JSON as a finite float, None when it is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def numbers(values: Any, n: int | None = None) -> list[float]:
    """Return *values* as finite floats, *n* of them; raise `InputError` when they are not."""
    try:
        made = [float(value) for value in values]
    except (TypeError, ValueError, OverflowError) as exc:
        raise InputError(f"{values!r:.80} are not numbers.") from exc
    if not all(map(math.isfinite, made)):
        raise InputError(f"{values!r:.80} are not all finite.")
    if n is not None and len(made) != n:
        raise InputError(f"{n} numbers are expected, got {len(made)}: {values!r:.80}.")
    return made


def pairs(flat: Iterable[Any]) -> list[list[float]]:
    """Return x1, y1, x2, y2, ... as points."""
    made = numbers(flat)
    if len(made) % 2:
        raise InputError(f"Points have an x and a y each, got {len(made)} numbers.")
    return [made[i : i + 2] for i in range(0, len(made), 2)]


def _no_number(name: str) -> Any:
    raise InputError(f"{name} is no number in JSON.")
