"""What goes to annotators and what comes back from them, as the ports hand it around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class LabelTask:
    """One item on its way to an annotator; `id` is the sample's, `data` what the labeling config shows."""

    id: str
    data: Mapping[str, Any]
    prediction: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What one annotator said of one item; `result` is in Label Studio's format, empty when the item was skipped.

    `key` tells this answer from every other of its labeling, also when it is changed later: (annotator, item) in a cell,
    the server's number in Label Studio. `source` is where it was said: "studio", "cell", "micro", "vendor", "review", ...
    """

    id: str
    annotator: str
    at: str
    result: Sequence[Mapping[str, Any]]
    seconds: float = 0.0
    key: str = ""
    source: str = "studio"
    state: Literal["given", "skipped", "withdrawn"] = "given"


@dataclass(frozen=True)
class Pulled:
    """What a place to label says since last time; an earlier answer to an item of `seen` that is not here was withdrawn."""

    answers: Sequence[Answer]
    seen: frozenset[str]
    cursor: str = ""
    #: How many answers there are altogether, skips left out: who has kept another number asks for all of them.
    n_answers: int = 0
