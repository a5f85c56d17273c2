"""Dotsize: how large dots are, in pixels, on the ground, each its own, or fitted to the points."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.dot import LARGEST, Dot
from gpuheat.density.per_area import check_normalize
from gpuheat.density.scott import bandwidth
from gpuheat.errors import GpuheatWarning, InputError, unknown
from gpuheat.geo import mercator
from gpuheat.geo.area import Grid
from gpuheat.points.source import Source

UNITS = {"m": 1.0, "km": 1000.0}
AUTO = "auto"

# The gaussian's sigma is a sixth of dotsize (dot.py).
_SIGMAS = 6.0
# Where the points do not spread at all there is nothing to fit: render's default.
_WITHOUT_SPREAD = 40.0

_ON_THE_GROUND = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([a-zA-Z]+)\s*")


@dataclass(frozen=True, eq=False)
class Dotsize:
    """A dotsize as it was given, checked; what it is in pixels depends on the grid.

    Parameters
    ----------
    dot : Dot
        Its radius is right where the size is in pixels, else that of a dot of 1 pixel.
    metres : float or None
        The diameter, where it is one on the ground.
    own : (N,) float64 or None
        Each point's, in pixels.
    auto : bool
        Whether it is fitted.
    said : str
        As it was given, for messages.
    """

    dot: Dot
    metres: float | None = None
    own: NDArray[np.float64] | None = None
    auto: bool = False
    said: str = ""

    @classmethod
    def of(cls, given: Any, falloff: str | Callable[[Any], Any] = "gaussian") -> Dotsize:
        """Check a dotsize given by the user.

        Parameters
        ----------
        given : float, str or (N,) array_like
            Pixels; "250m", "1.5km"; "auto"; or pixels for each point.
        falloff : str or callable
            As in `Dot.of`.

        Raises
        ------
        InputError
            If it is none of these.
        """
        if isinstance(given, str):
            unit_dot = Dot.of(1, falloff)
            if given == AUTO:
                return cls(unit_dot, auto=True, said=given)
            return cls(unit_dot, metres=_metres(given), said=given)
        if isinstance(given, (list, tuple)) or getattr(given, "ndim", 0) != 0:
            return cls(Dot.of(1, falloff), own=_own(given), said="an array")
        return cls(Dot.of(given, falloff), said=str(given))

    def measured(self, normalize: str) -> Dotsize:
        """Return it for densities per area, or as it is, as `check_normalize` says."""
        return replace(self, dot=check_normalize(normalize, self.dot))

    def give(self, source: Source) -> None:
        """Lay sizes of one's own beside the points, once."""
        if self.own is not None and not source.sized:
            source.size_each(self.own)

    def on(self, grid: Grid, source: Source) -> Dot:
        """Return the dot as it is on a grid.

        Parameters
        ----------
        grid : Grid
        source : Source
            Given its points' sizes, or read for its spread, where it needs to be.

        Raises
        ------
        InputError
            If the size is one on the ground and the points are no degrees; if it is an array
            and the points are not as many; if it is to be fitted and the points can be read
            only once.
        """
        if self.metres is not None:
            return self._on_ground(self.metres, grid, degrees=source.degrees)
        if self.own is not None:
            self.give(source)
            return replace(self.dot, sizing="own", largest=float(np.nanmax(self.own)))
        if self.auto:
            sigma = bandwidth(source, grid)
            diameter = _SIGMAS * sigma if sigma > 0 else _WITHOUT_SPREAD
            return replace(self.dot, radius=self.dot.radius * min(diameter, LARGEST))
        return self.dot

    def _on_ground(self, metres: float, grid: Grid, *, degrees: bool) -> Dot:
        """Measure by the scale of y: in plate carree that of x depends on the latitude."""
        if grid.projection is None:
            if not degrees:
                raise InputError(
                    f'dotsize "{self.said}" is a size on the ground and needs points in degrees; '
                    'call their columns lon and lat, or say projection="mercator"; for other '
                    "points give pixels"
                )
            pixels = metres / (mercator.METRES_PER_DEGREE * grid.cell[1])
            largest = 1.0
        else:
            pixels = metres / grid.cell[1]
            largest = _largest_stretch(grid, metres * self.dot.radius)
        if not pixels * largest <= LARGEST:
            raise InputError(
                f'dotsize "{self.said}" would be {pixels * largest:.3g} pixels; '
                f"give one of at most {LARGEST:g} pixels"
            )
        if pixels * largest < 1:
            warnings.warn(
                f"dots of {self.said} are {pixels * largest:.2g} pixels wide here, and most of "
                "them meet no pixel's center; show a smaller area or draw larger dots",
                GpuheatWarning,
                stacklevel=4,
            )
        dot = replace(self.dot, radius=self.dot.radius * pixels)
        if grid.projection is None:
            return dot
        return replace(dot, sizing="ground", largest=largest)


def _metres(given: str) -> float:
    """Read a size on the ground."""
    found = _ON_THE_GROUND.fullmatch(given)
    if found is None:
        raise InputError(
            f'dotsize is {given!r}; give a number of pixels, a size on the ground such as "250m" '
            'or "1.5km", or "auto"'
        )
    number, unit = found.groups()
    if unit not in UNITS:
        raise unknown("unit", unit, UNITS)
    try:
        metres = float(number) * UNITS[unit]
    except ValueError:
        metres = math.nan
    if not (math.isfinite(metres) and metres > 0):
        raise InputError(f"dotsize is {given!r}; give a positive length")
    return metres


def _own(given: Any) -> NDArray[np.float64]:
    """Check sizes of one's own: those that are not finite are dropped as rows, later."""
    try:
        sizes = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        sizes = np.empty((0, 0))
    if sizes.ndim != 1 or not len(sizes):
        raise InputError("dotsize is an array; give one number of pixels for each point")
    sizes = np.where(np.isfinite(sizes), sizes, np.nan)
    wrong = np.flatnonzero((sizes <= 0) | (sizes > LARGEST))
    if len(wrong):
        raise InputError(
            f"dotsize of point {wrong[0]} is {sizes[wrong[0]]:g}; give positive numbers of pixels, "
            f"at most {LARGEST:g}"
        )
    if np.isnan(sizes).all():
        raise InputError("dotsize has no finite number; give one number of pixels for each point")
    return sizes


def _largest_stretch(grid: Grid, radius: float) -> float:
    """Return the most that the map enlarges any dot that can be seen on a grid.

    A dot beyond the edge is the larger the farther away it is. The farthest one that reaches
    the edge is where this comes to rest, beginning at the edge.
    """
    plane = grid.plane
    edge = max(abs(plane.ymin), abs(plane.ymax))
    farthest = edge
    for _ in range(100):
        before = farthest
        farthest = min(edge + radius * float(mercator.stretch(before)), mercator.WORLD / 2)
        if farthest - before < grid.cell[1] / 1000:
            break
    # The last step's remainder, and rounding.
    return float(mercator.stretch(farthest)) * (1 + 1e-6)
