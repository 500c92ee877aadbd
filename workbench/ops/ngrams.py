"""Texts as numbers: their words and pieces of words, hashed; any language, no vocabulary."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Of a longer text the beginning counts: what it is about is seen there, and time stays bounded.
_LONGEST = 20_000
_WORD = re.compile(r"\w+")
#: Scripts without blanks between words: there, one to three characters are a word.
DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def hashed(texts: Sequence[str], size: int) -> NDArray[np.float32]:
    """Return a row of length 1 per text: its pieces, log-weighted, in *size* signed buckets (Weinberger et al., 2009)."""
    made = np.zeros((len(texts), size), np.float32)
    for i, text in enumerate(texts):
        for piece, n in Counter(pieces(text)).items():
            code = zlib.crc32(piece.encode())
            # Whole words say more than their pieces.
            weight = (1.0 + np.log(n)) * (2.0 if piece[0] == " " else 1.0)
            made[i, code % size] += weight if code & 0x8000_0000 else -weight
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    np.divide(made, lengths, out=made, where=lengths > 0)
    return made


def pieces(text: str) -> list[str]:
    """Return the words of a text, each after a blank, and their pieces of 3 to 5 characters, edges marked.

    >>> pieces("Ox bow")
    [' ox', '<ox', 'ox>', '<ox>', ' bow', '<bo', 'bow', 'ow>', '<bow', 'bow>', '<bow>']
    """
    found = []
    for word in _WORD.findall(text[:_LONGEST].casefold()):
        dense = bool(DENSE.search(word))
        edged = word if dense else f"<{word}>"
        if not dense:
            found.append(f" {word}")
        found += [edged[at : at + n] for n in ((1, 2, 3) if dense else (3, 4, 5)) for at in range(len(edged) - n + 1)]
    return found
