"""Stencil: every dot on every pixel it reaches, on the host, summed in float64.

One vectorised pass per pixel offset where points are many and dots small; one small block
per point where it is the other way round.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.density.placed import Placed, place
from gpuheat.density.scatter import scatter
from gpuheat.density.sharing import share, workers
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source

# The gutter of larger dots would cost more than it saves, and at last all memory.
_FARTHEST_OFFSET = 128


def stencil(
    source: Source, grid: Grid, dot: Dot, *, progress: Callable[[], None] = lambda: None
) -> Density:
    """Sum every point's dot on the host.

    Parameters
    ----------
    source : Source
        Points up to one radius outside the grid's area count too.
    grid : Grid
        Where to sum.
    dot : Dot
        Its radius is in pixels.
    progress : callable
        Called after each chunk.

    Returns
    -------
    Density
        ``values`` is (height, width) float32, within 1e-6 of the peak of
        `reference.density`.
    """
    # A gutter as wide as the dot reaches from a point out there, twice: no offset of any
    # point needs a test for the edge.
    by_offset = dot.reach <= _FARTHEST_OFFSET
    gutter = 2 * dot.reach if by_offset else 0
    shape = grid.height + 2 * gutter, grid.width + 2 * gutter

    def add(canvas: NDArray[np.float64], points: Points) -> None:
        placed = place(points, grid, dot.reach, source.tally)
        if by_offset and len(placed) >= (2 * dot.reach + 1) ** 2:
            _add_by_offset(canvas, placed, dot, gutter)
        else:
            _add_by_point(canvas, placed, dot, gutter)

    first, *others = share(
        source,
        lambda: np.zeros(shape),
        add,
        n_workers=workers(shape[0] * shape[1] * 8),
        progress=progress,
    )
    for canvas in others:
        first += canvas
    inner = first[gutter : gutter + grid.height, gutter : gutter + grid.width]
    with np.errstate(over="ignore"):  # weights too large for float32 are told by the pipeline
        return Density(inner.astype(np.float32), grid)


def _add_by_point(canvas: NDArray[np.float64], placed: Placed, dot: Dot, gutter: int) -> None:
    """Add each dot as one block of pixels, cut at the canvas's edges."""
    height, width = canvas.shape
    vertical, horizontal = np.arange(height) + 0.5, np.arange(width) + 0.5
    columns, rows = placed.whole()
    weights = np.ones(len(placed)) if placed.weights is None else placed.weights
    for column, row, left, top, weight in zip(
        (placed.column + gutter).tolist(),
        (placed.row + gutter).tolist(),
        (columns.astype(np.intp) + gutter - dot.reach).tolist(),
        (rows.astype(np.intp) + gutter - dot.reach).tolist(),
        weights.tolist(),
        strict=True,
    ):
        down = slice(max(top, 0), max(top + 2 * dot.reach + 1, 0))
        right = slice(max(left, 0), max(left + 2 * dot.reach + 1, 0))
        distance = np.hypot(vertical[down, None] - row, horizontal[right] - column)
        canvas[down, right] += weight * dot.at(distance)


def _add_by_offset(canvas: NDArray[np.float64], placed: Placed, dot: Dot, gutter: int) -> None:
    """Add all dots' values at one pixel offset after the other.

    In float32, which is off by 1e-7 of a dot's peak; only the sums need float64.
    """
    columns, rows = placed.whole()
    width = canvas.shape[1]
    own = (rows.astype(np.int64) + gutter) * width + columns.astype(np.int64) + gutter
    # In the order of their pixels, so that the sums are walked through once an offset.
    order = np.argsort(own)
    own = own[order]
    column = (placed.column - columns)[order].astype(np.float32)
    row = (placed.row - rows)[order].astype(np.float32)
    weights = None if placed.weights is None else placed.weights[order].astype(np.float64)
    flat, add = canvas.reshape(-1), scatter()
    steps = range(-dot.reach, dot.reach + 1)
    for down in steps:
        vertical = np.square(np.float32(down + 0.5) - row)
        for right in steps:
            if _nearest(down) ** 2 + _nearest(right) ** 2 > dot.radius**2:
                continue  # no point of its pixel reaches so far
            distance = np.square(np.float32(right + 0.5) - column)
            distance += vertical
            values = dot.at(np.sqrt(distance, out=distance)).astype(np.float64)
            if weights is not None:
                values *= weights
            add(flat, own + (down * width + right), values)


def _nearest(offset: int) -> float:
    """Return how near a pixel's centre, so many pixels on, comes to points of this pixel."""
    return max(abs(offset) - 0.5, 0.0)
