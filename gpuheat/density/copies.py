"""Copies: points counted once more a turn of the earth away, which are no points of their own."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from gpuheat.density.cells import Cells
from gpuheat.density.counts import Counts
from gpuheat.density.positions import Positions, whole_steps
from gpuheat.points.points import Points


class Copies:
    """What copies have added to a count.

    Their weight is taken off the border cell again: the sum over all cells and the border stays
    that of the weights read. Any thread may add to it.

    Parameters
    ----------
    cells : Cells
    """

    def __init__(self, cells: Cells) -> None:
        self._cells, self._at = cells, Positions.of(cells)
        self._n_points = self._units = 0
        self._lock = threading.Lock()

    def take(self, points: Points) -> int:
        """Take in a chunk; return how many of its copies lie outside the area."""
        if not points.n_copies:
            return 0
        rows = slice(points.n_own, None)
        steps = points.n_copies
        if points.weights is not None:
            steps = int(whole_steps(points.weights[rows], self._cells.step).sum())
        positions = self._at.place(points.x[rows], points.y[rows])
        shown = (positions >= self._at.offset) & (positions <= self._at.shown_end)
        with self._lock:
            self._n_points += points.n_copies
            self._units += steps * self._cells.units
        return points.n_copies - int(np.count_nonzero(shown.all(axis=1)))

    def off(self, counts: Counts) -> Counts:
        """Return counts in which the copies are no points, and weigh nothing."""
        if not self._n_points:
            return counts
        return replace(
            counts,
            beyond=counts.beyond - self._units,
            n_points=counts.n_points - self._n_points,
        )
