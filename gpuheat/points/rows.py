"""Rows: the records of delimited text, each with the line that it begins in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

COMMENT, QUOTE = "#", '"'


class Rows:
    """Read the rows of some lines of text; comments and blank lines are left out.

    Parameters
    ----------
    lines : list of str
        Without line ends. Grows where a quoted cell goes on beyond the last of them.
    delimiter : str
        What stands between cells; a space is any run of blanks.
    first_line : int
        The number of ``lines[0]`` in its file, from 1.
    more : callable
        Returns lines that follow, an empty list where there are none.

    Attributes
    ----------
    line : int
        Where the latest row began.
    n_lines : int
        How many lines were read up to and with the latest row.

    Raises
    ------
    csv.Error
        While read, where a quote is not closed as it should be.
    """

    def __init__(
        self,
        lines: list[str],
        delimiter: str,
        *,
        first_line: int = 1,
        more: Callable[[], list[str]] = list,
    ) -> None:
        self.line = first_line
        self.n_lines = 0
        self._lines = lines
        self._delimiter = delimiter
        self._first_line = first_line
        self._more = more
        self._within = False

    def __iter__(self) -> Iterator[list[str]]:
        # strict: a quote left open would otherwise swallow all the rows after it.
        for row in csv.reader(self._feed(), delimiter=self._delimiter, strict=True):
            self._within = False
            yield row

    def _feed(self) -> Iterator[str]:
        """Hand over line after line, as far as rows begin in the lines given."""
        # Between tabs, nothing is an empty cell; where blanks part cells, a tab is one.
        blanks = None if self._delimiter == " " else " "
        lines = self._lines
        while True:
            if self.n_lines == len(lines):
                if self._within:
                    lines.extend(self._more())
                if self.n_lines == len(lines):
                    return
            line = lines[self.n_lines]
            self.n_lines += 1
            if not self._within:
                if line[:1] == COMMENT or not line.strip(blanks):
                    continue
                self._within = True
                self.line = self._first_line + self.n_lines - 1
            yield line if self._delimiter != " " else " ".join(line.split())
