"""Convolve: counts per cell -> density per pixel, whatever the dot's size.

Cells may be finer than pixels, but the transforms need not be: the density at pixels is the
sum, over the phases of the cells within a pixel, of (the counts of that phase) convolved
with (the dot shifted by it). All in float64: the noise of a float32 FFT is global, and a
million points in one place would paint the empty pixels.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.dot import Dot
from gpuheat.density.kernel import SHARPEN, Kernels, good, sharpens
from gpuheat.density.mend import Mender
from gpuheat.density.sharing import spread

# It may change a pixel by so much of one dot's peak and of the density that is there: a tall
# stack's rim must not wipe out its faint neighbours.
_SHARPEN_DOTS, _SHARPEN_PART = 0.02, 0.02
# Pixels to the side of a block that is transformed at once: larger ones leave the caches,
# smaller ones are mostly margin.
_BLOCK = 1024
# Blocks, or the bands of one, are shared between so many threads.
_THREADS = 2
# Rows to a band: what is done to it pixel by pixel stays in a second-level cache.
_BAND = 64
# Rounding noise of the transforms, in units of epsilon * |counts| * |dot| (2-norms): over
# ten times the largest seen (test_convolve.py). What is smaller is no density: it becomes 0.
_NOISE = 20.0


def convolve(
    counts: NDArray[np.int64],
    cells: Cells,
    dot: Dot,
    weight: float = 1.0,
    mender: Mender | None = None,
) -> NDArray[np.float32]:
    """Convolve counts with a dot.

    Parameters
    ----------
    counts : (rows, columns) int64
        In ``cells.units`` to a weight of ``cells.step``, gutter included.
    cells : Cells
        Its gutter is at least ``dot.reach``.
    dot : Dot
    weight : float
        What a point weighs, in the mean.
    mender : Mender, optional
        Of the dots whose rims are to be drawn exactly.

    Returns
    -------
    (height, width) float32
        Never cyclic. Exactly 0 where no count is within the dot's reach and one cell, and
        never below 0 where no count is.
    """
    grid = cells.grid
    values = np.zeros(grid.shape, np.float32)
    # The dot, split over cells and sharpened, can be felt two cells beyond its radius.
    margin = dot.reach + 2
    side = max(_BLOCK, 2 * margin)
    blocks = list(product(range(0, grid.height, side), range(0, grid.width, side)))
    n_threads = min(_THREADS, len(blocks))
    kernels, finish = Kernels(cells.fineness, dot, margin), _Finish(cells, dot, weight)

    def fill(top: int, left: int) -> None:
        bottom, right = min(top + side, grid.height), min(left + side, grid.width)
        spans = _spans(cells, margin, (top, bottom), (left, right), counts.shape)
        window = counts[tuple(span for span, _ in spans)]
        if not window.any():
            return
        size = bottom - top, right - left
        shape = good(size[0] + 2 * margin), good(size[1] + 2 * margin)
        kernel = kernels.of(shape)
        full, square = kernel.convolved(window, [before for _, before in spans])
        mended = None if mender is None else mender.mend(top, left, size)
        least = finish.least(window, square, kernel.norm)
        out = values[top:bottom, left:right]

        def band(start: int) -> None:
            rows = slice(start, min(start + _BAND, size[0]))
            finish(full, rows, margin, mended, least, out[rows])

        spread([partial(band, start) for start in range(0, size[0], _BAND)], _THREADS // n_threads)

    spread([partial(fill, top, left) for top, left in blocks], n_threads)
    return values


class _Finish:
    """What is done to a convolved block, pixel by pixel.

    Parameters
    ----------
    cells, dot, weight
        As in `convolve`.
    """

    def __init__(self, cells: Cells, dot: Dot, weight: float) -> None:
        self._sharp = sharpens(cells, dot)
        self._peak = abs(weight) * dot.edge[1]
        self._unit = cells.step / cells.units
        # Where all weights are whole, less than half of the least that one dot gives is the
        # smear of a deposit beyond its rim.
        self._smear = dot.least / 2 if cells.step == 1.0 else 0.0

    def least(self, window: NDArray[Any], square: float, norm: float) -> tuple[float, bool]:
        """Return below what a density is none, and whether all are positive."""
        noise = _NOISE * float(np.finfo(np.float64).eps) * float(np.sqrt(square)) * norm
        positive = bool(window.min() >= 0)
        return max(noise * self._unit, self._smear if positive else 0.0), positive

    def __call__(
        self,
        full: NDArray[np.float64],
        rows: slice,
        margin: int,
        mended: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        least: tuple[float, bool],
        out: NDArray[np.float32],
    ) -> None:
        """Turn a band of a block, its rows counted from the margin, into densities."""
        first, last = rows.start + margin, rows.stop + margin
        columns = slice(margin, margin + out.shape[1])
        density = full[first:last, columns] * self._unit
        missing, bent = (None, None) if mended is None else mended
        if self._sharp:
            less = full[first - 1 : last - 1, columns] + full[first + 1 : last + 1, columns]
            less += full[first:last, columns.start - 1 : columns.stop - 1]
            less += full[first:last, columns.start + 1 : columns.stop + 1]
            less *= self._unit
            less -= 4 * density
            if bent is not None:
                less -= bent[rows]
            less *= SHARPEN
            limit = np.abs(density)
            limit *= _SHARPEN_PART
            limit += _SHARPEN_DOTS * self._peak
            np.minimum(less, limit, out=less)
            np.maximum(less, np.negative(limit, out=limit), out=less)
            density -= less
        if missing is not None:
            density += missing[rows]
        smallest, positive = least
        density[(density if positive else np.abs(density)) < smallest] = 0.0
        out[:] = density


def _spans(
    cells: Cells,
    margin: int,
    rows: tuple[int, int],
    columns: tuple[int, int],
    shape: tuple[int, ...],
) -> list[tuple[slice, int]]:
    """Return, per axis, the cells of a block and its margin, and how many are missing before."""
    spans = []
    for (start, stop), n_cells in zip((rows, columns), shape, strict=True):
        first = (start + cells.gutter - margin) * cells.fineness
        last = (stop + cells.gutter + margin) * cells.fineness
        spans.append((slice(max(first, 0), min(last, n_cells)), max(-first, 0)))
    return spans
