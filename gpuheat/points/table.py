"""Table: what every source of points looks like to the door: named columns in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

# Rows a reader hands over at a time: large enough that NumPy's call overhead
# vanishes, small enough that a chunk's columns stay in the second-level cache.
CHUNK_ROWS = 1 << 17


class Table(Protocol):
    """Named columns, read chunk by chunk.

    Attributes
    ----------
    label : str
        How messages name it: a file's name, "array".
    names : tuple of str
        Every column there is, in order.
    rereadable : bool
        Whether `chunks` may be called more than once.
    n_rows : int or None
        How many rows there are, where that is known without reading them.
    degrees : bool
        Whether the format itself says that x, y are lon, lat (GeoJSON, GPX).
    """

    label: str
    names: tuple[str, ...]
    rereadable: bool
    n_rows: int | None
    degrees: bool

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns: chunks of equally long 1-D numeric arrays.

        A value that is missing is NaN. Text where a number belongs raises
        `ColumnError` with file, line and column.
        """
        ...


@runtime_checkable
class LabeledTable(Protocol):
    """A table that can also hand over a column of labels as they stand: text, or numbers.

    A table whose columns are numbers alone need not be one: see `labeled_chunks`.

    Attributes
    ----------
    label_names : tuple of str
        Every column that can be read so; those of ``names`` and maybe more.
    """

    label_names: tuple[str, ...]

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read as `Table.chunks` does, and beside each chunk its rows' labels.

        The labels are an array of numbers, of strings or of objects. One that is missing is
        None, NaN or blank.
        """
        ...


def parts(n_rows: int | None) -> Iterator[slice]:
    """Cut so many rows into slices of up to `CHUNK_ROWS`."""
    for start in range(0, n_rows or 0, CHUNK_ROWS):
        yield slice(start, start + CHUNK_ROWS)


def renamed(
    columns: Mapping[str, NDArray[Any]], names: Sequence[str], found: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Call columns that were found under other names as they were asked for."""
    return {name: columns[other] for name, other in zip(names, found, strict=True)}


def label_names(table: Table) -> tuple[str, ...]:
    """Return the columns of a table that may hold labels."""
    return table.label_names if isinstance(table, LabeledTable) else table.names


def labeled_chunks(
    table: Table, names: Sequence[str], by: str
) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
    """Read any table with a column of labels, which is one of numbers where it knows no other."""
    if isinstance(table, LabeledTable):
        yield from table.labeled_chunks(names, by)
        return
    for columns in table.chunks(tuple(dict.fromkeys((*names, by)))):
        yield {name: columns[name] for name in names}, columns[by]
