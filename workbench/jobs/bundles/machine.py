"""What machine this is: the facts that change the bits of a result or say why one was faster."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

_CPUINFO, _MEMORY = Path("/proc/cpuinfo"), Path("/proc/meminfo")


@cache
def machine() -> dict[str, Any]:
    """Return CPU, cores, memory, GPUs and interpreter; nothing that changes from one minute to the next."""
    model, features = _cpu()
    return {
        "cpu": {"model": model, "features": features},
        "cores": cores(),
        "memory_gb": memory_gb(),
        "gpus": gpus(),
        "system": f"{sys.platform}-{platform.machine()}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "implementation": platform.python_implementation(),
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gb() -> float:
    """Return how much memory the machine has, 0 when it does not say."""
    for line in _lines(_MEMORY):
        if line.startswith("MemTotal:"):
            return round(int(line.split()[1]) / 2**20, 1)
    return 0.0


@cache
def gpus() -> list[dict[str, Any]]:
    """Return name, memory and driver of each GPU; asked outside of this process, which may have to fork later."""
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    rows = [[part.strip() for part in line.split(",")] for line in told.splitlines() if line.count(",") == 2]
    return [{"name": r[0], "memory_gb": round(float(r[1]) / 1024, 1) if r[1].isdigit() else 0.0, "driver": r[2]} for r in rows]


def _cpu() -> tuple[str, list[str]]:
    told: dict[str, str] = {}
    for line in _lines(_CPUINFO):
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    model = told.get("model name") or told.get("Model") or platform.processor()
    return model, sorted((told.get("flags") or told.get("Features", "")).split())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
