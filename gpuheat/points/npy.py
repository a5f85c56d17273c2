"""NPY: NumPy's file of one array, mapped into memory; never pickled."""

from __future__ import annotations

import ast
import math
import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.lib.format import MAGIC_PREFIX, descr_to_dtype
from numpy.typing import NDArray

from gpuheat.errors import FileError, InputError
from gpuheat.points.columns import not_numbers, unnamed
from gpuheat.points.content import Content
from gpuheat.points.table import parts

# NumPy's own limit on a header it reads without being told to trust it.
_HEADER_BYTES = 10_000

# Widths of a 2-D array of points: x, y and maybe weights.
_WIDTHS = (2, 3)


@dataclass(frozen=True)
class ArrayHeader:
    """What an array in a file is: its shape, order, dtype and where its data begins."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    offset: int

    @property
    def n_bytes(self) -> int:
        """How many bytes of data belong to it (a Python int: nothing overflows)."""
        return math.prod(self.shape) * self.dtype.itemsize

    def view(self, data: Any, label: str) -> NDArray[Any]:
        """Return the array over the bytes that follow the header, without a copy."""
        if len(data) - self.offset < self.n_bytes:
            raise FileError(
                f"{label} is cut short: its header tells of {self.n_bytes} bytes of data, "
                f"{max(0, len(data) - self.offset)} are there; write or fetch it again"
            )
        if not self.n_bytes:
            return np.empty(self.shape, self.dtype)
        flat = np.frombuffer(data, self.dtype, math.prod(self.shape), self.offset)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


class NpyTable:
    """The columns of an array in a file.

    Parameters
    ----------
    content : Content
        A plain file is mapped, anything else read into memory.

    Raises
    ------
    InputError
        If its shape or dtype is none of points; see `columns_of`.
    FileError
        If it is damaged, cut short or pickled.
    """

    degrees = False
    rereadable = True

    def __init__(self, content: Content) -> None:
        self.label = content.label
        header = read_header(content.head, content.label)
        check_dtype(header.dtype, content.label)
        self._columns = columns_of(header.view(_data(content), content.label), content.label)
        self.names = tuple(self._columns)
        self.n_rows: int | None = header.shape[0]

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns; each chunk is a copy, of the machine's byte order."""
        columns = {name: self._columns[name] for name in names}
        for name, column in columns.items():
            check_numeric(column.dtype, self.label, name)
        for part in parts(self.n_rows):
            yield {name: native(column[part]) for name, column in columns.items()}


def read_header(head: bytes, label: str) -> ArrayHeader:
    """Read the header at the beginning of an array's file.

    By hand, since NumPy's functions for it do not know version 3 of the format, raise
    what they please, and warn of files from Python 2.

    Raises
    ------
    FileError
        If there is no such header or it is not in order.
    """
    try:
        if head[: len(MAGIC_PREFIX)] != MAGIC_PREFIX:
            raise ValueError("it does not begin as one")
        version = head[6]
        start = 10 if version == 1 else 12
        length = int.from_bytes(head[8:start], "little")
        if length > _HEADER_BYTES or len(head) < start + length:
            raise ValueError(f"its header of {length} bytes is too long or cut short")
        text = head[start : start + length].decode("utf-8" if version > 2 else "latin-1")
        fields = ast.literal_eval(text.strip())
        shape, fortran = fields["shape"], fields["fortran_order"]
        if not all(type(side) is int and side >= 0 for side in shape):
            raise ValueError(f"its shape is {shape}")
        header = ArrayHeader(
            tuple(shape), bool(fortran), descr_to_dtype(fields["descr"]), start + length
        )
    except Exception as error:  # A forged header can raise nearly anything, nested to the limit.
        raise FileError(
            f"{label} is not an array as numpy.save writes it: {str(error)[:100]}; "
            "write or fetch it again"
        ) from error
    return header


def column_names(shape: tuple[int, ...], dtype: np.dtype[Any], label: str) -> tuple[str, ...]:
    """Name the columns of an array of points.

    Parameters
    ----------
    shape : tuple of int
        (N, 2) or (N, 3): x, y and weights, called "1", "2", "3"; or (N,) of a structured
        dtype, whose fields' names are taken.
    dtype : numpy.dtype
        Of real numbers.
    label : str
        How messages name it.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        If it is of another shape.
    ColumnError
        If it is of another dtype.
    """
    if dtype.names and len(shape) == 1:
        return tuple(name for name in dtype.names if not dtype[name].shape)
    if not dtype.names and len(shape) == 2 and shape[1] in _WIDTHS:
        check_numeric(dtype, label)
        return tuple(unnamed(shape[1]))
    turned = len(shape) == 2 and shape[0] in _WIDTHS
    raise InputError(
        f"{label} has the shape {shape}, expected (N, 2) for x, y or (N, 3) for x, y, weights; "
        + ("did you mean points.T?" if turned else "stack its columns so")
    )


def columns_of(array: NDArray[Any], label: str) -> dict[str, NDArray[Any]]:
    """Return views of the columns that `column_names` names, each 1-D."""
    names = column_names(array.shape, array.dtype, label)
    return {
        name: array[name] if array.dtype.names else array[:, position]
        for position, name in enumerate(names)
    }


def check_dtype(dtype: np.dtype[Any], label: str) -> None:
    """Refuse arrays that hold Python objects (they would be pickled) or nothing."""
    if dtype.hasobject or not dtype.itemsize:
        raise FileError(
            f"{label} holds {'Python objects' if dtype.hasobject else 'empty values'}, which are "
            "not read from files; expected numbers: save array.astype(float)"
        )


def check_numeric(dtype: np.dtype[Any], label: str, column: str | None = None) -> None:
    """Refuse a dtype that is not one of real numbers."""
    if dtype.kind not in "biuf":
        raise not_numbers(f"text ({dtype})" if dtype.kind in "US" else str(dtype), label, column)


def native(column: NDArray[Any]) -> NDArray[Any]:
    """Copy a column into one piece of memory, in the machine's byte order."""
    dtype = np.dtype(np.uint8) if column.dtype.kind == "b" else column.dtype.newbyteorder("=")
    return np.array(column, dtype=dtype, order="C")


def _data(content: Content) -> bytes | mmap.mmap:
    if content.path is None or content.packed:
        return content.read()
    file: IO[bytes]
    with content.path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
