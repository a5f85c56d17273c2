"""Source: the door. Whatever the user gives becomes checked points, chunk by chunk."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.geo.arc import Arc
from gpuheat.geo.area import Grid
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.columns import are_degrees, are_unnamed, find, guess_xy, unnamed
from gpuheat.points.npy import NpyTable
from gpuheat.points.plane import Plane
from gpuheat.points.points import Points
from gpuheat.points.resumed import ResumedTable
from gpuheat.points.table import Table, label_names, labeled_chunks
from gpuheat.points.tables import as_table
from gpuheat.points.tally import Tally

# So many points may come in a stream of unknown length.
_ENDLESS = 1 << 34


class Source:
    """Points in chunks, with a tally of what became of them.

    Parameters
    ----------
    points : array_like, table, path, iterable or callable
        As in `gpuheat.render`.
    x, y, weights, by : str or (N,) array_like, optional
        Names of columns, or the columns themselves; `by` may hold text.
    sizes : (N,) array, optional
        `Points.sizes`: how large each point's dot is. For points in memory only.

    Attributes
    ----------
    columns : tuple of str
        The names of x, y and, if there are any, weights.
    by : str or None
        The name of the column of categories, which `categories.split` reads.
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
        self,
        points: Any = None,
        *,
        x: Any = None,
        y: Any = None,
        weights: Any = None,
        sizes: NDArray[Any] | None = None,
        by: Any = None,
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
        self._sizes: tuple[str, ...] = ()
        if sizes is not None:
            self.size_each(sizes)
        self.by: str | None = None
        if by is not None:
            self.table, self.by = _with_labels(self.table, by)
        self.degrees = self.table.degrees or are_degrees(x, y)
        self.tally = Tally()
        self._plane: Plane | None = None
        self._n_points: int | None = None
        self._weight: float | None = None

    @classmethod
    def of(cls, points: Any = None, **columns: Any) -> Source:
        """Return `points` where it is a source already, else a new one."""
        return points if isinstance(points, Source) else cls(points, **columns)

    def over(self, table: Table) -> Source:
        """Return a source of the same columns of another table, with a tally of its own."""
        other = copy(self)
        other.table, other.tally, other.by = table, Tally(), None
        other._n_points = other._weight = None
        return other

    @property
    def weighted(self) -> bool:
        """Whether the points have weights of their own."""
        return len(self.columns) > 2

    @property
    def known_degrees(self) -> bool | None:
        """Whether x, y are longitude and latitude; None where they are x, y or without names."""
        return self.degrees or (None if are_unnamed(*self.columns[:2]) else False)

    @property
    def sized(self) -> bool:
        """Whether each point's dot has a size of its own."""
        return bool(self._sizes)

    def unweighted(self) -> Source:
        """Return a source of the same points, each of which weighs 1."""
        other = copy(self)
        other.columns, other.tally, other._weight = self.columns[:2], Tally(), None
        return other

    def size_each(self, sizes: NDArray[Any]) -> None:
        """Give each point's dot a size of its own.

        Raises
        ------
        InputError
            If they are not as many as the points, or the points come in chunks.
        """
        if not isinstance(self.table, ArrayTable):
            raise InputError(
                f"dotsize is an array, but the points come from {self.table.label} in chunks; "
                "read them into an array first, or give one size for all"
            )
        self.table = self.table.with_column(ArrayTable.SIZES, sizes)
        self._sizes = (ArrayTable.SIZES,)

    def onto(self, grid: Grid, reach: int, *, ground: bool = False) -> Source:
        """Read the points as they lie on a grid's plane, from now on.

        Parameters
        ----------
        grid : Grid
            Without a projection nothing changes.
        reach : int
            How many pixels beyond its own a dot reaches, at the most.
        ground : bool
            Whether the dots have a size on the ground (`Plane`).

        Returns
        -------
        Source
            This one.
        """
        self._plane = None if grid.projection is None else Plane(grid, reach, ground)
        return self

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
        return self.table.chunks(self._read_columns)

    def labeled_chunks(self) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read from the start, unchecked, each chunk with its labels from the column ``by``."""
        return labeled_chunks(self.table, self._read_columns, self.by or "")

    @property
    def _read_columns(self) -> tuple[str, ...]:
        return self.columns + self._sizes

    def admit(self, columns: Mapping[str, NDArray[Any]]) -> Points:
        """Check and tally a chunk; any thread may."""
        x, y, *weights = (columns[name] for name in self.columns)
        sizes = columns[self._sizes[0]] if self._sizes else None
        points = Points.checked(x, y, weights[0] if weights else None, sizes)
        n_rows = len(next(iter(columns.values())))
        self.tally.add(n_rows, n_rows - len(points))
        return points if self._plane is None else self._plane.project(points, self.tally)

    def finish(self) -> None:
        """Tell, after all was read, whether anything was left.

        Raises
        ------
        InputError
            If there were no rows, or none without NaN or infinity.
        """
        if self.tally.read == 0:
            raise InputError(f"{self.table.label} holds no points; expected at least one row")
        if self.tally.read == self.tally.dropped:
            raise InputError(
                f"all {self.tally.read} rows of {self.table.label} hold NaN or infinity "
                f"in {', '.join(self.columns)}; nothing is left to draw"
            )

    def extent(self, *, turning: bool = False) -> tuple[tuple[float, float], tuple[float, float]]:
        """Read all points for their range: (min x, min y), (max x, max y).

        Parameters
        ----------
        turning : bool
            Whether x is longitude, to be taken the short way around (`Arc`).
        """
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        weight, arc = 0.0, Arc()
        # Told while drawing; this reading, in the points' own units, must not forget it.
        outside, clipped = self.tally.outside, self.tally.clipped
        plane, self._plane = self._plane, None
        for points in self:
            if turning:
                arc.add(points.x)
            for axis, column in enumerate((points.x, points.y)):
                low[axis] = min(low[axis], column.min())
                high[axis] = max(high[axis], column.max())
            if points.weights is not None:
                weight += _weight(points.weights)
        self.tally.outside, self.tally.clipped, self._plane = outside, clipped, plane
        if turning:
            low[0], high[0] = arc.ends
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
            self.table = ResumedTable(self.table, self._read_columns, head, rest)
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
        chunks = iter(self.table.chunks(self._read_columns))
        head, n_rows = [], 0
        for columns in chunks:
            head.append(columns)
            n_rows += len(next(iter(columns.values())))
            if most is not None and n_rows > most:
                return head, chunks
        return head, None

    def _keep(self, chunks: list[Mapping[str, NDArray[Any]]]) -> None:
        """Take what was read for the whole table, from now on in memory."""
        parts = {name: [c[name] for c in chunks] for name in self._read_columns}
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
    """Lay an array of weights beside a table in memory."""
    if not isinstance(table, ArrayTable):
        raise InputError(
            f"weights is an array, but the points come from {table.label} in chunks; "
            "name a column, or give (N, 3) chunks"
        )
    if table.names == tuple(unnamed(3)):
        raise InputError("weights are given twice: as third column of points and as weights=")
    return table.with_column(ArrayTable.WEIGHTS, weights), ArrayTable.WEIGHTS


def _with_labels(table: Table, by: Any) -> tuple[Table, str]:
    """Find the column of labels, or lay an array of them beside a table in memory."""
    if isinstance(by, str):
        return table, find(label_names(table), by, table.label)
    if not isinstance(table, ArrayTable):
        raise InputError(
            f"by is an array, but the points come from {table.label} in chunks; name a column"
        )
    return table.with_column(ArrayTable.LABELS, by), ArrayTable.LABELS


def _is_plain_array(table: Table) -> bool:
    if isinstance(table, StreamTable):
        return table.plain
    return isinstance(table, (ArrayTable, NpyTable))
