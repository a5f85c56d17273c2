"""Background: what lies under the heat: a colour, a picture, or the land of the earth."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from gpuheat.errors import FileError, InputError
from gpuheat.geo.area import FULL_TURN, Area, Grid
from gpuheat.geo.land import rings

# Dark and calm, so that every scheme stands out; between black and white pages.
SEA, LAND = (21, 27, 38), (48, 57, 71)
# The outline is drawn this much larger and then averaged: smooth coasts.
_OVERSAMPLE = 2
# No map repeats the world more often; metres taken for degrees would do it 100,000 times.
_MOST_TURNS = 100


def background(given: Any, grid: Grid, *, degrees: bool) -> Image.Image:
    """Make the picture that lies under the heat.

    Parameters
    ----------
    given : str, sequence of 3 or 4 numbers, PIL.Image.Image or path
        A colour ("white", "#102030", (16, 32, 48)), a picture of any size, its file, or
        "land": the earth's land, for x, y in degrees.
    grid : Grid
        Its size and area.
    degrees : bool
        Whether x, y are longitude and latitude.

    Returns
    -------
    PIL.Image.Image
        RGBA, as large as the grid.

    Raises
    ------
    InputError
        If it is none of these, or land is asked for and x, y are no degrees.
    """
    size = (grid.width, grid.height)
    if isinstance(given, Image.Image):
        return given.convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    if isinstance(given, str) and given == "land":
        return _land(grid, degrees)
    if isinstance(given, (str, os.PathLike)):
        color = _named_color(os.fspath(given))
        return Image.new("RGBA", size, color) if color else _opened(given).resize(size)
    try:
        channels = tuple(int(channel) for channel in given)
        whole = all(channel == exact for channel, exact in zip(channels, given, strict=True))
    except (TypeError, ValueError, OverflowError):
        channels, whole = (), False
    if (
        not whole
        or len(channels) not in (3, 4)
        or not all(0 <= channel <= 255 for channel in channels)
    ):
        raise InputError(
            f"background is {given!r}; give a colour's name, 3 or 4 whole numbers of 0..255, "
            'a picture, its file, or "land"'
        )
    return Image.new("RGBA", size, channels)


def _named_color(name: str) -> tuple[int, ...] | None:
    try:
        return ImageColor.getrgb(name)
    except ValueError:
        return None


def _opened(path: str | os.PathLike[str]) -> Image.Image:
    try:
        with Image.open(path) as picture:
            return picture.convert("RGBA")
    except FileNotFoundError:
        raise InputError(
            f"background {os.fspath(path)!r} is no colour and no file; give a colour's name "
            'such as "white" or "#102030", a picture, or "land"'
        ) from None
    except Exception as error:  # Pillow raises many kinds on a damaged picture
        raise FileError(f"background {os.fspath(path)!r} cannot be read: {error}") from None


def _land(grid: Grid, degrees: bool) -> Image.Image:
    if not degrees and grid.projection is None:
        raise InputError(
            'background "land" needs points in degrees; call their columns lon and lat, '
            "or take a colour or a picture"
        )
    area = grid.area
    fine = Grid(
        area,
        grid.width * _OVERSAMPLE,
        grid.height * _OVERSAMPLE,
        projection=grid.projection,
    )
    picture = Image.new("RGB", (fine.width, fine.height), SEA)
    pen = ImageDraw.Draw(picture)
    first = int(np.floor((area.xmin + FULL_TURN / 2) / FULL_TURN))
    last = int(np.floor((area.xmax + FULL_TURN / 2) / FULL_TURN))
    if last - first > _MOST_TURNS:
        raise InputError(
            f'background "land" needs degrees, and the area is {area}; give longitude, latitude'
        )
    for turn in range(first, last + 1):  # the world repeats to the east and west
        for ring in rings():
            shifted = ring + np.array([turn * FULL_TURN, 0.0])
            corners = _clipped(shifted, area)
            if len(corners) > 2:
                column, row = fine.to_pixels(corners[:, 0], corners[:, 1])
                outline = np.column_stack([column, row]).ravel().tolist()
                pen.polygon(outline, fill=LAND if _is_outer(ring) else SEA)
    return picture.reduce(_OVERSAMPLE).convert("RGBA")


def _is_outer(ring: NDArray[np.float64]) -> bool:
    """Tell outlines (counterclockwise) from holes by the signed area (shoelace formula)."""
    x, y = ring[:-1].T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) > 0


def _clipped(ring: NDArray[np.float64], area: Area) -> NDArray[np.float64]:
    """Cut a ring to an area, edge by edge (Sutherland and Hodgman, 1974).

    Deep zooms would else hand Pillow corners billions of pixels away.
    """
    corners = ring[:-1]
    edges = ((0, area.xmin, 1), (0, area.xmax, -1), (1, area.ymin, 1), (1, area.ymax, -1))
    for axis, edge, sign in edges:
        if not len(corners):
            break
        distance = sign * (corners[:, axis] - edge)
        after, distance_after = np.roll(corners, -1, axis=0), np.roll(distance, -1)
        crosses = (distance < 0) != (distance_after < 0)
        step = np.zeros(len(corners))
        np.divide(distance, distance - distance_after, out=step, where=crosses)
        crossings = corners + step[:, None] * (after - corners)
        # Each corner that is inside, followed by the crossing on the way to the next one.
        both = np.stack([corners, crossings], axis=1).reshape(-1, 2)
        corners = both[np.stack([distance >= 0, crosses], axis=1).ravel()]
    return corners
