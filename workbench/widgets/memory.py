"""Giving memory back to the system: reading a million rows takes a lot of it for a moment, which allocators then keep."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa


def give_back() -> None:
    """Return what was freed to the system, as far as Arrow and the C library can be told to."""
    pa.default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)


def _trim() -> Callable[[int], Any] | None:
    """Return glibc's `malloc_trim`, None where there is another C library."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
