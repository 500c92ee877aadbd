"""What a step may be told, and what it makes of almost nothing."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.tasks.sounds import Sound
from workbench.transforms.sample import Sample
from workbench.transforms.step import STEPS, apply, read

_RANDOM = [name for name in STEPS if name != "user" and STEPS[name].is_random]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("rotate?degrees=nan", "`degrees` of the step 'rotate' must be 0 to 360, got nan"),
        ("rotate?degrees=-5", "must be 0 to 360, got -5"),
        ("turn?quarters=9", "`quarters` of the step 'turn' must be -3 to 3, got 9"),
        ("affine?scale=5", "`scale` of the step 'affine' must be 0 to 0.99"),
        ("brightness?amount=inf", "must be 0 to 100, got inf"),
        ("brightness?p=2", "`p` of a step must be 0 to 1, got 2"),
        ("blur?radius=-1", "`radius` of the step 'blur'"),
        ("noise?std=-3", "`std` of the step 'noise'"),
        ("jpeg?worst=500", "must be 1 to 94, got 500"),
        ("erase?share=2", "`share` of the step 'erase' must be 0 to 1"),
        ("resize?width=-3&height=5", "at least 1 by 1 pixels, got -3 by 5"),
        ("resize?width=100000&height=100000", "at most 89,478,485 pixels, got 100000 by 100000"),
        ("vocabulary?most=0", "`most` of the step 'vocabulary' must be 1 to 1,000,000, got 0"),
        ("swap?n=1000000", "must be 0 to 10,000, got 1000000"),
        ("hiss?snr_db=inf", "`snr_db` of the step 'hiss' must be -100 to 200"),
        ("gain?db=100000", "must be 0 to 120"),
        ("shift?seconds=-1", "`seconds` of the step 'shift'"),
        ("pitch?semitones=500", "must be 0 to 48"),
        ("impute?by=neighbors&k=0", "`k` must be at least 1"),
    ],
)
def test_a_setting_out_of_its_limits_is_refused_with_them(told: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(told)
    assert said in caught.value.message


@pytest.mark.parametrize("name", _RANDOM)
def test_almost_nothing_is_changed_into_almost_nothing(name: str) -> None:
    step = read({"step": name, "p": 1.0})
    least = {
        "image": [np.zeros((1, 1, 3), np.uint8), np.full((1, 40, 3), 255, np.uint8)],
        "text": ["", " ", "\u0e1b\u0e31\u0e4a\u0e21", "\U0001f600"],
        "audio": [Sound(np.zeros((n, 1), np.float32), 8000) for n in (1, 5000)],
    }
    for content in least[step.modality]:
        made = apply([step], Sample(content, (), "", {}), np.random.default_rng(0)).content
        if isinstance(content, Sound):
            assert np.isfinite(made.samples).all()
        elif not isinstance(content, str):
            assert (made.shape, made.dtype) == (content.shape, np.uint8) or name == "turn"
        else:
            assert isinstance(made, str)


def test_infinities_are_no_numbers_and_gaps_in_time_are_named() -> None:
    rows = [Sample({"age": age, "far": float("inf")}, (), "", {}) for age in (1.0, float("nan"), 3.0)]
    assert read("standardize").fit(rows) == {"columns": {"age": [2.0, 1.0]}}
    with pytest.raises(InputError, match="No numbers in 'far'"):
        read("normalize?columns=far").fit(rows)
    with pytest.raises(InputError, match="Not every row has a 'day'"):
        read("impute?by=forward&time=day").fit(rows)
