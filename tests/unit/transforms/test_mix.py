"""Mixed samples have mixed labels, in the same proportion."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.transforms.mix import mixed, one_hot


@pytest.mark.parametrize("how", ["mixup", "cutmix"])
def test_the_label_says_how_much_of_each_picture_is_there(how: str) -> None:
    inputs = np.stack([np.full((3, 16, 16), float(i % 2), np.float32) for i in range(8)])
    for seed in range(20):
        made, targets = mixed(how, inputs, one_hot([i % 2 for i in range(8)], 2), np.random.default_rng(seed))
        assert targets.sum(axis=1) == pytest.approx(np.ones(8))
        assert made.mean(axis=(1, 2, 3)) == pytest.approx(targets[:, 1], abs=1e-5)
