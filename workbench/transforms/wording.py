"""Random steps on texts: another word of like meaning, words put in, taken out or exchanged (Wei and Zou, EDA, 2019)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from workbench.core.errors import InputError
from workbench.transforms import words
from workbench.transforms.sample import Sample
from workbench.transforms.step import RandomStep, State


@dataclass(frozen=True, kw_only=True)
class _Wording(RandomStep):
    modality: ClassVar[str] = "text"

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample reworded; spans keep no place in it, so a labeled one is refused."""
        if sample.regions:
            raise InputError("A text with labeled spans cannot be reworded: the spans would point elsewhere.")
        return replace(sample, content="".join(self.reworded(words.cut(sample.content), random)))

    @abstractmethod
    def reworded(self, tokens: list[str], random: np.random.Generator) -> Sequence[str]:
        """Return the tokens (words, white space, signs) of the new text."""


@dataclass(frozen=True, kw_only=True)
class Synonyms(_Wording):
    """Replace a `share` of the words that the bundled thesaurus knows by another of their group."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0, 1)}
    share: float = 0.3

    def reworded(self, tokens: list[str], random: np.random.Generator) -> Sequence[str]:
        """Return the tokens with some words replaced; a capital stays a capital."""
        known = words.synonyms()
        return [
            _cased(str(random.choice(known[token.lower()])), token)
            if token.lower() in known and random.random() < self.share
            else token
            for token in tokens
        ]


@dataclass(frozen=True, kw_only=True)
class Insert(_Wording):
    """Put `n` words in at random places: words of like meaning to some in the text, or words of the text itself."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"n": (0, 10_000)}
    n: int = 1

    def reworded(self, tokens: list[str], random: np.random.Generator) -> Sequence[str]:
        """Return the tokens with `n` words more, each set off as its neighbor is; the others keep their order."""
        own = [token for token in tokens if words.is_word(token)]
        if not own:
            return tokens
        known = words.synonyms()
        offered = [other for word in own for other in known.get(word.lower(), ())] or own
        for _ in range(self.n):
            places = [i for i, token in enumerate(tokens) if words.is_word(token)]
            place, word = int(random.choice(places)), str(random.choice(offered))
            between = [" "] if tokens[place].isascii() else []
            tokens = [*tokens[:place], word, *between, *tokens[place:]]
        return tokens


@dataclass(frozen=True, kw_only=True)
class Delete(_Wording):
    """Take out each word with probability `share`; one word always stays."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0, 1)}
    share: float = 0.1

    def reworded(self, tokens: list[str], random: np.random.Generator) -> Sequence[str]:
        """Return the tokens without the words that were drawn, nor the white space after them."""
        places = [i for i, token in enumerate(tokens) if words.is_word(token)]
        gone = {i for i in places if random.random() < self.share}
        if places and len(gone) == len(places):
            gone.discard(int(random.choice(places)))
        gone |= {i + 1 for i in gone if i + 1 < len(tokens) and tokens[i + 1].isspace()}
        kept = [token for i, token in enumerate(tokens) if i not in gone]
        if kept and kept[-1].isspace() and not tokens[-1].isspace():
            kept.pop()  # what stood between the last words
        return kept


@dataclass(frozen=True, kw_only=True)
class Swap(_Wording):
    """Exchange two words, `n` times."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {"n": (0, 10_000)}
    n: int = 1

    def reworded(self, tokens: list[str], random: np.random.Generator) -> Sequence[str]:
        """Return the tokens with words exchanged; white space and signs stay where they are."""
        places = [i for i, token in enumerate(tokens) if words.is_word(token)]
        tokens = list(tokens)
        for _ in range(self.n if len(places) > 1 else 0):
            one, other = random.choice(places, 2, replace=False)
            tokens[one], tokens[other] = tokens[other], tokens[one]
        return tokens


def _cased(word: str, like: str) -> str:
    return word.capitalize() if like[:1].isupper() else word
