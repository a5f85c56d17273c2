"""Cells: the numbers and the missing values in a table of text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import ColumnError

# What tables write where there is no value, in lower case.
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)

# May as well mean thousands: 1,234 is one number in Berlin and another in Boston.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")

# A cell that is no number is shown up to here.
_SHOWN_LETTERS = 40


def is_number(cell: str) -> bool:
    """Say whether a cell holds a number (not a missing value)."""
    return not math.isnan(_parse(cell))


def is_missing(cell: str) -> bool:
    """Say whether a cell stands for a value that is not there."""
    return cell.strip().lower() in MISSING


def has_decimal_comma(cell: str) -> bool:
    """Say whether a cell is a number with a comma for its point, as 1,5."""
    return _DECIMAL_COMMA.fullmatch(cell.strip()) is not None


def may_be_thousands(cell: str) -> bool:
    """Say whether a comma in a number may as well part its thousands, as in 1,234."""
    return _THOUSANDS.fullmatch(cell.strip()) is not None


def to_floats(
    cells: Sequence[str], *, lines: Sequence[int], label: str, column: str
) -> NDArray[np.float64]:
    """Read a column of cells as numbers, the missing ones as NaN.

    Parameters
    ----------
    cells : sequence of str
        One cell of every row.
    lines : sequence of int
        The line that each of them stands in, for the message.
    label, column : str
        How messages name the table and the column.

    Returns
    -------
    numpy.ndarray
        As many float64 values.

    Raises
    ------
    ColumnError
        If a cell is neither a number nor missing.
    """
    if "_" not in "".join(cells):
        try:
            return np.fromiter([float(cell or "nan") for cell in cells], np.float64, len(cells))
        except ValueError:
            pass  # Cell by cell, then.
    values = np.fromiter(map(_parse, cells), np.float64, len(cells))
    for row in np.flatnonzero(np.isnan(values)).tolist():
        if not is_missing(cells[row]):
            raise not_a_number(cells[row], f"{label} line {lines[row]}", column)
    return values


def not_a_number(cell: str, where: str, column: str) -> ColumnError:
    """Build the error for text where a number belongs."""
    shown = cell if len(cell) <= _SHOWN_LETTERS else cell[:_SHOWN_LETTERS] + "..."
    hint = (
        "; write decimals with a point and thousands without a comma"
        if has_decimal_comma(cell) or may_be_thousands(cell)
        else "; mend the row or take another column"
    )
    return ColumnError(f'{where}, column "{column}": expected a number, got "{shown}"{hint}')


def _parse(cell: str) -> float:
    """Read a number, NaN where it is none. Python's float would take 1_000 for one too."""
    try:
        return float(cell) if "_" not in cell else math.nan
    except ValueError:
        return math.nan
