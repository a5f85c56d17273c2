"""Kernel: a dot ready to be convolved with the counts of a block, phase by phase."""

from __future__ import annotations

import os
import threading
from functools import lru_cache, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.dot import Dot
from gpuheat.density.scatter import has_scipy
from gpuheat.density.sharing import at_once

# Phases are shared between so many threads: a fixed number, so that the order in which they
# are added, and with it the last bit, is the same on every machine.
_THREADS = 2
# A kernel of up to so many numbers, 64 MB, is kept for the next picture.
_KEPT_NUMBERS = 1 << 23
# So much of its laplacian is taken off what is sharpened.
SHARPEN = 1 / 12


class Kernel:
    """A dot ready to be convolved with blocks of one shape.

    Parameters
    ----------
    fineness : int
        Cells to a pixel's side.
    dot : Dot
    shape : (rows, columns)
        Of the transforms, in pixels.
    margin : int
        Pixels that the dot can be felt.

    Attributes
    ----------
    norm : float
        An upper bound of the dot's 2-norm.
    """

    def __init__(self, fineness: int, dot: Dot, shape: tuple[int, int], margin: int) -> None:
        self._fineness, self._dot, self._shape, self._margin = fineness, dot, shape, margin
        s = fineness
        # Phase p of s has its cells' centres (p + 1/2)/s into their pixels; the phases p and
        # s - 1 - p are mirror images, so the first half of them tells all.
        half = range((s + 1) // 2)
        self._spectra: dict[tuple[int, int], NDArray[Any]]
        if s == 1:
            self._spectra = {(0, 0): self._symmetric()}
        else:
            self._spectra = {
                phase: forward(self._cyclic(self._sampled(phase))) for phase in product(half, half)
            }
        profile = dot.at(np.linspace(0, dot.radius, 64))
        self.norm = float(np.abs(profile).max()) * np.sqrt(np.pi) * (dot.radius + 1)

    def convolved(
        self, window: NDArray[np.int64], before: list[int]
    ) -> tuple[NDArray[np.float64], float]:
        """Convolve a block of cells.

        Parameters
        ----------
        window : (rows, columns) of counts
            Without the cells missing at the start of the block.
        before : [int, int]
            How many rows and columns are missing.

        Returns
        -------
        (rows, columns) float64
            The block, in pixels.
        float
            The sum of the counts' squares.
        """
        s = self._fineness
        phases = list(product(range(s), range(s)))
        n_threads = min(_THREADS, len(phases))
        parts = at_once(
            [partial(self._some, window, before, phases[n::n_threads]) for n in range(n_threads)]
        )
        total, square = parts[0]
        for part, part_square in parts[1:]:  # in order: the sum is the same every time
            total += part
            square += part_square
        return inverse(total, self._shape), square

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
        s = self._fineness
        mine = window[phase[0] :: s, phase[1] :: s]
        top, left = (cells // s for cells in before)
        padded = np.zeros(self._shape)
        inner = padded[top : top + mine.shape[0], left : left + mine.shape[1]]
        inner[:] = mine
        square = float(np.einsum("ij,ij->", inner, inner))
        spectrum = forward(padded)
        spectrum *= self._spectrum(phase)
        return spectrum, square

    def _spectrum(self, phase: tuple[int, int]) -> NDArray[Any]:
        """Return a phase's spectrum, mirrored from the one that was made where need be."""
        last = self._fineness - 1
        made = min(phase[0], last - phase[0]), min(phase[1], last - phase[1])
        spectrum = self._spectra[made]
        mirrored = made[0] != phase[0], made[1] != phase[1]
        if mirrored[0] != mirrored[1]:  # one axis alone: frequency u -> -u in the rows
            spectrum = np.roll(spectrum[::-1], 1, axis=0)
        return np.conj(spectrum) if mirrored[1] else spectrum

    def _sampled(self, phase: tuple[int, int]) -> NDArray[np.float64]:
        """Sample the dot at whole pixels from a phase's cells."""
        s = self._fineness
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


def sharpens(cells: Cells, dot: Dot) -> bool:
    """Tell whether what is counted into such cells is sharpened after it was convolved.

    A bilinear deposit spreads a point with a mean variance of 1/6 cell^2 each way; taking
    laplacian/12 off takes that back to second order without ringing. (The nearest cell moves a
    point instead, by an unknown step: nothing can be taken back. A falloff that ends in a step
    is not smooth enough, and cells finer than pixels need it no more.)
    """
    return cells.deposit == "bilinear" and cells.fineness == 1 and dot.edge[0] == 0


class Kernels:
    """A dot's kernels for the blocks of one picture, each made once.

    Parameters
    ----------
    fineness, dot, margin
        As in `Kernel`.
    """

    def __init__(self, fineness: int, dot: Dot, margin: int) -> None:
        self._fineness, self._dot, self._margin = fineness, dot, margin
        self._made: dict[tuple[int, int], Kernel] = {}
        self._making = threading.Lock()

    def of(self, shape: tuple[int, int]) -> Kernel:
        """Return the kernel for blocks of that shape; any thread may ask."""
        with self._making:
            if shape not in self._made:
                # From picture to picture only a small one is kept: no budget knows of it.
                n_spectra = ((self._fineness + 1) // 2) ** 2
                small = shape[0] * shape[1] * n_spectra <= _KEPT_NUMBERS
                make = _kept if small else Kernel
                self._made[shape] = make(self._fineness, self._dot, shape, self._margin)
            return self._made[shape]


@lru_cache(maxsize=1)
def _kept(fineness: int, dot: Dot, shape: tuple[int, int], margin: int) -> Kernel:
    """Return a kernel, that of the picture before where it is the same."""
    return Kernel(fineness, dot, shape, margin)


def forward(values: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Transform real values: with SciPy where it is installed, else with NumPy."""
    if not has_scipy():
        return np.fft.rfft2(values)
    from scipy.fft import rfft2

    spectrum: NDArray[np.complex128] = rfft2(values, workers=os.cpu_count() or 1)
    return spectrum


def inverse(spectrum: NDArray[np.complex128], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Transform back to real values of that shape."""
    if not has_scipy():
        return np.fft.irfft2(spectrum, shape)
    from scipy.fft import irfft2

    values: NDArray[np.float64] = irfft2(spectrum, shape, workers=os.cpu_count() or 1)
    return values


def good(n: int) -> int:
    """Return the next length whose only prime factors are 2, 3 and 5: fast to transform."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1
