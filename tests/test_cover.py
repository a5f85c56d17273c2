"""What is painted wherever a dot reaches: means and extremes, of any sign and offset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gpu import open_or_skip
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gpuheat.color.cover import Cover, fade
from gpuheat.color.paint import Colored, fitted, paint
from gpuheat.color.scheme import Scheme
from gpuheat.color.steps import Steps
from gpuheat.color.tone import NAMES, Tone

CLEAR = 255
RAMP = Scheme.of("gray")


def field(*rows: list[float]) -> Any:
    return np.array(rows, np.float32)


MEANS = field([-5, 0, np.nan, 5])


def fit(tone: Tone, values: Any) -> Tone:
    return fitted(tone, np.asarray(values, np.float32), covered=True)


def painted(device: str, values: Any, tone: Tone, cover: Cover | None = None) -> Colored:
    context = open_or_skip(device)
    colored = paint(values, tone=tone, scheme=RAMP, opacity=200, context=context, covered=True)
    return fade(colored, np.isfinite(values) if cover is None else cover)


# --- Paint. ---


def test_the_coldest_place_and_0_are_painted_and_nan_is_not(device: str) -> None:
    colored = painted(device, MEANS, Tone.linear(-5, 5))
    assert colored.rgba[..., 3].tolist() == [[200, 200, 0, 200]]
    assert colored.index is not None and colored.palette is not None  # noqa: PT018 (for mypy)
    assert colored.index.tolist() == [[CLEAR - 1, CLEAR // 2, CLEAR, 0]]
    np.testing.assert_array_equal(colored.palette[colored.index], colored.rgba)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_is_clear_whatever_the_tone(name: str, device: str) -> None:
    values = np.random.default_rng(61).normal(3, 4, (40, 50)).astype(np.float32)
    values[::7, ::3], values[0], values[1] = np.nan, 0, -1e30
    colored = painted(device, values, fit(Tone(name), values[2:]))
    np.testing.assert_array_equal(colored.rgba[..., 3] == 200, ~np.isnan(values))
    np.testing.assert_array_equal(colored.rgba[..., 3] == 0, np.isnan(values))


@pytest.mark.parametrize("name", NAMES)
def test_a_device_and_the_host_paint_alike_to_the_last_bit(name: str, device: str) -> None:
    values = np.random.default_rng(62).normal(-2, 4, (60, 70)).astype(np.float32)
    values[::5, ::3], values[3] = np.nan, 0
    tone = fit(Tone(name), values)
    ours, hosts = painted(device, values, tone), painted("cpu", values, tone)
    np.testing.assert_array_equal(ours.rgba, hosts.rgba)
    np.testing.assert_array_equal(ours.index, hosts.index)  # type: ignore[arg-type]


@given(arrays(np.float32, 20, elements=st.floats(width=32, allow_infinity=False)))
def test_a_value_has_the_index_it_has_as_a_density_but_for_0_and_the_last(
    values: NDArray[np.float32],
) -> None:
    for tone in (Tone.linear(-3, 3), Tone.log(1, 1.01), Tone.diverging(0, -1, 1)):
        index = Steps.of(tone, covered=True).index(values)
        plain = np.minimum(Steps.of(tone).index(values), CLEAR - 1)
        counts = ~np.isnan(values) & (values != 0)
        np.testing.assert_array_equal(index[counts], plain[counts])
        assert (index[np.isnan(values)] == CLEAR).all()


def test_the_center_of_a_diverging_tone_is_a_value_as_any_other(device: str) -> None:
    tone = fit(Tone.diverging(15), field([10, 15, np.nan, 17]))
    assert tone == Tone.diverging(15, 10, 20)
    colored = painted(device, field([10, 15, np.nan, 20]), tone)
    assert colored.index is not None
    assert colored.index.tolist() == [[CLEAR - 1, 127, CLEAR, 0]]
    assert colored.rgba[..., 3].tolist() == [[200, 200, 0, 200]]


def test_cover_multiplies_the_opacity(device: str) -> None:
    cover = np.array([[0, 0.25, 0, 1]], np.float32)
    colored = painted(device, MEANS, Tone.linear(-5, 5), cover)
    assert colored.rgba[..., 3].tolist() == [[0, 50, 0, 200]]
    assert colored.index is None


# --- The scale. ---


def test_a_scale_runs_from_the_least_to_the_largest_where_none_is_given() -> None:
    assert fit(Tone.linear(), MEANS) == Tone.linear(-5, 5)
    assert fit(Tone.sqrt(), [15, 20]) == Tone.sqrt(15, 20)
    assert fit(Tone.cbrt(), [15, 20]) == Tone.cbrt(15, 20)
    assert fit(Tone.linear(1, 2), [15, 20]) == Tone.linear(1, 2)
    # A logarithm begins above 0, as ever.
    assert fit(Tone.log(), [-1, 2, 8]) == Tone.log(2, 8)
    assert fit(Tone.classic(), MEANS) == Tone.classic()


def test_a_single_value_lies_in_the_middle() -> None:
    assert fit(Tone.linear(), [7, np.nan]) == Tone.linear(6.5, 7.5)
    assert fit(Tone.equalize(), [7, 7]) == Tone.equalize([(6.5, 0), (7.5, 1)])
    # However large, its span is not empty, and it has the middle's color.
    large = field([1e30])
    assert Steps.of(fit(Tone.linear(), large), covered=True).index(large).tolist() == [[127]]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_nan_is_as_a_blank_picture(name: str) -> None:
    assert fit(Tone(name), [np.nan, np.nan]) == Tone(name).fit([0.0])


def test_percentiles_are_of_all_the_values_there_are() -> None:
    values = np.append(np.arange(-50, 51), np.nan)
    assert fit(Tone.linear(percentile=(10, 90)), values) == Tone.linear(-40, 40)
    # 5 and 95 percent, -45 and 45: from 10 as far to either side as the farther one.
    assert fit(Tone.diverging(10, percentile=(5, 95)), values) == Tone.diverging(10, -45, 65)
    assert fit(Tone.linear(percentile=(1, 2)), [4, 4]) == Tone.linear(3.5, 4.5)


def test_equalized_values_have_equal_shares_by_hand() -> None:
    tone = fit(Tone.equalize(), [-3, 0, 2, 40, np.nan])
    assert tone.knots == ((-3, 0), (0, 1 / 3), (2, 2 / 3), (40, 1))


def test_equalized_values_have_every_color_equally_often() -> None:
    values = np.random.default_rng(63).normal(-10, 3, (400, 500)).astype(np.float32)
    tone = fit(Tone.equalize(), values)
    assert (tone.low, tone.high) == (values.min(), values.max())
    each = np.bincount(Steps.of(tone, covered=True).index(values).ravel(), minlength=256)[:255]
    assert each.sum() == values.size
    # A sample of 131,072 and 256 knots: no color's share is off by a third.
    assert np.abs(each / each.mean() - 1).max() < 1 / 3
