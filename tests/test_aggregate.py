"""Aggregates on every device: by hand, by law, against the float64 reference, and by counting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from aggregating import near_a_rim, together, values
from drawing import BOUND, FALLOFFS, at, dot, pixel_grid
from gpu import open_or_skip
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpuheat.density import reference
from gpuheat.density import splat as splat_module
from gpuheat.density.aggregate import AGGREGATES, Aggregate
from gpuheat.density.dot import Dot
from gpuheat.errors import InputError
from gpuheat.points.points import Points
from gpuheat.points.source import Source

NAN = float("nan")
GRID = pixel_grid(3, 3)
CONE = Dot.of(4, "cone")
MEAN, MAX, MIN, COUNT = (Aggregate.of(name) for name in ("mean", "max", "min", "count"))
SAYS = [MEAN, MAX, MIN, COUNT]

# --- By hand: cones of radius 2, one of weight 10 in the middle, one of 20 in the corner. ---

TWO = at(GRID, [1.5, 0.5], [1.5, 0.5], [10, 20])
BY_HAND = {
    # The falloffs are 1 - distance / 2. The corner's dot ends at the pixels 2 away: 0 there.
    "mean": [[17.734591, 15, 10], [15, 12.265409, 10], [10, 10, 10]],
    "max": [[20, 10, 2.928932], [10, 10, 5], [2.928932, 5, 2.928932]],
    "min": [[2.928932, 5, 0], [5, 5.857864, 5], [0, 5, 2.928932]],
    "count": [[2, 2, 2], [2, 2, 1], [2, 1, 1]],
}


@pytest.mark.parametrize("name", BY_HAND)
def test_two_dots_by_hand(name: str, device: str) -> None:
    found = values(device, TWO, GRID, CONE, Aggregate.of(name))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, BY_HAND[name], rtol=1e-6)
    exact = reference.aggregated(TWO, GRID, CONE, Aggregate.of(name))
    np.testing.assert_allclose(exact, BY_HAND[name], rtol=1e-6)


SMALL = Dot.of(1, "disk")  # one pixel's centre each
LONE = at(GRID, [0.5, 0.5, 2.5], [0.5, 0.5, 2.5], [-3, 5, -7])
LONE_BY_HAND = {
    "mean": [[1, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, -7]],
    "max": [[5, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, -7]],
    "min": [[-3, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, -7]],
    "count": [[2, 0, 0], [0, 0, 0], [0, 0, 1]],
}


@pytest.mark.parametrize("name", LONE_BY_HAND)
def test_where_no_dot_reaches_there_is_no_number_and_weights_have_any_sign(
    name: str, device: str
) -> None:
    found = together(device, LONE, GRID, SMALL, Aggregate.of(name), "exact")
    np.testing.assert_array_equal(found.density.values, LONE_BY_HAND[name])
    if name == "count":
        assert found.cover is None
    else:
        assert found.cover is not None
        np.testing.assert_array_equal(found.cover, np.isfinite(LONE_BY_HAND[name]))


def test_the_mean_fades_in_proportion_below_its_support(device: str) -> None:
    found = together(device, TWO, GRID, CONE, Aggregate.of("mean", support=2), "exact")
    sums = [[1.292893, 1, 0.292893], [1, 1.292893, 0.5], [0.292893, 0.5, 0.292893]]
    np.testing.assert_allclose(found.cover, np.array(sums) / 2, rtol=1e-5)
    np.testing.assert_allclose(found.density.values, BY_HAND["mean"], rtol=1e-6)


def test_a_weight_of_zero_is_a_dot_as_well(device: str) -> None:
    points = at(GRID, [1.5, 1.5], [1.5, 1.5], [0, 8])
    for name, middle in {"mean": 4, "max": 8, "min": 0, "count": 2}.items():
        assert values(device, points, GRID, SMALL, Aggregate.of(name))[1, 1] == middle


# --- Laws. ---

WIDE = pixel_grid(20, 12)
some_points = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(-6, 26), min_size=n, max_size=n),
        st.lists(st.floats(-6, 18), min_size=n, max_size=n),
        st.lists(st.integers(-9, 9), min_size=n, max_size=n),
    )
)
sizes = st.sampled_from([3.0, 9.0])
lawful = settings(max_examples=40)


def on_host(points: Points, size: float, what: Aggregate) -> NDArray[np.float32]:
    return values("cpu", points, WIDE, Dot.of(size, "cone"), what)


@pytest.mark.parametrize("what", SAYS, ids=str)
@lawful
@given(some_points, sizes, st.randoms())
def test_the_order_of_points_does_not_matter(
    what: Aggregate, given: Any, size: float, random: Any
) -> None:
    columns, rows, weights = map(np.array, given)
    order = np.array(random.sample(range(len(columns)), len(columns)))
    first = on_host(at(WIDE, columns, rows, weights), size, what)
    again = on_host(at(WIDE, columns[order], rows[order], weights[order]), size, what)
    np.testing.assert_allclose(first, again, atol=1e-5)


@lawful
@given(some_points, some_points, sizes)
def test_the_extreme_of_all_is_that_of_the_parts_and_counts_add_up(
    one: Any, other: Any, size: float
) -> None:
    a, b = at(WIDE, *one), at(WIDE, *other)
    both = at(WIDE, *(np.concatenate(pair) for pair in zip(one, other, strict=True)))
    for what, combine in ((MAX, np.fmax), (MIN, np.fmin), (COUNT, np.add)):
        parts = combine(on_host(a, size, what), on_host(b, size, what))
        np.testing.assert_allclose(on_host(both, size, what), parts, atol=1e-5)


@lawful
@given(some_points, sizes)
def test_a_point_twice_changes_neither_mean_nor_extremes_and_counts_twice(
    given: Any, size: float
) -> None:
    columns, rows, weights = map(np.array, given)
    once = at(WIDE, columns, rows, weights)
    twice = at(WIDE, *(np.repeat(each, 2) for each in (columns, rows, weights)))
    for what, times in ((MEAN, 1), (MAX, 1), (MIN, 1), (COUNT, 2)):
        expected = on_host(once, size, what) * times
        np.testing.assert_allclose(on_host(twice, size, what), expected, atol=1e-5)


@lawful
@given(some_points, sizes, st.sampled_from([1e-6, 3.0, 1e6]))
def test_weights_scale_and_turn(given: Any, size: float, factor: float) -> None:
    columns, rows, weights = map(np.array, given)
    plain = at(WIDE, columns, rows, weights)
    scaled = at(WIDE, columns, rows, weights * factor)
    turned = at(WIDE, columns, rows, -weights)
    for what, opposite in ((MEAN, MEAN), (MAX, MIN), (MIN, MAX)):
        found = on_host(plain, size, what)
        rounding = 1e-5 * factor
        np.testing.assert_allclose(on_host(scaled, size, what), found * factor, atol=rounding)
        np.testing.assert_allclose(on_host(turned, size, opposite), -found, atol=1e-5)


@lawful
@given(some_points, sizes, st.floats(-300, 300))
def test_the_mean_of_equal_weights_is_that_weight_and_no_mean_leaves_their_range(
    given: Any, size: float, level: float
) -> None:
    columns, rows, weights = map(np.array, given)
    even = on_host(at(WIDE, columns, rows, np.full(len(columns), level)), size, MEAN)
    np.testing.assert_allclose(even[np.isfinite(even)], level, rtol=1e-6, atol=1e-30)
    mean = on_host(at(WIDE, columns, rows, weights), size, MEAN)
    mean = mean[np.isfinite(mean)]
    assert (mean >= weights.min() - 1e-5).all()
    assert (mean <= weights.max() + 1e-5).all()


# --- Oracle. ---

AREA = pixel_grid(60, 40)


def scattered(n: int, seed: int, level: float = 15.0) -> Points:
    """Weights that are temperatures: far from 0, warmer to the right."""
    rng = np.random.default_rng(seed)
    column, row = rng.uniform(-9, 69, n), rng.uniform(-9, 49, n)
    return at(AREA, column, row, level + column / 12 + rng.normal(0, 1, n))


@pytest.mark.parametrize("what", SAYS, ids=str)
@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize(("dotsize", "n_points"), [(4.4, 1500), (13, 60), (30, 12)])
def test_it_is_the_reference(
    dotsize: float, n_points: int, falloff: str, what: Aggregate, device: str
) -> None:
    points, a_dot = scattered(n_points, 50), dot(dotsize, falloff)
    found = values(device, points, AREA, a_dot, what)
    expected = reference.aggregated(points, AREA, a_dot, what)
    # A dot that float32 sees on the wrong side of its rim is one more, or one less.
    sure = ~near_a_rim(points, AREA, a_dot)
    np.testing.assert_array_equal(np.isnan(found)[sure], np.isnan(expected)[sure])
    if what == COUNT:
        np.testing.assert_array_equal(found[sure], expected[sure])
        return
    _, peak = a_dot.edge
    allowed = np.full(AREA.shape, BOUND * peak * float(np.abs(points.weights).max()))
    if what == MEAN:  # its error is that of two sums, the less the more they are
        sums = reference.held(points, AREA, a_dot, what)[1]
        allowed = 2 * allowed * max(sums.max(), 1) / np.where(sums > 0, sums, 1)
    sure &= np.isfinite(expected)
    assert (np.abs(found - expected)[sure] <= allowed[sure]).all()


@pytest.mark.parametrize("what", SAYS, ids=str)
def test_dots_of_their_own_sizes_are_the_reference(what: Aggregate, device: str) -> None:
    chunk = scattered(80, 51)
    own = np.random.default_rng(52).uniform(2, 12, 80)
    a_dot = replace(Dot.of(1, "cone"), sizing="own", largest=float(own.max()))
    source = Source(x=chunk.x, y=chunk.y, weights=chunk.weights, sizes=own)
    found = values(device, source, AREA, a_dot, what)
    points = Points(chunk.x, chunk.y, chunk.weights, own)
    expected = reference.aggregated(points, AREA, a_dot, what)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("what", SAYS, ids=str)
@pytest.mark.parametrize("batch", [100, 7])
def test_many_batches_equal_one(
    batch: int, what: Aggregate, gl_device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, a_dot = scattered(333, 53), Dot.of(9, "quartic")
    whole = values(gl_device, points, AREA, a_dot, what)
    monkeypatch.setattr(splat_module, "BATCH_POINTS", batch)
    np.testing.assert_allclose(values(gl_device, points, AREA, a_dot, what), whole, rtol=1e-4)


def test_splats_blend_by_adding_again_after_an_extreme(gl_device: str) -> None:
    for name in ("max", "sum", "min", "sum"):
        found = values(gl_device, TWO, GRID, CONE, Aggregate.of(name))
        if name == "sum":
            np.testing.assert_allclose(found[1, 1], 15.857864, rtol=1e-6)


# --- By counting. ---


@pytest.mark.parametrize("falloff", ["gaussian", "cone", "classic", "disk"])
@pytest.mark.parametrize("n_points", [1500, 6000])
def test_a_counted_mean_is_the_reference_where_dots_lie_seven_deep(
    n_points: int, falloff: str, device: str
) -> None:
    """Weights and points err alike where cells are coarse, and their ratio hardly at all."""
    points, a_dot = scattered(n_points, 54), Dot.of(40, falloff)
    found = values(device, points, AREA, a_dot, MEAN, method="count")
    expected = reference.aggregated(points, AREA, a_dot, MEAN)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert points.weights is not None
    off = np.abs(found - expected) / np.ptp(points.weights)
    assert np.quantile(off, 0.999) <= 1 / 255


@pytest.mark.parametrize("falloff", ["cone", "gaussian"])
def test_a_counted_mean_has_no_number_where_no_dot_reaches_and_stays_among_the_weights(
    falloff: str, device: str
) -> None:
    """At the cones' rims both sums are next to nothing, and are sharpened each by its own."""
    grid = pixel_grid(200, 100)
    rng = np.random.default_rng(55)
    weights = np.where(rng.random(400) < 0.5, -1.0, 1.0)
    points = at(grid, rng.normal(60, 8, 400), rng.normal(50, 8, 400), weights)
    found = values(device, points, grid, Dot.of(90, falloff), MEAN, method="count")
    assert np.isnan(found[:, 150:]).all()
    there = found[np.isfinite(found)]
    assert len(there) > 5000
    assert np.abs(there).max() <= 1 + 1e-6


