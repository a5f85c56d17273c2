"""Area and Grid: what a picture shows, and the only world <-> pixel arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.errors import InputError

# An axis on which all points agree is widened by this much each way, as numpy.histogram does.
ZERO_RANGE_MARGIN = 0.5


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
    def of(cls, value: Area | Sequence[Any] | NDArray[Any]) -> Area:
        """Check an area given by the user.

        Parameters
        ----------
        value : Area, ((min x, min y), (max x, max y)), or those four numbers

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
    """

    area: Area
    width: int
    height: int
    shift: float = 0.0

    @classmethod
    def of(cls, area: Area, size: int | Sequence[int]) -> Grid:
        """Lay a grid over an area.

        Parameters
        ----------
        area : Area
        size : int or (width, height)
            One number is the longer side; the other follows the area's shape.

        Raises
        ------
        InputError
            If a side is not a positive whole number.
        """
        if not isinstance(size, (Sequence, np.ndarray)):
            longer = _side(size, size)
            ratio = area.height / area.width
            if ratio <= 1:
                return cls(area, longer, max(1, round(longer * ratio)))
            return cls(area, max(1, round(longer / ratio)), longer)
        if isinstance(size, str) or len(size) != 2:
            raise InputError(f"size is {size!r}; give one number, or a pair (width, height)")
        return cls(area, _side(size[0], size), _side(size[1], size))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width), as arrays have it."""
        return self.height, self.width

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of one pixel in world units."""
        return self.area.width / self.width, self.area.height / self.height

    def to_pixels(
        self, x: ArrayLike, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn world coordinates into pixel coordinates.

        The origin is subtracted in float64, whatever the input: coordinates such as
        930,000 do not survive a multiplication in float32. From here on y grows downwards:
        pixel (column j, row k) covers [j, j + 1) x [k, k + 1). This is the only flip.

        Parameters
        ----------
        x, y : (N,) array_like, world units

        Returns
        -------
        column, row : (N,) float64
        """
        column = np.subtract(x, self.area.xmin, dtype=np.float64)
        column *= self.width / self.area.width
        column += self.shift
        row = np.subtract(self.area.ymax, y, dtype=np.float64)
        row *= self.height / self.area.height
        row += self.shift
        return column, row

    def to_world(self, column: float, row: float) -> tuple[float, float]:
        """Turn pixel coordinates into world coordinates; the inverse of `to_pixels`."""
        cell_width, cell_height = self.cell
        return (
            self.area.xmin + (column - self.shift) * cell_width,
            self.area.ymax - (row - self.shift) * cell_height,
        )


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
