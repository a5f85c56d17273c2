"""Bound: whether the sums of a count stay within 64 bits."""

from __future__ import annotations

import threading

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
        largest = 1.0
        if points.weights is not None and len(points):
            low, high = float(points.weights.min()), float(points.weights.max())
            largest = max(abs(low), abs(high)) / self._cells.step
        units = (largest + 1) * len(points) * self._cells.units
        if not units < _MOST_UNITS or self._units + int(units) >= _MOST_UNITS:
            raise InputError(
                f"the weights, up to {largest * self._cells.step:g} in steps of "
                f"{self._cells.step:g}, may sum to more than 64 bits hold "
                f"({_MOST_UNITS / self._cells.units * self._cells.step:.3g}); "
                "divide the weights by a constant"
            )
        with self._lock:
            self._units += int(units)
