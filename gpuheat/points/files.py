"""Files: which reader a file or a stream is for."""

from __future__ import annotations

from collections.abc import Callable

from gpuheat.errors import FileError
from gpuheat.points.content import Content
from gpuheat.points.geojson import GeoJsonTable
from gpuheat.points.gpx import GpxTable
from gpuheat.points.npy import NpyTable
from gpuheat.points.table import Table
from gpuheat.points.text import TextTable


def _npz(content: Content) -> Table:
    """Read an archive; what that needs is slow to import, and seldom needed."""
    from gpuheat.points.npz import NpzTable

    return NpzTable(content)


# Each of them also packed: .csv.gz.
READERS: dict[str, Callable[[Content], Table]] = {
    ".csv": TextTable,
    ".tsv": TextTable,
    ".txt": TextTable,
    ".npy": NpyTable,
    ".npz": _npz,
    ".geojson": GeoJsonTable,
    ".json": GeoJsonTable,
    ".geojsonl": GeoJsonTable,
    ".ndjson": GeoJsonTable,
    ".gpx": GpxTable,
}

# How a format begins, for streams and for names that tell nothing.
_BEGINNINGS = (
    (b"\x93NUMPY", ".npy"),
    (b"PK\x03\x04", ".npz"),
    (b"<", ".gpx"),
    (b"{", ".geojson"),
    (b"[", ".geojson"),
    (b"\x1e", ".geojson"),
)

_BLANKS = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def open_table(given: object) -> Table:
    """Open a file or a stream of points; the format is told by its name, else its first bytes.

    Parameters
    ----------
    given : str, path or file object
        "-" is the standard input.

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
    return reader(content)


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
