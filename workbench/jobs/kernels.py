"""Which kernels this installation has."""

from __future__ import annotations

from workbench.core.errors import not_found


def check(name: str) -> None:
    """Raise `NotFoundError` with its neighbours when no kernel is named *name*."""
    from jupyter_client.kernelspec import KernelSpecManager  # a verb's module loads only core

    known = KernelSpecManager().find_kernel_specs()
    if name not in known:
        raise not_found("kernel", name, known, hint="Choose one of them for the notebook, or install this one.")
