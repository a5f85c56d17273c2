"""NPZ: NumPy's archive of several arrays, each a column, read piece by piece."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from gpuheat.errors import FileError, GpuheatError, InputError
from gpuheat.points.content import HEAD_BYTES, Content
from gpuheat.points.npy import (
    ArrayHeader,
    check_dtype,
    check_numeric,
    column_names,
    columns_of,
    native,
    read_header,
)
from gpuheat.points.table import CHUNK_ROWS

_SUFFIX = ".npy"

# What a damaged archive raises: bad structure, checksum, packing, password, method.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
    OverflowError,
    MemoryError,
)


class NpzTable:
    """The columns of an archive: its 1-D arrays, or its one array of points.

    Parameters
    ----------
    content : Content
        What numpy.savez or savez_compressed wrote: 1-D arrays, each of which is a column,
        or one array as `columns_of` takes it, alone or called "points".

    Raises
    ------
    InputError
        If none of its arrays can be a column.
    FileError
        If it is damaged, or no archive.
    """

    degrees = False
    rereadable = True

    def __init__(self, content: Content) -> None:
        self.label = content.label
        plain = content.path is not None and not content.packed
        # An archive's table of contents is at its end: what cannot seek is read whole.
        self._file: Path | bytes = content.path if plain and content.path else content.read()
        with self._archive() as archive:
            members = [name for name in archive.namelist() if name.endswith(_SUFFIX)]
            headers = {name[: -len(_SUFFIX)]: self._header(archive, name) for name in members}
        if not headers:
            raise FileError(
                f"{self.label} is a zip archive without arrays; expected one of numpy.savez"
            )
        self._points = _points_of(headers)
        if self._points:
            header = headers[self._points]
            check_dtype(header.dtype, self.label)
            self.names = column_names(header.shape, header.dtype, self.label)
            headers = {self._points: header}
        else:
            headers = {name: header for name, header in headers.items() if _is_column(header)}
            self.names = tuple(headers)
        if not self.names:
            raise InputError(
                f"{self.label} holds no columns; expected 1-D arrays of numbers such as x and y, "
                'or one (N, 2) array called "points": numpy.savez(file, x=x, y=y)'
            )
        self._headers = headers
        lengths = {header.shape[0] for header in headers.values()}
        self.n_rows: int | None = lengths.pop() if len(lengths) == 1 else None

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns, piece by piece, also where they are compressed."""
        if not names:
            return
        if not self._points:
            self._check_lengths(names)
        with self._archive() as archive, ExitStack() as opened:
            members = {
                name: self._pieces(opened.enter_context(archive.open(name + _SUFFIX)), name)
                for name in ([self._points] if self._points else dict.fromkeys(names))
            }
            for pieces in zip(*members.values(), strict=True):
                if self._points:
                    columns = columns_of(pieces[0], self.label)
                    for name in names:
                        check_numeric(columns[name].dtype, self.label, name)
                else:
                    columns = dict(zip(members, pieces, strict=True))
                yield {name: native(columns[name]) for name in names}

    def _pieces(self, file: IO[bytes], name: str) -> Iterator[NDArray[Any]]:
        """Read one array from its beginning, `CHUNK_ROWS` rows at a time."""
        header = self._headers[name]
        file.read(header.offset)
        n_rows, *rest = header.shape
        # The columns of an array in Fortran's order lie one after the other: all or nothing.
        step = max(n_rows, 1) if header.fortran and rest else CHUNK_ROWS
        for start in range(0, n_rows, step):
            shape = (min(step, n_rows - start), *rest)
            part = ArrayHeader(shape, header.fortran, header.dtype, 0)
            piece = part.view(file.read(part.n_bytes), f"{self.label}, array {name}")
            for first in range(0, len(piece), CHUNK_ROWS):
                yield piece[first : first + CHUNK_ROWS]

    def _check_lengths(self, names: Sequence[str]) -> None:
        lengths = {name: self._headers[name].shape[0] for name in names}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise InputError(f"{self.label}: columns need as many values each, but {told}")

    def _header(self, archive: zipfile.ZipFile, name: str) -> ArrayHeader:
        with archive.open(name) as file:
            return read_header(file.read(HEAD_BYTES), f"{self.label}, array {name}")

    @contextmanager
    def _archive(self) -> Iterator[zipfile.ZipFile]:
        """Open the archive; what its damage raises becomes a `FileError`."""
        try:
            file = BytesIO(self._file) if isinstance(self._file, bytes) else self._file
            with zipfile.ZipFile(file) as archive:
                yield archive
        except GpuheatError:
            raise
        except _DAMAGE as error:
            raise FileError(
                f"{self.label} is no readable archive of numpy.savez: {error}; "
                "write or fetch it again"
            ) from error


def _points_of(headers: Mapping[str, ArrayHeader]) -> str:
    """Return the name of the one array that holds all columns, "" where each is its own."""
    if "points" in headers and len(headers["points"].shape) > 1:
        return "points"
    name, *others = headers
    header = headers[name]
    return name if not others and (len(header.shape) > 1 or header.dtype.names) else ""


def _is_column(header: ArrayHeader) -> bool:
    return len(header.shape) == 1 and header.dtype.kind in "biuf"
