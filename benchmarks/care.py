"""Embedding, searching and auditing many pictures: seconds of the clock and of the processor, and memory at its height.

    python benchmarks/care.py [--items 100000]

The pictures are the 8 x 8 digits of scikit-learn, four times as large, with noise of their own each; one label in twenty
is wrong. They are judged by their thumbnails, as a browser of them would be; nothing but the table of them is on disk.
"""

from __future__ import annotations

import argparse
import io
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image
from sklearn.datasets import load_digits

import workbench as wb
from workbench.core.dataset import commit

_CHECKS = ("profile", "quality", "duplicates", "near-duplicates", "labels", "outliers", "bias", "coverage")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    n_items = parser.parse_args().items
    with tempfile.TemporaryDirectory() as folder:
        ws = wb.open(Path(folder) / "ws", environment={})
        data, wrong = noisy_digits(ws, n_items)
        print(f"{'what':24}{'seconds':>10}{'CPU':>10}{'found':>10}{'MB so far':>12}")
        data = told("embed", lambda: wb.embed(data))
        told("search", lambda: wb.search(data, data.ids()[0]))
        for check in _CHECKS:
            report = told(check, lambda check=check: wb.audit(data, checks=[check]), check)
            if check == "labels":
                found = {int(id) for id in report.items(check).ids()}
                right = len(found & wrong)
        train, test = wb.split(data, 0.75, 0.25, seed=0)
        told("leakage", lambda: wb.audit(train, against=[test], checks=["leakage"]), "leakage")
    print(f"of the wrong labels {right / len(wrong):.1%} are found; of what is doubted {right / len(found):.1%} is wrong")


def noisy_digits(ws: wb.Workspace, n: int) -> tuple[wb.Dataset, set[int]]:
    """Return the pictures as a dataset, and which labels are wrong."""
    digits, random = load_digits(), np.random.default_rng(0)
    large = [Image.fromarray((p * 15.9).astype(np.uint8)).resize((32, 32), Image.Resampling.BICUBIC) for p in digits.images]
    pixels = [np.asarray(image, np.int16) for image in large]
    which, wrong = random.integers(0, len(large), n), random.random(n) < 0.05
    labels = np.where(wrong, (digits.target[which] + random.integers(1, 10, n)) % 10, digits.target[which])
    thumbs = []
    for i in which:
        content = io.BytesIO()
        noise = random.normal(0, 40, (32, 32)).astype(np.int16)
        Image.fromarray(np.clip(pixels[i] + noise, 0, 255).astype(np.uint8)).save(content, "JPEG", quality=85)
        thumbs.append(content.getvalue())
    columns = {
        "id": [f"{i:07}" for i in range(n)],
        "media": [f"{i:064x}.png" for i in range(n)],
        "thumb": pa.array(thumbs, pa.binary()),
        "label": labels.astype(str).tolist(),
        "group": [f"g{i % 5}" for i in range(n)],
    }
    data = commit(ws, "digits", pa.table(columns), task="image-classification", classes=list("0123456789"))
    return data, set(np.flatnonzero(wrong).tolist())


def told(what: str, act: Callable[[], Any], check: str = "") -> Any:
    """Do it, print what it took, and return what it returned."""
    clock, cpu = time.perf_counter(), time.process_time()
    made = act()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    found = made.details["checks"][check]["n"] if check else len(made)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:24}{clock:>10.2f}{cpu:>10.2f}{found:>10}{memory:>12.0f}", flush=True)
    return made


if __name__ == "__main__":
    main()
