"""Silence around libraries that print, warn and log while they work."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

_LOGGERS = ("torch.onnx", "torch.export", "nncf", "onnxscript", "onnx_ir", "root")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the output, warnings and log lines of a conversion out of the user's notebook."""
    before, kind = {name: logging.getLogger(name).level for name in _LOGGERS}, logging.getLoggerClass()
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
