"""Truth: the density in float64, independent of the ways that the program takes.

Exact where that can be had in half a minute: every dot on every pixel. For more work a count
into cells of 1/8 to 1/12 pixel, whose own error `accuracy.py` measures against the exact one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial import KDTree

from gpuheat.density import reference
from gpuheat.density.dot import Dot
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points

# Dot-pixel pairs that are summed one by one: some 15 seconds.
MOST_PAIRS = 6e8
# Cells to a pixel's side of the fine count, and from which radius on the fewer ones do.
_FINE, _COARSE, _LARGE = 12, 8, 60.0


@dataclass(frozen=True, eq=False)
class Truth:
    """What the density should be.

    Parameters
    ----------
    values : (height, width) float64
    exact : bool
        Whether summed dot by dot.
    places : (M, 2) float64
        Where points are, in pixels: column, row.
    """

    values: NDArray[np.float64]
    exact: bool
    places: NDArray[np.float64]

    def beyond(self, mask: NDArray[np.bool_], distance: float) -> NDArray[np.bool_]:
        """Tell which of some pixels are farther from every point than a distance."""
        rows, columns = np.nonzero(mask)
        centres = np.stack([columns, rows], axis=1) + 0.5
        nearest, _ = KDTree(self.places).query(
            centres, distance_upper_bound=distance, workers=os.cpu_count() or 1
        )
        far = np.zeros(mask.shape, bool)
        far[rows, columns] = np.isinf(nearest)
        return far


def truth(points: NDArray[np.float64], grid: Grid, dot: Dot, *, fine: bool = False) -> Truth:
    """Sum all dots.

    Parameters
    ----------
    points : (N, 2) float64
        World units.
    grid : Grid
    dot : Dot
    fine : bool
        Take the fine count even where the exact sum could be had.
    """
    # Points that share a place are one of their number's weight.
    unique, masses = np.unique(points, axis=0, return_counts=True)
    places = np.stack(grid.to_pixels(unique[:, 0], unique[:, 1]), axis=1)
    reach = dot.radius + 2
    near = np.all((places > -reach) & (places < np.array([grid.width, grid.height]) + reach), 1)
    unique, masses, places = unique[near], masses[near], places[near]
    pairs = len(places) * (2 * dot.radius + 1) ** 2
    if fine or pairs > MOST_PAIRS:
        values = _fine(places, masses, grid, dot)
        # A pixel that no dot reaches is 0: neither rounding nor a fine cell's width blurs that.
        values = np.maximum(values, 0)
        found = Truth(values, False, places)
        values[found.beyond(values > 0, dot.radius)] = 0
        return found
    if len(places) < (2 * dot.reach + 1) ** 2:
        # The specification itself.
        weighted = Points(unique[:, 0], unique[:, 1], masses)
        return Truth(reference.density(weighted, grid, dot), True, places)
    return Truth(_by_offset(places, masses, grid, dot), True, places)


def _by_offset(
    places: NDArray[np.float64], masses: NDArray[Any], grid: Grid, dot: Dot
) -> NDArray[np.float64]:
    """Add all dots' values at one pixel offset after the other."""
    gutter = 2 * dot.reach + 3
    width = grid.width + 2 * gutter
    canvas = np.zeros((grid.height + 2 * gutter) * width)
    whole = np.floor(places).astype(np.int64)
    own = (whole[:, 1] + gutter) * width + whole[:, 0] + gutter
    order = np.argsort(own, kind="stable")
    own, masses = own[order], masses[order]
    fraction = (places - whole)[order]
    pixels, first = np.unique(own, return_index=True)
    steps = range(-dot.reach, dot.reach + 1)
    for down, right in product(steps, steps):
        if max(abs(down) - 0.5, 0) ** 2 + max(abs(right) - 0.5, 0) ** 2 > dot.radius**2:
            continue
        distance = np.hypot(down + 0.5 - fraction[:, 1], right + 0.5 - fraction[:, 0])
        values = dot.at(distance) * masses
        canvas[pixels + down * width + right] += np.add.reduceat(values, first)
    inner = slice(gutter, gutter + grid.height), slice(gutter, gutter + grid.width)
    return canvas.reshape(-1, width)[inner].copy()


