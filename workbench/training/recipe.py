"""The verb `recipe`: what to train and how, its names checked."""

from __future__ import annotations

from workbench import tasks
from workbench.core.errors import InputError
from workbench.core.recipe import Recipe
from workbench.models import names
from workbench.training.registries import STRATEGIES


def recipe(
    task: str,
    *,
    backbone: str = "",
    strategy: str = "full",
    epochs: int = 8,
    batch_size: int = 64,
    lr: float = 3e-3,
    weight_decay: float = 1e-2,
    image_size: int = 32,
    seed: int = 0,
    threads: int = 1,
    augment: str = "",
    mix: str = "",
    prepare: str = "",
    standardize: bool = False,
) -> Recipe:
    """Return a recipe; *backbone* is a registered name or a folder with a pretrained model, *lr* the peak of its cosine.

    Without a backbone, images get "small-cnn" and texts "ngrams".

    *augment* are random steps on the training samples, such as "flip,rotate?degrees=10"; *mix* "mixup" or "cutmix" mixes
    pairs of them. *prepare* is the reference of a preparation of `wb.prepare()`; with *standardize* the channels are scaled
    by the mean and deviation of the training data. Both go with the model wherever it predicts.

    The same recipe, data, number of threads and machine give the same weights, bit for bit.

    >>> recipe("image-classification", epochs=4).ref
    'recipe:image-classification?epochs=4'
    """
    made = Recipe(
        task=task,
        backbone=backbone or names.DEFAULT.get(tasks.learnable(task).modality, ""),
        strategy=strategy,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        weight_decay=weight_decay,
        image_size=image_size,
        seed=seed,
        threads=threads,
        augment=augment,
        mix=mix,
        prepare=prepare,
        standardize=standardize,
    )
    check(made)
    return made


def check(made: Recipe) -> None:
    """Raise `NotFoundError` or `InputError` when the task, backbone, strategy, a step or a mix is none that is known."""
    names.check(made.backbone, modality=tasks.learnable(made.task).modality)
    STRATEGIES.target(made.strategy)
    if made.augment:
        from workbench.transforms.step import read_all

        read_all(made.augment, modality=tasks.task(made.task).modality)
    if made.mix not in ("", "mixup", "cutmix"):
        raise InputError(f"`mix` must be 'mixup' or 'cutmix', got {made.mix!r}.")
