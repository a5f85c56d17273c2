"""Extent: how far points reach, and what they weigh."""

from __future__ import annotations

import numpy as np

from gpuheat.geo.arc import Arc
from gpuheat.points.points import Points
from gpuheat.points.unit import magnitude

Corner = tuple[float, float]


class Extent:
    """The range of points that are taken in chunk by chunk.

    Parameters
    ----------
    turning : bool
        Whether x is longitude, to be taken the short way around (`Arc`).

    Attributes
    ----------
    weight : float
        The sum of the weights' magnitudes.
    """

    def __init__(self, *, turning: bool = False) -> None:
        self.weight = 0.0
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)
        self._arc = Arc() if turning else None

    def add(self, points: Points) -> None:
        """Take in a chunk that has a point."""
        if self._arc is not None:
            self._arc.add(points.x)
        for axis, column in enumerate((points.x, points.y)):
            self._low[axis] = min(self._low[axis], column.min())
            self._high[axis] = max(self._high[axis], column.max())
        if points.weights is not None:
            self.weight += magnitude(points.weights)

    @property
    def corners(self) -> tuple[Corner, Corner]:
        """The range: (min x, min y), (max x, max y)."""
        (west, south), (east, north) = map(float, self._low), map(float, self._high)
        if self._arc is not None:
            west, east = self._arc.ends
        return (west, south), (east, north)
