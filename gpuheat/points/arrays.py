"""Arrays: columns in memory, and streams of chunks, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import ColumnError, InputError
from gpuheat.points.columns import find
from gpuheat.points.npy import NpyTable, columns_of
from gpuheat.points.series import is_series, labels_of, numbers_of
from gpuheat.points.table import Table, label_names, labeled_chunks, parts, renamed


class ArrayTable:
    """Columns in memory; chunks are views of them, nothing is copied.

    Parameters
    ----------
    columns : mapping of str to (N,) array_like
    label : str
        How messages name it.

    Raises
    ------
    InputError
        If the columns are not equally long 1-D arrays.
    """

    rereadable = True
    degrees = False

    def __init__(self, columns: Mapping[str, Any], label: str = "points") -> None:
        self.label = label
        self._given = {str(name): _laid_out(str(name), c) for name, c in columns.items()}
        self._numeric: dict[str, NDArray[Any]] = {}  # Turned into numbers where they are needed.
        self.names = self.label_names = tuple(self._given)
        lengths = {name: len(column) for name, column in self._given.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} has {n}" for name, n in lengths.items())
            raise InputError(f"the columns of {label} differ in length ({listed}); make them equal")
        self.n_rows: int | None = next(iter(lengths.values()), 0)

    @classmethod
    def of(cls, array: Any, label: str = "points") -> ArrayTable:
        """Make a table of an (N, 2) or (N, 3) array_like, or of a structured array."""
        return cls(columns_of(_numbers(array, label), label), label)

    def column(self, name: str) -> NDArray[Any]:
        """Return a whole column as numbers.

        Raises
        ------
        ColumnError
            If it holds none: nobody else may want it.
        """
        if name not in self._numeric:
            self._numeric[name] = numbers_of(self._given[name], self.label, name)
        return self._numeric[name]

    def labels(self, name: str) -> NDArray[Any]:
        """Return a whole column as it stands."""
        return labels_of(self._given[name], self.label, name)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Cut the named columns into chunks."""
        columns = {name: self.column(name) for name in names}
        for part in parts(self.n_rows):
            yield {name: column[part] for name, column in columns.items()}

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Cut the named columns and one of labels into chunks."""
        labels = self.labels(by)
        for columns, part in zip(self.chunks(names), parts(self.n_rows), strict=True):
            yield columns, labels[part]


class StreamTable:
    """Chunks that arrive one after the other, each a table of its own.

    Parameters
    ----------
    start : callable
        Returns an iterator over chunks; called for every reading.
    as_table : callable
        Makes a table of one chunk.
    rereadable : bool
        Whether `start` may be called again.
    label : str
        How messages name it.

    Attributes
    ----------
    plain : bool
        Whether the first chunk is an array, whose third column is its weights.
    """

    degrees = False
    n_rows: int | None = None

    def __init__(
        self,
        start: Callable[[], Iterable[Any]],
        as_table: Callable[[Any], Table],
        *,
        rereadable: bool,
        label: str = "points",
    ) -> None:
        self.label, self.rereadable = label, rereadable
        self._start, self._as_table = start, as_table
        self._begun: Iterator[Any] | None = iter(start())
        try:
            first = next(self._begun)
        except StopIteration:
            raise InputError(f"{label} holds no chunk; give at least one") from None
        table = as_table(first)
        self.names = table.names
        self.label_names = label_names(table)
        self.degrees = table.degrees
        self.plain = isinstance(table, (ArrayTable, NpyTable))
        self._begun = chain([first], self._begun)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns of one chunk after the other."""
        for number, table, found in self._tables(names):
            with _agreeing(number):
                for columns in table.chunks(found):
                    yield renamed(columns, names, found)

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels, of one chunk after the other."""
        for number, table, found in self._tables(names):
            with _agreeing(number):
                label = find(label_names(table), by, table.label)
                for columns, labels in labeled_chunks(table, found, label):
                    yield renamed(columns, names, found), labels

    def _tables(self, names: Sequence[str]) -> Iterator[tuple[int, Table, list[str]]]:
        """Make a table of each chunk, and find the names in it."""
        begun, self._begun = self._begun, None
        if begun is None:
            begun = iter(self._start())
        for number, chunk in enumerate(begun):
            table = self._as_table(chunk)
            try:
                found = [find(table.names, name, f"chunk {number}") for name in names]
            except ColumnError as error:
                raise ColumnError(f"the chunks disagree: {error}") from None
            yield number, table, found


@contextmanager
def _agreeing(number: int) -> Iterator[None]:
    """Say of a chunk that cannot be read as the first one could that they disagree."""
    try:
        yield
    except ColumnError as error:
        if number == 0:
            raise
        raise ColumnError(f"the chunks disagree: chunk {number}: {error}") from None


def _numbers(given: Any, label: str) -> NDArray[Any]:
    """Turn anything array_like into an array of numbers, or say which row is not."""
    rows = given if hasattr(given, "__array__") else list(given)
    try:
        array: NDArray[Any] = np.asarray(rows)
        if array.dtype.kind in "OUS":
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise _bad_row(rows, label) from None
    if array.size == 0 and array.ndim == 1:
        raise InputError(f"{label} is empty; give at least one point")
    return array


def _bad_row(rows: Any, label: str) -> InputError:
    """Build the error that names the first row which is no pair or triple of numbers."""
    first_width: int | None = None
    for number, row in enumerate(rows):
        try:
            width = len(np.asarray(row, np.float64).ravel())
        except (TypeError, ValueError, OverflowError):
            width = 0
        if width not in (2, 3) or width != (first_width or width):
            return InputError(
                f"{label}, row {number}: got {str(row)[:60]!r}, "
                "expected numbers: x, y or x, y, weight in every row"
            )
        first_width = width
    return InputError(f"{label} cannot be read as rows of numbers; give an (N, 2) array")


def _laid_out(name: str, values: Any) -> Any:
    """Make an array of one column, unless it is one of a library that has its own."""
    if is_series(values) and hasattr(type(values), "__len__"):
        return values
    try:
        column: NDArray[Any] = np.asarray(values)
    except (TypeError, ValueError, OverflowError):  # rows of unequal length: no numbers, if asked
        column = np.empty(len(values), object)
        column[:] = list(values)
    if column.ndim != 1:
        raise InputError(f'column "{name}" has the shape {column.shape}; give a 1-D array')
    return column
