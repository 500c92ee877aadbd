"""Embedding, searching and auditing many items: seconds of the clock and of the processor, and memory at its height.

    python benchmarks/care.py [--items 100000] [--of pictures | texts | table] [--beside-cleanlab]

Pictures are the 8 x 8 digits of scikit-learn, four times as large, with noise of their own each, and judged by their
thumbnails, as a browser of them would be: nothing but the table of them is on disk. Texts are first paragraphs of Python's
own documentation with a fifth of their words drawn anew; rows of a table are the pixels of digits with noise. One label in
twenty is wrong. The memory is that of the process, at its height within each line (Linux).
"""

from __future__ import annotations

import argparse
import io
import re
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
from workbench.core.events import Event
from workbench.data.care.finding import CHECKS
from workbench.data.care.subject import Subject
from workbench.testing.samples import docstrings

Made = tuple[wb.Dataset, set[int]]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--of", choices=("pictures", "texts", "table"), default="pictures")
    parser.add_argument("--beside-cleanlab", action="store_true", help="judge the same vectors by cleanlab's Datalab as well")
    parser.add_argument("--folder", type=Path, help="where to work, a temporary folder by default")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        ws = wb.open(Path(folder) / "ws", environment={})
        data, wrong = {"pictures": noisy_digits, "texts": mixed_texts, "table": noisy_rows}[asked.of](ws, asked.items)
        print(f"{'what':24}{'seconds':>10}{'CPU':>10}{'found':>10}{'MB':>12}", flush=True)
        if asked.of != "table":
            data = told("embed", lambda: wb.embed(data))
            told("search", lambda: wb.search(data, data.ids()[0]))
        train, test = wb.split(data, 0.9, 0.1, seed=0)
        checked(train, test, wrong & {int(id) for id in train.ids()})
        if asked.beside_cleanlab:
            beside_cleanlab(data, wrong)


def noisy_digits(ws: wb.Workspace, n: int) -> Made:
    """Return pictures as a dataset, and which labels are wrong."""
    digits, random = load_digits(), np.random.default_rng(0)
    large = [Image.fromarray((p * 15.9).astype(np.uint8)).resize((32, 32), Image.Resampling.BICUBIC) for p in digits.images]
    pixels = [np.asarray(image, np.int16) for image in large]
    which = random.integers(0, len(large), n)
    thumbs = []
    for i in which:
        content = io.BytesIO()
        noise = random.normal(0, 40, (32, 32)).astype(np.int16)
        Image.fromarray(np.clip(pixels[i] + noise, 0, 255).astype(np.uint8)).save(content, "JPEG", quality=85)
        thumbs.append(content.getvalue())
    columns = {"media": [f"{i:064x}.png" for i in range(n)], "thumb": pa.array(thumbs, pa.binary())}
    return labeled(ws, columns, digits.target[which], task="image-classification")


def mixed_texts(ws: wb.Workspace, n: int) -> Made:
    """Return texts as a dataset, and which labels are wrong."""
    random, known = np.random.default_rng(0), docstrings(ws).rows()
    words = [re.findall(r"\S+", row["text"]) for row in known]
    packages = sorted({row["label"] for row in known})
    targets, pool = np.array([packages.index(row["label"]) for row in known]), np.concatenate(words)
    which, texts = random.integers(0, len(known), n), []
    for i in which:
        anew = random.random(len(words[i])) < 0.2
        drawn = pool[random.integers(0, len(pool), len(anew))]
        texts.append(" ".join(np.where(anew, drawn, words[i])))
    return labeled(ws, {"text": texts}, targets[which], task="text-classification")


def noisy_rows(ws: wb.Workspace, n: int) -> Made:
    """Return rows of 32 numbers and a name as a dataset, and which labels are wrong."""
    digits, random = load_digits(), np.random.default_rng(0)
    which = random.integers(0, len(digits.data), n)
    rows = digits.data[which][:, ::2] + random.normal(0, 1, (n, 32))
    columns = {f"p{i}": rows[:, i] for i in range(32)} | {"scanner": random.choice(["a", "b", "c"], n).tolist()}
    return labeled(ws, columns, digits.target[which], task="tabular-classification")


def labeled(ws: wb.Workspace, columns: dict[str, Any], targets: Any, *, task: str) -> Made:
    """Return the rows as a dataset in which one label in twenty is wrong, and which."""
    n, n_classes, random = len(targets), int(targets.max()) + 1, np.random.default_rng(1)
    wrong = random.random(n) < 0.05
    labels = np.where(wrong, (targets + random.integers(1, n_classes, n)) % n_classes, targets)
    rows = {
        "id": [f"{i:07}" for i in range(n)],
        "label": labels.astype(str),
        "group": [f"g{i % 5}" for i in range(n)],
        **columns,
    }
    data = commit(ws, "many", pa.table(rows), task=task, classes=[str(i) for i in range(n_classes)])
    return data, set(np.flatnonzero(wrong).tolist())


def beside_cleanlab(data: wb.Dataset, wrong: set[int]) -> None:
    """Let cleanlab's Datalab judge the same vectors: labels by its own nearest neighbours, outliers, near duplicates."""
    from cleanlab import Datalab

    vectors, labels = Subject(data).vectors[1], [str(label) for label in data.labels()]

    def judge() -> Any:
        lab = Datalab({"label": labels}, label_name="label", verbosity=0)
        lab.find_issues(features=vectors, issue_types={"label": {}, "outlier": {}, "near_duplicate": {}})
        return lab.get_issues("label")

    issues = told("cleanlab's three", judge)
    judged("cleanlab", set(np.flatnonzero(issues["is_label_issue"]).tolist()), wrong)


def checked(data: wb.Dataset, test: wb.Dataset, wrong: set[int]) -> None:
    """Audit *data* against *test* by all checks at once, which share what they compute, and print what each took."""
    spans: list[tuple[str, Span]] = []

    def heard(event: Event) -> None:
        if "what" in event.fields:
            if spans:
                spans[-1][1].end()
            spans.append((event.fields["what"], Span()))

    stop = data.ws.events.subscribe(heard)
    report = wb.audit(data, against=[test], checks=[name for name in CHECKS if name != "invalid"])
    stop()
    spans[-1][1].end()
    for name, span in spans:
        span.say(name, report.details["checks"][name]["n"])
    judged("the workbench", {int(id) for id in report.items("labels").ids()}, wrong)


class Span:
    """What passes between now and `end`: seconds, those of the processor, and memory at its height."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the height is measured anew
        self.clock, self.cpu, self.height = time.perf_counter(), time.process_time(), 0.0

    def end(self) -> None:
        """Take the figures."""
        self.clock, self.cpu = time.perf_counter() - self.clock, time.process_time() - self.cpu
        height = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        self.height = int(height.split()[1]) / 1024

    def say(self, what: str, found: int) -> None:
        """Print a line of the table."""
        print(f"{what:24}{self.clock:>10.1f}{self.cpu:>10.1f}{found:>10}{self.height:>12.0f}", flush=True)


def judged(who: str, found: set[int], wrong: set[int]) -> None:
    """Print how many of the wrong labels are found, and how many of those found are wrong."""
    right = len(found & wrong)
    shares = right / len(wrong), right / max(1, len(found))
    print(f"  {who}: {shares[0]:.1%} of the wrong labels are found, {shares[1]:.1%} of the found are wrong", flush=True)


def told(what: str, act: Callable[[], Any]) -> Any:
    """Do it, print what it took, and return what it returned."""
    span = Span()
    made = act()
    span.end()
    span.say(what, len(made))
    return made


if __name__ == "__main__":
    main()
