"""Which kernels this installation has, and which Python each of them runs."""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.core.errors import not_found


def check(name: str) -> str:
    """Return the interpreter of the kernel *name*, empty when it is this one; `NotFoundError` when there is no such kernel."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel  # a verb's module loads only core

    manager = KernelSpecManager()
    try:
        spec = manager.get_kernel_spec(name)
    except NoSuchKernel as exc:
        known = manager.find_kernel_specs()
        raise not_found("kernel", name, known, hint="Choose one of them for the notebook, or install this one.") from exc
    return _other(str(spec.argv[0]) if spec.argv else "")


def _other(command: str) -> str:
    """Return the interpreter that a kernel starts, empty when it is this one."""
    told = Path(command)
    if len(told.parts) == 1 or told.parent == Path(sys.executable).parent:
        return "" if "python" in told.name else command
    is_same = told.exists() and told.resolve().parent == Path(sys.executable).parent
    return "" if is_same else command
