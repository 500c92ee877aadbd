"""The vocabulary of the training texts, and texts as the numbers of its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import InputError
from workbench.transforms import words
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step

#: What fills up a short text, and what stands for a word that the training texts do not have.
PAD, UNKNOWN = "[PAD]", "[UNK]"


@dataclass(frozen=True, kw_only=True)
class Vocabulary(Step):
    """Turn a text into a list of word numbers: 0 fills up, 1 is unknown, then the training words, the most frequent first.

    Only words that occur `least` times in the training texts count, at most `most` of them.
    """

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"least": (1, 1_000_000), "most": (1, 1_000_000)}
    modality: ClassVar[str] = "text"
    least: int = 1
    most: int = 30_000

    def fit(self, samples: Sequence[Sample]) -> State:
        """Return the words by number; raise `InputError` when the texts have none."""
        counts = Counter(token for sample in samples for token in words.cut(sample.content) if not token.isspace())
        known = [word for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= self.least]
        if not known:
            raise InputError(f"No word occurs {self.least} times in the training texts.", hint="Lower `least`.")
        return {"words": [PAD, UNKNOWN, *known[: self.most]]}

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample with the numbers of its words."""
        return replace(sample, content=encode(sample.content, state["words"]))


def encode(text: str, known: Sequence[str]) -> list[int]:
    """Return the numbers of the words of *text*, 1 for those that are not *known*."""
    numbers = {word: i for i, word in enumerate(known)}
    return [numbers.get(token, 1) for token in words.cut(text) if not token.isspace()]


def decode(numbers: Sequence[int], known: Sequence[str]) -> list[str]:
    """Return the words with these numbers, those that fill up left out."""
    return [known[number] for number in numbers if number]


def padded(texts: Sequence[Sequence[int]], *, longest: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return texts as one array (texts, words) of numbers, filled up with 0, and the attention mask: 1 where a word is.

    *longest* cuts them off; 0 is the length of the longest text.
    """
    width = min(longest or len(max(texts, key=len, default=())), len(max(texts, key=len, default=())))
    ids = np.zeros((len(texts), width), np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        kept = list(text)[:width]
        ids[row, : len(kept)], mask[row, : len(kept)] = kept, 1
    return ids, mask
