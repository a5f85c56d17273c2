"""Bands: dots on the ground counted by size: how they are parted, and that they add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawing import dot
from hypothesis import given
from hypothesis import strategies as st

import gpuheat
from gpuheat.density import reference
from gpuheat.density.bands import PARTS, Bands
from gpuheat.density.dot import Dot
from gpuheat.density.dotsize import Dotsize
from gpuheat.geo import mercator
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source

CITY = Grid.of(Area(10, 59.9, 10.4, 60.1), 120, "mercator")
ON_GROUND = replace(Dot.of(10), sizing="ground", largest=12.0)
BANDS = Bands(ON_GROUND, 0, 250)


def sized(sizes: Any, weights: Any = None) -> Points:
    sizes = np.asarray(sizes, float)
    return Points(np.arange(len(sizes)), np.zeros(len(sizes)), weights, sizes)


# By hand.


def test_a_dot_between_two_bands_is_a_part_of_each() -> None:
    quarter = 1 + 0.01 / 4
    ((band, lower, upper),) = BANDS.parted(sized([1, quarter, 1.0099]))
    assert band == 0
    assert lower.weights is not None
    assert upper.weights is not None
    assert lower.weights.tolist() == [1, 0.75, 3 / PARTS]
    assert upper.weights.tolist() == [0, 0.25, 1 - 3 / PARTS]


def test_bands_are_those_of_the_latitudes_that_can_be_seen() -> None:
    bands = Bands.of(CITY, Dotsize.of("1km").on(CITY, Source({"lon": [10], "lat": [60]})))
    # sec 59.9 = 1.9940 and sec 60.1 = 2.0061: ln / ln(1.01) = 69.36 and 69.97.
    assert (bands.first, bands.last) == (69, 70)
    equator = Grid.of(Area(0, -1, 2, 1), 100, "mercator")
    around = Bands.of(equator, Dotsize.of("9km").on(equator, Source([(0, 0)])))
    assert (around.first, around.last) == (0, 1)


# Laws.


@given(st.lists(st.tuples(st.floats(1, 11.6), st.integers(-9, 9)), min_size=1, max_size=40))
def test_the_parts_are_the_whole_and_each_row_is_in_one_pair(rows: list[Any]) -> None:
    sizes, weights = np.array(rows).T
    total = np.zeros(len(rows))
    for band, lower, upper in BANDS.parted(sized(sizes, weights)):
        assert lower.weights is not None
        assert upper.weights is not None
        assert lower.sizes is not None
        place = lower.x.astype(int)
        assert (place == upper.x).all()
        total[place] += lower.weights + upper.weights
        slack = 1e-12
        assert (lower.sizes >= BANDS.size(band) - slack).all()
        assert (lower.sizes <= BANDS.size(band + 1) + slack).all()
    assert total.tolist() == weights.tolist()


@pytest.mark.parametrize(
    ("falloff", "bound"),
    [("gaussian", 2e-3), ("quartic", 2e-3), ("epanechnikov", 6e-3), ("cone", 4e-3)],
)
def test_two_bands_make_the_dot_between_them(falloff: str, bound: float) -> None:
    """The parts of 1/256 move a radius by 2e-5; the rest is at the rim, where falloffs end."""
    a_dot = replace(dot(200, falloff), sizing="ground", largest=12.0)
    bands, distance = Bands(a_dot, 0, 250), np.linspace(0, 1300, 5001)
    for size in (1.0, 1.005, 2.345, 11.5):
        ((band, lower, upper),) = bands.parted(sized([size]))
        assert lower.weights is not None
        assert upper.weights is not None
        drawn = lower.weights * bands.dot_of(band).at(distance)
        drawn += upper.weights * bands.dot_of(band + 1).at(distance)
        error = np.abs(drawn - a_dot.at(distance, a_dot.radius * size))
        # The gaussian ends in a step of 1/90, which falls on either side of the rim.
        assert error.max() <= max(bound, a_dot.edge[0])
        assert np.quantile(error, 0.98) <= bound / 4


# The reference.


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("normalize", ["peak", "area"])
def test_what_is_counted_in_bands_is_the_reference(normalize: str, weighted: bool) -> None:
    rng = np.random.default_rng(95)
    n_points = 3000
    lon, lat = rng.uniform(-30, 70, n_points), rng.uniform(30, 84.5, n_points)
    weights = rng.uniform(0, 3, n_points) if weighted else None
    grid = Grid.of(Area(0, 55, 40, 72), 160, "mercator")
    options: dict[str, Any] = {
        "points": {"lon": lon, "lat": lat}, "weights": weights, "area": grid, "dotsize": "600km",
        "falloff": "quartic", "device": "cpu", "normalize": normalize,
    }  # fmt: skip
    counted = gpuheat.render(**options, method="count")
    exact = gpuheat.render(**options, method="stencil")
    assert "bands" in counted.engine
    assert counted.stats["outside"] == exact.stats["outside"]
    peak = exact.density.values.max()
    # Measured 5e-4: bands, and what counting does at rims (test_accuracy.py).
    np.testing.assert_allclose(counted.density.values, exact.density.values, atol=2e-3 * peak)
    if normalize == "peak":
        points = Points(*mercator.to_metres(lon, lat), weights, 1 / np.cos(np.radians(lat)))
        a_dot = replace(Dot.of(600e3 / grid.cell[1], "quartic"), sizing="ground", largest=99.0)
        expected = reference.density(points, grid, a_dot)
        np.testing.assert_allclose(counted.density.values, expected, atol=2e-3 * peak)


def test_bands_go_around_the_world() -> None:
    rng = np.random.default_rng(96)
    lon, lat = rng.uniform(-180, 180, 2000), rng.uniform(-30, 30, 2000)
    options: dict[str, Any] = {
        "points": {"lon": lon, "lat": lat}, "area": (-180, -25, 180, 25), "size": 300,
        "dotsize": "5000km", "projection": "mercator", "device": "cpu", "falloff": "quartic",
    }  # fmt: skip
    counted = gpuheat.render(**options, method="count").density.values
    exact = gpuheat.render(**options, method="stencil").density.values
    np.testing.assert_allclose(counted, exact, atol=2e-3 * exact.max())


def test_a_stream_is_its_array_to_the_last_bit() -> None:
    rng = np.random.default_rng(97)
    points = np.column_stack([rng.uniform(9.9, 10.5, 5000), rng.uniform(59.8, 60.2, 5000)])
    options: dict[str, Any] = {
        "area": CITY, "dotsize": "8km", "method": "count", "device": "cpu",
    }  # fmt: skip
    whole = gpuheat.render(points, **options).density.values
    parts = gpuheat.render(list(np.array_split(points[::-1], 9)), **options).density.values
    np.testing.assert_array_equal(whole, parts)


# The plan.


def test_a_city_is_counted_and_the_world_is_not() -> None:
    rng = np.random.default_rng(98)
    n_points = 200_000
    points = {"lon": rng.uniform(10, 10.4, n_points), "lat": rng.uniform(59.9, 60.1, n_points)}
    grid = Grid.of(Area(10, 59.9, 10.4, 60.1), 500, "mercator")
    city = gpuheat.explain(points, area=grid, dotsize="2km", device="cpu")
    assert city.chosen.method == "count"
    world = gpuheat.explain(
        points, area=(-180, -80, 180, 80), projection="mercator", dotsize="2000km", device="cpu"
    )
    assert world.chosen.method == "stencil"
    assert "the dots come in" in world.explain()
