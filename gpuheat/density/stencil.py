"""Stencil: every dot on every pixel it reaches, on the host, summed in float64.

One vectorised pass per pixel offset where points are many and dots small; one small block
per point where it is the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.aggregate import SUM, Aggregate
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
        Its radius is in pixels; dots may differ in size (`Points.sizes`).
    progress : callable
        Called after each chunk.

    Returns
    -------
    Density
        ``values`` is (height, width) float32, within 1e-6 of the peak of
        `reference.density`.
    """
    held = stencil_held(source, grid, dot, progress=progress)[0]
    with np.errstate(over="ignore"):  # weights too large for float32 are told by the pipeline
        return Density(held.astype(np.float32), grid)


def stencil_held(
    source: Source,
    grid: Grid,
    dot: Dot,
    *,
    aggregate: Aggregate = SUM,
    progress: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Put every point's dot on the pixels, and return what they hold of an aggregate then.

    Parameters
    ----------
    source, grid, dot, progress
        As in `stencil`.
    aggregate : Aggregate

    Returns
    -------
    (channels, height, width) float64
    """
    # A gutter as wide as the dot reaches from a point out there, twice: no offset of any
    # point needs a test for the edge.
    by_offset = dot.reach <= _FARTHEST_OFFSET
    gutter = 2 * dot.reach if by_offset else 0
    shape = aggregate.channels, grid.height + 2 * gutter, grid.width + 2 * gutter

    def add(canvas: NDArray[np.float64], points: Points) -> None:
        for alike in _by_reach(place(points, grid, dot, source.tally), dot):
            if by_offset and len(alike.placed) >= (2 * alike.reach + 1) ** 2:
                _add_by_offset(canvas, alike, dot, gutter, aggregate)
            else:
                _add_by_point(canvas, alike, dot, gutter, aggregate)

    first, *others = share(
        source,
        lambda: np.full(shape, aggregate.start),
        add,
        n_workers=workers(math.prod(shape) * 8),
        progress=progress,
    )
    for canvas in others:
        aggregate.combine(first, canvas, out=first)
    inner: NDArray[np.float64] = first[
        :, gutter : gutter + grid.height, gutter : gutter + grid.width
    ]
    return inner


@dataclass(frozen=True, slots=True)
class _Alike:
    """Points whose dots reach equally many pixels, each with its own radius."""

    placed: Placed
    reach: int
    radii: NDArray[np.float64]


def _by_reach(placed: Placed, dot: Dot) -> Iterator[_Alike]:
    """Part points by how far their dots reach."""
    if placed.radii is None:
        yield _Alike(placed, dot.reach, np.broadcast_to(np.float64(dot.radius), len(placed)))
        return
    reaches = np.floor(placed.radii + 0.5).astype(np.int64)
    order = np.argsort(reaches, kind="stable")
    ends = np.flatnonzero(np.diff(reaches[order], append=-1)) + 1
    for rows in np.split(order, ends[:-1]) if len(order) else ():
        part = Placed(
            placed.column[rows],
            placed.row[rows],
            None if placed.weights is None else placed.weights[rows],
            placed.radii[rows],
        )
        yield _Alike(part, int(reaches[rows[0]]), placed.radii[rows])


def _add_by_point(
    canvas: NDArray[np.float64], alike: _Alike, dot: Dot, gutter: int, aggregate: Aggregate
) -> None:
    """Add each dot as one block of pixels, cut at the canvas's edges."""
    placed, reach = alike.placed, alike.reach
    _, height, width = canvas.shape
    vertical, horizontal = np.arange(height) + 0.5, np.arange(width) + 0.5
    columns, rows = placed.whole()
    weights = np.ones(len(placed)) if placed.weights is None else placed.weights
    for column, row, left, top, weight, radius in zip(
        (placed.column + gutter).tolist(),
        (placed.row + gutter).tolist(),
        (columns.astype(np.intp) + gutter - reach).tolist(),
        (rows.astype(np.intp) + gutter - reach).tolist(),
        weights.tolist(),
        alike.radii.tolist(),
        strict=True,
    ):
        down = slice(max(top, 0), max(top + 2 * reach + 1, 0))
        right = slice(max(left, 0), max(left + 2 * reach + 1, 0))
        distance = np.hypot(vertical[down, None] - row, horizontal[right] - column)
        block, falloff = canvas[:, down, right], dot.at(distance, radius)
        if aggregate.is_extreme:
            reached = distance <= radius
            aggregate.combine(block[0], weight * falloff, out=block[0], where=reached)
            continue
        block[0] += weight * falloff
        if aggregate.channels > 1:
            block[1] += falloff


def _add_by_offset(
    canvas: NDArray[np.float64], alike: _Alike, dot: Dot, gutter: int, aggregate: Aggregate
) -> None:
    """Add all dots' values at one pixel offset after the other.

    In float32, which is off by 1e-7 of a dot's peak; only the sums need float64.
    """
    placed, reach = alike.placed, alike.reach
    columns, rows = placed.whole()
    width = canvas.shape[2]
    own = (rows.astype(np.int64) + gutter) * width + columns.astype(np.int64) + gutter
    # In the order of their pixels, so that the sums are walked through once an offset.
    order = np.argsort(own)
    own = own[order]
    column = (placed.column - columns)[order].astype(np.float32)
    row = (placed.row - rows)[order].astype(np.float32)
    weights = None if placed.weights is None else placed.weights[order].astype(np.float64)
    flat, add = canvas.reshape(len(canvas), -1), scatter()
    # Where each pixel's points begin, and which pixel that is.
    begins = np.flatnonzero(np.diff(own, prepend=-1)) if aggregate.is_extreme else own[:0]
    pixels = own[begins]
    # A number where it is one for all: half a division.
    widest = float(alike.radii.max())
    radii = widest if placed.radii is None else placed.radii[order].astype(np.float32)
    steps = range(-reach, reach + 1)
    for down in steps:
        vertical = np.square(np.float32(down + 0.5) - row)
        for right in steps:
            if _nearest(down) ** 2 + _nearest(right) ** 2 > widest**2:
                continue  # no point of its pixel reaches so far
            distance = np.square(np.float32(right + 0.5) - column)
            distance += vertical
            values = dot.at(np.sqrt(distance, out=distance), radii).astype(np.float64)
            shift = down * width + right
            if aggregate.channels > 1:
                add(flat[1], own + shift, values)
            if weights is not None:
                values *= weights
            if aggregate.is_extreme:
                values[distance > radii] = aggregate.start
                most = aggregate.combine.reduceat(values, begins)
                flat[0, pixels + shift] = aggregate.combine(flat[0, pixels + shift], most)
            else:
                add(flat[0], own + shift, values)


def _nearest(offset: int) -> float:
    """Return how near a pixel's centre, so many pixels on, comes to points of this pixel."""
    return max(abs(offset) - 0.5, 0.0)
