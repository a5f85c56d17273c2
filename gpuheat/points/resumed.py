"""Resumed: a table whose first rows have been read already, to see how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.points.table import Table


class ResumedTable:
    """First the chunks that were read, then the rest; from the start again where that works.

    Parameters
    ----------
    table : Table
    columns : sequence of str
        Those that were read.
    head : list of chunks
    rest : iterator of chunks
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        head: list[Mapping[str, NDArray[Any]]],
        rest: Iterator[Mapping[str, NDArray[Any]]],
    ) -> None:
        self.label, self.names = table.label, table.names
        self.rereadable, self.degrees = table.rereadable, table.degrees
        self.n_rows = table.n_rows
        self._table, self._columns = table, tuple(columns)
        self._begun: tuple[list[Mapping[str, NDArray[Any]]], Iterator[Any]] | None = head, rest

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns."""
        begun, self._begun = self._begun, None
        if begun is None or tuple(names) != self._columns:
            yield from self._table.chunks(names)
            return
        head, rest = begun
        while head:
            yield head.pop(0)  # let go of each once it is taken
        yield from rest