def _fine(
    places: NDArray[np.float64], masses: NDArray[Any], grid: Grid, dot: Dot
) -> NDArray[np.float64]:
    """Count into fine cells, each point split over four by exact fractions, and convolve.

    The step at the dot's end is taken off first, and summed exactly: no cell is fine enough
    for a step.
    """
    step, _ = dot.edge
    fineness = _COARSE if dot.radius > _LARGE else _FINE
    gutter = dot.reach + 4
    shape = grid.height + 2 * gutter, grid.width + 2 * gutter
    cells = np.zeros(shape[0] * shape[1] * fineness**2)
    width = shape[1] * fineness
    # From pixels to nodes, the centres of fine cells.
    nodes = (places + gutter) * fineness - 0.5
    corner = np.floor(nodes).astype(np.int64)
    right, down = (nodes - corner).T
    index = corner[:, 1] * width + corner[:, 0]
    for shift, part in (
        (0, (1 - right) * (1 - down)),
        (1, right * (1 - down)),
        (width, (1 - right) * down),
        (width + 1, right * down),
    ):
        np.add.at(cells, index + shift, part * masses)
    counted = cells.reshape(shape[0], fineness, shape[1], fineness)
    length = fft.next_fast_len(shape[0] + gutter, True), fft.next_fast_len(shape[1] + gutter, True)
    workers = os.cpu_count() or 1
    total: Any = 0
    whole = np.arange(-gutter, gutter + 1)
    for below, over in product(range(fineness), range(fineness)):
        # From a cell of this phase to the centre of a pixel.
        y = whole + 0.5 - (below + 0.5) / fineness
        x = whole + 0.5 - (over + 0.5) / fineness
        kernel = np.zeros(length)
        kernel[np.ix_(whole % length[0], whole % length[1])] = _without(
            step, dot, np.hypot(y[:, None], x)
        )
        spectrum = fft.rfft2(kernel, workers=workers)
        spectrum *= fft.rfft2(counted[:, below, :, over], length, workers=workers)
        total = total + spectrum
    values: NDArray[np.float64] = fft.irfft2(total, length, workers=workers)
    inner = values[gutter : gutter + grid.height, gutter : gutter + grid.width]
    return inner + step * _covering(places, masses, grid, dot) if step else inner.copy()


def _without(step: float, dot: Dot, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(distance <= dot.radius, dot.at(distance) - step, 0.0)


def _covering(
    places: NDArray[np.float64], masses: NDArray[Any], grid: Grid, dot: Dot
) -> NDArray[np.float64]:
    """Count the dots that reach each pixel: row by row, from a dot's left end to its right."""
    gutter = 2 * dot.reach + 3
    width = grid.width + 2 * gutter
    ends = np.zeros((grid.height + 2 * gutter) * width)
    row = np.floor(places[:, 1])
    for down in range(-dot.reach, dot.reach + 1):
        square = dot.radius**2 - np.square(row + down + 0.5 - places[:, 1])
        met = square >= 0
        half, column = np.sqrt(square[met]), places[met, 0]
        start = (row[met].astype(np.int64) + down + gutter) * width + gutter
        # The first pixel whose centre is within, and the first that is no longer.
        np.add.at(ends, start + np.ceil(column - half - 0.5).astype(np.int64), masses[met])
        np.add.at(ends, start + np.floor(column + half + 0.5).astype(np.int64), -masses[met])
    covered = np.cumsum(ends.reshape(-1, width), axis=1)
    return covered[gutter : gutter + grid.height, gutter : gutter + grid.width]