@pytest.mark.parametrize("falloff", ["quartic", "gaussian"])
def test_a_counted_mean_of_both_signs_is_the_reference_too(falloff: str) -> None:
    points, a_dot = scattered(1500, 58, level=-2.5), Dot.of(90, falloff)
    found = values("cpu", points, AREA, a_dot, MEAN, method="count")
    expected = reference.aggregated(points, AREA, a_dot, MEAN)
    assert points.weights is not None
    assert np.quantile(np.abs(found - expected), 0.999) <= np.ptp(points.weights) / 255


def test_a_count_by_counting_errs_by_the_rims_that_cross_a_cell() -> None:
    """Whole numbers, and off by some of the dots that end within half a cell: under 1 %."""
    points, a_dot = scattered(8000, 56), Dot.of(100)
    found = values("cpu", points, AREA, a_dot, COUNT, method="count")
    expected = reference.aggregated(points, AREA, a_dot, COUNT)
    np.testing.assert_array_equal(found, np.rint(found))
    assert np.quantile(np.abs(found - expected) / expected, 0.999) <= 0.01


@pytest.mark.parametrize("what", [MAX, MIN], ids=str)
def test_an_extreme_is_never_counted_however_many_points_there_are(
    what: Aggregate, device: str
) -> None:
    open_or_skip(device)
    points = scattered(20_000, 57)
    found = together(device, points, AREA, Dot.of(50), what)
    assert "count" not in found.engine


