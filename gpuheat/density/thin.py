"""Thin: where in a picture so few dots lie over each other that each one's rim is seen."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.counts import Counts
from gpuheat.density.dot import Dot
from gpuheat.density.kernel import forward, good, inverse
from gpuheat.density.sharing import spread

# A pixel is thin where fewer dots than this cover it: more of a falloff that ends in a step,
# whose edge is seen through so many others.
_DEPTH, _DEPTH_OF_STEP = 12.0, 50.0
# Points of one cell tell the same rim many times over, so that each cell counts for so many at
# the most. From one rung to the next less is thin: whoever has no room for all that is thin
# takes the next. The last rungs are for ever less of a depth.
_WORTHS = (1, 4, 64, math.inf)
_SHALLOWER = (0.5, 0.2)
# What is thin is found in blocks of pixels, no more of them to a side than can be transformed
# in a millisecond.
_MOST_BLOCKS = 340
_FINEST_BLOCK = 2
_BAND_CELLS = 1 << 16
_THREADS = 2
# Reading so many points again takes longer than to look more closely; where so few pixels are
# thin, the promise for 99.9 % of them is kept as it is.
_MANY_POINTS = 1 << 22
_NEGLIGIBLE = 8e-4
# A bilinear deposit goes into so many cells.
_CELLS_TO_PLACE = 4


class Thin:
    """Which points of a count draw dots that reach a thin pixel.

    Parameters
    ----------
    counts : Counts
    dot : Dot
    most : int
        No more rungs are looked for once so few points are had for one.

    Attributes
    ----------
    rungs : (rows, columns) int8
        For each block of cells, how many rungs its points are to be had for.
    """

    def __init__(self, counts: Counts, dot: Dot, most: int) -> None:
        cells = counts.cells
        depth = _DEPTH_OF_STEP if dot.edge[0] else _DEPTH
        side = max(cells.shape) // cells.fineness
        pixels = max(_FINEST_BLOCK, -(-side // _MOST_BLOCKS))
        blocks = _Blocks(counts, dot, pixels)
        self._side = blocks.side
        self.rungs: NDArray[np.int8] = np.zeros(blocks.every.shape, np.int8)
        if not _is_negligible(counts, dot, pixels // 2, depth):
            rungs = [(worth, depth) for worth in _WORTHS]
            rungs += [(math.inf, depth * part) for part in _SHALLOWER]
            for worth, shallow in rungs:
                rung = blocks.reaching(blocks.thin(worth, shallow))
                self.rungs += rung
                if blocks.every[rung].sum() <= most:
                    break
        # Where points share few places, the same error is made again and again wherever they are.
        used = np.count_nonzero(counts.values)
        if used <= min(_CELLS_TO_PLACE * most, counts.n_points // _CELLS_TO_PLACE):
            self.rungs += blocks.every > 0

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.rungs.any())

    def of(self, cells: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return for how many rungs points are to be had.

        Parameters
        ----------
        cells : (N, 2) float64
            Their positions, x first, in cells from the gutter's corner; overwritten. What lies
            beyond counts as at the edge.
        """
        rows, columns = self.rungs.shape
        cells *= 1 / self._side
        np.maximum(cells, 0.0, out=cells)
        np.minimum(cells, max(rows, columns) - 1, out=cells)
        block = cells.astype(np.int32)
        number = np.minimum(block[:, 1], rows - 1)
        number *= columns
        number += np.minimum(block[:, 0], columns - 1)
        found: NDArray[np.int8] = self.rungs.reshape(-1)[number]
        return found


def _is_negligible(counts: Counts, dot: Dot, pixels: int, depth: float) -> bool:
    """Tell, where a second reading takes longer than a close look, whether nearly none is thin."""
    if counts.n_points < _MANY_POINTS:
        return False
    blocks = _Blocks(counts, dot, pixels, slack=0.0)
    return bool(blocks.thin(1, depth)[blocks.shown].mean() < _NEGLIGIBLE)


