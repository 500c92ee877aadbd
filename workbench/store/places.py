"""Where tables live, in a folder or behind an address, laid out alike.

A version exists when its manifest (`<name>.versions/<n>.json`) exists; it is written last. Beside it lies `<n>.arrow`, the
ids that it added, changed and removed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from workbench.store.files import Files, is_remote

#: What a version did with a row.
ADDED, CHANGED, REMOVED = 0, 1, 2
_NUMBER = re.compile(r"([1-9][0-9]{0,9})\.json")


class Place:
    """What is known of the tables below *root*; their rows are Lance's."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._files = Files(self.root)

    def uri(self, name: str) -> str:
        """Return where Lance finds the rows of a table."""
        return f"{self.root}/{name}.lance"

    def storage(self) -> dict[str, str]:
        """Return what Lance has to be told of a store; it takes the keys from the environment, as fsspec does."""
        address = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
        if not is_remote(self.root) or not address:
            return {}
        return {"aws_endpoint": address, "allow_http": str(address.startswith("http://")).lower()}

    def names(self) -> list[str]:
        """Return the names of the tables that have a version."""
        found = [name.removesuffix(".versions") for name in self._files.names() if name.endswith(".versions")]
        return sorted(name for name in found if self.numbers(name))

    def numbers(self, name: str) -> list[int]:
        """Return the numbers of a table's versions, oldest first."""
        found = [_NUMBER.fullmatch(file) for file in self._files.names(f"{name}.versions")]
        return sorted(int(number[1]) for number in found if number)

    def manifest(self, name: str, version: int) -> dict[str, Any]:
        """Return what is known of a version; raise `FileNotFoundError`."""
        return dict(json.loads(self._files.read(f"{name}.versions/{version}.json")))

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Let a version exist, or tell where its rows lie from now on."""
        self._write(f"{manifest['name']}.versions/{manifest['version']}.json", manifest)

    def touched(self, name: str, version: int) -> pa.Table | None:
        """Return the columns `id` and `did` of the rows that a version touched; None when it made all that it holds."""
        try:
            content = self._files.read(f"{name}.versions/{version}.arrow")
        except FileNotFoundError:
            return None
        return pa.ipc.open_file(content).read_all()

    def write_touched(self, name: str, version: int, touched: pa.Table) -> None:
        """Keep which rows a version touched."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, touched.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as file:
            file.write_table(touched.combine_chunks())
        self._files.write(f"{name}.versions/{version}.arrow", sink.getvalue().to_pybytes())

    def tags(self, name: str) -> dict[str, int]:
        """Return the tags of a table with their versions."""
        try:
            return dict(json.loads(self._files.read(f"{name}.tags.json")))
        except FileNotFoundError:
            return {}

    def write_tags(self, name: str, tags: Mapping[str, int]) -> None:
        """Replace the tags of a table."""
        self._write(f"{name}.tags.json", tags)

    def _write(self, path: str, value: Mapping[str, Any]) -> None:
        self._files.write(path, json.dumps(value, indent=2, sort_keys=True).encode())
