"""Beside: a column laid beside a table, as an array of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable
from gpuheat.points.table import Table, label_names, labeled_chunks

# What such columns are called; no other column is.
WEIGHTS, SIZES, LABELS = "weights=", "dotsize=", "by="

# What else can be given: where there are too few or many, and where there are chunks of points.
_INSTEAD = {WEIGHTS: "none", SIZES: "one for all", LABELS: "none"}
_OF_CHUNKS = {
    WEIGHTS: "name a column, or give (N, 3) chunks",
    SIZES: "read them into an array first, or give one size for all",
    LABELS: "name a column",
}


class BesideTable:
    """A table's columns, and one more.

    Parameters
    ----------
    table : Table
    name : str
        `WEIGHTS`, `SIZES` or `LABELS`.
    values : (N,) array_like

    Raises
    ------
    InputError
        If there are not as many values as rows, or how many rows there are is not known.
    """

    def __init__(self, table: Table, name: str, values: Any) -> None:
        said = name.rstrip("=")
        if table.n_rows is None:
            raise InputError(
                f"{said} is an array, but the points come from {table.label} in chunks; "
                f"{_OF_CHUNKS[name]}"
            )
        self._beside, self._name, self._said = ArrayTable({said: values}), name, said
        if self._beside.n_rows != table.n_rows:
            raise InputError(
                f"{said} has {self._beside.n_rows} values for {table.n_rows} points; "
                f"give one per point, or {_INSTEAD[name]}"
            )
        self.table = table
        self.label, self.rereadable = table.label, table.rereadable
        self.n_rows: int | None = table.n_rows
        self.degrees, self.names = table.degrees, (*table.names, name)
        self.label_names = (*label_names(table), name)

    @property
    def innermost(self) -> Table:
        """The table beside which all else lies."""
        return self.table.innermost if isinstance(self.table, BesideTable) else self.table

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns, at least one of which is the table's."""
        chunks = self.table.chunks(self._others(names))
        for columns, _ in self._widened(((columns, None) for columns in chunks), names):
            yield columns

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels."""
        others = self._others(names)
        if by != self._name:
            yield from self._widened(labeled_chunks(self.table, others, by), names)
            return
        labels, start = self._beside.labels(self._said), 0
        for columns in self.chunks(names):
            stop = start + len(next(iter(columns.values())))
            yield columns, labels[start:stop]
            start = stop

    def _others(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name != self._name]

    def _widened(self, chunks: Iterator[tuple[Any, Any]], names: Sequence[str]) -> Iterator[Any]:
        """Lay the column beside each chunk, if it is asked for."""
        values = self._beside.column(self._said) if self._name in names else None
        start = 0
        for columns, labels in chunks:
            stop = start + len(next(iter(columns.values())))
            if values is not None:
                columns = {**columns, self._name: values[start:stop]}
            yield columns, labels
            start = stop
