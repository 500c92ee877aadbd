"""How long things take to start: `import workbench`, the command, and JupyterLab with and without the extension.

Each is measured beside its limit in the same run: an interpreter that does nothing, and a JupyterLab that does not know us.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROUNDS = 7
LAB_ROUNDS = 5
BIN = Path(sys.executable).parent


def wall(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def lab(*, with_us: bool, port: int) -> float:
    """Return seconds from the start of JupyterLab until it answers its page."""
    off = "True" if with_us else "False"
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {f"JUPYTER_{name}_DIR": f"{folder}/{name}" for name in ("CONFIG", "DATA", "RUNTIME")}
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            f"--port={port}",
            "--IdentityProvider.token=t",
        ]
        command += [f"--ServerApp.root_dir={folder}", f"--ServerApp.jpserver_extensions={{'workbench.server': {off}}}"]
        began = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/lab?token=t", timeout=5).read()
                    return time.perf_counter() - began
                except (urllib.error.URLError, OSError):
                    time.sleep(0.01)
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    bare, ours, shell = [], [], []
    for _ in range(ROUNDS):
        bare.append(wall([sys.executable, "-c", "pass"]))
        ours.append(wall([sys.executable, "-c", "import workbench"]))
        shell.append(wall([str(BIN / "workbench"), "--version"]))
    base = statistics.median(bare)
    print(f"{'':28}{'ms':>8}  ratio to an empty interpreter ({base:.0f} ms)")
    for name, values in (("import workbench", ours), ("workbench --version", shell)):
        value = statistics.median(values)
        print(f"{name:28}{value - base:8.1f}  {value / base:.2f}")
    without, with_us = [], []
    for n in range(LAB_ROUNDS):
        without.append(lab(with_us=False, port=18_600 + 2 * n))
        with_us.append(lab(with_us=True, port=18_601 + 2 * n))
    ratio = statistics.median([b / a for a, b in zip(without, with_us, strict=True)])
    print(f"JupyterLab answers after {statistics.median(without):.2f} s without us, {statistics.median(with_us):.2f} s with us")
    print(f"{'JupyterLab with / without':28}{'':8}  {ratio:.3f}")


if __name__ == "__main__":
    main()
