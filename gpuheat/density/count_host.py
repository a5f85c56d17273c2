"""Count on the host: points -> exact sums per cell, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.bound import Bound
from gpuheat.density.cells import FRACTIONS, Cells
from gpuheat.density.copies import Copies
from gpuheat.density.counts import Counts
from gpuheat.density.positions import SHIFT, Positions, side_by_side, whole_steps
from gpuheat.density.sharing import share, workers
from gpuheat.density.sums import Sums
from gpuheat.points.points import Points
from gpuheat.points.source import Source

# Points at a time: their coordinates as float64 are a megabyte, the size of a second-level cache.
_BATCH = 1 << 16
# While one thread adds to a table, the other works out what it will add: two tables would
# push each other out of the cache they share (10 M points in 0.15 s rather than 0.21 s).
_THREADS_TO_A_TABLE = 2


def count_source(
    points: Any,
    cells: Cells,
    progress: Callable[[], None] = lambda: None,
    *,
    passing: bool = False,
) -> Counts:
    """Count points on the host.

    Parameters
    ----------
    points : Source, or anything `gpuheat.render` takes
    cells : Cells
        Where, and how.
    progress : callable
        Called after each chunk.
    passing : bool
        Whether the counts are to be convolved and let go: they may stay in 32 bits then,
        which with fine cells saves a third of the time.

    Returns
    -------
    Counts
        The same to the last bit for any order, chunk size and number of threads.

    Raises
    ------
    InputError
        If the weights' sum could leave 64 bits.
    """
    source = Source.of(points).onto(cells.grid, cells.gutter)
    bound, copies, counting = Bound(cells), Copies(cells), HostCount(cells)

    def add(counter: HostCounter, chunk: Points) -> None:
        bound.grow(chunk)
        source.tally.add_outside(counter.add(chunk) - copies.take(chunk))

    parts = share(source, counting.begin, add, n_workers=counting.n_workers, progress=progress)
    return copies.off(counting.counts(parts, passing=passing))


class HostCount:
    """A count in the making: the tables that several threads add to.

    Parameters
    ----------
    cells : Cells

    Attributes
    ----------
    n_workers : int
        How many threads may `begin`.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        n_cells = cells.shape[0] * cells.shape[1]
        self.n_workers = workers(n_cells * Sums.NARROW_BYTES, _THREADS_TO_A_TABLE)
        self._tables = [Sums(n_cells) for _ in range(-(-self.n_workers // _THREADS_TO_A_TABLE))]
        self._numbers = count()

    def begin(self) -> HostCounter:
        """Make a thread's counter."""
        # next() on a count is atomic: each thread gets a number of its own.
        return HostCounter(self._cells, self._tables[next(self._numbers) // _THREADS_TO_A_TABLE])

    def counts(self, parts: Sequence[HostCounter], *, passing: bool = False) -> Counts:
        """Return what all counters have counted; this is done then."""
        first, *others = self._tables
        for table in others:
            first.take(table)
        values = first.values(passing=passing).reshape(self._cells.shape)
        beyond = sum(counter.beyond for counter in parts)
        n_points = sum(counter.n_points for counter in parts)
        return Counts(self._cells, values, beyond, n_points)


class HostCounter:
    """Turns chunk after chunk into additions to a table; one thread's share of the work.

    Parameters
    ----------
    cells : Cells
    sums : Sums
        One for each cell; other counters may add to it at the same time.

    Attributes
    ----------
    beyond : int
        In units, what lies beyond all cells.
    n_points : int
    """

    def __init__(self, cells: Cells, sums: Sums) -> None:
        self._cells, self._sums = cells, sums
        rows, columns = cells.shape
        self._columns = columns
        self._bilinear = cells.deposit == "bilinear"
        self._at = Positions.of(cells)
        # Positions begin one cell off, in rows as in columns.
        self._first_cell = SHIFT * (columns + 1)
        self.beyond = 0
        self.n_points = 0
        self._positions = np.empty((_BATCH, 2))
        self._whole = np.empty((_BATCH, 2), np.int32)
        # Half as wide where it holds every cell's number, and that of a row before them.
        wide = (rows + 2) * (columns + 2) > np.iinfo(np.int32).max
        self._index = np.empty(_BATCH, np.int64 if wide else np.int32)

    def add(self, points: Points) -> int:
        """Count a chunk and return how many of its points lie outside the area."""
        outside = 0
        for start in range(0, len(points), _BATCH):
            part = slice(start, start + _BATCH)
            weights = None if points.weights is None else points.weights[part]
            outside += self._add(points.x[part], points.y[part], weights)
        self.n_points += len(points)
        return outside

    def _add(self, x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None) -> int:
        """Count one batch."""
        n, at = len(x), self._at
        positions, whole = self._positions[:n], self._whole[:n]
        # One pass for both coordinates where they lie side by side, as in an (N, 2) array.
        pairs = side_by_side(x, y)
        with np.errstate(over="ignore", invalid="ignore"):  # 1e308 in cells may be infinite
            flat = positions.reshape(-1)
            if pairs is not None:
                np.subtract(pairs, _tiled(at.origin, n), out=flat, dtype=np.float64)
            else:
                np.subtract(x, at.origin[0], out=positions[:, 0], dtype=np.float64)
                np.subtract(y, at.origin[1], out=positions[:, 1], dtype=np.float64)
            flat *= _tiled(at.scale, n)
            flat += at.offset
            np.copyto(whole, positions, casting="unsafe")
        low = int(whole.min())
        high = [int(whole[:, axis].max()) for axis in (0, 1)]
        outside = 0
        right, bottom = at.shown_end
        near = low <= at.offset or high[0] >= right - 1 or high[1] >= bottom - 1
        if near and not _all_within(positions, at.offset, at.shown_end):
            shown = _within(positions, at.offset, at.shown_end)
            outside = n - int(np.count_nonzero(shown))
        if low < at.first or high[0] >= at.end[0] or high[1] >= at.end[1]:
            last = (np.nextafter(at.end[0], 0.0), np.nextafter(at.end[1], 0.0))
            inside = _within(positions, at.first, last)
            whole = whole[inside]
            self.beyond += self._units_of(weights, ~inside, n - len(whole))
            weights = None if weights is None else weights[inside]
        if len(whole):
            self._deposit(whole, weights)
        return outside

    def _units_of(
        self, weights: NDArray[Any] | None, chosen: NDArray[np.bool_], n_chosen: int
    ) -> int:
        """Return the units of the chosen points."""
        if weights is None:
            return n_chosen * self._cells.units
        return int(whole_steps(weights[chosen], self._cells.step).sum()) * self._cells.units

    def _deposit(self, whole: NDArray[np.int32], weights: NDArray[Any] | None) -> None:
        """Add points at whole positions, all of them within our cells."""
        steps = None if weights is None else whole_steps(weights, self._cells.step)
        index = self._index[: len(whole)]
        columns = self._columns
        units = len(whole) * self._cells.units
        if not self._bilinear:
            _cell(whole, columns, self._first_cell, index)
            ones = np.ones(len(whole), np.int32) if steps is None else steps
            self._sums.add(index, [(0, ones)], units)
            return
        _cell(whole >> self._at.fraction_bits, columns, self._first_cell, index)
        whole &= FRACTIONS - 1
        # The four cells around, the part of each growing with nearness: 256 in all.
        corner = whole[:, 0] * whole[:, 1]
        right = (whole[:, 0] << self._at.fraction_bits) - corner
        down = (whole[:, 1] << self._at.fraction_bits) - corner
        stays = self._cells.units - right - down - corner
        parts = [(0, stays), (1, right), (columns, down), (columns + 1, corner)]
        if steps is not None:
            parts = [(shift, part * steps) for shift, part in parts]
        self._sums.add(index, parts, units)


def _all_within(positions: NDArray[np.float64], low: float, high: tuple[float, float]) -> bool:
    """Tell whether all positions lie in [low, high]: quicker than asking each."""
    return all(
        bool(column.min() >= low and column.max() <= end)
        for column, end in zip((positions[:, 0], positions[:, 1]), high, strict=True)
    )


def _within(
    positions: NDArray[np.float64], low: float, high: tuple[float, float]
) -> NDArray[np.bool_]:
    """Tell which positions lie in [low, high], column by column: all(axis=1) is slow."""
    column, row = positions[:, 0], positions[:, 1]
    inside: NDArray[np.bool_] = column >= low
    inside &= row >= low
    inside &= column <= high[0]
    inside &= row <= high[1]
    return inside


def _cell(whole: NDArray[np.int32], columns: int, first: int, out: NDArray[Any]) -> None:
    """Give each cell its number: row by row, from the first one on."""
    np.multiply(whole[:, 1], columns, out=out, dtype=out.dtype)
    out += whole[:, 0]
    out -= first


@lru_cache(maxsize=8)
def _tile(pair: tuple[float, float]) -> NDArray[np.float64]:
    return np.tile(np.array(pair), _BATCH)


def _tiled(pair: tuple[float, float], n: int) -> NDArray[np.float64]:
    """Repeat a pair: (N, 2) with (2,) would be broadcast in runs of two, 3 times slower."""
    return _tile(pair)[: 2 * n]
