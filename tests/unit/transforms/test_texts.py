"""Steps on texts, English and Chinese."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.transforms import preparation, vocabulary, words
from workbench.transforms.sample import Sample, draw
from workbench.transforms.step import read
from workbench.transforms.text import Truncate, truncated

RANDOM = np.random.default_rng(0)
ENGLISH = "The quick dog bought a big house, but it wasn't happy."
CHINESE = "这家商店的服务质量非常好。我们都很满意。"


def after(step: str, text: str, seed: int = 0) -> str:
    return str(read(step).change(Sample(text), draw(seed), {}).content)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "", "mixed 中文 and English_words 3.5\n\t", "🙂 ok"])
def test_tokens_join_to_the_text_again(text: str) -> None:
    assert "".join(words.cut(text)) == text


def test_chinese_is_cut_into_words_without_a_network() -> None:
    assert {"商店", "服务质量", "非常", "我们", "满意"} <= set(words.cut(CHINESE))
    assert after("segment?separator=/", "我们很满意。") == "我们/很/满意/。"


def test_stop_words_go_and_others_stay() -> None:
    assert after("stop-words", ENGLISH) == "quick dog bought big house, wasn't happy."
    assert after("stop-words?keep=the&also=dog", ENGLISH).startswith("The quick bought")
    assert "的" not in words.cut(after("stop-words", CHINESE))
    assert "商店" in after("stop-words", CHINESE)


@pytest.mark.parametrize(("keep", "expected"), [("head", "a b c d"), ("tail", "g h i j"), ("both", "a b i j")])
def test_a_truncated_text_keeps_as_many_words_from_where_it_says(keep: str, expected: str) -> None:
    assert after(f"truncate?longest=4&keep={keep}", "a b c d e f g h i j") == expected
    assert after(f"truncate?longest=16&keep={keep}", ENGLISH) == ENGLISH


def test_the_share_of_truncated_texts_is_told() -> None:
    assert truncated(["a b c", "a", "b c"], Truncate(longest=2)) == pytest.approx(1 / 3)


def test_synonyms_replace_about_their_share_by_words_of_the_same_group() -> None:
    text = " ".join(["big", "happy", "house"] * 200)
    changed = after("synonyms?share=0.3", text).split()
    assert len(changed) == 600
    assert 0.25 < sum(a != b for a, b in zip(changed, text.split(), strict=True)) / 600 < 0.35
    assert set(changed) <= {"big", "large", "huge", "happy", "glad", "cheerful", "house", "home", "dwelling"}
    assert after("synonyms?share=1", "Big dog").split()[0] in ("Large", "Huge")
    assert after("synonyms?share=1", CHINESE) != CHINESE


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_insertion_adds_that_many_words_and_keeps_the_order_of_the_others(text: str) -> None:
    before = [t for t in words.cut(text) if words.is_word(t)]
    changed = read("insert?n=3").change(Sample(text), draw(1), {}).content
    rest = iter(changed)
    assert all(letter in rest for word in before for letter in word)  # each found after the one before
    assert len(changed) > len(text)
    if text is ENGLISH:  # Chinese words may grow together with what stands beside them
        assert len([t for t in words.cut(changed) if words.is_word(t)]) == len(before) + 3


def test_deletion_removes_about_its_share_and_never_everything() -> None:
    text = " ".join(f"w{i}" for i in range(1000))
    left = after("delete?share=0.2", text).split()
    assert 750 < len(left) < 850
    assert left == sorted(left, key=lambda word: int(word[1:]))
    assert after("delete?share=1", "one two three") in ("one", "two", "three")
    assert after("delete?share=1", "") == ""


def test_a_swap_keeps_the_words_and_the_same_seed_the_same_order() -> None:
    assert sorted(after("swap?n=4", ENGLISH)) == sorted(ENGLISH)
    assert after("swap?n=4", ENGLISH, 1) == after("swap?n=4", ENGLISH, 1) != ENGLISH


def test_a_text_with_labeled_spans_is_not_rewritten() -> None:
    sample = Sample("red car", ({"start": 0, "end": 3, "label": "color"},))
    for step in ("lowercase", "swap"):
        with pytest.raises(InputError, match="spans"):
            read(step).change(sample, RANDOM, {})


def test_a_vocabulary_is_of_the_training_texts_and_gives_them_back() -> None:
    train = [Sample("red car red"), Sample("blue car")]
    made = preparation.fit("text", ["lowercase", "vocabulary"], train, fitted_on="dataset:a@1")
    known = made.states[1]["words"]
    assert known == ["[PAD]", "[UNK]", "car", "red", "blue"]
    assert vocabulary.decode(vocabulary.encode("blue red", known), known) == ["blue", "red"]
    assert made.contents(["RED plane"]) == [[3, 1]]
    assert preparation.from_json(made.to_json()) == made
    assert preparation.fit("text", ["vocabulary?least=2"], train).states[0]["words"][2:] == ["car", "red"]


def test_padded_texts_come_with_a_mask_that_tells_words_from_filling() -> None:
    ids, mask = vocabulary.padded([[5, 6, 7], [8]], longest=2)
    assert ids.tolist() == [[5, 6], [8, 0]]
    assert mask.tolist() == [[1, 1], [1, 0]]
    assert vocabulary.padded([[], []])[0].shape == (2, 0)


def test_a_step_that_draws_prepares_nothing() -> None:
    with pytest.raises(InputError, match=r"wb\.augment"):
        preparation.fit("text", ["swap"], [Sample("a b")])
