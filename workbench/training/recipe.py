"""The verb `recipe`: what to train and how, its names checked."""

from __future__ import annotations

from workbench import tasks
from workbench.core.recipe import Recipe
from workbench.models import names
from workbench.training.registries import STRATEGIES


def recipe(
    task: str,
    *,
    backbone: str = "small-cnn",
    strategy: str = "full",
    epochs: int = 8,
    batch_size: int = 64,
    lr: float = 3e-3,
    weight_decay: float = 1e-2,
    image_size: int = 32,
    seed: int = 0,
    threads: int = 1,
) -> Recipe:
    """Return a recipe; *backbone* is a registered name or a folder with a pretrained model, *lr* the peak of its cosine.

    The same recipe, data, number of threads and machine give the same weights, bit for bit.

    >>> recipe("image-classification", epochs=4).ref
    'recipe:image-classification?epochs=4'
    """
    made = Recipe(
        task=task,
        backbone=backbone,
        strategy=strategy,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        weight_decay=weight_decay,
        image_size=image_size,
        seed=seed,
        threads=threads,
    )
    check(made)
    return made


def check(made: Recipe) -> None:
    """Raise `NotFoundError` when the task, backbone or strategy of a recipe is none that is known."""
    tasks.TASKS.target(made.task)
    names.check(made.backbone)
    STRATEGIES.target(made.strategy)
