"""The whole loop on real images, headless: label, train, promote, optimize, canary, monitor, and back to labeling.

Run by `make demo`. It leaves the workspace `demo`, which `make lab` opens. The images are the 1,797 handwritten digits
and the two photographs that scikit-learn carries; a script answers in a real Label Studio in place of a person.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import workbench as wb

HERE = Path(__file__).resolve().parent
CLASSES = [str(digit) for digit in range(10)]
N_LABELED = 1200
REQUIRED = 0.97
MARK = ".made-by-the-demo"


@dataclass
class Story:
    """What happened, stage by stage, for the table at the end."""

    rows: list[tuple[str, str, float, str]] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[dict[str, str]]:
        """Time a stage; the body says what happened and where to look."""
        print(f"{name} ...", flush=True)
        told: dict[str, str] = {}
        began = time.monotonic()
        yield told
        seconds = time.monotonic() - began
        self.rows.append((name, told["what"], seconds, told["look"]))
        print(f"    {told['what']}  ({seconds:.1f} s)", flush=True)

    def table(self) -> str:
        """Return the stages as aligned lines."""
        head = ("stage", "what happened", "s", "where to look")
        lines = [head, *((name, what, f"{seconds:.1f}", look) for name, what, seconds, look in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(3)]
        shown = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d}" for a, b, c, d in lines]
        rule = "-" * max(map(len, shown))
        total = sum(seconds for _, _, seconds, _ in self.rows)
        return "\n".join([rule, shown[0], rule, *shown[1:], rule, f"{total:.0f} s in all"])


def main() -> int:
    """Run the loop and return the exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workspace", type=Path, default=HERE.parent / "demo")
    root = options.parse_args().workspace.resolve()
    fresh(root)
    story = Story()
    ws = wb.open(root)
    try:
        loop(ws, story)
    finally:
        stop(ws)
    print(f"\n{story.table()}\n\nThe workspace is {root}. Label Studio and the service are stopped.")
    print("`make lab` opens it in JupyterLab, with Label Studio; *Start* in the sidebar brings the service back.")
    return 0


def loop(ws: wb.Workspace, story: Story) -> None:
    """Go round once."""
    digits, truth = bring_in(ws, story)
    labeling, caps = annotate(ws, story, digits, truth)
    train, val, test = wb.split(caps, 0.7, 0.15, 0.15, by="label", seed=7)
    with story.stage("audit") as told:
        care = wb.audit(train, against=[test], checks=["invalid", "duplicates", "leakage", "labels"])
        clean = f"{care.scores['clean']:.0%} of {len(train)} images without a finding"
        told["what"] = f"{clean}; nothing shared with the test images"
        told["look"] = care.require(leakage=1.0).ref
    model = train_as_a_job(story, train, val)
    with story.stage("evaluate") as told:
        report = wb.evaluate(model, test).require(accuracy=REQUIRED)
        told["what"] = f"accuracy {report.scores['accuracy']:.4f} on {len(test)} held-out images, {REQUIRED} required"
        told["look"] = report.ref
    with story.stage("optimize") as told:
        small = wb.optimize(model, val, max_drop=0.005)
        tried = ws.report(small.facts["report"]).scores if "report" in small.facts else {}
        told["what"] = f"{small.facts['runtime']} chosen, {tried.get('speedup', 1.0):.1f} times as fast at the same accuracy"
        told["look"] = str(small.facts.get("report", small.ref))
    labeled = {row["id"] for row in caps.rows(["id", "label"]) if row["label"] is not None}
    unseen = [digits.media(row) for row in digits.rows(["id", "media"]) if row["id"] not in labeled]
    service = put_online(story, model, small, unseen[:200])
    feed_back(story, service, labeling, unseen[200:])


def bring_in(ws: wb.Workspace, story: Story) -> tuple[wb.Dataset, dict[str, str]]:
    """Write the images as files and ingest them."""
    with story.stage("ingest") as told:
        truth = write_digits(ws.root / "input" / "digits")
        write_photographs(ws.root / "input" / "photographs")
        digits = wb.ingest(ws, "digits", str(ws.root / "input" / "digits"))
        photographs = wb.ingest(ws, "photographs", str(ws.root / "input" / "photographs"))
        told["what"] = f"{len(digits)} digits and {len(photographs)} photographs checked, hashed, stored"
        told["look"] = f"{digits.ref}, {photographs.ref}"
    return digits, truth


def annotate(ws: wb.Workspace, story: Story, digits: wb.Dataset, truth: dict[str, str]) -> tuple[wb.Labeling, wb.Dataset]:
    """Label the most diverse images in a real Label Studio."""
    from workbench.labeling import studio_server
    from workbench.testing.annotator import answer

    with story.stage("labels start") as told:
        server = studio_server.start(ws.root)
        told["what"], told["look"] = "a real Label Studio answers", server.url
    with story.stage("label") as told:
        labeling = wb.label(wb.pick(digits, N_LABELED, by="diversity"), task="image-classification", classes=CLASSES)
        told["what"], told["look"] = f"{N_LABELED} diverse images in a project", labeling.url
    with story.stage("answer") as told:
        project = labeling.info().project
        n = answer(server.url, server.token, project, lambda item: truth[item["name"]], task="image-classification")
        told["what"] = f"{n} answers by a script in place of a person, through the server's own interface"
        told["look"] = labeling.url
    with story.stage("pull") as told:
        caps = labeling.pull()
        told["what"], told["look"] = f"{caps.name}@{caps.version} knows who labeled what", caps.ref
    return labeling, caps


