"""Weighted: a table with the weights laid beside it, as an array of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable
from gpuheat.points.table import Table


class WeightedTable:
    """A table's columns, and one more under the name `WEIGHTS`.

    Parameters
    ----------
    table : Table
        Of known length.
    weights : (N,) array_like

    Raises
    ------
    InputError
        If there are not as many weights as rows.
    """

    WEIGHTS = "weights="

    def __init__(self, table: Table, weights: Any) -> None:
        beside = ArrayTable({"weights": weights}, "points")
        if beside.n_rows != table.n_rows:
            raise InputError(
                f"weights has {beside.n_rows} values for {table.n_rows} points; "
                "give one per point, or none"
            )
        self._table, self._weights = table, beside.column("weights")
        self.label, self.rereadable, self.n_rows = table.label, table.rereadable, table.n_rows
        self.degrees, self.names = table.degrees, (*table.names, self.WEIGHTS)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns, at least one of which is the table's."""
        start = 0
        for part in self._table.chunks([name for name in names if name != self.WEIGHTS]):
            stop = start + len(next(iter(part.values())))
            yield {**part, self.WEIGHTS: self._weights[start:stop]}
            start = stop
