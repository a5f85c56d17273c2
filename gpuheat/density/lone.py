"""Lone: which points draw dots that reach thin pixels, found by a second reading."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import FRACTIONS, Cells
from gpuheat.density.counts import Counts
from gpuheat.density.dot import Dot
from gpuheat.density.places import FINER, PARTS, Places
from gpuheat.density.positions import SHIFT, Positions, whole_steps
from gpuheat.density.sharing import share, workers
from gpuheat.density.thin import Thin
from gpuheat.points.points import Points
from gpuheat.points.source import Source

# Points at a time: their coordinates as float64 are a megabyte, as in counting.
_BATCH = 1 << 16
# Pixels at the rims of so many dots can be mended in some 0.15 s.
_MOST_RIM_PIXELS = 1 << 25
# A rim is so many pixels wide, as far as counting errs there.
_RIM_WIDTH = 2


def lone_places(source: Source, counts: Counts, dot: Dot) -> Places | None:
    """Read a source a second time for the dots that reach thin pixels.

    Parameters
    ----------
    source : Source
    counts : Counts
        Of all its points.
    dot : Dot

    Returns
    -------
    Places or None
        The same for any order and chunks of the points. None where no pixel is thin, or the
        source cannot be read again.
    """
    cells = counts.cells
    if cells.deposit != "bilinear" or not source.rereadable or not counts.n_points:
        return None
    most = int(_MOST_RIM_PIXELS / (2 * np.pi * dot.radius * _RIM_WIDTH))
    thin = Thin(counts, dot, most)
    if not thin:
        return None
    outside = source.tally.outside  # known already; this reading does not count anew
    first, *others = share(
        source,
        lambda: _Gathering(cells, thin, most),
        _Gathering.add,
        n_workers=workers(0),
        progress=lambda: None,
    )
    source.tally.outside = outside
    for other in others:
        first.take(other)
    return first.places()


class _Gathering:
    """Lone points, chunk after chunk: of the lowest rung that has room for all their places."""

    def __init__(self, cells: Cells, thin: Thin, most: int) -> None:
        self._cells, self._thin, self._most = cells, thin, most
        self._at = Positions.of(cells)
        self._columns = (cells.shape[1] + 2) * FRACTIONS * FINER
        self._rung = 0
        # Keys of places, rising or not; and for each its steps, points and what they sum to in x
        # and y beyond the place: whole numbers, whose sums know no order.
        self._waiting: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._n_waiting = 0

    def add(self, points: Points) -> None:
        """Take a chunk's lone points."""
        for start in range(0, len(points), _BATCH):
            part = slice(start, start + _BATCH)
            weights = None if points.weights is None else points.weights[part]
            self._add(points.x[part], points.y[part], weights)

    def _add(self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None) -> None:
        at = self._at
        positions = at.place(x, y)
        with np.errstate(invalid="ignore"):  # 1e308 in cells may be infinite
            lone = np.flatnonzero(self._of(positions * (1 / FRACTIONS)) > self._rung)
        if not len(lone):
            return
        chosen = positions[lone]
        inside = ((chosen >= at.first) & (chosen < at.end)).all(axis=1)
        parts = (chosen[inside] * (FINER * PARTS)).astype(np.int64)
        fine = parts // PARTS
        sums = np.ones((len(fine), 4), np.int64)
        if weights is not None:
            sums[:, 0] = whole_steps(weights[lone[inside]], self._cells.step)
        sums[:, 2:] = parts - fine * PARTS
        self._keep(fine[:, 1] * self._columns + fine[:, 0], sums)

    def take(self, other: _Gathering) -> None:
        """Add what another one has gathered."""
        self._rung = max(self._rung, other._rung)
        self._waiting += other._waiting
        self._n_waiting += other._n_waiting
        self._settle()

    def places(self) -> Places | None:
        """Return what has been gathered."""
        self._settle()
        if not self._n_waiting:
            return None
        ((keys, sums),) = self._waiting
        # From positions to places: those were shifted so that they round to 1/16 (`Positions`).
        corner = (self._cells.gutter * self._cells.fineness + SHIFT) * FRACTIONS
        at = self._fine(keys) - FINER * corner + FINER * FRACTIONS // 2 - FINER // 2
        # Half a part more: they were cut off, too.
        rest = (sums[:, 2:] / sums[:, 1:2] + 0.5) / PARTS
        return Places(at, rest, sums[:, 0], int(sums[:, 1].sum()))

    def _keep(self, keys: NDArray[np.int64], sums: NDArray[np.int64]) -> None:
        self._waiting.append((keys, sums))
        self._n_waiting += len(keys)
        if self._n_waiting > 4 * self._most:
            self._settle()

    def _settle(self) -> None:
        """Join equal places, and climb until there is room for them."""
        if not self._n_waiting:
            return
        every = np.concatenate([keys for keys, _ in self._waiting])
        order = np.argsort(every, kind="stable")
        keys, starts = np.unique(every[order], return_index=True)
        sums = np.concatenate([sums for _, sums in self._waiting])[order]
        sums = np.add.reduceat(sums, starts, axis=0)
        rungs = self._of((self._fine(keys) + 0.5) / (FINER * FRACTIONS))
        kept = rungs > self._rung
        while np.count_nonzero(kept) > self._most and self._rung < self._thin.rungs.max():
            self._rung += 1
            kept = rungs > self._rung
        self._waiting = [(keys[kept], sums[kept])]
        self._n_waiting = len(self._waiting[0][0])

    def _fine(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        rows, columns = np.divmod(keys, self._columns)
        return np.stack([columns, rows], axis=1)

    def _of(self, cells: NDArray[np.float64]) -> NDArray[np.int8]:
        """Return how many rungs there are for positions in cells; they are overwritten."""
        cells -= SHIFT
        return self._thin.of(cells)
