"""Remembered: what was read of a table, kept while it is not much, for those who read it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat import budget
from gpuheat.points.table import Table

Columns = Mapping[str, NDArray[Any]]

# More than this is read again: 16 million points in float64. Arrays in memory, or mapped, are
# handed over as views, and to keep those costs nothing.
_MOST_BYTES = 1 << 28


class Remembered:
    """The chunks of one whole reading.

    A picture takes up to three readings: for the range of the points, to draw them, and for
    those that are drawn alone. Text and compressed columns are parsed once, then, not thrice.
    """

    def __init__(self) -> None:
        self._table: Table | None = None
        self._names: tuple[str, ...] = ()
        self._chunks: list[Columns] | None = None

    def chunks(self, table: Table, names: Sequence[str]) -> Iterator[Columns]:
        """Read the named columns of a table, from memory where they were read to the end."""
        names = tuple(names)
        if self._chunks is not None and self._table is table and self._names == names:
            yield from self._chunks
            return
        self._table, self._names, self._chunks = table, names, None
        kept: list[Columns] | None = [] if table.rereadable else None
        room = min(_MOST_BYTES, budget.max_bytes() // 4)
        for chunk in table.chunks(names):
            if kept is not None:
                room -= sum(column.nbytes for column in chunk.values())
                kept.append(chunk)
                if room < 0:
                    kept = None
            yield chunk
        self._chunks = kept
