"""Silence around libraries that print, warn, log and count their users while they work."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator

_LOGGERS = ("torch.onnx", "torch.export", "nncf", "onnxscript", "onnx_ir", "root")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep output, warnings and log lines of a conversion from the user's notebook, and its telemetry at home."""
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    kind, counted = logging.getLoggerClass(), os.environ.get("NNCF_CI")
    os.environ["NNCF_CI"] = "1"  # read when nncf is imported: no telemetry
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
        logging.setLoggerClass(kind)  # importing nncf changes it for the whole process
        if counted is None:
            os.environ.pop("NNCF_CI", None)
        else:
            os.environ["NNCF_CI"] = counted
