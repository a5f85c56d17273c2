"""Files: which reader a file or a stream is for."""

from __future__ import annotations

from collections.abc import Callable

from gpuheat.errors import FileError
from gpuheat.points.content import Content
from gpuheat.points.delimited import text_table
from gpuheat.points.filtered import filtered
from gpuheat.points.geojson import GeoJsonTable
from gpuheat.points.gpx import GpxTable
from gpuheat.points.npy import NpyTable
from gpuheat.points.parquet import parquet_table
from gpuheat.points.records import json_table
from gpuheat.points.table import Table


def _npz(content: Content) -> Table:
    """Read an archive; what that needs is slow to import, and seldom needed."""
    from gpuheat.points.npz import NpzTable

    return NpzTable(content)


# Each of them also packed: .csv.gz.
READERS: dict[str, Callable[[Content], Table]] = {
    ".csv": text_table,
    ".tsv": text_table,
    ".txt": text_table,
    ".npy": NpyTable,
    ".npz": _npz,
    ".geojson": GeoJsonTable,
    ".json": json_table,
    ".geojsonl": GeoJsonTable,
    ".ndjson": json_table,
    ".jsonl": json_table,
    ".gpx": GpxTable,
    ".parquet": parquet_table,
    ".geoparquet": parquet_table,
}

# How a format begins, for streams and for names that tell nothing.
_BEGINNINGS = (
    (b"\x93NUMPY", ".npy"),
    (b"PK\x03\x04", ".npz"),
    (b"PAR1", ".parquet"),
    (b"<", ".gpx"),
    (b"{", ".json"),
    (b"[", ".json"),
    (b"\x1e", ".geojson"),
)

_BLANKS = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def open_table(given: object, where: str | None = None) -> Table:
    """Open a file or a stream of points; the format is told by its name, else its first bytes.

    Parameters
    ----------
    given : str, path or file object
        "-" is the standard input.
    where : str, optional
        A SQL condition on its columns; rows that do not meet it are left out.

    Returns
    -------
    Table
        A `TextTable`, where it is text, also tells its delimiter and header.

    Raises
    ------
    FileError
        If it is not there, cannot be read, is empty, damaged or of no known format.
    InputError
        If its content cannot be used as points.
    """
    content = Content(given)
    if not content.head:
        raise FileError(f"{content.label} is empty; expected points")
    reader = READERS.get(content.suffix) or _reader_by_content(content)
    table = reader(content)
    return table if where is None else filtered(table, where)


def _reader_by_content(content: Content) -> Callable[[Content], Table]:
    head = content.head.removeprefix(_UTF8_MARK).lstrip(_BLANKS)
    for beginning, suffix in _BEGINNINGS:
        if head.startswith(beginning):
            return READERS[suffix]
    if b"\0" in head and not head.startswith(_UTF16_MARKS):
        raise FileError(
            f"{content.label} is of an unknown format {content.suffix or '(binary)'}; "
            f"known: {', '.join(READERS)}, also with .gz"
        )
    return READERS[".csv"]
