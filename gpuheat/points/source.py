"""Source: the door. Whatever the user gives becomes checked points, chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.columns import are_degrees, find, guess_xy, unnamed
from gpuheat.points.files import open_table
from gpuheat.points.joined import JoinedTable
from gpuheat.points.npy import NpyTable
from gpuheat.points.points import Points
from gpuheat.points.table import Table
from gpuheat.points.tally import Tally

# What `as_table` takes for one whole table, where a plain sequence of rows is meant otherwise.
_TABLE_METHODS = ("chunks", "names", "rereadable")


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

    @classmethod
    def of(cls, points: Any = None, *, x: Any = None, y: Any = None, weights: Any = None) -> Source:
        """Return `points` where it is a source already, else a new one."""
        return points if isinstance(points, Source) else cls(points, x=x, y=y, weights=weights)

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
        return self.table.chunks(self.columns)

    def admit(self, columns: Mapping[str, NDArray[Any]]) -> Points:
        """Check and tally a chunk; any thread may."""
        points = Points.checked(*columns.values())
        n_rows = len(next(iter(columns.values())))
        self.tally.add(n_rows, n_rows - len(points))
        return points

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

    def extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Read all points for their range: (min x, min y), (max x, max y)."""
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        outside = self.tally.outside  # told while drawing; this reading must not forget it
        for points in self:
            for axis, column in enumerate((points.x, points.y)):
                low[axis] = min(low[axis], column.min())
                high[axis] = max(high[axis], column.max())
        self.tally.outside = outside
        return (float(low[0]), float(low[1])), (float(high[0]), float(high[1]))

    def keep(self) -> None:
        """Read a source that can be read once into memory, so that it can be read again."""
        kept: dict[str, list[Any]] = {name: [] for name in self.columns}
        for columns in self.table.chunks(self.columns):
            for name in self.columns:
                kept[name].append(columns[name])
        merged = {name: np.concatenate(parts or [[]]) for name, parts in kept.items()}
        self.table = ArrayTable(merged, self.table.label)


def as_table(points: Any) -> Table:
    """Make a table of whatever holds points.

    Parameters
    ----------
    points : array_like, mapping, path, file object, table, iterable or callable
        A path or a list of paths; an (N, 2) or (N, 3) array; an iterable of pairs; a
        mapping of columns; or a stream: chunks of these in a list, a generator, or a
        callable that returns an iterator.
    """
    if all(hasattr(points, name) for name in _TABLE_METHODS):
        table: Table = points
        return table
    if isinstance(points, (str, os.PathLike)) or hasattr(points, "read"):
        return open_table(points)
    if isinstance(points, (list, tuple)) and points and all(map(_is_path, points)):
        return JoinedTable(points)
    if isinstance(points, Mapping):
        return ArrayTable(points)
    if callable(points) and not hasattr(points, "__array__"):
        return StreamTable(points, as_table, rereadable=True)
    if hasattr(points, "__array__"):
        return ArrayTable.of(points)
    if not isinstance(points, Iterable):
        raise InputError(
            f"points is {type(points).__name__}; give an (N, 2) array, pairs, a table or a path"
        )
    return _from_iterable(points)


def _from_iterable(points: Iterable[Any]) -> Table:
    """Tell rows from chunks by the first item."""
    items = iter(points)
    try:
        first = next(items)
    except StopIteration:
        raise InputError("points is empty; give at least one point") from None
    rereadable = not isinstance(points, Iterator)
    if not _is_chunk(first):
        return ArrayTable.of(points if rereadable else chain([first], items))
    start: Callable[[], Iterable[Any]] = (
        (lambda: points) if rereadable else (lambda: chain([first], items))
    )
    return StreamTable(start, as_table, rereadable=rereadable)


def _is_path(item: Any) -> bool:
    return isinstance(item, (str, os.PathLike))


def _is_chunk(item: Any) -> bool:
    """Tell whether an item holds many points (2-D, a table, a path) rather than being one."""
    if _is_path(item) or isinstance(item, Mapping) or hasattr(item, "read"):
        return True
    if isinstance(item, np.ndarray):
        return item.ndim == 2 or (item.ndim == 1 and item.dtype.names is not None)
    if isinstance(item, (list, tuple)):
        return bool(item) and isinstance(item[0], (list, tuple, np.ndarray))
    return hasattr(item, "chunks") or getattr(item, "ndim", 0) == 2


def _with_weights(table: Table, weights: Any) -> tuple[Table, str]:
    """Lay an array of weights beside a table in memory."""
    if not isinstance(table, ArrayTable):
        raise InputError(
            f"weights is an array, but the points come from {table.label} in chunks; "
            "name a column, or give (N, 3) chunks"
        )
    if table.names == tuple(unnamed(3)):
        raise InputError("weights are given twice: as third column of points and as weights=")
    return table.with_weights(weights), ArrayTable.WEIGHTS


def _is_plain_array(table: Table) -> bool:
    return isinstance(table, (ArrayTable, NpyTable))
