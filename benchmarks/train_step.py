"""What a step of the training loop costs beside a bare torch loop and transformers.Trainer, in CPU seconds, interleaved.

Run: python benchmarks/train_step.py [--rounds 5] [--backbone small-cnn]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import workbench as wb
from workbench.core.dataset import commit
from workbench.models.backbones import create
from workbench.models.samples import Samples
from workbench.testing.workspace import fake_workspace
from workbench.training.loop import Learner, seeded

N, SIZE, BATCH = 1024, 32, 64
CLASSES = tuple("0123456789")


def samples(ws: wb.Workspace, name: str, settings: dict[str, object], n: int) -> Samples:
    random, rows = np.random.default_rng(0), []
    for i in range(n):
        content = io.BytesIO()
        Image.fromarray(random.integers(0, 255, (SIZE, SIZE, 3), np.uint8)).save(content, "PNG")
        rows.append({"id": f"{i:05}", "media": ws.blobs.put(content.getvalue()), "label": CLASSES[i % 10]})
    made = Samples(commit(ws, name, rows), task="image-classification", classes=CLASSES, settings=settings)
    made.inputs([0])  # decoded here, so that the loops are timed and not the decoding
    return made


def ours(recipe: wb.Recipe, data: Samples, val: Samples) -> None:
    with seeded(recipe):
        for _ in Learner(recipe, n_classes=len(CLASSES), n_items=len(data)).epochs(data, val, CLASSES):
            pass


def bare(recipe: wb.Recipe, data: Samples, val: Samples, *, channels_last: bool) -> None:
    """The fewest lines that train the same network for as many steps, with the same optimizer."""
    torch.manual_seed(0)
    form = torch.channels_last if channels_last else torch.contiguous_format
    network = create(recipe.backbone, n_classes=len(CLASSES), image_size=SIZE).to(memory_format=form)
    pixels, targets = torch.from_numpy(data.inputs(range(len(data)))), torch.from_numpy(data.targets)
    held = torch.from_numpy(val.inputs(range(len(val))))
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.lr, fused=True)
    for _ in range(recipe.epochs):
        network.train()
        for batch in torch.randperm(len(pixels)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(network(pixels[batch].contiguous(memory_format=form)), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        with torch.inference_mode():
            network(held)


def trainer(recipe: wb.Recipe, data: Samples, val: Samples) -> None:
    from transformers import Trainer, TrainingArguments

    class Wrapped(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = create(recipe.backbone, n_classes=len(CLASSES), image_size=SIZE)

        def forward(self, pixels: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            outputs = self.network(pixels)
            return {"loss": torch.nn.functional.cross_entropy(outputs, labels), "logits": outputs}

    def rows(side: Samples) -> list[dict[str, torch.Tensor]]:
        pixels = torch.from_numpy(side.inputs(range(len(side))))
        return [{"pixels": p, "labels": torch.tensor(t)} for p, t in zip(pixels, side.targets, strict=True)]

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        arguments = TrainingArguments(
            folder,
            num_train_epochs=recipe.epochs,
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=BATCH,
            learning_rate=recipe.lr,
            eval_strategy="epoch",
            save_strategy="no",
            logging_strategy="epoch",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        )
        Trainer(Wrapped(), arguments, train_dataset=rows(data), eval_dataset=rows(val)).train()


def main() -> None:
    """Print milliseconds of CPU per step, and the ratio to the bare loop, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backbone", default="small-cnn")
    told = parser.parse_args()
    torch.set_num_threads(1)
    recipe = wb.recipe("image-classification", backbone=told.backbone, epochs=1, batch_size=BATCH, image_size=SIZE)
    with tempfile.TemporaryDirectory() as folder:
        ws = fake_workspace(Path(folder))
        settings = create(told.backbone, n_classes=10, image_size=SIZE).settings
        sides = samples(ws, "data", settings, N), samples(ws, "val", settings, 128)
        loops: dict[str, Callable[[], None]] = {
            "workbench": lambda: ours(recipe, *sides),
            "bare torch": lambda: bare(recipe, *sides, channels_last=False),
            "bare torch, channels last": lambda: bare(recipe, *sides, channels_last=True),
            "transformers.Trainer": lambda: trainer(recipe, *sides),
        }
        taken: dict[str, list[float]] = {name: [] for name in loops}
        for number in range(told.rounds + 1):
            for name, loop in loops.items():
                began = time.process_time()
                loop()
                if number:  # the first round imports and warms up
                    taken[name].append((time.process_time() - began) / math.ceil(N / BATCH) * 1000)
    ms = {name: statistics.median(values) for name, values in taken.items()}
    print(json.dumps({name: {"ms": round(v, 2), "ratio": round(v / ms["bare torch"], 3)} for name, v in ms.items()}, indent=2))


if __name__ == "__main__":
    main()
