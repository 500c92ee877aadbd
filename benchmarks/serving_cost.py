"""What serving costs: CPU milliseconds per request of the whole service, against the same model called in process.

Both sides decode the same JPEG of about 10 KB, prepare it and run the same ONNX model on one thread. The service is
asked by 16 clients on kept-alive connections, in a process of their own, which is not counted. Sides take turns, because
a machine is not equally fast all day; the figure is the ratio of the medians. The peer, where it is installed, is the
same model behind FastAPI and a pool of as many threads.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import io
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PIL import Image

from workbench.models import bundle
from workbench.models.load import load
from workbench.serving import deployment
from workbench.serving.local_host import LocalHost

CLIENTS, ROUNDS, REQUESTS = 16, 7, 1500
LIMIT = 1.10
REF = "model:resnet@1"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--peer", action="store_true", help="measure FastAPI as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        folder, jpeg = residual(root / "bundle"), photograph()
        sides: dict[str, Callable[[int], float]] = {"in process": in_process(folder, jpeg)}
        with service(root / "service", folder, jpeg) as ours:
            sides["service"] = ours
            if options.peer:
                sides["FastAPI"] = peer(folder, jpeg)
            taken = measure(sides, options.rounds, options.requests)
        sides["in process"](0)
    cost = {name: statistics.median(values) for name, values in taken.items()}
    ratio = cost["service"] / cost["in process"]
    pairs = sorted(s / p for s, p in zip(taken["service"], taken["in process"], strict=True))
    print(f"JPEG {len(jpeg) / 1000:.1f} KB, {CLIENTS} clients, {options.rounds} rounds of {options.requests} requests")
    for name, values in taken.items():
        print(f"{name:12} {cost[name]:.3f} CPU ms per request (from {min(values):.3f} to {max(values):.3f})")
    print(f"ratio {ratio:.3f} (by round from {pairs[0]:.3f} to {pairs[-1]:.3f}), at most {LIMIT:.2f} wanted")
    return 0 if ratio <= LIMIT else 1


def measure(sides: dict[str, Callable[[int], float]], rounds: int, requests: int) -> dict[str, list[float]]:
    """Return CPU milliseconds per request by side and round; the first, unmeasured round warms."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(rounds + 1):
        for name, ask in sides.items():
            cost = ask(requests)
            if round_:
                taken[name].append(cost * 1000)
    return taken


def in_process(folder: Path, jpeg: bytes) -> Callable[[int], float]:
    """Return what runs `predict` on one JPEG at a time, in a process of its own like the service."""
    reader, writer = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_predict_on_demand, args=(folder, jpeg, writer), daemon=True)
    process.start()

    def ask(n: int) -> float:
        reader.send(n)
        return float(reader.recv()) if n else 0.0

    return ask


def _predict_on_demand(folder: Path, jpeg: bytes, orders) -> None:  # type: ignore[no-untyped-def]
    predictor = load(folder, threads=1)
    while n := orders.recv():
        before = time.process_time()
        for _ in range(n):
            predictor.predict([jpeg])
        orders.send((time.process_time() - before) / n)


class service:  # noqa: N801  # reads as what it gives
    """A real service process, and a crowd that asks it."""

    def __init__(self, place: Path, folder: Path, jpeg: bytes) -> None:
        place.mkdir()
        deployment.make_tokens(place)
        described = deployment.Deployment(
            name="cost", task="image-classification", models={REF: str(folder)}, traffic={REF: 100.0}
        )
        deployment.write(place, described)
        self._host, self._jpeg = LocalHost(), jpeg
        self._handle = self._host.start("cost", place)
        self._token = deployment.read_tokens(place).client

    def __enter__(self) -> Callable[[int], float]:
        return self._ask

    def __exit__(self, *_: object) -> None:
        self._host.stop(self._handle)

    def _ask(self, n: int) -> float:
        return crowd(self._handle["pid"], (self._handle["port"], self._token, self._jpeg, n))


_PEER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from asyncio import get_running_loop
from pathlib import Path
import uvicorn
from fastapi import FastAPI, Request
from workbench.models.load import load
predictor, pool, app = load(Path(sys.argv[1])), ThreadPoolExecutor(1), FastAPI()
@app.post("/predict")
async def predict(request: Request):
    body = await request.body()
    [said] = await get_running_loop().run_in_executor(pool, predictor.predict, [body])
    return said.to_json()
uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="error", loop="uvloop", http="httptools")
"""


def peer(folder: Path, jpeg: bytes) -> Callable[[int], float]:
    """Return what asks the same model behind FastAPI."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", _PEER, str(folder), str(port)])
    atexit.register(process.terminate)
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return lambda n: crowd(process.pid, (port, "", jpeg, n))
        time.sleep(0.1)
    raise SystemExit("The peer did not start.")


def crowd(pid: int, order: tuple[int, str, bytes, int]) -> float:
    """Return the CPU seconds per request that the process *pid* spent on what a crowd asked it."""
    before = cpu_seconds(pid)
    asking = multiprocessing.get_context("spawn").Process(target=ask, args=order)
    asking.start()
    asking.join()
    if asking.exitcode:
        raise SystemExit("A request was not answered with 200.")
    return (cpu_seconds(pid) - before) / order[-1]


def ask(port: int, token: str, jpeg: bytes, n: int) -> None:
    """Send *n* requests from 16 threads, each on its own connection, the next as soon as the last is answered."""
    head = f"POST /predict HTTP/1.1\r\nhost: cost\r\nauthorization: Bearer {token}\r\ncontent-length: {len(jpeg)}\r\n\r\n"
    request = head.encode() + jpeg
    shares = [n // CLIENTS + (i < n % CLIENTS) for i in range(CLIENTS)]
    failures: list[bytes] = []

    def client(n: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(n):
                connection.sendall(request)
                answer = connection.recv(65536)
                while not _is_whole(answer):
                    answer += connection.recv(65536)
                if not answer.startswith(b"HTTP/1.1 200"):
                    failures.append(answer)

    threads = [threading.Thread(target=client, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit(failures[0].decode())


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = (line.lower() for line in head.split(b"\r\n"))
    return any(line.startswith(b"content-length:") and int(line[15:]) == len(body) for line in lines)


def cpu_seconds(pid: int) -> float:
    """Return what all threads of a process have used, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def photograph() -> bytes:
    """Return a JPEG of about 10 KB with the frequencies of a natural picture."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)).resize((256, 256), Image.Resampling.BICUBIC)
    grain = np.asarray(coarse, np.int16) + rng.normal(0, 6, (256, 256, 1)).astype(np.int16)
    content = io.BytesIO()
    Image.fromarray(np.clip(grain, 0, 255).astype(np.uint8)).save(content, "JPEG", quality=75)
    return content.getvalue()


def residual(folder: Path, *, width: int = 56, blocks: int = 3, size: int = 128) -> Path:
    """Write a bundle with a residual network of natural size in ONNX, with random weights: only its cost counts."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    nodes, weights = [], []

    def conv(source: str, name: str, n_in: int, n_out: int, *, kernel: int, stride: int, relu: bool = True) -> str:
        scale = (2 / (n_in * kernel**2)) ** 0.5
        weights.append(
            numpy_helper.from_array(rng.normal(0, scale, (n_out, n_in, kernel, kernel)).astype(np.float32), f"{name}.w")
        )
        pads = [kernel // 2] * 4
        nodes.append(
            helper.make_node("Conv", [source, f"{name}.w"], [name], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads)
        )
        if relu:
            nodes.append(helper.make_node("Relu", [name], [f"{name}.r"]))
        return f"{name}.r" if relu else name

    last, n_in = conv("x", "stem", 3, width, kernel=7, stride=4), width
    for stage in range(blocks):
        n_out = width * 2**stage
        stride = 1 if stage == 0 else 2
        inner = conv(last, f"{stage}.a", n_in, n_out, kernel=3, stride=stride)
        inner = conv(inner, f"{stage}.b", n_out, n_out, kernel=3, stride=1, relu=False)
        side = conv(last, f"{stage}.s", n_in, n_out, kernel=1, stride=stride, relu=False)
        nodes.append(helper.make_node("Add", [inner, side], [f"{stage}.sum"]))
        nodes.append(helper.make_node("Relu", [f"{stage}.sum"], [f"{stage}.out"]))
        last, n_in = f"{stage}.out", n_out
    weights.append(numpy_helper.from_array(rng.normal(0, 0.05, (n_in, 10)).astype(np.float32), "head.w"))
    nodes += [
        helper.make_node("GlobalAveragePool", [last], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "head.w"], ["y"]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, size, size])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])
    graph = helper.make_graph(nodes, "residual", [given], [made], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    spec = bundle.Spec(
        task="image-classification",
        classes=tuple("0123456789"),
        runtime="onnxruntime",
        backbone="residual",
        settings={"image_size": size, "channels": 3},
    )
    bundle.write(folder, spec, {"model.onnx": model.SerializeToString()})
    return folder


if __name__ == "__main__":
    sys.exit(main())
