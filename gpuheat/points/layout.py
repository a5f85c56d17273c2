"""Layout: how a table of text is laid out, found by looking at its first rows."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from gpuheat.errors import ColumnError, InputError
from gpuheat.points.cells import (
    has_decimal_comma,
    is_missing,
    is_number,
    may_be_thousands,
)
from gpuheat.points.columns import guess_xy, unnamed
from gpuheat.points.rows import COMMENT, Rows

# In the order of trust: a tab or a semicolon is seldom anything else, a blank often is.
DELIMITERS = {
    "\t": "tab-separated",
    ";": "semicolon-separated",
    ",": "comma-separated",
    "|": "bar-separated",
    " ": "space-separated",
}

_SAMPLE_ROWS = 100


@dataclass(frozen=True)
class Layout:
    """What stands between the cells, and what stands before the rows.

    Attributes
    ----------
    delimiter : str
        A key of `DELIMITERS`.
    header : bool
        Whether the first row holds names.
    names : tuple of str
        The columns: the header's, or "1", "2", "3" ...
    n_head_lines : int
        How many lines there are up to and with the header.
    decimal_comma : bool
        Whether numbers are written 1,5.
    numeric : tuple of bool
        Of each column, whether most of its first cells are numbers.
    """

    delimiter: str
    header: bool
    names: tuple[str, ...]
    n_head_lines: int
    decimal_comma: bool
    numeric: tuple[bool, ...]


def guess_layout(lines: list[str], label: str) -> Layout:
    """Find delimiter, header and decimal comma in the first lines of a text.

    The delimiter is the one that makes rows of one length, most of whose columns are
    numbers; the first row is a header where it has text above numbers, or text only.

    Parameters
    ----------
    lines : list of str
        Whole lines, without line ends.
    label : str
        How messages name the text.

    Returns
    -------
    Layout

    Raises
    ------
    InputError
        If there are no rows.
    """
    samples = [sample for delimiter in DELIMITERS if (sample := _Sample.read(lines, delimiter))]
    if not samples:
        raise InputError(
            f"{label} has no rows, only blank lines or comments; expected a table of points"
        )
    # max keeps the first of equals: the more trusted one.
    best = max(samples, key=lambda sample: sample.merit)
    header = best.has_header
    numbers = unnamed(len(best.rows[0]))
    given = best.rows[0] if header else _names_in_comment(lines, best) or numbers
    return Layout(
        delimiter=best.delimiter,
        header=given is not numbers,
        names=tuple(cell.strip() or number for cell, number in zip(given, numbers, strict=True)),
        n_head_lines=best.n_first_lines if header else 0,
        decimal_comma=best.decimal_comma,
        numeric=tuple(best.is_numeric(column) for column in range(len(numbers))),
    )


@dataclass(frozen=True)
class _Sample:
    """The first rows as one delimiter cuts them."""

    delimiter: str
    rows: list[list[str]]
    first_line: int
    n_first_lines: int
    decimal_comma: bool

    @classmethod
    def read(cls, lines: list[str], delimiter: str) -> _Sample | None:
        reader = Rows(list(lines), delimiter)
        rows: list[list[str]] = []
        first_line = n_first_lines = 0
        try:
            for row in islice(reader, _SAMPLE_ROWS):
                rows.append(row)
                first_line = first_line or reader.line
                n_first_lines = n_first_lines or reader.n_lines
        except csv.Error:
            pass  # The sample ends within quotes; if the file is at fault, reading it says so.
        if not rows:
            return None
        comma = delimiter != "," and _use_decimal_comma(rows)
        return cls(delimiter, rows, first_line, n_first_lines, comma)

    @property
    def merit(self) -> tuple[bool, bool, float, int, int]:
        """How well the rows look as a table, to be compared."""
        width = len(self.rows[0])
        alike = sum(len(row) == width for row in self.rows) / len(self.rows)
        kinds = Counter(self.is_numeric(column) for column in range(width))
        return width > 1, kinds[True] > 1, alike, kinds[True], -kinds[False]

    @property
    def has_header(self) -> bool:
        """Whether the first row has text above numbers, or nothing but text."""
        first = self.rows[0]
        is_text = [not self._is_number(cell) and not is_missing(cell) for cell in first]
        if any(is_text[column] and self.is_numeric(column) for column in range(len(first))):
            return True
        return any(is_text) and not any(map(self._is_number, first))

    def is_numeric(self, column: int) -> bool:
        """Say whether most of the column below the first row, maybe a header, are numbers."""
        rows = self.rows[1:] or self.rows
        cells = [row[column] for row in rows if column < len(row)]
        present = [cell for cell in cells if not is_missing(cell)]
        return 2 * sum(map(self._is_number, present)) > len(present)

    def _is_number(self, cell: str) -> bool:
        return is_number(cell) or (self.decimal_comma and has_decimal_comma(cell))


def _use_decimal_comma(rows: list[list[str]]) -> bool:
    """Say whether numbers are written 1,5: some clearly so, and none with a point."""
    cells = [cell for row in rows for cell in row]
    return any(
        has_decimal_comma(cell) and not may_be_thousands(cell) for cell in cells
    ) and not any("." in cell and is_number(cell) for cell in cells)


def _names_in_comment(lines: list[str], sample: _Sample) -> list[str]:
    """Return the names in a comment above the first row, as numpy.savetxt writes them."""
    above = lines[: sample.first_line - 1]
    if not above or not above[-1].startswith(COMMENT):
        return []
    reader = Rows([above[-1].lstrip(COMMENT).strip()], sample.delimiter)
    try:
        names = [cell.strip() for row in reader for cell in row]
        if len(names) == len(sample.rows[0]):
            guess_xy(names)
            return names
    except (csv.Error, ColumnError):
        pass  # A remark, not a header.
    return []
