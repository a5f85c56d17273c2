"""Steps: where the color changes, and the two ways to look it up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gpuheat.color.steps import Steps
from gpuheat.color.tone import Tone

# Roomy ones, and those whose steps stand so close that a bucket holds several.
ROOMY = [
    Tone.classic(),
    Tone.linear(0, 8),
    Tone.linear(-3, 3),
    Tone.sqrt(0, 1e30),
    Tone.cbrt(0, 1e-30),
    Tone.log(1e-6, 1e6),
    Tone.diverging(0, -2, 5),
    Tone.equalize().fit(np.random.default_rng(70).exponential(1, 4000).astype(np.float32)),
]
CLOSE = [Tone.linear(5, 5.1), Tone.log(1, 1.01), Tone.linear(0, 1e-300), Tone.linear(0, 1e300)]
SPECIAL = [0, -0.0, np.inf, -np.inf, np.nan, -np.nan, 1e-45, -1e-45, 3.4e38, -3.4e38]


def by_definition(steps: Steps, values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count the steps that are not below each density, one by one."""
    index = np.array([(value <= steps.values[1:]).sum() for value in values])
    return np.where((values == 0) | np.isnan(values), steps.blank, index)


def test_the_steps_of_a_linear_tone_by_hand() -> None:
    steps = Steps.of(Tone.linear(0, 255))
    assert steps.values[0] == np.inf
    assert steps.values[1:].tolist() == list(range(254, -1, -1))
    found = steps.index(np.array([255, 254.5, 254, 253.5, 1, 0.5, 0, -1, 300], np.float32))
    assert found.tolist() == [0, 0, 1, 1, 254, 254, 255, 255, 0]


@pytest.mark.parametrize("tone", ROOMY + CLOSE, ids=str)
def test_steps_never_rise_and_lie_below_what_they_stand_for(tone: Tone) -> None:
    steps = Steps.of(tone)
    assert (steps.values.shape, steps.values.dtype) == ((256,), np.float32)
    assert (steps.values[1:] <= steps.values[:-1]).all()
    exact = tone.inverse((255 - np.arange(256)) / 255)[1:]
    assert (steps.values[1:] <= exact).all()


def test_a_table_is_made_where_each_bucket_holds_one_step_at_most() -> None:
    assert all(Steps.of(tone)._table is not None for tone in ROOMY)
    assert all(Steps.of(tone)._table is None for tone in CLOSE)


@pytest.mark.parametrize("tone", ROOMY + CLOSE, ids=str)
@given(arrays(np.float32, 20, elements=st.floats(width=32)))
def test_every_density_is_looked_up_as_defined(tone: Tone, given_: NDArray[np.float32]) -> None:
    steps = Steps.of(tone)
    # All of them, both sides of each step, and what a float32 can be besides.
    with np.errstate(over="ignore"):  # beyond the greatest float32
        near = [np.nextafter(steps.values, side) for side in np.float32([-np.inf, np.inf])]
    values = np.concatenate([given_, np.float32(SPECIAL), steps.values, *near])
    index = steps.index(values)
    assert index.dtype == np.uint8
    np.testing.assert_array_equal(index, by_definition(steps, values))
