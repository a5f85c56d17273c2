"""Placed: who is outside, and that nobody is left out who could be seen."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import at, pixel_grid
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.density import reference
from gpuheat.density.dot import Dot
from gpuheat.density.placed import place
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points
from gpuheat.points.tally import Tally

GRID = pixel_grid(4, 3)


def test_points_inside_and_on_the_edges_are_all_kept() -> None:
    tally = Tally()
    points = at(GRID, [0, 4, 2, 2, 0, 4], [1, 1, 0, 3, 0, 3])
    placed = place(points, GRID, Dot.of(0.5, "cone"), tally)
    assert (len(placed), tally.outside) == (6, 0)
    assert placed.column.tolist() == [0, 4, 2, 2, 0, 4]
    assert placed.row.tolist() == [1, 1, 0, 3, 0, 3]


def test_points_outside_are_counted_and_kept_as_far_as_the_reach() -> None:
    tally = Tally(outside=10)
    column = [1, -0.25, -2, -2.25, 4.25, 5.75, 6, 1]
    points = at(GRID, column, [1] * 7 + [-3], weights=range(8))
    placed = place(points, GRID, Dot.of(4, "cone"), tally)
    assert placed.column.tolist() == [1, -0.25, -2, 4.25, 5.75]
    assert placed.weights is not None
    assert placed.weights.tolist() == [0, 1, 2, 4, 5]
    assert tally.outside == 10 + 7


def test_no_points_are_no_trouble() -> None:
    tally = Tally()
    assert len(place(Points(np.empty(0), np.empty(0)), GRID, Dot.of(6, "cone"), tally)) == 0
    assert tally.outside == 0


@pytest.mark.parametrize("far", [1e308, -1e308, 1e200])
def test_points_beyond_any_number_of_pixels_are_outside(far: float) -> None:
    tally = Tally()
    grid = Grid(Area(0, 0, 1e-3, 1e-3), 100, 100)
    placed = place(Points(np.array([far, 0]), np.array([0, far])), grid, Dot.of(10, "cone"), tally)
    assert (len(placed), tally.outside) == (0, 2)


def test_whole_is_the_pixel_below_zero_too() -> None:
    placed = place(at(GRID, [-0.25, 0, 3.75], [-1.5, 2, 0.5]), GRID, Dot.of(6, "cone"), Tally())
    columns, rows = placed.whole()
    assert columns.tolist() == [-1, 0, 3]
    assert rows.tolist() == [-2, 2, 0]


@given(
    st.lists(st.tuples(st.floats(-12, 16), st.floats(-12, 15)), min_size=1, max_size=20),
    st.floats(0.1, 16),
)
def test_leaving_points_out_changes_nothing(
    positions: list[tuple[float, float]], size: float
) -> None:
    column, row = np.array(positions).T
    dot = Dot.of(size, "disk")
    points = at(GRID, column, row)
    placed = place(points, GRID, dot, Tally())
    kept = at(GRID, placed.column, placed.row)
    np.testing.assert_array_equal(
        reference.density(points, GRID, dot), reference.density(kept, GRID, dot)
    )
