"""The specification: every dot on every pixel, in float64. Slow; for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.dot import Dot
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points


def density(points: Points, grid: Grid, dot: Dot) -> NDArray[np.float64]:
    """Sum ``weight * falloff(distance from pixel centre to point)``.

    Parameters
    ----------
    points : Points
    grid : Grid
    dot : Dot

    Returns
    -------
    (height, width) float64, row 0 at the top
    """
    total = np.zeros(grid.shape)
    columns = np.arange(grid.width) + 0.5
    rows = np.arange(grid.height) + 0.5
    weights = np.ones(len(points)) if points.weights is None else points.weights
    for x, y, weight in zip(*grid.to_pixels(points.x, points.y), weights, strict=True):
        # Only the block of pixels the dot can reach: the rest would add exact zeros.
        left, right = np.searchsorted(columns, (x - dot.radius, x + dot.radius + 1))
        top, bottom = np.searchsorted(rows, (y - dot.radius, y + dot.radius + 1))
        distance = np.hypot(rows[top:bottom, None] - y, columns[None, left:right] - x)
        total[top:bottom, left:right] += float(weight) * dot.at(distance)
    return total
