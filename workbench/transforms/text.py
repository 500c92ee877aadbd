"""Steps that make a text simpler, the same way in training and in a service."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from workbench.core.errors import InputError
from workbench.transforms import words
from workbench.transforms.sample import Sample
from workbench.transforms.step import State, Step


@dataclass(frozen=True, kw_only=True)
class _Text(Step):
    modality: ClassVar[str] = "text"

    def change(self, sample: Sample, random: np.random.Generator, state: State) -> Sample:
        """Return the sample with another text; spans keep no place in it, so a labeled one is refused."""
        if sample.regions:
            raise InputError("A text with labeled spans cannot be rewritten: the spans would point elsewhere.")
        return replace(sample, content=self.rewritten(sample.content))

    @abstractmethod
    def rewritten(self, text: str) -> str:
        """Return the text after this step."""


@dataclass(frozen=True, kw_only=True)
class Segment(_Text):
    """Put `separator` between the words, Chinese or English; white space goes, signs stay as words of their own."""

    separator: str = " "

    def rewritten(self, text: str) -> str:
        """Return the words with the separator between them."""
        return self.separator.join(token for token in words.cut(text) if not token.isspace())


class Lowercase(_Text):
    """Write everything in small letters."""

    def rewritten(self, text: str) -> str:
        """Return the text in small letters."""
        return text.lower()


@dataclass(frozen=True, kw_only=True)
class StopWords(_Text):
    """Take out the words that say little, of the bundled English and Chinese lists and of *also*; *keep* stay."""

    also: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def rewritten(self, text: str) -> str:
        """Return the text without those words; white space that they leave behind is one blank."""
        gone = (words.stop_words() | set(self.also)) - set(self.keep)
        kept = "".join(token for token in words.cut(text) if token.lower() not in gone)
        return " ".join(kept.split())


@dataclass(frozen=True, kw_only=True)
class Truncate(_Text):
    """Keep `longest` words at most: the first ("head"), the last ("tail"), or half of them from either end ("both")."""

    longest: int = 128
    keep: Literal["head", "tail", "both"] = "head"

    def __post_init__(self) -> None:
        """Refuse to keep nothing."""
        if self.longest < 1:
            raise InputError(f"`longest` must be at least 1, got {self.longest}.")

    def rewritten(self, text: str) -> str:
        """Return the words that stay, joined as they were; between the halves of "both" stands a blank."""
        tokens = words.cut(text)
        places = [i for i, token in enumerate(tokens) if words.is_word(token)]
        if len(places) <= self.longest:
            return text
        if self.keep == "head":
            return "".join(tokens[: places[self.longest]]).rstrip()
        if self.keep == "tail":
            return "".join(tokens[places[-self.longest] :])
        head, tail = (self.longest + 1) // 2, self.longest // 2
        end = "".join(tokens[places[-tail] :]) if tail else ""
        return ("".join(tokens[: places[head]]).rstrip() + " " + end).rstrip()


def truncated(texts: Sequence[str], step: Truncate) -> float:
    """Return the share of *texts* that *step* shortens."""
    return sum(step.rewritten(text) != text for text in texts) / max(1, len(texts))
