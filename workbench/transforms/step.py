"""What a step is, the registry of all of them, and how one is written: `flip`, `rotate?degrees=10&p=0.5`, or a mapping."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlencode

import numpy as np

from workbench.core.config import decode
from workbench.core.errors import InputError
from workbench.core.registry import Registry
from workbench.transforms.sample import Sample

#: What a fitted step remembers of the training data; JSON.
State = dict[str, Any]

_HOME = "workbench.transforms."
#: No setting needs a larger number.
_MOST = 1_000_000
#: Functions of the user's own, named `user:<name>@<hash>`.
_OWN = "user"

STEPS: Registry[type[Step]] = Registry(
    "step",
    {
        "flip": f"{_HOME}geometry:Flip",
        "turn": f"{_HOME}geometry:Turn",
        "rotate": f"{_HOME}geometry:Rotate",
        "crop": f"{_HOME}geometry:Crop",
        "affine": f"{_HOME}geometry:Affine",
        "resize": f"{_HOME}resize:Resize",
        "brightness": f"{_HOME}light:Brightness",
        "contrast": f"{_HOME}light:Contrast",
        "saturation": f"{_HOME}light:Saturation",
        "hue": f"{_HOME}light:Hue",
        "gamma": f"{_HOME}light:Gamma",
        "grayscale": f"{_HOME}light:Grayscale",
        "blur": f"{_HOME}light:Blur",
        "noise": f"{_HOME}light:Noise",
        "jpeg": f"{_HOME}light:Jpeg",
        "erase": f"{_HOME}light:Erase",
        "segment": f"{_HOME}text:Segment",
        "lowercase": f"{_HOME}text:Lowercase",
        "stop-words": f"{_HOME}text:StopWords",
        "truncate": f"{_HOME}text:Truncate",
        "vocabulary": f"{_HOME}vocabulary:Vocabulary",
        "synonyms": f"{_HOME}wording:Synonyms",
        "insert": f"{_HOME}wording:Insert",
        "delete": f"{_HOME}wording:Delete",
        "swap": f"{_HOME}wording:Swap",
        "hiss": f"{_HOME}audio:Hiss",
        "gain": f"{_HOME}audio:Gain",
        "shift": f"{_HOME}audio:Shift",
        "stretch": f"{_HOME}audio:Stretch",
        "pitch": f"{_HOME}audio:Pitch",
        "normalize": f"{_HOME}columns:Normalize",
        "standardize": f"{_HOME}columns:Standardize",
        "impute": f"{_HOME}impute:Impute",
        _OWN: f"{_HOME}custom:Custom",
    },
)


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step; its fields are its settings. Random ones change a share `p` of the samples."""

    #: image, text, audio or table: what its samples hold.
    modality: ClassVar[str]
    #: Whether it draws: such a step makes more training data, and is no part of what a service does.
    is_random: ClassVar[bool] = False

    #: From where to where a number among the settings may be; others from 0 to `_MOST`.
    limits: ClassVar[Mapping[str, tuple[float, float]]] = {}

    def __post_init__(self) -> None:
        """Refuse numbers that are none, or out of their limits."""
        for name, value in ((f.name, getattr(self, f.name)) for f in fields(self)):
            low, high = self.limits.get(name, (0, _MOST))
            if isinstance(value, int | float) and not low <= value <= high:
                raise InputError(f"`{name}` of the step {name_of(self)!r} must be {low:g} to {high:,.10g}, got {value!r}.")

    @property
    def ref(self) -> str:
        """Return the step as it is written: its name, and the settings that are not the defaults."""
        told = {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != f.default}
        return name_of(self) + (f"?{urlencode({k: _written(v) for k, v in told.items()}, quote_via=quote)}" if told else "")

    def to_json(self) -> dict[str, Any]:
        """Return the step with every setting."""
        return {"step": name_of(self), **asdict(self)}

    def fit(self, samples: Sequence[Sample]) -> State:
        """Return what has to be known of the training data; nothing, for most steps."""
        return {}

    @abstractmethod
    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample as this step makes it; the given one stays as it is."""


@dataclass(frozen=True, kw_only=True)
class RandomStep(Step):
    """A step that draws; with probability `p` it changes a sample."""

    is_random: ClassVar[bool] = True
    p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a share that is none, and settings that are."""
        super().__post_init__()
        if not 0 <= self.p <= 1:
            raise InputError(f"`p` of a step must be 0 to 1, got {self.p!r}.")


def read(told: str | Mapping[str, Any] | Step, *, code: Path | None = None) -> Step:
    """Return the step that *told* describes; *code* is the folder of the user's own.

    Raises `NotFoundError` or `InputError` with what is known.

    >>> read("rotate?degrees=5").ref
    'rotate?degrees=5.0'
    """
    if isinstance(told, Step):
        return told
    if isinstance(told, Mapping):
        settings = dict(told)
        name = str(settings.pop("step", ""))
    else:
        name, _, query = str(told).partition("?")
        settings = dict(parse_qsl(query, keep_blank_values=True))
    if ":" in name:
        return STEPS[_OWN](function=name, code=code)  # type: ignore[call-arg]  # the step behind this name
    return decode(STEPS[name], settings, where=f"step {name!r}")


def read_all(steps: Sequence[str | Mapping[str, Any]], *, modality: str = "", code: Path | None = None) -> tuple[Step, ...]:
    """Return the steps in order; raise `InputError` when there is none, or one for samples of another kind."""
    if isinstance(steps, str):
        steps = [word for word in steps.split(",") if word]
    found = tuple(read(step, code=code) for step in steps)
    if not found:
        raise InputError("No steps are given.", hint=f"Steps: {', '.join(STEPS)}.")
    strange = [step for step in found if modality and step.modality not in ("", modality)]
    if strange:
        fitting = [name for name in STEPS if STEPS[name].modality == modality]
        raise InputError(
            f"The step {name_of(strange[0])!r} is for {strange[0].modality}, not for {modality}.",
            hint=f"Steps for {modality}: {', '.join(fitting)}.",
        )
    return found


def name_of(step: Step) -> str:
    """Return the name that a step is registered by."""
    where = f"{type(step).__module__}:{type(step).__name__}"
    return next((name for name in STEPS if STEPS.target(name) == where), where)


def apply(steps: Sequence[Step], sample: Sample, random: np.random.Generator, states: Sequence[State] | None = None) -> Sample:
    """Return *sample* after all steps; *states* are those that `fit` returned, in order."""
    for step, state in zip(steps, states or [{}] * len(steps), strict=True):
        if isinstance(step, RandomStep) and random.random() >= step.p:
            continue
        sample = step.change(sample, random, state)
    return sample


def _written(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value
