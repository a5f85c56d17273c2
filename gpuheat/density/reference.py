"""The specification: every dot on every pixel, in float64. Slow; for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.aggregate import SUM, Aggregate
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
    total: NDArray[np.float64] = held(points, grid, dot, SUM)[0]
    return total


def aggregated(points: Points, grid: Grid, dot: Dot, aggregate: Aggregate) -> NDArray[np.float64]:
    """Say of each pixel what the aggregate says of the dots that reach it.

    Returns
    -------
    (height, width) float64
        NaN where no dot reaches; for a sum and a count 0.
    """
    if aggregate.name == "count":
        points = Points(points.x, points.y, None, points.sizes)
    pixels = held(points, grid, aggregate.dot(dot), aggregate)
    if aggregate.name == "mean":
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: NDArray[np.float64] = np.where(pixels[1] > 0, pixels[0] / pixels[1], np.nan)
        return mean
    found: NDArray[np.float64] = np.where(np.isinf(pixels[0]), np.nan, pixels[0])
    return found


def held(points: Points, grid: Grid, dot: Dot, aggregate: Aggregate) -> NDArray[np.float64]:
    """Put together what each pixel holds of an aggregate: (channels, height, width)."""
    total = np.full((aggregate.channels, *grid.shape), aggregate.start)
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
        falloff = dot.at(distance, float(radius))
        reached = distance <= radius
        for channel, amount in zip(total, (float(weight), 1.0), strict=False):
            block = channel[top:bottom, left:right]
            put = aggregate.combine(block, amount * falloff)
            block[reached] = put[reached]
    return total
