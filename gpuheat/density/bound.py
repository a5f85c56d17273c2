"""Bound: whether the sums of a count stay within 64 bits."""

from __future__ import annotations

import threading

import numpy as np

from gpuheat.density.cells import Cells
from gpuheat.errors import InputError
from gpuheat.points.points import Points

# Sums stay below this, so that no 64-bit integer can overflow.
_MOST_UNITS = 1 << 62


class Bound:
    """An upper bound of any sum: it must stay within 64 bits, whatever the cell."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._units = 0
        self._lock = threading.Lock()

    def grow(self, points: Points) -> None:
        """Take in a chunk.

        Raises
        ------
        InputError
            If a sum could no longer be held.
        """
        steps = float(len(points))
        if points.weights is not None:
            magnitudes = np.abs(points.weights, dtype=np.float64)
            # Rounding to whole steps adds up to half of one for each.
            with np.errstate(over="ignore"):  # an infinite sum is refused below
                steps += float(magnitudes.sum() / self._cells.step)
        units = steps * self._cells.units
        with self._lock:
            if not self._units + units < _MOST_UNITS:
                raise InputError(
                    f"the weights sum to {(self._units + units) * self._unit:.3g} or more, and "
                    f"{_MOST_UNITS * self._unit:.3g} is what 64 bits hold in steps of "
                    f"{self._cells.step:.3g}; count with a larger step=, or divide the weights "
                    "by a constant"
                )
            self._units += int(units)

    @property
    def _unit(self) -> float:
        return self._cells.step / self._cells.units
