"""Tone: by hand, what is fitted, there and back, and that it is a value."""

from __future__ import annotations

import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from gpuheat import InputError, Tone
from gpuheat.color.tone import NAMES

BY_HAND = {
    "linear": (Tone.linear(2, 6), {1: 0, 2: 0, 3: 0.25, 4: 0.5, 6: 1, 9: 1, -5: 0}),
    "sqrt": (Tone.sqrt(2, 6), {1: 0, 2: 0, 3: 0.5, 6: 1, 9: 1, -5: 0}),
    "log": (Tone.log(1, 100), {-1: 0, 0: 0, 0.5: 0, 1: 0, 10: 0.5, 100: 1, 1e9: 1}),
    "classic": (Tone.classic(), {-1: 0, 0: 0, math.log(2): 0.5, math.log(5): 0.8}),
    "cbrt": (Tone.cbrt(2, 10), {1: 0, 2: 0, 3: 0.5, 10: 1, 11: 1, -5: 0}),
    "equalize": (
        Tone.equalize([(0, 0), (1, 0.6), (5, 1)]),
        {-1: 0, 0: 0, 0.5: 0.3, 1: 0.6, 3: 0.8, 5: 1, 9: 1},
    ),
    "diverging": (
        Tone.diverging(1, -1, 9),
        {-9: 0, -1: 0, 0: 0.25, 1: 0.5, 3: 0.625, 5: 0.75, 9: 1, 10: 1},
    ),
}
# Those whose span is fitted to the greatest density, and those that have a span at all.
FROM_ZERO = ("linear", "sqrt", "cbrt")
SPANNED = (*FROM_ZERO, "log", "diverging")


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
        ([5], (0, 5)),
        ([np.inf, 5, -np.inf], (0, 5)),
    ],
    "log": [
        ([0, 1, 2, 8], (1, 8)),
        ([-3, 0.5, np.nan, 2], (0.5, 2)),
        ([0, 0], (1, 2)),
        ([-1], (1, 2)),
        ([np.nan, 1, 3, np.inf], (1, 3)),
        ([0, math.e, math.e], (1, math.e)),
    ],
}
FITTED["sqrt"] = FITTED["cbrt"] = FITTED["linear"]
FITTED["diverging"] = [
    ([1, 2, 8], (-8, 8)),
    ([-3, 2, np.nan, 0], (-3, 3)),
    ([0, 0], (-1, 1)),
    ([-1e-30], (-1e-30, 1e-30)),
]
FITTED["equalize"] = [([1, 2, 8, 0], (0, 8)), ([-3, 0], (0, 1)), ([5, np.nan], (0, 5))]


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
    for name in (*SPANNED, "equalize"):
        with pytest.raises(InputError, match=r"has no span yet; fit it to a density first"):
            Tone.of(name)(np.array([1.0]))
        with pytest.raises(InputError, match="has no span yet"):
            Tone.of(name).inverse(0.5)


# --- There and back. ---

lows = st.floats(0.001, 1000)


@st.composite
def tones(draw: st.DrawFn) -> Tone:
    """Fitted tones of every name."""
    name = draw(st.sampled_from(NAMES))
    low, ratio = draw(lows), draw(st.floats(1.01, 1000))
    if name == "classic":
        return Tone.classic()
    if name == "equalize":
        return Tone.equalize().fit(draw(st.lists(lows, min_size=1, max_size=40)))
    if name == "diverging":
        return Tone.diverging(low, low - draw(lows), low * ratio)
    return Tone.of(name, (low, low * ratio))


@given(tones(), st.floats(0, 0.999))
def test_the_inverse_goes_back_and_there(tone: Tone, t: float) -> None:
    density = float(tone.inverse(t))
    # As near as the density's own rounding lets it: a root is steep where its span begins.
    rounding = 2.0**-50 * max(abs(density), abs(tone.low or 0), abs(tone.high or 0))
    assert tone(density - rounding) <= t + 2.0**-50
    assert tone(density + rounding) >= t - 2.0**-50


