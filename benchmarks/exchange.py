"""Label Studio's REST, and `wb.label()` and `pull()` beside it, on the same server in the same run.

    python benchmarks/exchange.py [--items 5000] [--rounds 3] [--guesses]

A real server in a folder of its own, texts with two classes to choose from. The REST is what a hand-written script does at
its best: one connection, requests of the best of three sizes, one export. Ours is what a user calls: with the queue, the
journal, the join on our ids, and the new version of the dataset. `--guesses` gives each item a pre-label, which the server
checks one by one. Told is the median of the rounds: items a second, and the seconds of processor of this process and of the
server's, which other work on the machine does not change much.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

import workbench as wb
from workbench.labeling.studio_server import ServerInfo, installed, start, stop
from workbench.testing.annotator import account, answer

_TASK, _CLASSES, _SIZES = "text-classification", ("ok", "crack"), (500, 1000, 5000)
#: A pull asks again for what was said so shortly before the newest answer; here all answers come at once.
_LATE_S = 6.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Clock:
    """What each way took, by its name: seconds on the clock, of this process and of the server's."""

    server: ServerInfo
    took: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    def time(self, what: str, run: Callable[[], Any]) -> Any:
        """Run it, note what it took, and return what it returns."""
        began = time.perf_counter(), time.process_time(), self._cpu()
        made = run()
        ended = time.perf_counter(), time.process_time(), self._cpu()
        wall, ours, theirs = (after - before for before, after in zip(began, ended, strict=True))
        self.took.setdefault(what, []).append((wall, ours, theirs))
        return made

    def show(self, n: int, ways: Sequence[str], beside: str) -> None:
        """Print the medians, and how many times the seconds of *beside* each takes on the clock."""
        limit = statistics.median(wall for wall, *_ in self.took[beside])
        for what in ways:
            wall, ours, theirs = (statistics.median(each) for each in zip(*self.took[what], strict=True))
            print(f"{what:44}{n / wall:9,.0f}{wall:9.2f}{ours:9.2f}{theirs:9.2f}{wall / limit:9.2f}", flush=True)

    def _cpu(self) -> float:
        """Return the seconds of processor that the server has taken so far."""
        stat = Path(f"/proc/{self.server.handle['pid']}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--guesses", action="store_true")
    told = parser.parse_args()
    if installed() is None:
        print("Label Studio is not installed. Run: workbench labels install")
        return
    logging.getLogger("workbench").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        ws = wb.open(Path(folder) / "ws")
        server = start(ws.root)
        try:
            measure(ws, server, told.items, told.rounds, guesses=told.guesses)
        finally:
            stop(ws.root)


def measure(ws: wb.Workspace, server: ServerInfo, n: int, rounds: int, *, guesses: bool) -> None:
    """Send *n* texts both ways and bring them back both ways, as often as told."""
    clock = Clock(server)
    data = texts(ws, n, guesses=guesses)
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Token {server.token}"}, timeout=600) as client:
        account(client, server.url, server.token)  # so that its first use is not in the figures
        for turn in range(rounds):
            one_round(clock, client, data, turn)
    raw = min((f"REST, import, {size:,} a request" for size in _SIZES), key=lambda way: statistics.median(clock.took[way]))
    print(f"{'':44}{'items/s':>9}{'seconds':>9}{'CPU s':>9}{'server':>9}{'ratio':>9}")
    clock.show(n, [way for way in clock.took if "import" in way or "label()" in way or "push" in way], raw)
    clock.show(n, [way for way in clock.took if "export" in way or "pull()" in way], "REST, export")


def texts(ws: wb.Workspace, n: int, *, guesses: bool) -> wb.Dataset:
    """Return *n* short texts as a dataset."""
    lines: Iterator[dict[str, Any]] = ({"text": f"Cap {i} came from line {i % 7} and looks fine."} for i in range(n))
    if guesses:
        lines = (line | {"prediction": _CLASSES[i % 2], "prediction_by": "rule", "score": 0.5} for i, line in enumerate(lines))
    file = ws.root / "texts.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return wb.ingest(ws, "texts", str(file), task=_TASK, columns={} if not guesses else {"prediction": "prediction"})


def one_round(clock: Clock, client: httpx.Client, data: wb.Dataset, turn: int) -> None:
    """Time every way once."""
    job = clock.time("ours, label(): project, queue, import", lambda: wb.label(data, classes=_CLASSES, name=f"round-{turn}"))
    clock.time("ours, push() with nothing new", lambda: job.push(data))
    own = f"/api/projects/{job.info().project}"
    config = client.get(f"{own}/").raise_for_status().json()["label_config"]
    shown = client.get(f"{own}/export", params={"exportType": "JSON", "download_all_tasks": "true"}).raise_for_status().json()
    tasks = [{"data": item["data"], "predictions": item.get("predictions", [])} for item in shown]
    for size in _SIZES:
        clock.time(f"REST, import, {size:,} a request", lambda size=size: put(client, config, tasks, size))
    server = clock.server
    answer(server.url, server.token, job.info().project, lambda item: _CLASSES[len(item["text"]) % 2], task=_TASK)
    time.sleep(_LATE_S)
    touch(client, own, 1)
    clock.time("REST, export", lambda: client.get(f"{own}/export", params={"exportType": "JSON"}).raise_for_status().json())
    labeled = clock.time("ours, pull(): export, journal, new version", job.pull)
    assert labeled.labeled().n_items == data.n_items
    touch(client, own, 10)
    clock.time("ours, pull() with 10 changed", job.pull)
    clock.time("ours, pull() with nothing new", job.pull)


def touch(client: httpx.Client, own: str, n: int) -> None:
    """Give the first answers of a project again."""
    query = {"project": own.rpartition("/")[2], "page_size": n, "fields": "all"}
    for item in client.get("/api/tasks/", params=query).raise_for_status().json()["tasks"]:
        said = item["annotations"][0]
        client.patch(f"/api/annotations/{said['id']}/", json={"result": said["result"]}).raise_for_status()


def put(client: httpx.Client, config: str, tasks: Sequence[Any], size: int) -> None:
    """Import into a new project as a script would."""
    project = client.post("/api/projects/", json={"title": "texts", "label_config": config}).raise_for_status().json()["id"]
    for i in range(0, len(tasks), size):
        client.post(f"/api/projects/{project}/import", json=tasks[i : i + size]).raise_for_status()


if __name__ == "__main__":
    main()
