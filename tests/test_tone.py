"""Tone: by hand, what is fitted, there and back, and that it is a value."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat import InputError, Tone
from gpuheat.color.tone import NAMES

BY_HAND = {
    "linear": (Tone.linear(2, 6), {1: 0, 2: 0, 3: 0.25, 4: 0.5, 6: 1, 9: 1, -5: 0}),
    "sqrt": (Tone.sqrt(2, 6), {1: 0, 2: 0, 3: 0.5, 6: 1, 9: 1, -5: 0}),
    "log": (Tone.log(1, 100), {-1: 0, 0: 0, 0.5: 0, 1: 0, 10: 0.5, 100: 1, 1e9: 1}),
    "classic": (Tone.classic(), {-1: 0, 0: 0, math.log(2): 0.5, math.log(5): 0.8}),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tone_by_hand(name: str, dtype: type) -> None:
    tone, expected = BY_HAND[name]
    density = np.array(list(expected), dtype)
    t = tone(density)
    assert t.dtype == dtype
    np.testing.assert_allclose(t, list(expected.values()), atol=1e-6)
    assert float(tone(np.inf)) == 1
    assert np.isnan(tone(np.nan))


@pytest.mark.parametrize("name", NAMES)
def test_a_tone_takes_any_shape_and_dtype_and_leaves_it_as_it_was(name: str) -> None:
    tone = BY_HAND[name][0]
    given_ = np.array([[1, 2, 3], [4, 5, 6]])
    assert tone(given_).shape == (2, 3)
    assert tone([[1, 2], [3, 4]]).dtype == np.float64
    assert tone(3).shape == ()
    values = np.array([1.5, np.nan, -2], np.float32)
    kept = values.copy()
    tone(values)
    np.testing.assert_array_equal(values, kept)


FITTED = {
    "linear": [
        ([1, 2, 8], (0, 8)),
        ([-3, 2, np.nan], (0, 2)),
        ([0, 0], (0, 1)),
        ([-1, -2], (0, 1)),
        ([np.nan], (0, 1)),
        ([], (0, 1)),
        ([5], (0, 5)),
    ],
    "log": [
        ([0, 1, 2, 8], (1, 8)),
        ([-3, 0.5, np.nan, 2], (0.5, 2)),
        ([0, 0], (1, 2)),
        ([-1], (1, 2)),
        ([], (1, 2)),
        ([0, math.e, math.e], (1, math.e)),
    ],
}
FITTED["sqrt"] = FITTED["linear"]


@pytest.mark.parametrize("name", FITTED)
def test_the_span_is_fitted_by_rule(name: str) -> None:
    for density, span in FITTED[name]:
        tone = Tone.of(name)
        assert not tone.is_fitted
        fitted = tone.fit(np.array(density, float))
        assert fitted.is_fitted
        assert (fitted.low, fitted.high) == pytest.approx(span), density
        assert not tone.is_fitted, "the tone itself stays as it was"


def test_what_is_fitted_stays_so() -> None:
    tone = Tone.linear(2, 3)
    assert tone.fit(np.array([0, 99.0])) is tone
    classic = Tone.classic()
    assert classic.is_fitted
    assert classic.fit(np.array([0, 99.0])) is classic


def test_a_tone_without_a_span_says_so() -> None:
    for name in ("linear", "sqrt", "log"):
        with pytest.raises(InputError, match=r"has no span yet; fit it to a density first"):
            Tone.of(name)(np.array([1.0]))
        with pytest.raises(InputError, match="has no span yet"):
            Tone.of(name).inverse(0.5)


lows = st.floats(0.001, 1000)


@given(st.sampled_from(NAMES), st.floats(0, 0.999), lows, st.floats(1.01, 1000))
def test_the_inverse_goes_there_and_back(name: str, t: float, low: float, ratio: float) -> None:
    tone = Tone.of(name, None if name == "classic" else (low, low * ratio))
    density = tone.inverse(t)
    assert float(tone(density)) == pytest.approx(t, abs=1e-9)


@given(st.sampled_from(NAMES), st.lists(st.floats(-10, 2000), min_size=2), lows, lows)
def test_more_density_is_never_less_tone(
    name: str, density: list[float], low: float, more: float
) -> None:
    tone = Tone.of(name, None if name == "classic" else (low, low + more))
    t = tone(np.sort(density))
    assert (np.diff(t) >= 0).all()
    assert ((t >= 0) & (t <= 1)).all()


def test_the_ends_of_the_inverse() -> None:
    assert Tone.classic().inverse(1) == np.inf
    assert Tone.classic().inverse(0) == 0
    for tone in (Tone.linear(2, 5), Tone.sqrt(2, 5), Tone.log(2, 5)):
        np.testing.assert_allclose(tone.inverse([0, 1]), [2, 5])


@pytest.mark.parametrize(
    "tone",
    [
        Tone.classic(),
        Tone.linear(),
        Tone.sqrt(0, 2.5),
        Tone.log(1e-9, 1e9),
        Tone.linear(np.float32(0.1), np.float64(0.7)),
        Tone.sqrt().fit(np.array([0.1, 0.3], np.float32)),
        Tone.log().fit(np.array([0.1, 0.3], np.float32)),
    ],
    ids=repr,
)
def test_a_tone_is_a_value_that_its_repr_rebuilds(tone: Tone) -> None:
    rebuilt = eval(repr(tone), {"Tone": Tone})
    assert rebuilt == tone
    assert hash(rebuilt) == hash(tone)
    assert len({rebuilt, tone}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        tone.low = 3  # type: ignore[misc]


def test_tones_differ_by_name_and_span() -> None:
    tones = [Tone.linear(), Tone.sqrt(), Tone.linear(0, 1), Tone.linear(0, 2), Tone.classic()]
    assert len(set(tones)) == len(tones)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        ((3, 2), r"span is \(3, 2\); the low end must be below the high one"),
        ((2, 2), "the low end must be below the high one"),
        ((0, math.nan), "give two finite numbers"),
        ((-math.inf, 1), "give two finite numbers"),
        ((-1e308, 1e308), "give two finite numbers"),
        ((1,), "give two numbers"),
        ((1, 2, 3), "give two numbers"),
        ("ab", "give two numbers"),
        (5, "give two numbers"),
        ((None, 1), "give two numbers"),
    ],
)
def test_what_is_no_span_is_refused(span: Any, text: str) -> None:
    for name in ("linear", "sqrt", "log"):
        with pytest.raises(InputError, match=text):
            Tone.of(name, span)


def test_spans_that_do_not_suit_the_tone_are_refused() -> None:
    with pytest.raises(InputError, match="the classic tone has no span"):
        Tone.of("classic", (0, 1))
    with pytest.raises(InputError, match="span begins at 0; a log tone needs a low end above 0"):
        Tone.log(0, 1)
    with pytest.raises(InputError, match="give both ends, or none"):
        Tone.linear(0)
    with pytest.raises(InputError, match="give two numbers"):
        Tone.linear("a", "b")  # type: ignore[arg-type]


def test_a_tone_is_given_by_name_or_as_itself() -> None:
    tone = Tone.sqrt(1, 2)
    assert Tone.of(tone) is tone
    assert Tone.of(tone, (3, 4)) == Tone.sqrt(3, 4)
    assert Tone.of("log", [1, 2]) == Tone.log(1, 2)
    with pytest.raises(InputError, match=r"unknown tone 'lineer'; did you mean 'linear'\?"):
        Tone.of("lineer")
    with pytest.raises(InputError, match="unknown tone"):
        Tone.of(None)  # type: ignore[arg-type]
