"""Steps: the densities at which the color changes, so that color is a look-up.

Whatever the tone, a pixel's index into the palette is floor(255 * (1 - t)), which changes at 255
densities. They are found once, by the tone's inverse; no pixel's t is ever computed, and a GL
device and the host give the same index to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.scheme import N_COLORS
from gpuheat.color.tone import Tone

LAST = N_COLORS - 1

# The upper 18 bits of a float32: 512 buckets for every power of two.
_LOW_BITS, _N_BUCKETS = 14, 1 << 18


@dataclass(frozen=True, eq=False)
class Steps:
    """A tone as the palette sees it.

    Parameters
    ----------
    values : (256,) float32
        Falling. A density has index k or more where it is not above entry k; the first is
        infinite.
    blank : int
        The index of pixels without density, and of NaN.
    covered : bool
        Whether 0 is a value as any other, and only NaN is blank.
    """

    values: NDArray[np.float32]
    blank: int
    covered: bool = False

    @classmethod
    def of(cls, tone: Tone, *, covered: bool = False) -> Steps:
        """Find the steps of a fitted tone.

        Parameters
        ----------
        tone : Tone
        covered : bool
            The last entry is then NaN's alone: the lowest end of the scale shares the one before.
        """
        t = (LAST - np.arange(N_COLORS)) / LAST
        exact = tone.inverse(t)
        with np.errstate(over="ignore"):  # beyond float32 lies no density
            values = exact.astype(np.float32)
        # Downwards: a float32 is above the step just where it is above the float32 below it.
        values = np.where(values > exact, np.nextafter(values, np.float32(-np.inf)), values)
        values[0] = np.inf
        # Where steps coincide but for rounding they must not rise.
        values = np.minimum.accumulate(values)
        if not covered:
            return cls(values, tone.curve.blank)
        values[LAST] = -np.inf
        return cls(values, LAST, covered=True)

    def index(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Look every density's index up.

        Parameters
        ----------
        values : float32, of any shape

        Returns
        -------
        uint8, of the same shape
        """
        table = self._table
        found = self._by_halves(values) if table is None else self._by_table(values, table)
        blank = np.isnan(values) if self.covered else (values == 0) | np.isnan(values)
        np.putmask(found, blank, np.uint8(self.blank))
        return found

    @cached_property
    def _rising(self) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.values[:0:-1])

    @cached_property
    def _table(self) -> NDArray[np.uint8] | None:
        """The index at each bucket's lowest density; None where a bucket holds two steps."""
        # Each step lowers the index of all the buckets that begin above it.
        above = np.searchsorted(_floors(), self._rising, side="right")
        if (np.diff(above) == 0).any():
            return None
        n_each = np.diff(above, prepend=0, append=_N_BUCKETS)
        index = np.repeat(np.arange(LAST, -1, -1, dtype=np.uint8), n_each)
        # From the order of the numbers to that of their bits: negative ones last, falling.
        negative, positive = np.split(index, 2)
        return np.concatenate([positive, negative[::-1]])

    def _by_table(self, values: NDArray[np.float32], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Look up by a density's upper bits; above the one step of its bucket it is one less."""
        found: NDArray[np.uint8] = table.take(values.view(np.uint32) >> _LOW_BITS)
        found -= values > self.values.take(found)
        return found

    def _by_halves(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Search by halves: ten times as long, and for all steps."""
        return (LAST - np.searchsorted(self._rising, values)).astype(np.uint8)


@cache
def _floors() -> NDArray[np.float32]:
    """Return the lowest float32 of each bucket, rising: first the negative ones."""
    bits = np.arange(_N_BUCKETS, dtype=np.uint32) << _LOW_BITS
    positive, negative = np.split(bits, 2)
    floors = np.concatenate([(negative | ((1 << _LOW_BITS) - 1))[::-1], positive])
    numbers = floors.view(np.float32)
    # Beyond infinity there are only NaN.
    half = _N_BUCKETS // 2
    numbers[:half][np.isnan(numbers[:half])] = -np.inf
    numbers[half:][np.isnan(numbers[half:])] = np.inf
    return numbers
