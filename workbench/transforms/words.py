"""Words of English and Chinese texts: cut so that they join to the same text again; stop words; words of like meaning."""

from __future__ import annotations

import json
import logging
import re
import threading
import warnings
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.core.files import user_cache
from workbench.core.need import need

#: Runs of Han characters, of letters and digits (with an apostrophe inside), of white space; anything else alone.
_HAN_SIGNS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTERS = rf"[^\W_{_HAN_SIGNS}]+"
_PIECES = re.compile(rf"[{_HAN_SIGNS}]+|{_LETTERS}(?:['\u2019]{_LETTERS})*|\s+|.", re.DOTALL)
_HAN = re.compile(f"[{_HAN_SIGNS}]")
_lock = threading.Lock()


def cut(text: str) -> list[str]:
    """Return *text* in words, white space and signs, in order; joined they are the text.

    Chinese is cut by the dictionary and the hidden Markov model of jieba; raises `DependencyError` when it is missing.

    >>> cut("It's red.")
    ["It's", ' ', 'red', '.']
    """
    found: list[str] = []
    for piece in _PIECES.findall(text):
        found += _chinese().lcut(piece) if _HAN.match(piece) else [piece]
    return found


def is_word(token: str) -> bool:
    """Return whether a token is a word, not white space or a sign."""
    return any(letter.isalnum() for letter in token)


@cache
def stop_words() -> frozenset[str]:
    """Return the words, English and Chinese, that say little about what a text is about."""
    told = json.loads((files("workbench.transforms") / "data" / "stop_words.json").read_text(encoding="utf-8"))
    return frozenset(word for words in told.values() for word in words)


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Return, for each word of the small English and Chinese thesaurus, the others of its group."""
    told = json.loads((files("workbench.transforms") / "data" / "synonyms.json").read_text(encoding="utf-8"))
    groups = [tuple(group.split()) for groups in told.values() for group in groups]
    return {word: tuple(other for other in group if other != word) for group in groups for word in group}


@cache
def _chinese() -> Any:
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was written for older Pythons
        jieba = need("jieba", extra="text", use="cutting Chinese into words")
        jieba.setLogLevel(logging.ERROR)
        tokenizer = jieba.Tokenizer()
        # It keeps its prefix tree in a file: in a folder of this user's own, where nobody else can put another.
        tokenizer.tmp_dir = str(user_cache("jieba"))
        tokenizer.initialize()
        return tokenizer
