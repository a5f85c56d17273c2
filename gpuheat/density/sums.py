"""Sums: one whole number for each cell, which threads add to in turns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.scatter import scatter

# What points of weight 1 add is summed in 32 bits, which stay in the cache twice as well, and
# moved to 64 bits before a cell could overflow.
_NARROW_UNITS = (1 << 31) - 1


class Sums:
    """Exact sums, in 32 bits while they hold them.

    Parameters
    ----------
    n_cells : int
    """

    NARROW_BYTES = 4

    def __init__(self, n_cells: int) -> None:
        self._n_cells = n_cells
        self._scatter = scatter()
        self._lock = threading.Lock()
        self._wide: NDArray[np.int64] | None = None
        self._narrow: NDArray[np.int32] | None = None
        self._narrow_units = 0

    def add(
        self, cells: NDArray[Any], parts: Sequence[tuple[int, NDArray[Any]]], units: int
    ) -> None:
        """Add a batch; others wait.

        Parameters
        ----------
        cells : (N,) int32 or int64
        parts : sequence of (shift, amounts)
            Each of (N,) amounts goes into the cell so many numbers on. Amounts that are int32
            have no sign.
        units : int
            How much the int32 amounts add up to.
        """
        with self._lock:
            table: NDArray[Any]
            if parts[0][1].dtype == np.int32:
                table = self._room(units)
            else:
                self._wide = self._zeros(np.int64) if self._wide is None else self._wide
                table = self._wide
            for shift, amounts in parts:
                self._scatter(table[shift:], cells, amounts)

    def take(self, other: Sums) -> None:
        """Add what another table holds; it is empty then."""
        other._widen()
        self._widen()
        if self._wide is None:
            self._wide, other._wide = other._wide, None
        elif other._wide is not None:
            self._wide += other._wide

    def values(self, *, passing: bool = False) -> NDArray[Any]:
        """Return the sums, as int64 (passing: as int32 where they are); this is done then."""
        if passing and self._wide is None and self._narrow is not None:
            return self._narrow
        self._widen()
        return self._zeros(np.int64) if self._wide is None else self._wide

    def _room(self, units: int) -> NDArray[np.int32]:
        """Return 32-bit sums that have room for so many units more in any cell."""
        if self._narrow_units + units > _NARROW_UNITS:
            self._widen()
        self._narrow_units += units
        self._narrow = self._zeros(np.int32) if self._narrow is None else self._narrow
        return self._narrow

    def _widen(self) -> None:
        """Move the 32-bit sums to the 64-bit ones."""
        if self._narrow is None or not self._narrow_units:
            return
        if self._wide is None:
            self._wide = self._narrow.astype(np.int64)
        else:
            self._wide += self._narrow
        self._narrow[:] = 0
        self._narrow_units = 0

    def _zeros(self, dtype: type[Any]) -> NDArray[Any]:
        return np.zeros(self._n_cells, dtype)