def train_as_a_job(story: Story, train: wb.Dataset, val: wb.Dataset) -> wb.Model:
    """Promote the notebook that trains, wait for its model, and run it again to see whether it comes to the same."""
    with story.stage("promote") as told:
        run = wb.promote(HERE / "recipes" / "train.ipynb", parameters={"data": train.ref, "val": val.ref})
        told["what"], told["look"] = "the training notebook was rehearsed and is a job of its own", str(run.folder)
    with story.stage("train") as told:
        run.follow(lambda line: print(f"    | {line}", flush=True))
        model = run.result()
        told["what"] = f"{model.ref}: {model.facts['backbone']}, {len(train)} images"
        told["look"] = str(run.notebook_path)
    with story.stage("verify") as told:
        verdict = wb.verify(run)
        told["what"] = f"{verdict.verdict}: {verdict.says}"
        told["look"] = str(run.folder / "verify.html")
    return model


def put_online(story: Story, model: wb.Model, small: wb.Model, files: list[Path]) -> wb.Service:
    """Serve the model, then the small one behind a canary, cut over, back and forth again."""
    with story.stage("serve") as told:
        service = wb.serve(model, "digit-reader")
        over_http = [service.predict(path) for path in files]
        here = model.predict(files)
        assert [p.label for p in over_http] == [p.label for p in here]
        assert all(abs(a.score - b.score) < 1e-5 for a, b in zip(over_http, here, strict=True))
        told["what"] = f"{len(files)} predictions over HTTP equal those in the notebook"
        told["look"] = service.url
    with story.stage("canary") as told:
        service = wb.serve(small, "digit-reader", canary=10)
        for path in files:
            service.predict(path)
        asked = wb.monitor(service).details["models"]
        got = ", ".join(f"{ref} {told_of['requests']}" for ref, told_of in asked.items())
        told["what"], told["look"] = f"10 % for {small.ref}; requests so far: {got}", f"{service.url}/metrics"
    with story.stage("cut over") as told:
        service.route({small.ref: 100})
        service.rollback()
        back = dict(service.info().traffic)
        service.route({small.ref: 100})
        told["what"], told["look"] = (
            f"100 %, back to {shares(back)}, and to {shares(service.info().traffic)} again",
            service.ref,
        )
    return service


def feed_back(story: Story, service: wb.Service, labeling: wb.Labeling, files: list[Path]) -> None:
    """Send production traffic, watch it, and give the doubtful samples to the annotators."""
    with story.stage("traffic") as told:
        for path in files:
            service.predict(path)
        told["what"], told["look"] = f"{len(files)} images that nobody has labeled, asked over HTTP", service.url
    with story.stage("monitor") as told:
        health = wb.monitor(service)
        p95 = health.details["p95_ms"]
        told["what"] = f"availability {health.scores['availability']:.3f}, p95 {p95:.1f} ms"
        told["look"] = health.ref
    with story.stage("pick and push") as told:
        doubtful = wb.pick(health, 50, by="uncertainty")
        labeling.push(doubtful)
        info = labeling.info()
        told["what"] = f"the {len(doubtful)} least certain are back in the queue: {info.n_items - info.n_labeled} to label"
        told["look"] = labeling.url


def shares(traffic: Any) -> str:
    """Return traffic as text."""
    return ", ".join(f"{ref} {percent:g} %" for ref, percent in traffic.items())


def write_digits(folder: Path) -> dict[str, str]:
    """Write scikit-learn's digits (8 x 8, 16 grey levels) as PNG files of 64 x 64; return the digit by file name."""
    from PIL import Image
    from sklearn.datasets import load_digits

    folder.mkdir(parents=True)
    bunch = load_digits()
    truth = {}
    for n, (pixels, digit) in enumerate(zip(bunch.images, bunch.target, strict=True)):
        image = Image.fromarray((pixels * 255 / 16).astype("uint8")).resize((64, 64), Image.Resampling.BICUBIC)
        image.save(folder / f"{n:04}.png")
        truth[f"{n:04}.png"] = str(digit)
    (folder.parent / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return truth


def write_photographs(folder: Path) -> None:
    """Copy the photographs that scikit-learn carries."""
    import sklearn.datasets

    folder.mkdir(parents=True)
    for path in (Path(sklearn.datasets.__file__).parent / "images").glob("*.jpg"):
        shutil.copy(path, folder)


def fresh(root: Path) -> None:
    """Make way for a new workspace; a folder that the demo did not make is never touched."""
    if root.exists() and any(root.iterdir()):
        if not (root / MARK).exists():
            sys.exit(f"{root} is not a workspace of the demo. Move it away, or give another --workspace.")
        stop(wb.open(root))
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    (root / MARK).touch()


def stop(ws: wb.Workspace) -> None:
    """End what the demo started; everything that it kept stays."""
    from workbench.labeling import studio_server

    for record in ws.records.all("service"):
        if record.state == "running":
            ws.service(record.id).stop()
    studio_server.stop(ws.root)


if __name__ == "__main__":
    sys.exit(main())
