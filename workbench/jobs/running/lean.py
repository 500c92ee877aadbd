"""Importing papermill without what a job on this machine never uses: half of its start-up goes there."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

#: rfc3987_syntax: jsonschema's optional checker of IRIs, which builds grammars for a second; a notebook has no IRIs.
#: pyarrow, boto3, gcsfs, azure: papermill's optional ways to notebooks on HDFS, S3, Google and Azure; ours is a file.
UNUSED = ("rfc3987_syntax", "pyarrow", "boto3", "gcsfs", "azure")


@contextlib.contextmanager
def lean() -> Iterator[None]:
    """Let each of UNUSED look as if it were not installed; those who import them cope, and may have them afterwards."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes `import` raise ModuleNotFoundError
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
