"""A fitted preparation: steps with what they learned from the training data; as JSON it travels in model bundles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import ConflictError, InputError
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step, apply, name_of, read_all

PROTOCOL = 1


@dataclass(frozen=True)
class Preparation:
    """Steps and their states, in order; *fitted_on* names the training data."""

    modality: str
    steps: tuple[Step, ...]
    states: tuple[State, ...]
    fitted_on: str = ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its content."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def check(self, modality: str, ref: str) -> None:
        """Raise `InputError` when it is for data of another kind than *modality*."""
        if modality != self.modality:
            raise InputError(
                f"{ref} prepares {self.modality}, not {modality}.", hint="Fit one on data of this kind: wb.prepare()."
            )

    def apply(self, sample: Sample) -> Sample:
        """Return a sample prepared."""
        return apply(self.steps, sample, _NONE, self.states)

    def contents(self, contents: Sequence[Any]) -> list[Any]:
        """Return decoded contents prepared: pixels, texts, sounds or rows."""
        return [self.apply(Sample(content)).content for content in contents]

    def to_json(self) -> dict[str, Any]:
        """Return everything that is needed to prepare the same way elsewhere."""
        steps = [{**step.to_json(), "state": state} for step, state in zip(self.steps, self.states, strict=True)]
        return {"protocol": PROTOCOL, "modality": self.modality, "fitted_on": self.fitted_on, "steps": steps}


def fit(modality: str, steps: Sequence[str | Mapping[str, Any]], samples: Sequence[Sample], **where: Any) -> Preparation:
    """Return *steps* fitted on *samples*, each on what those before it make of them; *where*: `fitted_on`, `code`.

    Raises `InputError` for a step that draws: it makes training data, and has no place in a service.
    """
    code = where.pop("code", None)
    found = read_all(steps, modality=modality, code=code)
    drawn = [name_of(step) for step in found if step.is_random]
    if drawn:
        raise InputError(f"The step {drawn[0]!r} draws at random, so it prepares nothing.", hint="It belongs to wb.augment().")
    states: list[State] = []
    current = list(samples)
    for step in found:
        states.append(step.fit(current))
        current = [step.change(sample, _NONE, states[-1]) for sample in current]
    return Preparation(modality, found, tuple(states), **where)


def from_json(told: Mapping[str, Any], *, code: Path | None = None) -> Preparation:
    """Return the preparation that `to_json` described; *code* is where steps of the user's own lie."""
    if told.get("protocol") != PROTOCOL:
        raise ConflictError(f"A preparation of protocol {told.get('protocol')!r}; this workbench reads {PROTOCOL}.")
    states = tuple(dict(step["state"]) for step in told["steps"])
    bare = [{key: value for key, value in step.items() if key != "state"} for step in told["steps"]]
    return Preparation(told["modality"], read_all(bare, code=code), states, str(told.get("fitted_on", "")))


#: Steps that draw are refused, so nobody asks this for a number.
_NONE = np.random.default_rng(0)