# Below, above and at the ends; the classic tone's span ends where light does.
MOST_CLASSIC = 30.0


@given(
    tones(),
    arrays(np.float64, array_shapes(min_dims=0, max_dims=4, max_side=4), elements=st.floats(0, 1)),
)
def test_the_inverse_goes_there_and_back_for_any_shape(
    tone: Tone, position: NDArray[np.float64]
) -> None:
    low = 0.0 if tone.low is None else tone.low
    high = MOST_CLASSIC if tone.high is None else tone.high
    density = np.clip(low + position * (high - low), low, high)
    back = tone.inverse(tone(density))
    assert back.shape == density.shape
    # t is held to one part in 2^53 or so, and a density to as much; what an error of t does to
    # the density is the inverse's slope, here over a step of 2^-40 either way.
    t, step = tone(density), 2.0**-40
    rise = tone.inverse(np.minimum(t + step, 1 - 2.0**-53)) - tone.inverse(np.maximum(t - step, 0))
    slope = np.abs(rise) / step
    allowed = 2.0**-49 * (slope + max(abs(low), abs(high)))
    assert (np.abs(back - density) <= allowed).all()


@given(tones(), st.lists(st.floats(-10, 2000), min_size=2))
def test_more_density_is_never_less_tone(tone: Tone, density: list[float]) -> None:
    t = tone(np.sort(density))
    assert (np.diff(t) >= 0).all()
    assert ((t >= 0) & (t <= 1)).all()


def test_the_ends_of_the_inverse() -> None:
    assert Tone.classic().inverse(1) == np.inf
    assert Tone.classic().inverse(0) == 0
    for name in SPANNED:
        tone = Tone.of(name, (2, 5), center=3 if name == "diverging" else None)
        np.testing.assert_allclose(tone.inverse([0, 1]), [2, 5])


# --- Percentiles. ---


def test_a_percentile_is_one_of_what_is_to_be_seen() -> None:
    density = np.concatenate([np.zeros(1000), -np.ones(5), np.arange(101.0), [np.nan]])
    for name in FROM_ZERO:
        fitted = Tone.of(name, percentile=(10, 90)).fit(density)
        positive = np.arange(1, 101)
        expected = tuple(np.percentile(positive, (10, 90)))
        assert (fitted.low, fitted.high) == pytest.approx(expected)
        assert fitted == Tone.of(name, expected), "how it was fitted is not kept"
    assert Tone.log(percentile=(0, 50)).fit(density) == Tone.log(1, 50.5)


def test_a_percentile_of_equal_densities_is_a_span_all_the_same() -> None:
    level = np.array([0, 3.0, 3.0])
    assert Tone.linear(percentile=(1, 99)).fit(level) == Tone.linear(0, 3)
    assert Tone.log(percentile=(1, 99)).fit(level) == Tone.log(3 / math.e, 3)
    assert Tone.sqrt(percentile=(1, 99)).fit([0, -1]) == Tone.sqrt(0, 1)
    assert Tone.diverging(percentile=(1, 99)).fit(level) == Tone.diverging(0, -3, 3)


def test_a_diverging_percentile_reaches_to_the_farther_of_both() -> None:
    density = np.arange(-100.0, 301)
    fitted = Tone.diverging(percentile=(25, 75)).fit(density)
    expected = max(abs(np.percentile(density[density != 0], (25, 75))))
    assert fitted == Tone.diverging(0, -expected, expected)


# --- Equalize. ---


def test_equalized_densities_take_the_middle_of_their_ranks() -> None:
    """Two of 1, one of 2, one of 9: middles 1, 2.5 and 3.5 of 4 ranks; the last is the end."""
    tone = Tone.equalize().fit([0, 1, 9, -4, 2, 1, np.nan])
    assert tone == Tone.equalize([(0, 0), (1, 1 / 3.5), (2, 2.5 / 3.5), (9, 1)])


