"""Area and Grid: world and pixels, there and back, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import InputError
from gpuheat.geo.area import Area, Grid

AREA = Area(10, 20, 14, 22)


@pytest.mark.parametrize(
    "value",
    [
        AREA,
        ((10, 20), (14, 22)),
        [[10, 20], [14, 22]],
        (10, 20, 14, 22),
        np.array([10, 20, 14, 22]),
        np.array([[10, 20], [14, 22]], "f4"),
        ("10", "20", "14", "22"),
    ],
)
def test_an_area_is_two_corners_or_four_numbers(value: Any) -> None:
    assert Area.of(value) == AREA


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, 2, 3), r"area is \(1, 2, 3\); give \(\(min x, min y\), \(max x, max y\)\)"),
        ((1, 2, 3, 4, 5), "give .* or those four numbers"),
        ("somewhere", "give .* or those four numbers"),
        (5, "give .* or those four numbers"),
        ((1, 2, "x", 4), "give .* or those four numbers"),
        ((1, 2, math.nan, 4), "area runs from x = 1 to nan; give finite edges"),
        ((1, -math.inf, 2, 4), "area runs from y = -inf to 4"),
        ((-1e308, 0, 1e308, 1), "area runs from x"),
        ((1, 2, 1, 4), "area has no extent in x: both edges are 1"),
        ((1, 2, 3, 2), "area has no extent in y: both edges are 2"),
        ((3, 2, 1, 4), "area is inverted in x: 3 comes before 1; the minimum goes first"),
        ((1, 4, 3, 2), "area is inverted in y: 4 comes before 2"),
    ],
)
def test_what_is_no_area_is_refused(value: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        Area.of(value)


def test_around_adds_a_margin_of_the_range_on_each_side() -> None:
    assert Area.around((0, 10), (4, 30), 0.25) == Area(-1, 5, 5, 35)
    assert Area.around((0, 10), (4, 30), 0) == Area(0, 10, 4, 30)


def test_a_range_of_zero_is_widened_by_a_half_as_numpy_does() -> None:
    assert Area.around((3, 10), (3, 30), 0.1) == Area(2.5, 8, 3.5, 32)
    assert Area.around((3, 10), (3, 10), 0.0) == Area(2.5, 9.5, 3.5, 10.5)


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_around_any_one_point_there_is_an_area(x: float, y: float) -> None:
    area = Area.around((x, y), (x, y), 0.05)
    assert area.xmin < x < area.xmax
    assert area.ymin < y < area.ymax
    assert Area.of(area.corners) == area


def test_a_range_that_is_too_wide_is_refused() -> None:
    with pytest.raises(InputError, match="range from -1e\\+308 to 1e\\+308, too wide to draw"):
        Area.around((-1e308, 0), (1e308, 1), 0.05)


def test_the_parts_of_an_area() -> None:
    assert (AREA.width, AREA.height) == (4, 2)
    assert AREA.corners == ((10, 20), (14, 22))
    assert str(AREA) == "x 10 to 14, y 20 to 22"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (8, (8, 4)),
        (np.int64(8), (8, 4)),
        (8.0, (8, 4)),
        ((3, 5), (3, 5)),
        ([3, 5], (3, 5)),
        (np.array([3, 5]), (3, 5)),
        (1, (1, 1)),
    ],
)
def test_size_is_the_longer_side_or_a_pair(size: Any, expected: tuple[int, int]) -> None:
    grid = Grid.of(AREA, size)
    assert (grid.width, grid.height) == expected
    assert grid.shape == expected[::-1]


def test_one_number_is_the_height_of_a_tall_area() -> None:
    assert Grid.of(Area(0, 0, 1, 4), 100).shape == (100, 25)
    assert Grid.of(Area(0, 0, 1, 1e9), 100).shape == (100, 1)
    assert Grid.of(Area(0, 0, 1e-200, 1e200), 100).shape == (100, 1)
    assert Grid.of(Area(0, 0, 1e200, 1e-200), 100).shape == (1, 100)


@pytest.mark.parametrize(
    "size", [0, -1, 2.5, math.nan, math.inf, None, True, "100", (3,), (3, 4, 5), (0, 3), (3, None)]
)
def test_rubbish_for_size_is_refused(size: Any) -> None:
    with pytest.raises(InputError, match=r"size is .*; give"):
        Grid.of(AREA, size)


def test_pixels_by_hand() -> None:
    """Two pixels a unit; row 0 is at the top, where y is largest."""
    grid = Grid(AREA, 8, 4)
    column, row = grid.to_pixels([10, 14, 12, 9.5], [22, 20, 21, 22.5])
    assert column.tolist() == [0, 8, 4, -1]
    assert row.tolist() == [0, 4, 2, -1]
    assert grid.cell == (0.5, 0.5)
    assert grid.to_world(0, 0) == (10, 22)
    assert grid.to_world(8, 4) == (14, 20)


@given(st.floats(-1, 9), st.floats(-1, 5))
def test_there_and_back(column: float, row: float) -> None:
    grid = Grid(AREA, 8, 4)
    x, y = grid.to_world(column, row)
    back = grid.to_pixels([x], [y])
    assert (back[0][0], back[1][0]) == pytest.approx((column, row), abs=1e-12)


@pytest.mark.parametrize("dtype", ["f4", ">f8", "i8", "u1", "f2", "?"])
def test_pixels_are_float64_whatever_comes(dtype: str) -> None:
    x = np.array([0, 1], dtype)
    column, row = Grid(Area(0, 0, 2, 2), 3, 3).to_pixels(x, x)
    assert (column.dtype, row.dtype) == (np.float64, np.float64)
    assert column.tolist() == [0, 1.5]
    assert row.tolist() == [3, 1.5]


def test_the_origin_is_subtracted_before_anything_is_rounded() -> None:
    grid = Grid(Area(930_000, 0, 930_001, 1), 1024, 1024)
    x = np.float32(930_000.0625)
    assert float(x) == 930_000.0625
    assert grid.to_pixels(np.array([x]), [0])[0].tolist() == [64.0]
