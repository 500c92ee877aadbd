"""The verb `optimize`: the fastest form of a model that keeps its metric on the user's data."""

from __future__ import annotations

from workbench.core.dataset import Dataset
from workbench.core.errors import InputError
from workbench.core.model import Model
from workbench.core.need import need


def optimize(model: Model, data: Dataset, *, max_drop: float = 0.005, metric: str = "", threads: int = 1) -> Model:
    """Try every pass, and register the fastest that is no slower anywhere and loses at most *max_drop* of *metric*.

    The new version has the same name and, in its facts, `parent`, `pass` and the `report` that tells of each pass what it
    came to and why it was taken or left. When none is better, the model itself is returned; the report tells why.
    *metric* is a score of the task, its main one by default; *data* also calibrates the 8-bit passes.

    Raises:
        InputError: the model runs on something else than torch already, *data* has no labels, or there is no such metric.
        DependencyError: torch is not installed.
    """
    if not 0 <= max_drop <= 1:
        raise InputError(f"`max_drop` must be from 0 to 1, got {max_drop!r}.")
    if threads < 1:
        raise InputError(f"`threads` must be at least 1, got {threads!r}.")
    runtime = str(model.facts.get("runtime", ""))
    if runtime != "torch":
        parent = model.facts.get("parent")
        raise InputError(
            f"{model.ref} runs on {runtime} already.",
            hint=f"Optimize {parent}, which it was made from." if parent else "Optimize a model that runs on torch.",
        )
    data = data.labeled()
    need("torch", extra="train", use="wb.optimize()")
    from workbench.optimization.search import search  # torch and the runtimes, when they are needed

    return search(model, data, max_drop=max_drop, metric=metric, threads=threads)
