"""Dots that differ in size: each has its own radius, by splat and by stencil."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawing import BOUND, FALLOFFS, dot, pixel_grid
from gpu import open_or_skip
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpuheat.density import reference
from gpuheat.density.dot import Dot
from gpuheat.density.splat import splat
from gpuheat.density.stencil import stencil
from gpuheat.errors import InputError
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source
from gpuheat.points.tally import Tally

GRID = pixel_grid(34, 26)


def several(n_points: int, largest: float, seed: int = 60) -> Points:
    """Scatter points in and around `GRID`, of sizes up to so many times the dot's."""
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(0.2, largest, n_points)
    sizes[0] = largest
    x, y = rng.uniform(-9, 43, n_points), rng.uniform(-9, 35, n_points)
    return Points(x, y, rng.uniform(-1, 3, n_points), sizes)


def drawn(device: str, points: Points, grid: Grid, a_dot: Dot) -> NDArray[np.float32]:
    context = open_or_skip(device)
    if context.has_gl:
        return splat([points], grid, a_dot, context=context, tally=Tally()).values
    source = Source(x=points.x, y=points.y, weights=points.weights, sizes=points.sizes)
    return stencil(source, grid, a_dot).values


def test_two_dots_of_two_sizes_pixel_by_pixel(device: str) -> None:
    """A disk of radius 0.6 is one pixel, one of radius 1.2 five of them."""
    grid = pixel_grid(7, 3)
    points = Points(np.array([1.5, 4.5]), np.array([1.5, 1.5]), None, np.array([1.0, 2.0]))
    a_dot = replace(Dot.of(1.2, "disk"), sizing="own", largest=2.0)
    expected = [
        [0, 0, 0, 0, 1, 0, 0],
        [0, 1, 0, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 0, 0],
    ]
    assert drawn(device, points, grid, a_dot).tolist() == expected


def test_a_dot_just_outside_reaches_in_only_if_it_is_large_enough(device: str) -> None:
    grid = pixel_grid(3, 3)
    points = Points(np.full(2, -1.0), np.array([0.5, 2.5]), None, np.array([1.0, 2.0]))
    a_dot = replace(Dot.of(2, "disk"), sizing="own", largest=2.0)
    assert drawn(device, points, grid, a_dot).tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("keeps", ["peak", "area"])
@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize(("dotsize", "n_points"), [(2, 3), (2, 900), (9, 40), (300, 6)])
def test_each_way_is_the_reference(
    falloff: str, dotsize: float, n_points: int, keeps: str, device: str
) -> None:
    points = several(n_points, largest=3.0)
    a_dot = replace(dot(dotsize, falloff), sizing="own", largest=3.0, keeps=keeps)
    expected = reference.density(points, GRID, a_dot)
    unsigned = replace(points, weights=np.abs(points.weights))
    error = np.abs(drawn(device, points, GRID, a_dot) - expected)
    # Where falloffs jump, single pixels within 1e-4 px of a rim may see its other side.
    allowed = BOUND * reference.density(unsigned, GRID, a_dot).max()
    assert np.quantile(error, 0.995) <= allowed
    assert a_dot.edge[0] != 0 or error.max() <= allowed


@pytest.mark.parametrize("more", [-1, 0, 1, 40])
def test_one_dot_beyond_the_largest_point_turns_all_into_quads(more: int, gl_device: str) -> None:
    limits = open_or_skip(gl_device).limits
    assert limits is not None
    a_dot = replace(Dot.of(6, "cone"), sizing="own", largest=(limits.point_size + more) / 6)
    points = several(20, largest=a_dot.largest)
    expected = reference.density(points, GRID, a_dot)
    np.testing.assert_allclose(
        drawn(gl_device, points, GRID, a_dot), expected, atol=BOUND * np.abs(expected).max()
    )


@given(size=st.floats(0.1, 5), dotsize=st.floats(0.5, 20))
def test_equal_sizes_are_a_dot_of_that_size(size: float, dotsize: float) -> None:
    points = several(30, largest=1.0)
    alike = replace(points, sizes=np.full(30, size))
    a_dot = replace(Dot.of(dotsize, "cone"), sizing="own", largest=size)
    np.testing.assert_allclose(
        drawn("cpu", alike, GRID, a_dot),
        drawn("cpu", replace(points, sizes=None), GRID, Dot.of(dotsize * size, "cone")),
        atol=1e-5,
    )


def test_there_is_one_size_for_each_point() -> None:
    with pytest.raises(InputError, match=r"dotsize has 2 values for 3 points; give one per point"):
        Source(x=[1, 2, 3], y=[1, 2, 3], sizes=np.array([1, 2]))


def test_points_in_chunks_have_no_array_of_sizes() -> None:
    with pytest.raises(InputError, match=r"dotsize is an array, but .* in chunks"):
        Source([np.ones((3, 2)), np.ones((3, 2))], sizes=np.ones(6))


def test_a_row_whose_size_is_not_finite_is_dropped() -> None:
    source = Source(x=[1, 2, 3], y=[1, 2, 3], sizes=np.array([1, np.nan, 2]))
    (points,) = source
    assert points.x.tolist() == [1, 3]
    assert points.sizes is not None
    assert points.sizes.tolist() == [1, 2]
    assert (source.tally.read, source.tally.dropped) == (3, 1)
