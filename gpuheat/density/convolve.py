"""Convolve: counts per cell -> density per pixel, whatever the dot's size.

Cells may be finer than pixels, but the transforms need not be: the density at pixels is the
sum, over the phases of the cells within a pixel, of (the counts of that phase) convolved
with (the dot shifted by it). All in float64: the noise of a float32 FFT is global, and a
million points in one place would paint the empty pixels.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.dot import Dot

# A bilinear deposit spreads a point with a mean variance of 1/6 cell^2 each way; taking
# laplacian/12 off the dot takes that back to second order without ringing. The nearest
# cell's is 1/12, of unknown place: it blurs nothing that could be taken back.
_SHARPEN = {"bilinear": 1 / 12, "nearest": 0.0}
# Pixels to the side of a block that is transformed at once: larger ones leave the caches,
# smaller ones are mostly gutter.
_BLOCK = 1024
# Rounding noise of the transforms, in units of epsilon * |counts| * |dot| (2-norms): ten
# times the largest seen (test_convolve.py). What is smaller is no density: it becomes 0.
_NOISE = 40.0


def convolve(counts: NDArray[np.int64], cells: Cells, dot: Dot) -> NDArray[np.float32]:
    """Convolve counts with a dot.

    Parameters
    ----------
    counts : (rows, columns) int64
        In ``cells.units`` to a weight of ``cells.step``, gutter included.
    cells : Cells
        Its gutter is at least ``dot.reach``.
    dot : Dot

    Returns
    -------
    (height, width) float32
        Never cyclic. Exactly 0 where no count is within the dot's reach, and never below 0
        where no count is.
    """
    grid, fineness, gutter = cells.grid, cells.fineness, cells.gutter
    values = np.zeros(grid.shape, np.float32)
    fft = _Transforms()
    # The dot, sharpened and split, can be felt two pixels beyond its radius.
    margin = dot.reach + 2
    block = max(_BLOCK, 2 * margin)
    spectra: dict[tuple[int, int], list[NDArray[np.complex128]]] = {}
    for top, left in product(range(0, grid.height, block), range(0, grid.width, block)):
        bottom, right = min(top + block, grid.height), min(left + block, grid.width)
        window = _window(counts, fineness, gutter, margin, (top, bottom, left, right))
        if not window.any():
            continue
        shape = fft.good(bottom - top + 2 * margin), fft.good(right - left + 2 * margin)
        if shape not in spectra:
            spectra[shape] = list(_spectra(cells, dot, shape, margin, fft))
        total: Any = 0
        for (down, over), spectrum in zip(
            product(range(fineness), repeat=2), spectra[shape], strict=True
        ):
            phase = fft.forward(window[down::fineness, over::fineness].astype(np.float64), shape)
            phase *= spectrum
            total += phase
        full = fft.inverse(total, shape)
        density = full[margin : margin + bottom - top, margin : margin + right - left]
        density *= cells.step / cells.units
        values[top:bottom, left:right] = _cleaned(density, window, cells, dot)
    return values


def _window(
    counts: NDArray[np.int64],
    fineness: int,
    gutter: int,
    margin: int,
    edges: tuple[int, int, int, int],
) -> NDArray[np.int64]:
    """Cut out the cells of a block of pixels and of the margin around it, 0 beyond the counts."""
    spans, pads = [], []
    for start, stop, n_cells in zip(edges[::2], edges[1::2], counts.shape, strict=True):
        first = (start + gutter - margin) * fineness
        last = (stop + gutter + margin) * fineness
        spans.append(slice(max(first, 0), min(last, n_cells)))
        pads.append((max(-first, 0), max(last - n_cells, 0)))
    window = counts[tuple(spans)]
    return np.pad(window, pads) if any(any(pad) for pad in pads) else window


def _spectra(
    cells: Cells, dot: Dot, shape: tuple[int, int], margin: int, fft: _Transforms
) -> Iterator[NDArray[np.complex128]]:
    """Transform the dot as each phase sees it.

    Phase p of s has its cells' centres (p + 1/2)/s into their pixels, and the phases p and
    s - 1 - p are mirror images: their spectra are each other's with that axis reversed.
    """
    s = cells.fineness
    made: dict[tuple[int, int], NDArray[np.complex128]] = {}
    for down, over in product(range(s), repeat=2):
        first = min(down, s - 1 - down), min(over, s - 1 - over)
        if first not in made:
            made[first] = fft.forward(_sampled(cells, dot, shape, margin, first), shape)
        spectrum = made[first]
        if (down, over) != first:
            mirrored = np.roll(spectrum[::-1], 1, axis=0)  # frequency u -> -u
            if down == first[0]:  # over alone is mirrored: as both, then down back again
                spectrum = np.conj(mirrored)
            elif over == first[1]:
                spectrum = mirrored
            else:
                spectrum = np.conj(spectrum)
        yield spectrum


def _sampled(
    cells: Cells, dot: Dot, shape: tuple[int, int], margin: int, phase: tuple[int, int]
) -> NDArray[np.float64]:
    """Sample the sharpened dot at whole pixels from a phase's cells, cyclically."""
    s = cells.fineness
    whole = np.arange(-margin, margin + 1)
    y, x = (whole + 0.5 - (p + 0.5) / s for p in phase)
    step = 1 / s

    def at(dy: float, dx: float) -> NDArray[np.float64]:
        return dot.at(np.hypot(y[:, None] + dy, x + dx))

    centre = at(0, 0)
    strength = _SHARPEN[cells.deposit]
    if strength:
        ring = at(step, 0) + at(-step, 0) + at(0, step) + at(0, -step)
        centre = centre - strength * (ring - 4 * centre)
    kernel = np.zeros(shape)
    kernel[np.ix_(whole % shape[0], whole % shape[1])] = centre
    return kernel


def _cleaned(
    density: NDArray[np.float64], window: NDArray[np.int64], cells: Cells, dot: Dot
) -> NDArray[np.float64]:
    """Set to 0 what is only rounding noise, and what sharpening put below 0."""
    scale = cells.step / cells.units
    flat = window.ravel()
    counts_norm = float(np.sqrt(np.einsum("i,i->", flat, flat, dtype=np.float64))) * scale
    dot_norm = dot.radius * float(np.abs(dot.table()).max()) * 2
    noise = _NOISE * float(np.finfo(np.float64).eps) * counts_norm * dot_norm
    floor = noise if flat.min() >= 0 else -np.inf
    if floor > 0:
        density[density < floor] = 0.0
    else:
        density[np.abs(density) < noise] = 0.0
    return density


class _Transforms:
    """Real two-dimensional FFTs: SciPy's on all cores where it is installed, else NumPy's."""

    def __init__(self) -> None:
        if importlib.util.find_spec("scipy") is None:
            self._fft: Any = np.fft
            self._options: dict[str, Any] = {}
            self.good = _next_smooth
        else:
            import scipy.fft

            self._fft = scipy.fft
            self._options = {"workers": os.cpu_count() or 1}
            self.good = lambda n: int(scipy.fft.next_fast_len(n, real=True))

    def forward(
        self, values: NDArray[np.float64], shape: tuple[int, int]
    ) -> NDArray[np.complex128]:
        spectrum: NDArray[np.complex128] = self._fft.rfft2(values, shape, **self._options)
        return spectrum

    def inverse(
        self, spectrum: NDArray[np.complex128], shape: tuple[int, int]
    ) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._fft.irfft2(spectrum, shape, **self._options)
        return values


def _next_smooth(n: int) -> int:
    """Return the next number whose only prime factors are 2, 3 and 5: a fast length."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1
