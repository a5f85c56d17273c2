"""Source: the door. Whatever the user gives becomes checked points, chunk by chunk."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.arrow import ArrowTable
from gpuheat.points.columns import are_degrees, find, guess_xy, unnamed
from gpuheat.points.filtered import FilteredTable
from gpuheat.points.globe import Globe
from gpuheat.points.npy import NpyTable
from gpuheat.points.points import Points
from gpuheat.points.resumed import ResumedTable
from gpuheat.points.table import Table
from gpuheat.points.tables import as_table
from gpuheat.points.tally import Tally
from gpuheat.points.weighted import WeightedTable

# So many points may come in a stream of unknown length.
_ENDLESS = 1 << 34


class Source:
    """Points in chunks, with a tally of what became of them.

    Parameters
    ----------
    points : array_like, table, path, iterable or callable
        As in `gpuheat.render`.
    x, y, weights : str or (N,) array_like, optional
        Names of columns, or the columns themselves.

    Attributes
    ----------
    columns : tuple of str
        The names of x, y and, if there are any, weights.
    guessed : bool
        Whether x and y were found by their names.
    degrees : bool
        Whether x, y are longitude and latitude, by format or by name.
    tally : Tally
        Filled while reading.

    Raises
    ------
    GpuheatError
        If no points can be read as asked; the text says why.
    """

    def __init__(
        self, points: Any = None, *, x: Any = None, y: Any = None, weights: Any = None
    ) -> None:
        named = isinstance(x, str) or isinstance(y, str)
        if points is None:
            if x is None or y is None or named:
                raise InputError("no points given; give points, or x= and y= as arrays")
            columns = {"x": x, "y": y}
            if weights is not None:
                columns["weights"] = weights
            self.table: Table = ArrayTable(columns)
            x, y, weights = "x", "y", "weights" if weights is not None else None
        else:
            self.table = as_table(points)
        for axis, name in (("x", x), ("y", y)):
            if name is not None and not isinstance(name, str):
                raise InputError(
                    f"{axis} is {type(name).__name__} beside points; "
                    f"name a column, or leave points out and give x= and y= as arrays"
                )
        if (x is None) != (y is None):
            raise InputError(f"only {'y' if x is None else 'x'} is named; name both x and y")
        names, label = self.table.names, self.table.label
        self.guessed = x is None
        x, y = guess_xy(names) if x is None else (find(names, x, label), find(names, y, label))
        if weights is not None and not isinstance(weights, str):
            self.table, weights = _with_weights(self.table, weights)
        elif weights is not None:
            weights = find(names, weights, label)
        elif self.guessed and _is_plain_array(self.table) and names == tuple(unnamed(3)):
            weights = names[2]
        self.columns: tuple[str, ...] = (x, y) if weights is None else (x, y, weights)
        self.degrees = self.table.degrees or are_degrees(x, y)
        self.tally = Tally()
        self._globe = Globe(x, y) if self.degrees else None
        self._n_points: int | None = None
        self._weight: float | None = None

    @classmethod
    def of(cls, points: Any = None, *, x: Any = None, y: Any = None, weights: Any = None) -> Source:
        """Return `points` where it is a source already, else a new one.

        Of a source whose columns are named anew, only the table is kept.
        """
        if not isinstance(points, Source):
            return cls(points, x=x, y=y, weights=weights)
        if x is None and y is None and weights is None:
            return points
        axes = points.columns[:2] if x is None and y is None else (x, y)
        return cls(points.table, x=axes[0], y=axes[1], weights=weights)

    @property
    def rereadable(self) -> bool:
        """Whether the points can be read more than once."""
        return self.table.rereadable

    @property
    def n_points(self) -> int | None:
        """How many rows there are, where that is known before reading."""
        return self.table.n_rows

    def __iter__(self) -> Iterator[Points]:
        """Read the points from the start: checked chunks, tallied."""
        for columns in self.chunks():
            points = self.admit(columns)
            if len(points):
                yield points
        self.finish()

    def chunks(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read from the start, unchecked: give each chunk to `admit`, and `finish` at the end.

        For those who read on one thread and work on many; others iterate.
        """
        self.tally.reset()
        if self._globe is not None:
            self._globe.reset()
        return self.table.chunks(self.columns)

    def admit(self, columns: Mapping[str, NDArray[Any]]) -> Points:
        """Check and tally a chunk; any thread may."""
        points = Points.checked(*(columns[name] for name in self.columns))
        n_rows = len(next(iter(columns.values())))
        self.tally.add(n_rows, n_rows - len(points))
        if self._globe is not None:
            self._globe.add(points)
        return points

    def finish(self) -> None:
        """Tell, after all was read, whether anything was left.

        Raises
        ------
        InputError
            If there were no rows, or none without NaN or infinity; or if longitude and
            latitude must have changed places.
        """
        if self.tally.read == 0:
            raise InputError(f"{self.table.label} holds no points; expected at least one row")
        if self.tally.read == self.tally.dropped:
            raise InputError(
                f"all {self.tally.read} rows of {self.table.label} hold NaN or infinity "
                f"in {', '.join(self.columns)}; nothing is left to draw"
            )
        if self._globe is not None:
            self._globe.check(self.table.label)

    def extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Read all points for their range: (min x, min y), (max x, max y)."""
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        weight = 0.0
        outside = self.tally.outside  # told while drawing; this reading must not forget it
        for points in self:
            for axis, column in enumerate((points.x, points.y)):
                low[axis] = min(low[axis], column.min())
                high[axis] = max(high[axis], column.max())
            if points.weights is not None:
                weight += _weight(points.weights)
        self.tally.outside = outside
        self._n_points, self._weight = self.tally.read - self.tally.dropped, weight
        return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))

    def need_twice(self) -> None:
        """Make sure that the points can be read a second time.

        Raises
        ------
        InputError
            If they come as a generator of chunks, which cannot.
        """
        if self.rereadable:
            return
        if isinstance(self.table, StreamTable):
            raise InputError(
                "a generator of chunks can be read only once, and its range must be known before "
                "it is drawn; give an area, or a list of chunks, or a function that returns an "
                "iterator"
            )
        if isinstance(self.table, ArrowTable):
            raise InputError(
                "a stream of record batches can be read only once, and its range must be known "
                "before it is drawn; give an area, or a table that holds the batches"
            )
        self._keep(self._read(None)[0])

    def settle(self, most: int) -> int | None:
        """Find out how many points there are, reading ahead so far and no further.

        Parameters
        ----------
        most : int
            Up to so many rows are held in memory.

        Returns
        -------
        int or None
            None if there are more, and how many is unknown.
        """
        if self.table.n_rows is not None:
            return self.table.n_rows
        if self._n_points is None:
            head, rest = self._read(most)
            if rest is None:
                self._keep(head)
                return self.table.n_rows
            self._weight = self._endless_weight(head, most)
            self.table = ResumedTable(self.table, self.columns, head, rest)
        return self._n_points

    def step(self, parts: float, most: int) -> float:
        """Return the unit to hold weights in: 1 where they are whole or there are none.

        Parameters
        ----------
        parts : float
            Into how many units the sum of all weights may be split at the most; the unit is
            the power of two next above.
        most : int
            Of more rows than this the first ones tell how large the sum is, of an array as
            of a stream, unless all were read for their range.
        """
        if len(self.columns) == 2:
            return 1.0
        weight = self._weight
        if self.table.n_rows is not None:  # one array, of one dtype
            head, rest = self._read(most)
            if head and head[0][self.columns[2]].dtype.kind in "biu":
                return 1.0
            if weight is None:
                weight = (
                    sum(_weight(chunk[self.columns[2]]) for chunk in head)
                    if rest is None
                    else self._endless_weight(head, most)
                )
        # As if it were 1 where all that are known are 0: later ones may be fractions.
        # Within the exponents of float64, whatever the weights.
        return 2.0 ** max(math.ceil(math.log2(weight or 1.0) - math.log2(parts)), -1000)

    def _endless_weight(self, head: list[Mapping[str, NDArray[Any]]], most: int) -> float:
        """Guess the sum of all weights: as if the rest weighed like the first `most` rows.

        Or 1 each where those are all 0.
        """
        if len(self.columns) == 2:
            return 0.0
        weights = np.concatenate([chunk[self.columns[2]] for chunk in head])[:most]
        return (_weight(weights) / most or 1.0) * _ENDLESS

    def _read(
        self, most: int | None
    ) -> tuple[list[Mapping[str, NDArray[Any]]], Iterator[Mapping[str, NDArray[Any]]] | None]:
        """Read chunks until there are more rows than `most`; return them and what is left."""
        chunks = iter(self.table.chunks(self.columns))
        head, n_rows = [], 0
        for columns in chunks:
            head.append(columns)
            n_rows += len(next(iter(columns.values())))
            if most is not None and n_rows > most:
                return head, chunks
        return head, None

    def _keep(self, chunks: list[Mapping[str, NDArray[Any]]]) -> None:
        """Take what was read for the whole table, from now on in memory."""
        parts = {name: [c[name] for c in chunks] for name in self.columns}
        merged = {name: np.concatenate(part or [np.empty(0)]) for name, part in parts.items()}
        degrees = self.degrees
        self.table = ArrayTable(merged, self.table.label)
        self.degrees = degrees


def _weight(weights: NDArray[Any]) -> float:
    """Return the sum of the finite weights' magnitudes."""
    with np.errstate(over="ignore"):
        total = np.abs(weights[np.isfinite(weights)], dtype=np.float64).sum()
    return min(float(total), sys.float_info.max)


def _with_weights(table: Table, weights: Any) -> tuple[Table, str]:
    """Lay an array of weights beside a table whose length is known."""
    if table.n_rows is None:
        raise InputError(
            f"weights is an array, but the points come from {table.label} in chunks; "
            "name a column, or give (N, 3) chunks"
        )
    if _is_plain_array(table) and table.names == tuple(unnamed(3)):
        raise InputError("weights are given twice: as third column of points and as weights=")
    return WeightedTable(table, weights), WeightedTable.WEIGHTS


def _is_plain_array(table: Table) -> bool:
    if isinstance(table, (FilteredTable, StreamTable)):
        return table.plain
    return isinstance(table, (ArrayTable, NpyTable))