@given(st.integers(0, 2**32 - 1), st.integers(20_000, 300_000))
@settings(max_examples=10, deadline=None)
def test_every_color_gets_as_many_pixels(seed: int, n: int) -> None:
    density = np.random.default_rng(seed).lognormal(0, 2, n).astype(np.float32)
    t = Tone.equalize().fit(density)(density)
    shares = np.histogram(t, 16, (0, 1))[0] / n
    # 1/16 of the pixels each, but for what a sample and 256 knots leave undecided.
    np.testing.assert_allclose(shares, 1 / 16, atol=1 / 256)
    # The reference: ranks in float64.
    ranks = (np.argsort(np.argsort(density)) + 0.5) / n
    assert np.abs(t - ranks).max() < 1 / 128


def test_the_greatest_density_is_the_end_however_many_there_are() -> None:
    density = np.ones(1_000_000, np.float32)
    density[777_777] = 5
    assert Tone.equalize().fit(density).high == 5


def test_an_equalized_tone_is_frozen() -> None:
    rng = np.random.default_rng(40)
    first, second = rng.exponential(1, 1000), rng.exponential(3, 1000)
    tone = Tone.equalize().fit(first)
    again = tone.fit(second)
    assert again is tone
    assert tone(second).mean() > 0.7, "denser than what it was fitted to, and seen to be so"
    np.testing.assert_array_equal(tone(second), np.interp(second, *zip(*tone.knots, strict=True)))


def test_scaling_a_density_leaves_its_equalized_tone() -> None:
    density = np.random.default_rng(41).exponential(1, 500)
    for factor in (1e-30, 1e30):
        scaled = Tone.equalize().fit(density * factor)(density * factor)
        np.testing.assert_allclose(scaled, Tone.equalize().fit(density)(density), atol=1e-12)


# --- Nothing to fit to. ---


@pytest.mark.parametrize("name", [name for name in NAMES if name != "classic"])
def test_a_tone_fitted_on_nothing_is_refused(name: str) -> None:
    for nothing in ([], [np.nan], [np.inf, -np.inf], np.zeros((0, 3))):
        with pytest.raises(InputError, match="without a finite number; fit it to one that has"):
            Tone.of(name).fit(nothing)
    for rubbish in (["a"], [None], [1j]):
        with pytest.raises(InputError, match=r"density is an array of .*; give numbers"):
            Tone.of(name).fit(rubbish)
        with pytest.raises(InputError, match="give numbers"):
            BY_HAND[name][0](rubbish)


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
        Tone.cbrt(percentile=(1, 99)),
        Tone.diverging(),
        Tone.diverging(center=3),
        Tone.diverging(3, 1, 9),
        Tone.diverging(-0.1, percentile=(0, 100)),
        Tone.diverging().fit(np.array([0.1, -0.3], np.float32)),
        Tone.equalize(),
        Tone.equalize().fit(np.random.default_rng(42).random(5000).astype(np.float32)),
    ],
    ids=str,
)
def test_a_tone_is_a_value_that_its_repr_rebuilds(tone: Tone) -> None:
    rebuilt = eval(repr(tone), {"Tone": Tone})
    assert rebuilt == tone
    assert hash(rebuilt) == hash(tone)
    assert len({rebuilt, tone}) == 1
    assert pickle.loads(pickle.dumps(tone)) == tone
    assert len(str(tone)) < 80
    with pytest.raises(dataclasses.FrozenInstanceError):
        tone.low = 3  # type: ignore[misc]


def test_tones_differ_by_name_and_span() -> None:
    tones = [Tone.linear(), Tone.sqrt(), Tone.linear(0, 1), Tone.linear(0, 2), Tone.classic()]
    tones += [Tone.linear(percentile=(1, 99)), Tone.diverging(), Tone.diverging(1)]
    tones += [Tone.diverging(1, 0, 2), Tone.equalize(), Tone.equalize([(0, 0), (1, 1)])]
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
    for name in SPANNED:
        with pytest.raises(InputError, match=text):
            Tone.of(name, span)


