"""Database: DuckDB inside this process, and the columns that its queries stream."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import ColumnError, FileError, GpuheatError, MissingPackageError

# Nothing is fetched from anywhere while running: what DuckDB lacks is an error. Parquet's
# statistics leave NaN out, and an optimizer that trusts them takes isnan(x) for false: test_where
# tells when it can be trusted again.
_SETTINGS: dict[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "disabled_optimizers": "statistics_propagation",
}

# How our own SQL begins its complaint about a cell.
FAULT = "column "

Cursor = Any
Relation = Any


def installed() -> bool:
    """Say whether DuckDB and the reader of its batches are there."""
    try:
        import_module("duckdb")
        import_module("nanoarrow")
    except ImportError:
        return False
    return True


def need(what: str) -> None:
    """Refuse where DuckDB is not installed.

    Parameters
    ----------
    what : str
        What needs it, for the message.

    Raises
    ------
    MissingPackageError
        With the command that brings it.
    """
    if not installed():
        raise MissingPackageError(
            f'{what} needs the packages duckdb and nanoarrow; pip install "gpuheat[io]"'
        )


def connect() -> Cursor:
    """Return a connection of one's own to the process's one database, to be closed."""
    cursor = _database(os.getpid()).cursor()
    cursor.execute("SET enable_progress_bar = false")  # notebooks would show one
    return cursor


def batches(start: Callable[[Cursor], Relation], label: str) -> Iterator[list[Any]]:
    """Run a query and stream its rows, in their order, some 120 thousand at a time.

    DuckDB reads ahead on threads of its own, and no further than a few batches.

    Parameters
    ----------
    start : callable
        Makes the relation on the connection it is given.
    label : str
        How messages name what is read.

    Yields
    ------
    list of nanoarrow views
        A batch's columns; `numbers` turns them into arrays.

    Raises
    ------
    FileError
        If the rows cannot be read to their end.
    ColumnError
        If a cell of a table of text is no number.
    """
    import nanoarrow

    cursor = connect()
    try:
        with reading(label):
            stream = iter(nanoarrow.c_array_stream(start(cursor)))
        while True:
            with reading(label):
                batch = next(stream, None)
            if batch is None:
                return
            if len(batch):
                # A view of the batch would do, but its children forget to keep it alive.
                yield [batch.child(each).view() for each in range(batch.n_children)]
    finally:
        cursor.close()


@contextmanager
def reading(label: str) -> Iterator[None]:
    """Turn what DuckDB raises while it reads into our `FileError`."""
    try:
        yield
    except GpuheatError:
        raise
    except Exception as error:
        if not is_duckdb_error(error):
            raise
        said = reason(error)
        if said.startswith(FAULT):
            raise ColumnError(f"{label}, {said}; mend the row or take another column") from error
        raise FileError(
            f"{label} cannot be read: {said}; "
            "it may be damaged or cut short: fetch or write it again"
        ) from error


def is_duckdb_error(error: Exception) -> bool:
    """Say whether DuckDB raised it, itself or through the stream of its batches."""
    import duckdb

    # nanoarrow's own error for a stream that fails is private, but a RuntimeError.
    return isinstance(error, (duckdb.Error, RuntimeError))


def reason(error: Exception) -> str:
    """Return the line of DuckDB's message that says what is wrong."""
    first, *others = str(error).strip().splitlines()
    said = first.partition("Error: ")[2] or first
    # Of a table of text: the line's number, the line itself, and what is wrong with it.
    return f"{said}, {others[1]}" if said.startswith("CSV Error") and len(others) > 1 else said


def numbers(column: Any) -> NDArray[Any]:
    """Return a batch's column of numbers: a view where nothing is missing, else with NaN."""
    values = np.asarray(column.buffer(1))[column.offset : column.offset + column.length]
    present = validity(column)
    if present is None:
        return values
    known = values.copy() if values.dtype.kind == "f" else values.astype(np.float64)
    known[~present] = np.nan
    return known


def validity(column: Any) -> NDArray[np.bool_] | None:
    """Return which of a batch's rows have a value; None where all have."""
    if column.null_count == 0:
        return None
    bits = np.frombuffer(column.buffer(0), np.uint8)
    known = np.unpackbits(bits, bitorder="little")[column.offset : column.offset + column.length]
    present: NDArray[np.bool_] = known.view(np.bool_)
    return present


def quoted(name: str) -> str:
    """Write a column's name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Write a text as SQL takes it."""
    return "'" + value.replace("'", "''") + "'"


@lru_cache(maxsize=1)
def _database(process: int) -> Any:
    """Open a database in memory; its threads do not survive a fork, so one for each process."""
    import duckdb

    return duckdb.connect(config=_SETTINGS)
