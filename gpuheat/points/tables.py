"""Tables: whatever the user gives becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.frames import is_frame, open_frame
from gpuheat.points.joined import is_path, open_tables
from gpuheat.points.table import Table

# What `as_table` takes for one whole table, where a plain sequence of rows is meant otherwise.
_TABLE_METHODS = ("chunks", "names", "rereadable")

# What Arrow's Parquet files and datasets hand their batches over by.
_BATCHES = ("iter_batches", "to_batches")


def as_table(points: Any) -> Table:
    """Make a table of whatever holds points.

    Parameters
    ----------
    points : array_like, mapping, frame, path, file object, table, iterable or callable
        A path, a pattern or a list of paths; an (N, 2) or (N, 3) array; an iterable of pairs; a
        mapping of columns; a data frame, query, Arrow stream or labeled array; or a
        stream: chunks of these in a list, a generator, or a callable that returns an
        iterator.
    """
    if is_frame(points):
        return open_frame(points)
    if all(hasattr(points, name) for name in _TABLE_METHODS):
        table: Table = points
        return table
    batches = next(filter(None, (getattr(points, name, None) for name in _BATCHES)), None)
    if batches is not None:
        return StreamTable(batches, as_table, rereadable=True)
    if is_path(points) or _is_file(points):
        return open_tables(points)
    if isinstance(points, (list, tuple)) and points and all(map(is_path, points)):
        return open_tables(points)
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


def _is_file(points: Any) -> bool:
    """Tell a file to read from what reads one in chunks of its own (pandas)."""
    return hasattr(points, "read") and not hasattr(points, "get_chunk")


def _is_chunk(item: Any) -> bool:
    """Tell whether an item holds many points (2-D, a table, a path) rather than being one."""
    if is_frame(item):
        return True
    if is_path(item) or isinstance(item, Mapping) or _is_file(item):
        return True
    if isinstance(item, np.ndarray):
        return item.ndim == 2 or (item.ndim == 1 and item.dtype.names is not None)
    if isinstance(item, (list, tuple)):
        return bool(item) and isinstance(item[0], (list, tuple, np.ndarray))
    return hasattr(item, "chunks") or getattr(item, "ndim", 0) == 2