class _Blocks:
    """A count in blocks of so many pixels a side.

    Parameters
    ----------
    counts : Counts
    dot : Dot
    pixels : int
    slack : float
        How far from its block's centre a point may be, in blocks: as few dots are thought to
        cover a block as can be, and each to reach as far.
    """

    def __init__(
        self, counts: Counts, dot: Dot, pixels: int, slack: float = math.sqrt(0.5)
    ) -> None:
        self._values = counts.values
        cells = counts.cells
        self.side = pixels * cells.fineness
        # What a point is worth, in the mean, in the counts' units.
        self._unit = max(abs(counts.mean) / cells.step, 1.0) * cells.units
        gutter = cells.gutter * cells.fineness
        rows, columns = (
            slice(gutter // self.side, -(-(gutter + n * cells.fineness) // self.side))
            for n in cells.grid.shape
        )
        self.shown = rows, columns
        self._points = self._counted((math.inf, _WORTHS[0]))
        self.every = self._worth(math.inf)
        radius = dot.radius / pixels
        self._near = _Disk(radius - slack, self.every.shape)
        self._far = _Disk(radius + slack, self.every.shape)
        self._covered = self._far.sums(self.every > 0) > 0.5

    def thin(self, worth: float, depth: float) -> NDArray[np.bool_]:
        """Tell which blocks of the picture some dots cover, but fewer than so many."""
        # Sums are whole units, give or take a rounding.
        shallow = self._near.sums(self._worth(worth)) < depth - 0.5 / self._unit
        thin = np.zeros(self.every.shape, np.bool_)
        thin[self.shown] = (self._covered & shallow)[self.shown]
        return thin

    def reaching(self, blocks: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which blocks hold points whose dots reach such blocks."""
        if not blocks.any():
            return blocks
        reaching: NDArray[np.bool_] = (self.every > 0) & (self._far.sums(blocks) > 0.5)
        return reaching

    def _worth(self, most: float) -> NDArray[np.float64]:
        """Return how many points lie in each block, of a cell no more than so many."""
        if most not in self._points:
            self._points |= self._counted((most,))
        return self._points[most]

    def _counted(self, worths: tuple[float, ...]) -> dict[float, NDArray[np.float64]]:
        """Sum the cells of each block, each up to so many points, in one reading of the cells."""
        values, side = self._values, self.side
        n_rows, n_columns = values.shape
        shape = -(-n_rows // side), -(-n_columns // side)
        found = {worth: np.empty(shape) for worth in worths}
        highest = np.iinfo(values.dtype).max
        # Some rows of blocks at a time, which stay in the cache; the last ones may be smaller.
        band = max(1, _BAND_CELLS // (n_columns * side))

        def fill(first: int) -> None:
            rows: NDArray[Any] = values[first * side : (first + band) * side]
            if values.dtype != np.int32:  # those are of points without weights, never negative
                rows = np.abs(rows)
            for worth, blocks in found.items():
                most = min(worth * self._unit, highest)
                some = rows if most == highest else np.minimum(rows, values.dtype.type(most))
                blocks[first : first + band] = _every(_every(some, side).T, side).T

        spread([partial(fill, first) for first in range(0, shape[0], band)], _THREADS)
        return {worth: blocks / self._unit for worth, blocks in found.items()}


def _every(values: NDArray[Any], side: int) -> NDArray[np.float64]:
    """Sum rows by so many: quicker than ``reduceat`` where they are few."""
    sums = values[::side].astype(np.float64)
    for number in range(1, min(side, len(values))):
        rows = values[number::side]
        sums[: len(rows)] += rows
    return sums


class _Disk:
    """Sums of all within a radius around each element of an array; beyond its edges is nothing.

    Parameters
    ----------
    radius : float
        In elements.
    shape : (rows, columns)
        Of the arrays.
    """

    def __init__(self, radius: float, shape: tuple[int, int]) -> None:
        self._shape = shape
        reach = max(math.floor(radius), 0)
        self._padded = good(shape[0] + reach), good(shape[1] + reach)
        whole = np.arange(-reach, reach + 1)
        disk = np.zeros(self._padded)
        disk[np.ix_(whole % self._padded[0], whole % self._padded[1])] = (
            np.hypot(whole[:, None], whole) <= radius
        )
        self._spectrum = forward(disk)

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sum around each element, to some 1e-9 of the largest sum."""
        rows, columns = self._shape
        padded = np.zeros(self._padded)
        padded[:rows, :columns] = values
        spectrum = forward(padded)
        spectrum *= self._spectrum
        return inverse(spectrum, self._padded)[:rows, :columns]
