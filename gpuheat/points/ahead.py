"""Ahead: a table read in part or whole before it is drawn, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.arrow import ArrowTable
from gpuheat.points.table import Table

Columns = Mapping[str, NDArray[Any]]


def read_ahead(
    table: Table, names: Sequence[str], most: int | None = None
) -> tuple[list[Columns], Iterator[Columns] | None]:
    """Read chunks until there are more rows than `most`; return them and what is left."""
    chunks = iter(table.chunks(names))
    head, n_rows = [], 0
    for columns in chunks:
        head.append(columns)
        n_rows += len(next(iter(columns.values())))
        if most is not None and n_rows > most:
            return head, chunks
    return head, None


def join(chunks: Sequence[Columns], name: str) -> NDArray[Any]:
    """Return a column of chunks as one array."""
    return np.concatenate([chunk[name] for chunk in chunks] or [np.empty(0)])


def in_memory(table: Table, names: Sequence[str], chunks: Sequence[Columns]) -> ArrayTable:
    """Make a table of all that was read of one."""
    return ArrayTable({name: join(chunks, name) for name in names}, table.label)


def refuse_stream(table: Table) -> None:
    """Refuse what hands over its chunks once, as it was made to: it may be any length.

    Raises
    ------
    InputError
    """
    if isinstance(table, StreamTable):
        raise InputError(
            "a generator of chunks can be read only once, and its range must be known before "
            "it is drawn; give an area, or a list of chunks, or a function that returns an "
            "iterator"
        )
    if isinstance(table, ArrowTable):
        raise InputError(
            "a stream of record batches can be read only once, and its range must be known "
            "before it is drawn; give an area, or a table that holds the batches"
        )
