"""Stencil: every dot on every pixel it reaches, on the host, in float64. Exact.

One vectorised pass per pixel offset where points are many and dots small; one small
block per point where it is the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.density.placed import Placed, place
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points
from gpuheat.points.tally import Tally


def stencil(points: Iterable[Points], grid: Grid, dot: Dot, *, tally: Tally) -> Density:
    """Sum every point's dot in float64.

    Parameters
    ----------
    points : iterable of Points
        Chunks in world units of ``grid.area``. Points up to one radius outside count too.
    grid : Grid
        Where to sum.
    dot : Dot
        Its radius is in pixels.
    tally : Tally
        Its ``outside`` grows by the points beyond the area.

    Returns
    -------
    Density
        ``values`` is (height, width) float32: `reference.density`, rounded once.
    """
    # The canvas has a gutter as wide as the dot reaches from a point out there, twice: no
    # offset of any point needs a test for the edge.
    gutter = 2 * dot.reach
    canvas = np.zeros((grid.height + 2 * gutter, grid.width + 2 * gutter))
    for chunk in points:
        placed = place(chunk, grid, dot.reach, tally)
        if len(placed) < (2 * dot.reach + 1) ** 2:
            _add_by_point(canvas, placed, dot, gutter)
        else:
            _add_by_offset(canvas, placed, dot, gutter)
    inner = canvas[gutter : gutter + grid.height, gutter : gutter + grid.width]
    with np.errstate(over="ignore"):  # an infinite sum is refused where it is read
        return Density(inner.astype(np.float32), grid)


def _add_by_point(canvas: NDArray[np.float64], placed: Placed, dot: Dot, gutter: int) -> None:
    """Add each dot as one block of pixels."""
    offsets = np.arange(-dot.reach, dot.reach + 1) + 0.5
    columns, rows = placed.whole()
    weights = np.ones(len(placed)) if placed.weights is None else placed.weights
    for column, row, left, top, weight in zip(
        (placed.column - columns).tolist(),
        (placed.row - rows).tolist(),
        (columns.astype(np.intp) + gutter - dot.reach).tolist(),
        (rows.astype(np.intp) + gutter - dot.reach).tolist(),
        weights.tolist(),
        strict=True,
    ):
        distance = np.hypot(offsets[:, None] - row, offsets - column)
        block = canvas[top : top + len(offsets), left : left + len(offsets)]
        block += weight * dot.at(distance)


def _add_by_offset(canvas: NDArray[np.float64], placed: Placed, dot: Dot, gutter: int) -> None:
    """Add all dots' values at one pixel offset after the other."""
    columns, rows = placed.whole()
    column, row = placed.column - columns, placed.row - rows
    width = canvas.shape[1]
    own = (rows.astype(np.intp) + gutter) * width + columns.astype(np.intp) + gutter
    flat = canvas.reshape(-1)
    steps = range(-dot.reach, dot.reach + 1)
    for down in steps:
        vertical = (down + 0.5 - row) ** 2
        for right in steps:
            distance = np.sqrt(vertical + (right + 0.5 - column) ** 2)
            values = dot.at(distance)
            if placed.weights is not None:
                values *= placed.weights
            cells = own + (down * width + right)
            first, last = int(cells.min()), int(cells.max()) + 1
            flat[first:last] += np.bincount(cells - first, values, last - first)
