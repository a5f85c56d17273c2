"""Stencil: both of its ways, and that they are the reference."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import FALLOFFS, assert_true, at, dot, pixel_grid, source_of
from numpy.typing import NDArray

from gpuheat.density.dot import Dot
from gpuheat.density.stencil import stencil
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points

# Where points are many, distances and falloffs are float32: off by some 1e-7 of a dot's peak.
IN_FLOAT32 = 1e-6
# Few points are drawn in float64, and rounded once: float32 keeps 24 bits.
ROUNDED_ONCE = 2.0**-24 * 1.01


def drawn(points: Points, grid: Grid, a_dot: Dot) -> NDArray[np.float32]:
    return stencil(source_of([points]), grid, a_dot).values


@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize(("dotsize", "n_points"), [(1, 3), (1, 900), (5, 20), (5, 2000), (40, 30)])
def test_it_is_the_reference(falloff: str, dotsize: float, n_points: int) -> None:
    """Few points are added one by one, many offset by offset."""
    rng = np.random.default_rng(40)
    grid, a_dot = pixel_grid(33, 21), dot(dotsize, falloff)
    points = at(
        grid,
        rng.uniform(-a_dot.radius, 33 + a_dot.radius, n_points),
        rng.uniform(-a_dot.radius, 21 + a_dot.radius, n_points),
        rng.uniform(0, 5, n_points),
    )
    one_by_one = n_points < (2 * a_dot.reach + 1) ** 2
    bound = ROUNDED_ONCE if one_by_one else IN_FLOAT32
    assert_true(drawn(points, grid, a_dot), points, grid, a_dot, bound)


@pytest.mark.parametrize("falloff", FALLOFFS)
def test_one_by_one_equals_offset_by_offset(falloff: str) -> None:
    """The same points as chunks of one and as a single chunk."""
    rng = np.random.default_rng(41)
    grid, a_dot = pixel_grid(20, 30), dot(4.4, falloff)
    column, row = rng.uniform(-3, 23, 400), rng.uniform(-3, 33, 400)
    weights = rng.integers(-3, 4, 400)
    singles = [at(grid, *each) for each in zip(column, row, weights, strict=True)]
    np.testing.assert_allclose(
        stencil(source_of(singles), grid, a_dot).values,
        drawn(at(grid, column, row, weights), grid, a_dot),
        atol=1e-5,
    )


@pytest.mark.parametrize("dotsize", [1, 3, 8])
def test_many_points_in_every_corner_stay_in_bounds(dotsize: float) -> None:
    grid, a_dot = pixel_grid(5, 4), Dot.of(dotsize, "cone")
    edge = np.concatenate([np.linspace(-6, 11, 40), [0, 5, np.nextafter(5, 0)]])
    column, row = (each.ravel() for each in np.meshgrid(edge, edge))
    points = at(grid, column, row)
    assert_true(drawn(points, grid, a_dot), points, grid, a_dot, IN_FLOAT32)


def test_integer_weights_are_fine() -> None:
    grid = pixel_grid(3, 3)
    points = Points(np.array([1, 1]), np.array([1, 1]), np.array([2, 3], np.uint8))
    assert drawn(points, grid, Dot.of(2, "disk")).sum() == 20
