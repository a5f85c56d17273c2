"""Bands: dots whose size follows the latitude, parted by size into a few that are alike.

Bands belong to the world, not to a picture: a point's dot is the same on every picture and
tile, and there is no seam.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.dot import Dot
from gpuheat.geo import mercator
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points

# From one band to the next dots grow by so much. A dot between two is drawn as a part of each:
# off by ratio^2 / 8 times a falloff's curvature, 1e-5 of a gaussian's peak, and by a quarter of
# the step at the kink where a cone ends, 0.25 % (test_bands.py).
_RATIO = 1.01
# Those parts are whole multiples of 1/256.
PARTS = 256


@dataclass(frozen=True, slots=True)
class Bands:
    """The bands whose dots can be seen on a grid.

    Parameters
    ----------
    dot : Dot
        With a size on the ground.
    first, last : int
        Band b stands for the size ``1.01 ** b``; 0 is at the equator.
    """

    dot: Dot
    first: int
    last: int

    @classmethod
    def of(cls, grid: Grid, dot: Dot) -> Bands:
        """Find the bands of a grid's latitudes, and of those from where dots reach in."""
        plane = grid.plane
        nearest = 0.0 if plane.ymin <= 0 <= plane.ymax else min(abs(plane.ymin), abs(plane.ymax))
        # Towards the equator dots are no larger than at the edge.
        reach = dot.radius * grid.cell[1] * float(mercator.stretch(nearest))
        smallest = float(mercator.stretch(max(nearest - reach, 0.0)))
        first, last = _below(np.array([smallest, max(dot.largest, smallest)])).tolist()
        return cls(dot, first, last + 1)

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __contains__(self, band: int) -> bool:
        return self.first <= band <= self.last

    def size(self, band: int) -> float:
        """Return a band's size, in multiples of the dot's radius."""
        return float(_RATIO**band)

    def dot_of(self, band: int) -> Dot:
        """Return the dot of a band."""
        radius = self.dot.radius * self.size(band)
        return replace(self.dot, radius=radius, sizing="same", largest=1.0)

    @property
    def ends(self) -> tuple[Dot, Dot]:
        """The smallest and the largest dot there may be."""
        return self.dot_of(self.first), self.dot_of(self.last)

    def parted(self, points: Points) -> Iterator[tuple[int, Points, Points]]:
        """Part points by the two bands that they lie between.

        Yields
        ------
        int
            The lower band.
        Points
            What is to be drawn with its dot.
        Points
            The same points with what is left of their weights, for the band above.
        """
        sizes = points.sizes
        assert sizes is not None  # for mypy: these dots have a size on the ground
        numbers = _below(sizes)
        low, high = int(numbers.min()), int(numbers.max())
        order = np.argsort(numbers, kind="stable") if low < high else np.arange(len(numbers))
        ends = np.searchsorted(numbers[order], np.arange(low, high + 2)).tolist()
        for band, (start, end) in enumerate(pairwise(ends), low):
            if start == end:
                continue
            rows = slice(None) if end - start == len(points) else order[start:end]
            some, least, most = points.rows(rows), self.size(band), self.size(band + 1)
            part = np.rint((sizes[rows] - least) / (most - least) * PARTS) / PARTS
            part = np.clip(part, 0.0, 1.0)
            weights = 1.0 if some.weights is None else some.weights
            yield (
                band,
                replace(some, weights=weights * (1 - part)),
                replace(some, weights=weights * part),
            )


def _below(sizes: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return the largest band of no more than these sizes."""
    # 246 of them up to where Mercator ends; numbers of 16 bits are sorted by counting.
    numbers: NDArray[np.int16] = np.floor(np.log(sizes) / np.log(_RATIO)).astype(np.int16)
    return numbers
