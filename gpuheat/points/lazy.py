"""Lazy: a query that is yet to run, on files or tables larger than memory maybe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.points.arrow import ArrowTable
from gpuheat.points.eager import EagerTable
from gpuheat.points.extras import need
from gpuheat.points.table import Table, labeled_chunks


class LazyTable:
    """The columns of a query's result, which runs for every reading, batch by batch.

    Only the columns that are read are asked for.

    Parameters
    ----------
    frame : narwhals.LazyFrame
    label : str
        How messages name it.
    """

    rereadable = True
    degrees = False
    n_rows: int | None = None

    def __init__(self, frame: Any, label: str = "points") -> None:
        self.label, self._frame = label, frame
        self.names = self.label_names = tuple(frame.collect_schema().names())

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Run the query for the named columns."""
        for table in self._run(self._frame.select(*dict.fromkeys(names))):
            yield from table.chunks(names)

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Run the query for the named columns and one of labels."""
        for table in self._run(self._frame.select(*dict.fromkeys((*names, by)))):
            yield from labeled_chunks(table, names, by)

    def _run(self, frame: Any) -> Iterable[Table]:
        """Start a query in the way its library streams results, or else at once."""
        query = frame.to_native()
        if hasattr(query, "collect_batches"):  # polars
            from_native = need("narwhals", "io", "reading a query").from_native
            return (EagerTable(from_native(batch), self.label) for batch in query.collect_batches())
        if hasattr(query, "__arrow_c_stream__"):  # DuckDB, ibis
            return [ArrowTable(query, self.label)]
        return [EagerTable(frame.collect(), self.label)]
