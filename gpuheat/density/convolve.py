"""Convolve: counts per cell -> density per pixel, whatever the dot's size.

Cells may be finer than pixels, but the transforms need not be: the density at pixels is the
sum, over the phases of the cells within a pixel, of (the counts of that phase) convolved
with (the dot shifted by it). All in float64: the noise of a float32 FFT is global, and a
million points in one place would paint the empty pixels.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.dot import Dot
from gpuheat.density.scatter import has_scipy
from gpuheat.density.sharing import at_once

# A bilinear deposit spreads a point with a mean variance of 1/6 cell^2 each way; taking
# laplacian/12 off takes that back to second order without ringing. (The nearest cell moves a
# point instead, by an unknown step: nothing can be taken back. A falloff that ends in a step
# is not smooth enough, and cells finer than pixels need it no more.)
_SHARPEN = 1 / 12
# It may change a pixel by so much of one dot's peak and of the density that is there: a tall
# stack's rim must not wipe out its faint neighbours.
_SHARPEN_DOTS, _SHARPEN_PART = 0.02, 0.02
# Pixels to the side of a block that is transformed at once: larger ones leave the caches,
# smaller ones are mostly margin.
_BLOCK = 1024
# Blocks, and phases, are shared between so many threads: a fixed number, so that the order in
# which phases are added, and with it the last bit, is the same on every machine.
_THREADS = 2
# Rounding noise of the transforms, in units of epsilon * |counts| * |dot| (2-norms): over
# ten times the largest seen (test_convolve.py). What is smaller is no density: it becomes 0.
_NOISE = 20.0


def convolve(
    counts: NDArray[np.int64], cells: Cells, dot: Dot, weight: float = 1.0
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
    block = max(_BLOCK, 2 * margin)
    end, peak = dot.edge
    sharp = cells.deposit == "bilinear" and cells.fineness == 1 and end == 0
    kernels: dict[tuple[int, int], _Kernel] = {}
    making = threading.Lock()

    def fill(top: int, left: int) -> None:
        bottom, right = min(top + block, grid.height), min(left + block, grid.width)
        spans = _spans(cells, margin, (top, bottom), (left, right), counts.shape)
        window = counts[tuple(span for span, _ in spans)]
        if not window.any():
            return
        shape = _good(bottom - top + 2 * margin), _good(right - left + 2 * margin)
        with making:
            if shape not in kernels:
                kernels[shape] = _Kernel(cells, dot, shape, margin)
        before = [before for _, before in spans]
        full, noise = kernels[shape].convolved(window, before)
        full *= cells.step / cells.units
        noise *= cells.step / cells.units
        inner = slice(margin, margin + bottom - top), slice(margin, margin + right - left)
        density = full[inner]
        if sharp:
            density = _sharpened(full, inner, abs(weight) * peak)
        if window.min() >= 0:
            # Where all weights are whole, less than half of the least that one dot gives is
            # the smear of a deposit beyond its rim.
            smear = dot.least / 2 if cells.step == 1.0 else 0.0
            density[density < max(noise, smear)] = 0.0
        else:
            density[np.abs(density) < noise] = 0.0
        values[top:bottom, left:right] = density

    blocks = list(product(range(0, grid.height, block), range(0, grid.width, block)))
    n_threads = min(_THREADS, len(blocks))

    def some(number: int) -> None:
        for top, left in blocks[number::n_threads]:
            fill(top, left)

    at_once([partial(some, number) for number in range(n_threads)])
    return values


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


def _sharpened(
    full: NDArray[np.float64], inner: tuple[slice, slice], peak: float
) -> NDArray[np.float64]:
    """Take laplacian/12 (5 points) off a block, within limits."""
    rows, columns = inner
    density = full[inner]
    less = full[rows.start - 1 : rows.stop - 1, columns] - 4 * density
    less += full[rows.start + 1 : rows.stop + 1, columns]
    less += full[rows, columns.start - 1 : columns.stop - 1]
    less += full[rows, columns.start + 1 : columns.stop + 1]
    less *= _SHARPEN
    limit = _SHARPEN_PART * np.abs(density) + _SHARPEN_DOTS * peak
    np.clip(less, -limit, limit, out=less)
    return density - less


class _Kernel:
    """A dot ready to be convolved with blocks of one shape.

    Parameters
    ----------
    cells : Cells
    dot : Dot
    shape : (rows, columns)
        Of the transforms, in pixels.
    margin : int
        Pixels that the dot can be felt.
    """

    def __init__(self, cells: Cells, dot: Dot, shape: tuple[int, int], margin: int) -> None:
        self._cells, self._dot, self._shape, self._margin = cells, dot, shape, margin
        s = cells.fineness
        # Phase p of s has its cells' centres (p + 1/2)/s into their pixels; the phases p and
        # s - 1 - p are mirror images, so the first half of them tells all.
        half = range((s + 1) // 2)
        self._spectra: dict[tuple[int, int], NDArray[Any]]
        if s == 1:
            self._spectra = {(0, 0): self._symmetric()}
        else:
            self._spectra = {
                phase: _forward(self._cyclic(self._sampled(phase))) for phase in product(half, half)
            }
        profile = dot.at(np.linspace(0, dot.radius, 64))
        self._norm = float(np.abs(profile).max()) * np.sqrt(np.pi) * (dot.radius + 1)

    def convolved(
        self, window: NDArray[np.int64], before: list[int]
    ) -> tuple[NDArray[np.float64], float]:
        """Convolve a block of cells; return it, and below what it is rounding noise."""
        s = self._cells.fineness
        phases = list(product(range(s), range(s)))
        n_threads = min(_THREADS, len(phases))
        parts = at_once(
            [partial(self._some, window, before, phases[n::n_threads]) for n in range(n_threads)]
        )
        total, square = parts[0]
        for part, part_square in parts[1:]:  # in order: the sum is the same every time
            total += part
            square += part_square
        noise = _NOISE * float(np.finfo(np.float64).eps) * float(np.sqrt(square)) * self._norm
        return _inverse(total, self._shape), noise

    def _some(
        self, window: NDArray[np.int64], before: list[int], phases: list[tuple[int, int]]
    ) -> tuple[NDArray[np.complex128], float]:
        """Add up some of the phases."""
        total, square = self._transformed(window, before, phases[0])
        for phase in phases[1:]:
            part, part_square = self._transformed(window, before, phase)
            total += part
            square += part_square
        return total, square

    def _transformed(
        self, window: NDArray[np.int64], before: list[int], phase: tuple[int, int]
    ) -> tuple[NDArray[np.complex128], float]:
        """Transform the counts of one phase and multiply them with the dot's."""
        s = self._cells.fineness
        mine = window[phase[0] :: s, phase[1] :: s]
        top, left = (cells // s for cells in before)
        padded = np.zeros(self._shape)
        inner = padded[top : top + mine.shape[0], left : left + mine.shape[1]]
        inner[:] = mine
        square = float(np.einsum("ij,ij->", inner, inner))
        spectrum = _forward(padded)
        spectrum *= self._spectrum(phase)
        return spectrum, square

    def _spectrum(self, phase: tuple[int, int]) -> NDArray[Any]:
        """Return a phase's spectrum, mirrored from the one that was made where need be."""
        last = self._cells.fineness - 1
        made = min(phase[0], last - phase[0]), min(phase[1], last - phase[1])
        spectrum = self._spectra[made]
        mirrored = made[0] != phase[0], made[1] != phase[1]
        if mirrored[0] != mirrored[1]:  # one axis alone: frequency u -> -u in the rows
            spectrum = np.roll(spectrum[::-1], 1, axis=0)
        return np.conj(spectrum) if mirrored[1] else spectrum

    def _sampled(self, phase: tuple[int, int]) -> NDArray[np.float64]:
        """Sample the dot at whole pixels from a phase's cells."""
        s = self._cells.fineness
        whole = np.arange(-self._margin, self._margin + 1)
        y, x = (whole + 0.5 - (p + 0.5) / s for p in phase)
        return self._dot.at(np.hypot(y[:, None], x))

    def _cyclic(self, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wrap a kernel around the origin of a whole block."""
        whole = np.arange(-self._margin, self._margin + 1)
        wrapped = np.zeros(self._shape)
        wrapped[np.ix_(whole % self._shape[0], whole % self._shape[1])] = kernel
        return wrapped

    def _symmetric(self) -> NDArray[np.float64]:
        """Transform a kernel that is even in both axes: two small products with cosines.

        With cells as large as pixels the dot is even, its spectrum real, and a quarter of it
        says all: a third of the time of a whole transform.
        """
        margin = self._margin
        quarter = self._sampled((0, 0))[margin:, margin:]
        quarter[1:] *= 2
        quarter[:, 1:] *= 2
        n_rows, n_columns = self._shape
        waves = []
        for length in (n_rows, n_columns):
            # whole * frequency modulo the length, so that the angles stay small and exact.
            turns = np.outer(np.arange(length // 2 + 1), np.arange(margin + 1)) % length
            waves.append(np.cos(turns * (2 * np.pi / length)))
        upper = waves[0] @ quarter @ waves[1].T
        lower = upper[1 : (n_rows + 1) // 2][::-1]
        return np.concatenate([upper, lower])


def _forward(values: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Transform real values: with SciPy where it is installed, else with NumPy."""
    if not has_scipy():
        return np.fft.rfft2(values)
    from scipy.fft import rfft2

    spectrum: NDArray[np.complex128] = rfft2(values, workers=os.cpu_count() or 1)
    return spectrum


def _inverse(spectrum: NDArray[np.complex128], shape: tuple[int, int]) -> NDArray[np.float64]:
    if not has_scipy():
        return np.fft.irfft2(spectrum, shape)
    from scipy.fft import irfft2

    values: NDArray[np.float64] = irfft2(spectrum, shape, workers=os.cpu_count() or 1)
    return values


def _good(n: int) -> int:
    """Return the next length whose only prime factors are 2, 3 and 5: fast to transform."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1
