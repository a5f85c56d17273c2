"""Filtered: the rows of a table that meet a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.condition import check_condition, filtering
from gpuheat.points.database import connected, is_duckdb_error, need_database, quoted
from gpuheat.points.delimited import text_relation
from gpuheat.points.npy import NpyTable
from gpuheat.points.relation import RelationTable
from gpuheat.points.table import Table, label_names, labeled_chunks
from gpuheat.points.text import TextTable


def filtered(table: Table, where: str) -> Table:
    """Leave out a table's rows that do not meet a SQL condition.

    Parameters
    ----------
    table : Table
    where : str
        As after SQL's WHERE: ``mag > 5 and depth < 30``. A missing value meets none.

    Raises
    ------
    InputError
        If it is no condition on the table's columns.
    MissingPackageError
        If DuckDB is not installed.
    """
    condition = check_condition(where)
    need_database(f"where={condition!r}")
    if isinstance(table, TextTable):
        return text_relation(table).where(condition)
    if isinstance(table, RelationTable):
        return table.where(condition)
    return FilteredTable(table, condition)


class FilteredTable:
    """What is left of a table that our own readers read; its numbers may stand in conditions.

    Parameters
    ----------
    table : Table
    condition : str

    Attributes
    ----------
    plain : bool
        Whether the table is one array, whose third column is its weights.
    """

    n_rows: int | None = None

    def __init__(self, table: Table, condition: str) -> None:
        self.label, self.names = table.label, table.names
        self.rereadable, self.degrees = table.rereadable, table.degrees
        self.label_names = label_names(table)
        self.plain = isinstance(table, NpyTable)
        self._table, self._condition = table, condition
        with filtering(condition, self.names, self.label):
            _bind(condition, self.names)
        self._needed = tuple(name for name in self.names if not self._binds_without(name))

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns of the rows that meet the condition."""
        wanted = tuple(dict.fromkeys((*names, *self._needed)))
        for chunk in self._table.chunks(wanted):
            kept = self._kept(chunk)
            yield {name: chunk[name][kept] for name in names}

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels, of the rows that meet the condition."""
        wanted = tuple(dict.fromkeys((*names, *self._needed)))
        for chunk, labels in labeled_chunks(self._table, wanted, by):
            kept = self._kept(chunk)
            yield {name: chunk[name][kept] for name in names}, labels[kept]

    def _kept(self, chunk: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Say which rows meet the condition."""
        if not self._needed:
            length = len(next(iter(chunk.values())))
            columns = {"_": np.zeros(length)}
        else:
            columns = {name: np.ascontiguousarray(chunk[name]) for name in self._needed}
        cells = ", ".join(_or_null(name, values) for name, values in columns.items())
        with connected() as cursor, filtering(self._condition, self.names, self.label):
            cursor.register("columns_of_chunk", columns)
            relation = cursor.sql(f"SELECT {cells} FROM columns_of_chunk")
            met = relation.project(f"coalesce(({self._condition}\n)::BOOLEAN, false) AS met")
            kept: NDArray[np.bool_] = met.fetchnumpy()["met"]
        return np.asarray(kept, np.bool_)

    def _binds_without(self, name: str) -> bool:
        """Say whether the condition has a meaning without a column: it does not name it."""
        try:
            _bind(self._condition, [other for other in self.names if other != name])
        except Exception as error:
            if not is_duckdb_error(error):
                raise
            return False
        return True


def _bind(condition: str, names: Sequence[str]) -> None:
    """Let DuckDB look at a condition on columns of numbers."""
    cells = ", ".join(f"NULL::DOUBLE AS {quoted(name)}" for name in names) or "NULL"
    with connected() as cursor:
        cursor.sql(f"SELECT {cells}").filter(condition)


def _or_null(name: str, values: NDArray[Any]) -> str:
    """Write the SQL that takes a column, NaN for a missing value."""
    cell = quoted(name)
    if values.dtype.kind != "f":
        return cell
    return f"CASE WHEN isnan({cell}) THEN NULL ELSE {cell} END AS {cell}"
