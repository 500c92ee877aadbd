"""A target that starts nothing: a test says when a job has ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class FakeTarget:
    """Jobs in a dictionary; `folders` holds what was submitted, by the id of the run."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}
        self.ended: set[str] = set()

    def submit(self, run: str, folder: Path) -> Mapping[str, Any]:
        """Remember the job."""
        self.folders[run] = folder
        return {"job": run}

    def alive(self, handle: Mapping[str, Any]) -> bool:
        """Return whether the test has not ended the job yet."""
        return handle["job"] in self.folders and handle["job"] not in self.ended

    def why(self, handle: Mapping[str, Any]) -> str:  # noqa: ARG002  # the port's
        """Return nothing: what a test ended needs no reason."""
        return ""

    def cancel(self, handle: Mapping[str, Any]) -> None:
        """End the job."""
        self.end(str(handle["job"]))

    def end(self, run: str) -> None:
        """End the job of *run*, as a kill from outside does."""
        self.ended.add(run)
