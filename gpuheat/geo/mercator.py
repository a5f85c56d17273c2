"""Web Mercator (EPSG:3857): degrees <-> metres, and the tiles that maps are cut into.

A sphere is taken for the earth, as every web map does. Boxes of degrees are (west, south, east,
north), boxes of metres (left, bottom, right, top): one is not taken for the other.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.errors import InputError

# The sphere's radius in metres (EPSG:3857): the equator of WGS 84.
EARTH_RADIUS = 6378137.0
# The world's width and height in metres: once around the equator.
WORLD = 2 * math.pi * EARTH_RADIUS
METRES_PER_DEGREE = WORLD / 360
# Here Mercator ends: the latitude at which the world is a square, 85.0511 degrees.
MAX_LATITUDE = math.degrees(2 * math.atan(math.exp(math.pi)) - math.pi / 2)
# Clipped to a little beyond and then to the edge itself, latitudes are there to the last bit,
# however the machine rounds a tangent.
_CLIPPED_LATITUDE = MAX_LATITUDE + 1e-12
# Beyond this zoom a tile is narrower than the rounding of its edges in float64.
MAX_ZOOM = 30


class Tile(NamedTuple):
    """A tile of the map: column from the west, row from the north, zoom."""

    x: int
    y: int
    z: int


class Bounds(NamedTuple):
    """A box in degrees."""

    west: float
    south: float
    east: float
    north: float


class XYBounds(NamedTuple):
    """A box in metres."""

    left: float
    bottom: float
    right: float
    top: float


def to_metres(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees to metres.

    Parameters
    ----------
    lon, lat : array_like
        Degrees. Latitudes beyond `MAX_LATITUDE` become it; longitudes may be any.

    Returns
    -------
    x, y : float64 arrays, metres
    """
    x = np.multiply(lon, METRES_PER_DEGREE, dtype=np.float64)
    y: NDArray[np.float64] = np.clip(lat, -_CLIPPED_LATITUDE, _CLIPPED_LATITUDE, dtype=np.float64)
    # asinh(tan(lat)) is log(tan(pi/4 + lat/2)), and exact at the equator too.
    y = EARTH_RADIUS * np.arcsinh(np.tan(np.radians(y)))
    return x, np.clip(y, -WORLD / 2, WORLD / 2)


def to_degrees(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn metres back into degrees; the inverse of `to_metres`."""
    lon = np.divide(x, METRES_PER_DEGREE, dtype=np.float64)
    lat = np.arctan(np.sinh(np.divide(y, EARTH_RADIUS, dtype=np.float64)))
    return lon, np.degrees(lat)


def stretch(y: ArrayLike) -> NDArray[np.float64]:
    """Return by how much the map is larger than the ground, sec(latitude), at y in metres."""
    return np.cosh(np.divide(y, EARTH_RADIUS, dtype=np.float64))


def tile_at(lon: float, lat: float, zoom: int) -> Tile:
    """Return the tile that a place lies in; its west and north edges belong to it.

    Raises
    ------
    InputError
        If there is no such zoom.
    """
    n_tiles = 1 << _checked_zoom(zoom)
    x, y = to_metres(lon, lat)
    column = math.floor((float(x) / WORLD + 0.5) * n_tiles)
    row = math.floor((0.5 - float(y) / WORLD) * n_tiles)
    return Tile(column % n_tiles, min(max(row, 0), n_tiles - 1), zoom)


def xy_bounds(tile: Tile) -> XYBounds:
    """Return a tile's box in metres; columns west and east of the world are a turn away.

    Raises
    ------
    InputError
        If there is no such tile.
    """
    n_tiles = 1 << _checked_zoom(tile.z)
    if not 0 <= tile.y < n_tiles:
        raise InputError(f"{tile} is no tile: at zoom {tile.z} rows are 0 to {n_tiles - 1}")
    # Each edge by one formula, so that neighbours share it to the last bit.
    left, right = (((tile.x + step) / n_tiles - 0.5) * WORLD for step in (0, 1))
    top, bottom = ((0.5 - (tile.y + step) / n_tiles) * WORLD for step in (0, 1))
    return XYBounds(left, bottom, right, top)


def bounds(tile: Tile) -> Bounds:
    """Return a tile's box in degrees.

    Raises
    ------
    InputError
        If there is no such tile.
    """
    left, bottom, right, top = xy_bounds(tile)
    (west, east), (south, north) = to_degrees([left, right], [bottom, top])
    return Bounds(float(west), float(south), float(east), float(north))


def _checked_zoom(zoom: Any) -> int:
    if isinstance(zoom, bool) or zoom != int(zoom) or not 0 <= zoom <= MAX_ZOOM:
        raise InputError(f"zoom is {zoom!r}; give a whole number of 0 to {MAX_ZOOM}")
    return int(zoom)
