"""Plane: points in degrees as they lie on a projected grid: clipped, turned, repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.geo import mercator
from gpuheat.geo.area import MAX_LONGITUDE, POLE, Grid
from gpuheat.points.points import Points
from gpuheat.points.tally import Tally


@dataclass(frozen=True, slots=True)
class Plane:
    """Web Mercator, seen from one grid.

    The world repeats every 360 degrees. A point goes where it lies nearest to the middle of the
    grid; and where the grid, with all that reaches into it, shows the same place more than
    once, copies of the point go there too.

    Parameters
    ----------
    grid : Grid
        With a projection.
    reach : int
        How many pixels beyond its own a dot reaches, at the most.
    ground : bool
        Whether dots have a size on the ground, and are the larger the farther from the equator.
    """

    grid: Grid
    reach: int
    ground: bool = False

    def project(self, points: Points, tally: Tally) -> Points:
        """Bring a chunk in degrees onto the plane, in metres.

        Parameters
        ----------
        points : Points
            x, y are longitude and latitude.
        tally : Tally
            Its ``clipped`` grows by the points beyond Mercator's last latitude.

        Raises
        ------
        InputError
            If these are no degrees.
        """
        if not len(points):
            return points
        south, north = float(points.y.min()), float(points.y.max())
        check_degrees((float(points.x.min()), south), (float(points.x.max()), north))
        if max(-south, north) > mercator.MAX_LATITUDE:
            beyond = (points.y > mercator.MAX_LATITUDE) | (points.y < -mercator.MAX_LATITUDE)
            tally.add_clipped(int(np.count_nonzero(beyond)))
        # Side by side, as counting likes them best.
        x, y = places = np.empty((len(points), 2)).T
        places[0], places[1] = mercator.to_metres(points.x, points.y)
        self._turn_home(x)
        sizes = mercator.stretch(y) if self.ground else points.sizes
        return self._repeated(Points(x, y, points.weights, sizes))

    def _turn_home(self, x: NDArray[np.float64]) -> None:
        """Move each point, by whole turns, to where it is nearest to the middle of the grid."""
        middle = (self.grid.plane.xmin + self.grid.plane.xmax) / 2
        if max(abs(float(x.min()) - middle), abs(float(x.max()) - middle)) > mercator.WORLD / 2:
            x += mercator.WORLD * np.rint((middle - x) / mercator.WORLD)

    def _repeated(self, points: Points) -> Points:
        """Add copies, whole turns away, of points that can be seen there too."""
        plane = self.grid.plane
        reach = (self.reach + 1) * self.grid.cell[0]
        west, east = plane.xmin - reach, plane.xmax + reach
        if east - west < mercator.WORLD:  # no place is seen twice
            return points
        n_turns = math.ceil((east - west) / mercator.WORLD)
        low, high = float(points.x.min()), float(points.x.max())
        parts = [points]
        for turn in (turn for turn in range(-n_turns, n_turns + 1) if turn):
            step = turn * mercator.WORLD
            if high < west - step or low > east - step:
                continue
            copies = points.rows((points.x >= west - step) & (points.x <= east - step))
            parts.append(replace(copies, x=copies.x + step))
        return points if len(parts) == 1 else _joined(parts)


def check_degrees(low: tuple[float, float], high: tuple[float, float]) -> None:
    """Refuse ranges that longitudes and latitudes do not have.

    Parameters
    ----------
    low, high : (x, y)
        The least and the greatest of some points.

    Raises
    ------
    InputError
    """
    names = "longitude", "latitude"
    for axis, (name, most) in enumerate(zip(names, (MAX_LONGITUDE, POLE), strict=True)):
        farthest = max(low[axis], high[axis], key=abs)
        if abs(farthest) > most:
            swapped = axis == 1 and max(abs(low[0]), abs(high[0])) <= POLE
            swapped = swapped and abs(farthest) <= MAX_LONGITUDE
            raise InputError(
                f"a projection is for degrees, and a {name} is {farthest:g}"
                f"{': are x and y swapped?' if swapped else ''}; give longitude and latitude, "
                "or leave the projection out"
            )


def _joined(parts: list[Points]) -> Points:
    """Put points and their copies into one chunk."""
    first = parts[0]
    x, y = np.concatenate([np.column_stack([part.x, part.y]) for part in parts]).T
    return Points(
        x,
        y,
        None if first.weights is None else np.concatenate([part.weights for part in parts]),
        None if first.sizes is None else np.concatenate([part.sizes for part in parts]),
        n_copies=len(x) - len(first),
    )
