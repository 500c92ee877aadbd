"""Real pictures and real texts that are on every machine, for tests and benchmarks of learning."""

from __future__ import annotations

import ast
import io
import sysconfig
from pathlib import Path

from workbench.core.dataset import Dataset, commit
from workbench.core.workspace import Workspace

_PACKAGES = ("asyncio", "email", "http", "logging", "multiprocessing", "tkinter", "unittest", "xml")
_MOST, _WORDS = 200, 5


def digits(ws: Workspace, name: str = "digits", *, n: int | None = None) -> Dataset:
    """Return the 1,797 written digits of scikit-learn as pictures of 32 pixels, or the first *n* of them."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    found, rows = load_digits(), []
    for i, (image, target) in enumerate(zip(found.images[:n], found.target[:n], strict=True)):
        content, small = io.BytesIO(), Image.fromarray((image * 15.9).astype(np.uint8))
        small.resize((32, 32), Image.Resampling.BILINEAR).save(content, "PNG")
        rows.append({"id": f"{i:05}", "media": ws.blobs.put(content.getvalue(), suffix=".png"), "label": str(target)})
    return commit(ws, name, rows, task="image-classification", classes=[str(i) for i in range(10)])


def docstrings(ws: Workspace, name: str = "docstrings") -> Dataset:
    """Return first paragraphs of Python's own documentation, labeled with the package that they are from."""
    rows = []
    for package in _PACKAGES:
        texts = sorted(set(_paragraphs(Path(sysconfig.get_paths()["stdlib"]) / package)))[:_MOST]
        rows += [{"id": f"{package}-{i:03}", "text": text, "label": package} for i, text in enumerate(texts)]
    return commit(ws, name, rows, task="text-classification", classes=list(_PACKAGES))


def _paragraphs(folder: Path) -> list[str]:
    found = []
    for file in sorted(folder.rglob("*.py")):
        if "test" in file.parts or "tests" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                text = (ast.get_docstring(node) or "").split("\n\n")[0]
                if len(text.split()) >= _WORDS:
                    found.append(text)
    return found
