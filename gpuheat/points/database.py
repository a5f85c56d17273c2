"""Database: DuckDB inside this process, and the columns that its queries stream."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from gpuheat.errors import ColumnError, FileError, GpuheatError, MissingPackageError
from gpuheat.points import vectors
from gpuheat.points.extras import need
from gpuheat.points.vectors import Vector

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

_PACKAGES = ("duckdb", "nanoarrow")

Cursor = Any
Relation = Any


def installed() -> bool:
    """Say whether DuckDB and the reader of its batches are there."""
    try:
        need_database("")
    except MissingPackageError:
        return False
    return True


def need_database(purpose: str) -> None:
    """Refuse where DuckDB or the reader of its batches is not installed, as `extras.need`."""
    for package in _PACKAGES:
        need(package, "io", purpose)


@contextmanager
def connected() -> Iterator[Cursor]:
    """Open a connection of one's own to the process's one database, closed at the end."""
    cursor = _database(os.getpid()).cursor()
    try:
        cursor.execute("SET enable_progress_bar = false")  # notebooks would show one
        yield cursor
    finally:
        cursor.close()


def batches(start: Callable[[Cursor], Relation], label: str) -> Iterator[list[Vector]]:
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
    list of Vector
        A batch's columns.

    Raises
    ------
    FileError
        If the rows cannot be read to their end.
    ColumnError
        If a cell of a table of text is no number.
    """
    import nanoarrow

    with connected() as cursor:
        with reading(label):
            stream = vectors.batches(nanoarrow.c_array_stream(start(cursor)))
        while True:
            with reading(label):
                batch = next(stream, None)
            if batch is None:
                return
            yield batch


@contextmanager
def telling(tell: Callable[[Exception], GpuheatError]) -> Iterator[None]:
    """Turn what DuckDB raises into what `tell` makes of it."""
    try:
        yield
    except Exception as error:
        if not is_duckdb_error(error):
            raise
        raise tell(error) from error


def reading(label: str) -> AbstractContextManager[None]:
    """Turn what DuckDB raises while it reads into a `FileError`, of a cell a `ColumnError`."""

    def told(error: Exception) -> GpuheatError:
        said = reason(error)
        if said.startswith(FAULT):
            return ColumnError(f"{label}, {said}; mend the row or take another column")
        return FileError(
            f"{label} cannot be read: {said}; "
            "it may be damaged or cut short: fetch or write it again"
        )

    return telling(told)


def is_duckdb_error(error: Exception) -> bool:
    """Say whether DuckDB raised it, itself or through the stream of its batches."""
    import duckdb

    # nanoarrow's own error for a stream that fails is private, but a RuntimeError.
    kinds = duckdb.Error, RuntimeError
    return isinstance(error, kinds) and not isinstance(error, GpuheatError)


def reason(error: Exception) -> str:
    """Return the line of DuckDB's message that says what is wrong."""
    first, *others = str(error).strip().splitlines()
    said = first.partition("Error: ")[2] or first
    # Of a table of text: the line's number, the line itself, and what is wrong with it.
    return f"{said}, {others[1]}" if said.startswith("CSV Error") and len(others) > 1 else said


def quoted(name: str) -> str:
    """Write a column's name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def escaped(path: Path) -> str:
    """Write a path so that DuckDB takes none of its letters for a pattern."""
    return glob.escape(str(path))


def text(value: str) -> str:
    """Write a text as SQL takes it."""
    return "'" + value.replace("'", "''") + "'"


@lru_cache(maxsize=1)
def _database(process: int) -> Any:
    """Open a database in memory; its threads do not survive a fork, so one for each process."""
    import duckdb

    return duckdb.connect(config=_SETTINGS)
