"""The verb `transform`: a function of the user's own as a step, by its name and the hash of its source."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from workbench.core.errors import InputError
from workbench.core.workspace import Workspace, current


def transform(function: Any, *, ws: Workspace | None = None) -> str:
    """Keep the source of *function* in the workspace and return the name of the step that it is from now on.

    It takes what is in an item (pixels uint8 (height, width, 3), a text, a `Sound`, a row) and returns it changed. The
    name, such as `user:deskew@1f2e3d4c5b6a7f80`, goes into `wb.prepare()` or `wb.augment()`; jobs and services run the
    kept source, whatever the notebook or the file says by then.

    Args:
        function: A function of a cell, which may use modules that it or the notebook imports and nothing else of the
            notebook; one of a file, which is kept whole; or the name of one, as `module:function`.
        ws: The workspace, the open one by default.

    Raises:
        InputError: The function cannot stand alone.
    """
    from workbench.transforms.custom import FOLDER, keep

    if isinstance(function, str):
        module, _, name = function.partition(":")
        try:
            function = getattr(import_module(module), name, None) if name else None
        except ImportError as exc:
            raise InputError(
                f"{function!r} cannot be imported: {exc}.", hint="Name a module that the notebook can import."
            ) from exc
    if not callable(function):
        raise InputError("A step is a function, or the name of one as 'module:function'.")
    return keep(function, (ws or current()).root / FOLDER)
