"""Texts as hashed numbers."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.ops.ngrams import hashed


def test_texts_that_share_words_are_alike_whatever_the_language() -> None:
    rows = hashed(["the cracked cap", "A CRACKED CAP!", "sunny weather", "瓶盖有裂缝", "裂缝在瓶盖上", "今天下雨"], 1024)
    alike = rows @ rows.T
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(6))
    assert alike[0, 1] > 0.7 > 0.2 > alike[0, 2]
    assert alike[3, 4] > 0.3 > alike[3, 5]


def test_a_text_without_a_word_is_all_zeros_and_the_same_text_the_same_numbers_everywhere() -> None:
    assert not hashed(["", " \n", "..."], 64).any()
    assert np.flatnonzero(hashed(["ox"], 64)[0]).tolist() == [0, 13, 20, 26]
