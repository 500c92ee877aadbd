"""One text of several people's: word by word, what most of them wrote (ROVER)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.ops.ngrams import DENSE

_TOKEN = re.compile(rf"{DENSE.pattern}|(?:(?!{DENSE.pattern})\S)+")
_BLANK = re.compile(rf"(?<={DENSE.pattern}) (?={DENSE.pattern})")
_EDGE = re.compile(r"^\W+|\W+$")
#: Texts are aligned by a table of words times words; beyond so many cells they are not.
MOST_CELLS = 4_000_000


@dataclass
class _Slot:
    """One place in the text: how much weight each way to write it has; '' is that there is nothing."""

    weights: dict[str, float] = field(default_factory=dict)
    forms: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, word: str, weight: float) -> None:
        key = _key(word)
        self.weights[key] = self.weights.get(key, 0.0) + weight
        forms = self.forms.setdefault(key, {})
        forms[word] = forms.get(word, 0.0) + weight

    def best(self) -> str:
        forms = self.forms[max(self.weights, key=self.weights.__getitem__)]
        return max(forms, key=forms.__getitem__)


def rover(texts: Sequence[tuple[float, str]]) -> str | None:
    """Return the text that *texts*, each with its weight, come to; None when they are too long to be compared.

    Fiscus, "A post-processing system to yield reduced word error rates: ROVER", 1997: the texts are aligned one after
    another, the weightiest first, and at each place the word of most weight is taken. Case and signs at the edge of a word
    are voted on apart from the word; in Chinese and Japanese a character is a word. White space becomes one blank.

    >>> rover([(1, "the cat sat"), (1, "the cat sat down."), (1, "a cat sat down")])
    'the cat sat down.'
    """
    said = [(weight, words(text)) for weight, text in sorted(texts, key=lambda each: -each[0])]
    longest = max((len(told) for _, told in said), default=0)
    if longest * longest > MOST_CELLS:
        return None
    slots: list[_Slot] = []
    total = 0.0
    for weight, told in said:
        slots = _aligned(slots, told, weight, total)
        total += weight
    return _BLANK.sub("", " ".join(filter(None, (slot.best() for slot in slots))))


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared; a character where a script has no blanks.

    >>> words("Is it 裂け?")
    ['Is', 'it', '裂', 'け', '?']
    """
    return _TOKEN.findall(text)


def _key(word: str) -> str:
    return _EDGE.sub("", word).casefold() or word


def _aligned(slots: list[_Slot], told: Sequence[str], weight: float, total: float) -> list[_Slot]:
    """Return the slots with one text more, at the least cost: a word costs what share of the weight says otherwise."""
    keys = [_key(word) for word in told]
    skipped = [1 - slot.weights.get("", 0.0) / total for slot in slots]
    costs = [[1 - slot.weights.get(key, 0.0) / total for slot in slots] for key in keys]
    table = [[0.0]]
    for cost in skipped:
        table[0].append(table[0][-1] + cost)
    for i, row in enumerate(costs, start=1):
        above, here = table[-1], [float(i)]
        for j, cost in enumerate(row):
            here.append(min(above[j] + cost, here[j] + skipped[j], above[j + 1] + 1))
        table.append(here)
    made: list[_Slot] = []
    i, j = len(told), len(slots)
    while i or j:
        if i and j and table[i][j] == table[i - 1][j - 1] + costs[i - 1][j - 1]:
            i, j = i - 1, j - 1
            slots[j].add(told[i], weight)
            made.append(slots[j])
        elif j and table[i][j] == table[i][j - 1] + skipped[j - 1]:
            j -= 1
            slots[j].add("", weight)
            made.append(slots[j])
        else:
            i -= 1
            slot = _Slot()
            if total:
                slot.add("", total)
            slot.add(told[i], weight)
            made.append(slot)
    return made[::-1]
