"""Text: tables of CSV, TSV and their like, read block by block."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import FileError, InputError
from gpuheat.points.cells import to_floats
from gpuheat.points.content import HEAD_BYTES, Content
from gpuheat.points.layout import guess_layout
from gpuheat.points.rows import COMMENT, QUOTE, Rows
from gpuheat.points.table import CHUNK_ROWS

# Some 20 thousand rows: their cells stay in the cache between splitting and parsing.
_BLOCK_LETTERS = 1 << 20

Columns = dict[str, NDArray[Any]]

# Where the labels stand among a piece's columns; no column is called so.
LABELS = "\n"


class TextTable:
    """A table of delimited text whose delimiter and header are found by looking.

    Parameters
    ----------
    content : Content
        UTF-8, or UTF-16 with a byte order mark. Bytes that are no text are let pass:
        they matter only where a number belongs.

    Attributes
    ----------
    content : Content
    encoding : str
        "utf-8-sig" or "utf-16".
    layout : Layout
        All that was found by looking.
    delimiter : str
        What stands between cells, a key of `layout.DELIMITERS`.
    header : bool
        Whether the first row holds the names.

    Raises
    ------
    InputError
        If it is not text, or holds no rows.
    """

    degrees = False
    n_rows: int | None = None

    def __init__(self, content: Content) -> None:
        self.label = content.label
        self.rereadable = content.rereadable
        self.content = content
        self.encoding = _encoding(content)
        self.layout = guess_layout(head_lines(content, self.encoding), content.label)
        self.names = self.label_names = self.layout.names
        self.delimiter = self.layout.delimiter
        self.header = self.layout.header

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[np.float64]]]:
        """Read the named columns in chunks of `CHUNK_ROWS` rows."""
        yield from self._chunks(names)

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[np.float64]], NDArray[Any]]]:
        """Read the named columns, and the cells of one more as they stand."""
        for chunk in self._chunks(names, by):
            labels = chunk.pop(LABELS)
            yield chunk, labels

    def _chunks(self, names: Sequence[str], by: str | None = None) -> Iterator[Columns]:
        """Join blocks to chunks of `CHUNK_ROWS` rows."""
        pieces: list[Columns] = []
        n_rows = 0
        for piece in self._pieces(tuple(dict.fromkeys(names)), by):
            pieces.append(piece)
            n_rows += _n_rows(piece)
            while n_rows >= CHUNK_ROWS:
                joined = _joined(pieces)
                yield {name: values[:CHUNK_ROWS] for name, values in joined.items()}
                pieces = [{name: values[CHUNK_ROWS:] for name, values in joined.items()}]
                n_rows -= CHUNK_ROWS
        if n_rows:
            yield _joined(pieces)

    def _pieces(self, names: tuple[str, ...], by: str | None) -> Iterator[Columns]:
        """Read block after block."""
        blocks = self._blocks()
        line = 1
        n_skipped = self.layout.n_head_lines
        for lines in blocks:
            line, lines, n_skipped = line + n_skipped, lines[n_skipped:], 0
            if self.delimiter == " ":  # Any run of blanks is one.
                lines = [" ".join(each.split()) for each in lines]
            if self._is_plain(lines):
                yield self._read_plain(lines, names, by, line)
            else:
                yield self._read_rows(lines, names, by, line, blocks)
            line += len(lines)  # A quoted cell may have drawn in the next block.

    def _blocks(self) -> Iterator[list[str]]:
        """Cut the text into lists of whole lines."""
        with self.content.open() as raw:
            text = io.TextIOWrapper(raw, encoding=self.encoding, errors="replace")
            rest = ""
            while block := text.read(_BLOCK_LETTERS):
                *lines, rest = (rest + block).split("\n")
                if len(rest) > _BLOCK_LETTERS:
                    raise InputError(
                        f"{self.label} has a line of more than {_BLOCK_LETTERS} letters; "
                        "expected a table of points, a row in a line"
                    )
                if lines:
                    yield lines
            if rest:
                yield [rest]

    def _is_plain(self, lines: list[str]) -> bool:
        """Say whether cutting lines at the delimiter is all it takes: most tables are so."""
        text = "\n".join(lines)
        if QUOTE in text or COMMENT in text:
            return False
        n_delimiters = len(self.names) - 1
        return n_delimiters > 0 and {line.count(self.delimiter) for line in lines} == {n_delimiters}

    def _read_plain(
        self, lines: list[str], names: tuple[str, ...], by: str | None, first_line: int
    ) -> Columns:
        """Read plain lines: by NumPy where there are only numbers, else cell by cell."""
        decimal = [line.replace(",", ".") for line in lines] if self.layout.decimal_comma else lines
        columns = [self.names.index(name) for name in names]
        try:
            values = np.loadtxt(
                decimal,
                delimiter=self.delimiter,
                usecols=columns,
                comments=None,
                unpack=True,
                ndmin=2,
            )
        except ValueError:
            rows = [line.split(self.delimiter) for line in lines]
            return self._columns(rows, range(first_line, first_line + len(rows)), names, by)
        piece: Columns = dict(zip(names, values, strict=True))
        if by is not None:
            at = self.names.index(by)
            piece[LABELS] = _objects([line.split(self.delimiter, at + 1)[at] for line in lines])
        return piece

    def _read_rows(
        self,
        lines: list[str],
        names: tuple[str, ...],
        by: str | None,
        first_line: int,
        blocks: Iterator[list[str]],
    ) -> Columns:
        """Read lines with quotes, comments, gaps or faults; a fault is told with its line."""
        rows, numbers = [], []
        reader = Rows(lines, self.delimiter, first_line=first_line, more=lambda: next(blocks, []))
        try:
            for row in reader:
                if len(row) != len(self.names):
                    raise InputError(self._unlike(len(row), reader.line))
                rows.append(row)
                numbers.append(reader.line)
        except csv.Error as error:
            raise FileError(
                f"{self.label} line {reader.line}: the row cannot be read ({error}); "
                "see whether a quote is left open there, or the file is cut short"
            ) from error
        return self._columns(rows, numbers, names, by)

    def _columns(
        self,
        rows: list[list[str]],
        lines: Sequence[int],
        names: tuple[str, ...],
        by: str | None,
    ) -> Columns:
        columns: Columns = {}
        for name in names:
            position = self.names.index(name)
            cells = [row[position] for row in rows]
            if self.layout.decimal_comma:
                cells = [cell.replace(",", ".") for cell in cells]
            columns[name] = to_floats(cells, lines=lines, label=self.label, column=name)
        if by is not None:
            position = self.names.index(by)
            columns[LABELS] = _objects([row[position] for row in rows])
        return columns

    def _unlike(self, n_cells: int, line: int) -> str:
        before = "the header" if self.header else "the first row"
        return (
            f"{self.label} line {line} has {n_cells} cells, {before} has {len(self.names)}; "
            "every row needs as many: mend the line, or quote cells that hold the delimiter"
        )


def _encoding(content: Content) -> str:
    """Return the encoding that the byte order mark tells, UTF-8 without one."""
    if content.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in content.head:
        raise InputError(f"{content.label} is binary, expected a table of text such as CSV")
    return "utf-8-sig"


def head_lines(content: Content, encoding: str) -> list[str]:
    """Return the whole lines at the beginning of the text."""
    head = io.TextIOWrapper(io.BytesIO(content.head), encoding=encoding, errors="replace")
    lines = head.read().split("\n")
    if len(content.head) == HEAD_BYTES:
        lines.pop()  # It goes on beyond the head.
    if not lines:
        raise InputError(
            f"{content.label} has no line end in its first {HEAD_BYTES} bytes; "
            "expected a table of points, a row in a line"
        )
    return lines


def _objects(cells: list[str]) -> NDArray[Any]:
    """Return cells as an array of objects: one of letters would be as wide as the longest."""
    return np.array(cells, object)


def _n_rows(piece: Columns) -> int:
    return len(next(iter(piece.values()))) if piece else 0


def _joined(pieces: list[Columns]) -> Columns:
    if len(pieces) == 1:
        return pieces[0]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
