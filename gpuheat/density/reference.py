"""The specification: every dot on every pixel, in float64. Slow; for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.dot import Dot
from gpuheat.density.placed import measure
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points


def density(points: Points, grid: Grid, dot: Dot) -> NDArray[np.float64]:
    """Sum ``weight * falloff(distance from pixel centre to point)``.

    Parameters
    ----------
    points : Points
        On the grid's plane.
    grid : Grid
    dot : Dot

    Returns
    -------
    (height, width) float64, row 0 at the top
    """
    total = np.zeros(grid.shape)
    columns = np.arange(grid.width) + 0.5
    rows = np.arange(grid.height) + 0.5
    weights, radii = measure(points, dot)
    weights = np.ones(len(points)) if weights is None else weights
    radii = np.full(len(points), dot.radius) if radii is None else radii
    places = grid.from_plane(points.x, points.y)
    for x, y, weight, radius in zip(*places, weights, radii, strict=True):
        # Only the block of pixels the dot can reach: the rest would add exact zeros.
        left, right = np.searchsorted(columns, (x - radius, x + radius + 1))
        top, bottom = np.searchsorted(rows, (y - radius, y + radius + 1))
        distance = np.hypot(rows[top:bottom, None] - y, columns[None, left:right] - x)
        total[top:bottom, left:right] += float(weight) * dot.at(distance, float(radius))
    return total
