"""Condition: the SQL that chooses rows, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError
from gpuheat.points.columns import find
from gpuheat.points.database import quoted, reason, telling

_NO_COLUMN = re.compile(r'column "(.+?)" not found')


def check_condition(where: object) -> str:
    """Return the condition, if it is a text with something in it."""
    if isinstance(where, str) and where.strip():
        return where
    raise InputError(f'where is {where!r}; give a SQL condition such as "mag > 5"')


def filtering(condition: str, names: Sequence[str], label: str) -> AbstractContextManager[None]:
    """Turn what DuckDB says of a condition into our errors.

    Raises
    ------
    ColumnError
        If a column is not there; the text lists those that are.
    InputError
        If it is no condition, or none on such columns.
    """
    return telling(lambda error: _told(error, condition, names, label))


def _told(error: Exception, condition: str, names: Sequence[str], label: str) -> GpuheatError:
    import duckdb

    if isinstance(error, duckdb.IOException):
        return FileError(f'where "{condition}": {reason(error)}')
    missing = _NO_COLUMN.search(str(error))
    if missing is None:
        said = reason(error).rstrip("!.")
        return InputError(
            f'where "{condition}": {said}; write a SQL condition such as "mag > 5" '
            "or \"name = 'abc'\""
        )
    wanted = missing[1]
    try:
        find(names, wanted, label)
    except ColumnError as unlike:
        # SQL takes "abc" for a column, and 'abc' for a text.
        hint = f"; write a text as '{wanted}'" if quoted(wanted) in condition else ""
        return ColumnError(f'where "{condition}": {unlike}{hint}')
    return InputError(f'where "{condition}": {reason(error)}')
