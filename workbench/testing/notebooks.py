"""Small notebooks for tests."""

from __future__ import annotations

from pathlib import Path

from workbench.core import files


def write_notebook(path: Path, *cells: str | tuple[str, ...], kernel: str = "python3") -> Path:
    """Write a notebook of code cells and return its path; a tuple is a source and its tags.

    >>> import tempfile
    >>> write_notebook(Path(tempfile.mkdtemp()) / "a.ipynb", ("epochs = 3", "parameters"), "print(epochs)").name
    'a.ipynb'
    """
    told = [(cell, ()) if isinstance(cell, str) else (cell[0], cell[1:]) for cell in cells]
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
        "cells": [
            {
                "id": f"c{index}",
                "cell_type": "code",
                "source": source,
                "metadata": {"tags": list(tags)},
                "outputs": [],
                "execution_count": None,
            }
            for index, (source, tags) in enumerate(told)
        ],
    }
    files.write_json(path, document)
    return path
