"""Delimited: tables of text as DuckDB reads them, with the meaning of our own reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gpuheat.errors import ColumnError, FileError, InputError
from gpuheat.points.cells import MISSING
from gpuheat.points.content import Content
from gpuheat.points.database import (
    FAULT,
    Cursor,
    Relation,
    escaped,
    installed,
    need_database,
    quoted,
    text,
)
from gpuheat.points.relation import RelationTable
from gpuheat.points.rows import COMMENT, QUOTE
from gpuheat.points.spool import Spool
from gpuheat.points.text import LABELS, Columns, TextTable, head_lines

# Our own reader takes a second for 60 MB, opening DuckDB takes a tenth, and then it reads
# ten times as fast. Packed text is a third of its size or less.
QUICK_FROM_BYTES = 16 << 20
_PACKED = 4


class QuickTextTable(TextTable):
    """A large table of text: DuckDB reads it, and our own reader what DuckDB does not take.

    A row that is not plain (a comment, a cell that is no number, a gap) stops DuckDB. From
    that row on our own reader goes on, and knows what it means or what to say about it.
    """

    def _chunks(self, names: Sequence[str], by: str | None = None) -> Iterator[Columns]:
        n_rows = 0
        try:
            for chunk in self._quickly(names, by):
                yield chunk
                n_rows += len(next(iter(chunk.values())))
            return
        except (FileError, ColumnError):
            pass
        yield from _after(super()._chunks(names, by), n_rows)

    def _quickly(self, names: Sequence[str], by: str | None) -> Iterator[Columns]:
        """Read through DuckDB."""
        relation = text_relation(self, as_it_stands=by)
        if by is None:
            yield from map(dict, relation.chunks(names))
            return
        for columns, labels in relation.labeled_chunks(names, by):
            yield {**columns, LABELS: labels}


def text_table(content: Content) -> TextTable:
    """Choose who reads a table of text: DuckDB where it is there, and the file large."""
    path = content.path
    if path is None or path.stat().st_size * (_PACKED if content.packed else 1) < QUICK_FROM_BYTES:
        return TextTable(content)
    table = QuickTextTable(content) if installed() else TextTable(content)
    return table if _is_plain(table) else TextTable(content)


def text_relation(table: TextTable, as_it_stands: str | None = None) -> RelationTable:
    """Read a table of text through DuckDB.

    Nothing is left to DuckDB's guessing: delimiter, header, names and what a number is are
    those of `TextTable`.

    Parameters
    ----------
    table : TextTable
    as_it_stands : str, optional
        A column that stays text, whatever is in it.

    Raises
    ------
    MissingPackageError
        If DuckDB is not installed.
    InputError
        If only our own reader can read such a table.
    """
    need_database(f"a condition on {table.label}")
    if not _is_plain(table):
        raise InputError(
            f"{table.label} cannot be read with where=: expected UTF-8, single delimiters, and "
            "names of columns that differ; write it as CSV or Parquet, or leave where out"
        )
    layout, names, kept = table.layout, table.names, Spool.of(table.content, packed=True)
    path, packed = escaped(kept.path), table.content.packed and kept.path == table.content.path
    n_skipped = _n_skipped(table)

    def number_of(name: str) -> str:
        return _number_of(name, decimal_comma=layout.decimal_comma)

    cells = [
        f"{number_of(name)} AS {quoted(name)}" if numeric and name != as_it_stands else quoted(name)
        for name, numeric in zip(names, layout.numeric, strict=True)
    ]

    def start(cursor: Cursor) -> Relation:
        rows = cursor.read_csv(
            path,
            auto_detect=False,
            columns=dict.fromkeys(names, "VARCHAR"),
            header=False,
            skiprows=n_skipped,
            sep=layout.delimiter,
            quotechar=QUOTE,
            escapechar=QUOTE,
            comment="",
            compression="gzip" if packed else "none",
        )
        return rows.filter(_no_comment(names[0])).project(", ".join(cells))

    return RelationTable(table.label, start, from_text=number_of, kept=kept)


def _number_of(name: str, *, decimal_comma: bool) -> str:
    """Write the SQL that reads a column of text as `cells.to_floats` does."""
    cell = quoted(name)
    number = f"replace({cell}, ',', '.')" if decimal_comma else cell
    fault = f"error({text(f'{FAULT}{cell}: expected a number, got ')} || {cell})"
    missing = " ".join(f"WHEN {text(word)} THEN NULL" for word in sorted(MISSING))
    # SQL takes 1_000 for a number, as Python does; tables do not write that. What is missing
    # is looked up only where there is no number: a list of them would be for all rows.
    return (
        f"CASE WHEN contains({cell}, '_') THEN {fault} "
        f"ELSE coalesce(TRY_CAST({number} AS DOUBLE), "
        f"CASE lower(trim(coalesce({cell}, ''))) {missing} ELSE {fault} END) END"
    )


def _no_comment(first: str) -> str:
    """Write the SQL that stops at a line which is a comment: DuckDB takes it for a row."""
    fault = f"error({text(f'{FAULT}{quoted(first)}: expected a row, got ')} || {quoted(first)})"
    return f"CASE WHEN starts_with({quoted(first)}, '{COMMENT}') THEN {fault} ELSE true END"


def _is_plain(table: TextTable) -> bool:
    """Say whether DuckDB's reader can be told how a table is laid out."""
    head = head_lines(table.content, table.encoding)[: table.layout.n_head_lines]
    return (
        table.encoding == "utf-8-sig"
        and table.delimiter != " "  # There, any run of blanks is one.
        and len({name.lower() for name in table.names}) == len(table.names) > 1
        and not any(QUOTE in line and line.count(QUOTE) % 2 for line in head)
    )


def _n_skipped(table: TextTable) -> int:
    """Count the lines before the first row: the header, and comments around it."""
    lines = head_lines(table.content, table.encoding)
    first = table.layout.n_head_lines
    while first < len(lines) and lines[first][:1] == COMMENT:
        first += 1
    return first


def _after(chunks: Iterator[Columns], n_rows: int) -> Iterator[Columns]:
    """Leave out the first so many rows."""
    for chunk in chunks:
        length = len(next(iter(chunk.values())))
        if n_rows < length:
            yield {name: values[n_rows:] for name, values in chunk.items()}
        n_rows = max(n_rows - length, 0)
