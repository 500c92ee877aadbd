"""Recipe: how to train; all of it fits in its reference string."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlencode

from workbench.core.config import decode
from workbench.core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to train and how: `lr` is per step, `epochs` whole passes, `seed` fixes weights and order of samples."""

    task: str
    backbone: str = "small-cnn"
    strategy: str = "full"
    epochs: int = 8
    batch_size: int = 64
    lr: float = 3e-3
    weight_decay: float = 1e-2
    image_size: int = 32
    seed: int = 0
    threads: int = 1
    #: Random steps on training samples, such as "flip,rotate?degrees=10", and a way to mix pairs of them.
    augment: str = ""
    mix: str = ""
    #: A preparation by its reference; whether to scale by the mean and deviation of the training data.
    prepare: str = ""
    standardize: bool = False

    _least: ClassVar[Mapping[str, float]] = {"epochs": 1, "batch_size": 1, "image_size": 8, "threads": 1, "seed": 0}

    def __post_init__(self) -> None:
        """Refuse what cannot be trained, all problems at once."""
        problems = [
            f"`{k}` must be at least {v:g}, got {getattr(self, k)!r}" for k, v in self._least.items() if getattr(self, k) < v
        ]
        problems += [f"`lr` must be greater than 0, got {self.lr!r}"] if self.lr <= 0 else []
        if problems:
            raise InputError(f"{'; '.join(problems)}.")

    @property
    def ref(self) -> str:
        """Return the reference string, such as `recipe:image-classification?epochs=4`; defaults are left out."""
        told = {f.name: v for f in fields(self) if f.name != "task" and (v := getattr(self, f.name)) != f.default}
        return f"recipe:{self.task}" + (f"?{urlencode(told, quote_via=quote)}" if told else "")

    def to_json(self) -> dict[str, Any]:
        """Return every setting."""
        return {"ref": self.ref, **asdict(self)}


def from_ref(text: str) -> Recipe:
    """Return the recipe that a reference string describes.

    >>> from_ref("recipe:image-classification?epochs=4").epochs
    4
    """
    head, _, query = text.partition("?")
    kind, _, task = head.partition(":")
    if kind != "recipe" or not task:
        raise InputError(f"{text!r} is not a recipe.", hint="Write recipe:<task>?<setting>=<value>, or call wb.recipe().")
    return decode(Recipe, {"task": task, **dict(parse_qsl(query, keep_blank_values=True))}, where=f"recipe {text!r}")