def test_spans_that_do_not_suit_the_tone_are_refused() -> None:
    with pytest.raises(InputError, match="the classic tone has no span"):
        Tone.of("classic", (0, 1))
    with pytest.raises(InputError, match="span begins at 0; a log tone needs a low end above 0"):
        Tone.log(0, 1)
    with pytest.raises(InputError, match="the equalize tone has no span: it goes by the ranks"):
        Tone.of("equalize", (0, 1))
    with pytest.raises(InputError, match=r"span is \(1, 2\) and the center 0; the center must"):
        Tone.diverging(low=1, high=2)
    with pytest.raises(InputError, match="give both ends, or none"):
        Tone.linear(0)
    with pytest.raises(InputError, match="give two numbers"):
        Tone.linear("a", "b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "percentile", [(99, 1), (5, 5), (-1, 99), (1, 101), (math.nan, 9), 5, (1,), "ab", (None, 1)]
)
def test_what_is_no_pair_of_percentiles_is_refused(percentile: Any) -> None:
    with pytest.raises(InputError, match=r"percentile is .*; give two"):
        Tone.linear(percentile=percentile)
    with pytest.raises(InputError, match=r"percentile is .*; give two"):
        Tone.of("diverging", percentile=percentile)


def test_percentiles_and_centers_where_they_do_not_belong_are_refused() -> None:
    with pytest.raises(InputError, match="span and percentile are both given; give one of them"):
        Tone.of("linear", (0, 1), percentile=(1, 99))
    for name in ("classic", "equalize"):
        with pytest.raises(InputError, match=f"the {name} tone has no span"):
            Tone.of(name, percentile=(1, 99))
    with pytest.raises(InputError, match="only the diverging tone has a center, not sqrt; give"):
        Tone.of("sqrt", center=0)
    for center in (math.nan, math.inf, "a", (1, 2)):
        with pytest.raises(InputError, match=r"center is .*; give a finite number"):
            Tone.diverging(center)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "knots",
    [
        [],
        [(0, 0)],
        [(0, 0), (1, 0.9)],
        [(0, 0.1), (1, 1)],
        [(0, 0), (2, 0.5), (1, 1)],
        [(0, 0), (1, 0), (2, 1)],
        [(0, 0), (math.inf, 1)],
        [(0, 0), (math.nan, 0.5), (2, 1)],
        [(0, 0, 0)],
        "ab",
        5,
    ],
)
def test_what_are_no_knots_is_refused(knots: Any) -> None:
    with pytest.raises(InputError, match="no knots of an equalized tone; give pairs"):
        Tone.equalize(knots)


def test_a_span_a_percentile_or_a_center_replaces_what_a_tone_had() -> None:
    assert Tone.of(Tone.linear(1, 2), percentile=(1, 99)) == Tone.linear(percentile=(1, 99))
    assert Tone.of(Tone.linear(percentile=(1, 99)), (1, 2)) == Tone.linear(1, 2)
    tone = Tone.diverging(1, 0, 5)
    assert Tone.of(tone, (-1, 2)) == Tone.diverging(1, -1, 2)
    assert Tone.of(tone, percentile=(1, 99)) == Tone.diverging(1, percentile=(1, 99))
    assert Tone.of(tone, center=3) == Tone.diverging(3)
    assert Tone.of("diverging", (-1, 9), center=3) == Tone.diverging(3, -1, 9)


def test_a_tone_is_given_by_name_or_as_itself() -> None:
    tone = Tone.sqrt(1, 2)
    assert Tone.of(tone) is tone
    assert Tone.of(tone, (3, 4)) == Tone.sqrt(3, 4)
    assert Tone.of("log", [1, 2]) == Tone.log(1, 2)
    with pytest.raises(InputError, match=r"unknown tone 'lineer'; did you mean 'linear'\?"):
        Tone.of("lineer")
    with pytest.raises(InputError, match="unknown tone"):
        Tone.of(None)  # type: ignore[arg-type]