def test_a_sum_says_the_same_as_ever(device: str) -> None:
    np.testing.assert_allclose(
        values(device, TWO, GRID, CONE, Aggregate.of("sum")),
        reference.density(TWO, GRID, CONE),
        atol=1e-5,
    )


# --- Bad input. ---


@pytest.mark.parametrize("name", AGGREGATES)
def test_weights_beyond_float32_are_told_of(name: str, device: str) -> None:
    points = at(GRID, [1.5, 0.5], [1.5, 0.5], [1e39, 1e39])
    if name in ("sum", "count"):
        return  # a sum is looked at where it is drawn: test_pipeline
    with pytest.raises(InputError, match="the weights are too large"):
        values(device, points, GRID, CONE, Aggregate.of(name))


WRONG: dict[str, tuple[tuple[Any, ...], str]] = {
    "unknown": (("average",), "unknown aggregate 'average'"),
    "misspelt": (("mena",), "did you mean 'mean'?"),
    "a support below 0": (("mean", -1), "support is -1; give a number of dots, 0 or more"),
    "a support without end": (("mean", float("inf")), "support is inf"),
    "a support of text": (("mean", "few"), "support is 'few'"),
    "a support that is no number": (("mean", NAN), "support is nan"),
    "a support for a sum": (("sum", 2), "support=2 is for aggregate='mean'"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_aggregate_is_told_of(wrong: str) -> None:
    given, text = WRONG[wrong]
    with pytest.raises(InputError) as caught:
        Aggregate.of(*given)
    assert text in str(caught.value)
