"""Area and Grid: what a picture shows, and the only world <-> pixel arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.errors import InputError
from gpuheat.geo import mercator
from gpuheat.geo.projection import Projection

# An axis on which all points agree is widened by this much each way, as numpy.histogram does.
ZERO_RANGE_MARGIN = 0.5
FULL_TURN, DATE_LINE, POLE = 360.0, 180.0, 90.0
# Once around either way: areas and data count from 0 or from -180, and may cross either.
MAX_LONGITUDE = 2 * FULL_TURN


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of the world: x to the east, y to the north.

    Parameters
    ----------
    xmin, ymin, xmax, ymax : float
        Its edges in the units of the points; each minimum below its maximum.
    """

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @classmethod
    def of(cls, value: Area | Sequence[Any] | NDArray[Any], *, turning: bool = False) -> Area:
        """Check an area given by the user.

        Parameters
        ----------
        value : Area, ((min x, min y), (max x, max y)), or those four numbers
        turning : bool
            Whether x goes around: from 170 to -170 is then from 170 to 190.

        Raises
        ------
        InputError
            If these are no four finite numbers, or a minimum is not below its maximum.
        """
        if isinstance(value, Area):
            return value
        try:
            xmin, ymin, xmax, ymax = (float(edge) for edge in np.asarray(value, float).ravel())
        except (TypeError, ValueError):
            raise InputError(
                f"area is {value!r}; give ((min x, min y), (max x, max y)) or those four numbers"
            ) from None
        if turning and -FULL_TURN <= xmax < xmin <= FULL_TURN:
            xmax += FULL_TURN * math.ceil((xmin - xmax) / FULL_TURN)
        for axis, low, high in (("x", xmin, xmax), ("y", ymin, ymax)):
            if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(high - low)):
                raise InputError(f"area runs from {axis} = {low:g} to {high:g}; give finite edges")
            if low == high:
                raise InputError(f"area has no extent in {axis}: both edges are {low:g}")
            if low > high:
                raise InputError(
                    f"area is inverted in {axis}: {low:g} comes before {high:g}; "
                    f"the minimum goes first: ((min x, min y), (max x, max y))"
                )
        return cls(xmin, ymin, xmax, ymax)

    @classmethod
    def around(cls, low: tuple[float, float], high: tuple[float, float], margin: float) -> Area:
        """Frame data that range from `low` to `high`, with a margin of that range each way."""
        edges = []
        for minimum, maximum in zip(low, high, strict=True):
            span = maximum - minimum
            if not math.isfinite(span * (1 + 2 * margin)):
                raise InputError(
                    f"the points range from {minimum:g} to {maximum:g}, too wide to draw; "
                    "give an area, or remove the outliers"
                )
            widen = margin * span if span > 0 else ZERO_RANGE_MARGIN
            # Far from zero half a unit can be less than one step of a float64.
            widen = max(widen, 4 * max(math.ulp(minimum), math.ulp(maximum))) if not span else widen
            edges.append((minimum - widen, maximum + widen))
        (xmin, xmax), (ymin, ymax) = edges
        return cls(xmin, ymin, xmax, ymax)

    @property
    def width(self) -> float:
        """Extent in x, in world units."""
        return self.xmax - self.xmin

    @property
    def height(self) -> float:
        """Extent in y, in world units."""
        return self.ymax - self.ymin

    @property
    def corners(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """((min x, min y), (max x, max y))."""
        return (self.xmin, self.ymin), (self.xmax, self.ymax)

    def __str__(self) -> str:
        return f"x {self.xmin:g} to {self.xmax:g}, y {self.ymin:g} to {self.ymax:g}"


@dataclass(frozen=True, slots=True)
class Grid:
    """An area cut into pixels.

    Parameters
    ----------
    area : Area
    width, height : int
        Pixels in x and in y. Row 0 is at the top, where y is largest.
    shift : float
        Pixels by which all is moved to the right and down: 1/2 for heatmap.py's way, which
        measures from a pixel's upper left corner where we do from its centre.
    projection : "mercator" or None
        How the area, in degrees then, becomes the plane that pixels are even on.
    """

    area: Area
    width: int
    height: int
    shift: float = 0.0
    projection: Projection = None

    @classmethod
    def of(cls, area: Area, size: int | Sequence[int], projection: Projection = None) -> Grid:
        """Lay a grid over an area.

        Parameters
        ----------
        area : Area
        size : int or (width, height)
            One number is the longer side; the other follows the area's shape.
        projection : "mercator" or None
            The area is in degrees then, and is cut where the projection ends.

        Raises
        ------
        InputError
            If a side is not a positive whole number, or an area to be projected is none of
            degrees.
        """
        if projection is not None:
            area = _on_map(area)
        if not isinstance(size, (Sequence, np.ndarray)):
            longer = _side(size, size)
            plane = cls(area, 1, 1, projection=projection).plane
            ratio = plane.height / plane.width
            if ratio <= 1:
                sides = longer, max(1, round(longer * ratio))
            else:
                sides = max(1, round(longer / ratio)), longer
        elif isinstance(size, str) or len(size) != 2:
            raise InputError(f"size is {size!r}; give one number, or a pair (width, height)")
        else:
            sides = _side(size[0], size), _side(size[1], size)
        return cls(area, *sides, projection=projection)

    @property
    def plane(self) -> Area:
        """The area as it lies on the plane: in metres where it is projected, else as it is."""
        if self.projection is None:
            return self.area
        x, y = mercator.to_metres(
            [self.area.xmin, self.area.xmax], [self.area.ymin, self.area.ymax]
        )
        return Area(float(x[0]), float(y[0]), float(x[1]), float(y[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), as arrays have it."""
        return self.height, self.width

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of one pixel on the plane, in its units."""
        plane = self.plane
        return plane.width / self.width, plane.height / self.height

    def to_pixels(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn world coordinates into pixel coordinates.

        Parameters
        ----------
        x, y : (N,) array_like, world units: degrees where there is a projection

        Returns
        -------
        column, row : (N,) float64
        """
        if self.projection is not None:
            x, y = mercator.to_metres(x, y)
        return self.from_plane(x, y)

    def from_plane(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn coordinates on the plane into pixel coordinates.

        The origin is subtracted in float64, whatever the input: coordinates such as
        930,000 do not survive a multiplication in float32. From here on y grows downwards:
        pixel (column j, row k) covers [j, j + 1) x [k, k + 1). This is the only flip.

        Parameters
        ----------
        x, y : (N,) array_like, in the units of `plane`

        Returns
        -------
        column, row : (N,) float64
        """
        plane = self.plane
        column = np.subtract(x, plane.xmin, dtype=np.float64)
        column *= self.width / plane.width
        column += self.shift
        row = np.subtract(plane.ymax, y, dtype=np.float64)
        row *= self.height / plane.height
        row += self.shift
        return column, row

    def to_world(self, column: float, row: float) -> tuple[float, float]:
        """Turn pixel coordinates into world coordinates; the inverse of `to_pixels`."""
        plane, (cell_width, cell_height) = self.plane, self.cell
        x = plane.xmin + (column - self.shift) * cell_width
        y = plane.ymax - (row - self.shift) * cell_height
        if self.projection is None:
            return x, y
        lon, lat = mercator.to_degrees(x, y)
        return float(lon), float(lat)

    def turned(self, x: float) -> float:
        """Return x, turned into the area by whole turns if that can be; only on a map."""
        if self.projection is None or not math.isfinite(x):
            return x
        turned = x - FULL_TURN * math.floor((x - self.area.xmin) / FULL_TURN)
        return turned if turned <= self.area.xmax else x


def _on_map(area: Area) -> Area:
    """Cut an area in degrees where Mercator ends."""
    if not (area.ymin >= -POLE and area.ymax <= POLE):
        raise InputError(
            f"a projection is for degrees, and the area is {area}; "
            "give longitude and latitude, or leave the projection out"
        )
    if max(abs(area.xmin), abs(area.xmax)) > MAX_LONGITUDE:
        raise InputError(
            f"the area is {area}; give longitudes within {MAX_LONGITUDE:g} degrees of 0"
        )
    last = mercator.MAX_LATITUDE
    if area.ymin >= last or area.ymax <= -last:
        raise InputError(f"Mercator ends at latitude {last:.4f}, and the area is {area}")
    return replace(area, ymin=max(area.ymin, -last), ymax=min(area.ymax, last))


def _side(value: Any, given: Any) -> int:
    """Check one side of a size: a positive whole number, but no boolean."""
    try:
        side = int(value)
        whole = side == value and not isinstance(value, (bool, np.bool_))
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or side <= 0:
        raise InputError(f"size is {given!r}; give positive whole numbers of pixels")
    return side
