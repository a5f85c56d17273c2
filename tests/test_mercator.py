"""Web Mercator by the numbers: known places, inverse laws, tiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import InputError
from gpuheat.geo import mercator
from gpuheat.geo.mercator import MAX_LATITUDE, WORLD, Bounds, Tile, XYBounds

LON = st.floats(-540, 540)
LAT = st.floats(-MAX_LATITUDE, MAX_LATITUDE)


def test_known_places() -> None:
    """EPSG:3857 as its registry gives it, and the corner of every web map."""
    x, y = mercator.to_metres([0, 180, -100.33333333], [0, 85.0511287798066, 24.38178696])
    np.testing.assert_allclose(x, [0, 20037508.342789, -11169055.58], atol=0.01)
    np.testing.assert_allclose(y, [0, 20037508.342789, 2800000.00], atol=0.01)


def test_the_world_is_a_square_that_ends_at_85_0511_degrees() -> None:
    assert pytest.approx(85.0511287798066, abs=1e-12) == MAX_LATITUDE
    _, y = mercator.to_metres(0, MAX_LATITUDE)
    assert float(y) == WORLD / 2
    assert pytest.approx(40075016.6855785, abs=1e-6) == WORLD


def test_latitudes_beyond_are_clipped_and_longitudes_go_on() -> None:
    x, y = mercator.to_metres([190, -190], [90, -86])
    edge = mercator.to_metres([0, 0], [MAX_LATITUDE, -MAX_LATITUDE])[1]
    assert y.tolist() == edge.tolist()
    np.testing.assert_allclose(x, [190 / 360 * WORLD, -190 / 360 * WORLD])


def test_the_map_is_twice_as_large_at_60_degrees() -> None:
    _, y = mercator.to_metres([0, 0], [0, 60])
    np.testing.assert_allclose(mercator.stretch(y), [1, 2])


@given(LON, LAT)
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    back = mercator.to_degrees(*mercator.to_metres(lon, lat))
    assert float(back[0]) == pytest.approx(lon, abs=1e-12)
    assert float(back[1]) == pytest.approx(lat, abs=1e-12)


@given(LAT, LAT)
def test_north_stays_north_and_south_is_its_mirror(a: float, b: float) -> None:
    (ya, yb), (minus,) = mercator.to_metres([0, 0], [a, b])[1], mercator.to_metres([0], [-a])[1]
    assert (ya <= yb) == (a <= b) or a == pytest.approx(b)
    assert minus == -ya


def test_tiles_of_the_first_zooms() -> None:
    half = WORLD / 2
    assert mercator.xy_bounds(Tile(0, 0, 0)) == XYBounds(-half, -half, half, half)
    assert mercator.xy_bounds(Tile(1, 0, 1)) == XYBounds(0, 0, half, half)
    assert mercator.bounds(Tile(0, 1, 1)) == pytest.approx(Bounds(-180, -MAX_LATITUDE, 0, 0))
    # The Brandenburg Gate, as every tile server has it.
    assert mercator.tile_at(13.3777, 52.5163, 12) == Tile(2200, 1343, 12)
    assert mercator.tile_at(-180, MAX_LATITUDE, 3) == Tile(0, 0, 3)
    assert mercator.tile_at(180, -90, 3) == Tile(0, 7, 3)  # 180 is -180


@given(st.floats(-180, 180, exclude_max=True), LAT, st.integers(0, mercator.MAX_ZOOM))
def test_a_place_lies_in_its_tile(lon: float, lat: float, zoom: int) -> None:
    west, south, east, north = mercator.bounds(mercator.tile_at(lon, lat, zoom))
    slack = 1e-12 * 180
    assert west - slack <= lon <= east + slack
    assert south - slack <= lat <= north + slack


@given(st.integers(0, 20), st.data())
def test_neighbours_share_their_edges_to_the_last_bit(zoom: int, data: st.DataObject) -> None:
    last = 2**zoom - 1
    x, y = data.draw(st.integers(0, last)), data.draw(st.integers(0, last))
    here = mercator.xy_bounds(Tile(x, y, zoom))
    assert mercator.xy_bounds(Tile(x + 1, y, zoom)).left == here.right
    assert y == last or mercator.xy_bounds(Tile(x, y + 1, zoom)).top == here.bottom
    assert math.isclose(here.right - here.left, here.top - here.bottom, rel_tol=1e-6)


@given(st.integers(0, 20), st.data())
def test_four_tiles_make_the_one_above_to_the_last_bit(zoom: int, data: st.DataObject) -> None:
    last = 2**zoom - 1
    x, y = data.draw(st.integers(0, last)), data.draw(st.integers(0, last))
    above = mercator.xy_bounds(Tile(x, y, zoom))
    first = mercator.xy_bounds(Tile(2 * x, 2 * y, zoom + 1))
    fourth = mercator.xy_bounds(Tile(2 * x + 1, 2 * y + 1, zoom + 1))
    assert (first.left, first.top) == (above.left, above.top)
    assert (fourth.right, fourth.bottom) == (above.right, above.bottom)


def test_no_such_tile() -> None:
    with pytest.raises(InputError, match=r"zoom is 31; give a whole number of 0 to 30"):
        mercator.tile_at(0, 0, 31)
    with pytest.raises(InputError, match=r"zoom is 1\.5"):
        mercator.tile_at(0, 0, 1.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at zoom 1 rows are 0 to 1"):
        mercator.bounds(Tile(0, 2, 1))
