"""Vectors: Arrow's arrays as numeric arrays of NumPy, over the same memory where they can be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.columns import not_numbers
from gpuheat.points.labels import as_labels, not_labels
from gpuheat.points.numbers import as_numbers, with_missing

_INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
_NUMBERS = (*_INTEGERS, "HALF_FLOAT", "FLOAT", "DOUBLE")
_DECIMALS = {"DECIMAL128": 16, "DECIMAL256": 32}  # in bytes
_STRINGS = ("STRING", "LARGE_STRING")
_TEXT = (*_STRINGS, "STRING_VIEW", "BINARY", "LARGE_BINARY", "BINARY_VIEW")
_MOMENTS = ("DATE32", "DATE64", "TIMESTAMP")
_KNOWN = (*_NUMBERS, *_DECIMALS, "BOOL", "NULL", *_MOMENTS)
# NumPy's name for what a moment is counted in.
_UNITS = {"SECOND": "s", "MILLI": "ms", "MICRO": "us", "NANO": "ns"}

# Up to here integers and powers of ten are exact in float64, and a division of two such
# rounds once.
_EXACT_INTEGER, _EXACT_SCALE = 1 << 53, 22


class Vector:
    """A column of a batch, which stays in memory as long as this or an array made of it.

    Parameters
    ----------
    field : nanoarrow.Schema
    column : nanoarrow's CArray
        A child of the batch. It is the child that is viewed: in nanoarrow 0.9 the children of a
        batch's view do not keep the batch alive (test_vectors holds that ours do).
    """

    def __init__(self, field: Any, column: Any) -> None:
        self._field, self._column = field, column

    @property
    def view(self) -> Any:
        """The column's buffers, as nanoarrow's CArrayView."""
        return self._column.view()

    def numbers(self) -> NDArray[Any]:
        """Return it as numbers: `numbers`, of a type that `check_field` lets pass."""
        return numbers(self.view, self._field)

    def labels(self) -> NDArray[Any]:
        """Return it as labels: `labels`, of a type that `check_labels` lets pass."""
        return labels(self.view, self._field)


def batches(stream: Any) -> Iterator[list[Vector]]:
    """Read a stream batch by batch.

    Parameters
    ----------
    stream : nanoarrow's CArrayStream

    Yields
    ------
    list of Vector
        A batch's columns; a batch without rows is left out.
    """
    fields = list(schema_of(stream).fields)
    for batch in stream:
        if len(batch):
            yield [Vector(field, batch.child(each)) for each, field in enumerate(fields)]


def schema_of(stream: Any) -> Any:
    """Return a stream's nanoarrow.Schema, whose fields are those of its columns."""
    from nanoarrow import Schema

    return Schema(stream.get_schema())


def check_field(field: Any, label: str, name: str) -> None:
    """Refuse a column whose type holds no numbers.

    Parameters
    ----------
    field : nanoarrow.Schema
    label, name : str
        How messages name the table and the column.

    Raises
    ------
    ColumnError
    """
    kind, values = _kinds(field)
    if values not in _KNOWN:
        what = "text" if values in _TEXT else "values"
        what = f"categories of {what}" if kind == "DICTIONARY" else what
        raise not_numbers(f"{what} ({values.lower()})", label, name)


def check_labels(field: Any, label: str, name: str) -> None:
    """Refuse a column whose type holds no labels, as `check_field` does of numbers.

    Views of strings are among them: nanoarrow 0.9 cannot read them as a column of a batch.
    """
    _, values = _kinds(field)
    if values not in (*_KNOWN, *_STRINGS):
        raise not_labels(f"values ({values.lower()})", label, name)


def _kinds(field: Any) -> tuple[str, str]:
    """Name a column's type and, of categories, that of what they are."""
    try:
        kind = field.type.name
        return kind, field.value_type.type.name if kind == "DICTIONARY" else kind
    except ValueError:  # newer than nanoarrow
        return "UNKNOWN", "UNKNOWN"


def numbers(view: Any, field: Any) -> NDArray[Any]:
    """Return a column of a batch as numbers; nulls are NaN, moments seconds since 1970.

    Parameters
    ----------
    view : nanoarrow's CArrayView
    field : nanoarrow.Schema
        Of a type that `check_field` lets pass.
    """
    kind = field.type.name
    rows = slice(view.offset, view.offset + view.length)
    if kind == "NULL":
        return np.full(view.length, np.nan)
    present = validity(view)
    if kind == "DICTIONARY":
        codes = np.asarray(view.buffer(1))[rows]
        entries = numbers(view.dictionary, field.value_type)
        if present is not None:  # The code of what is not present may be anything.
            codes, entries = np.where(present, codes, 0), np.append(entries, np.nan)
        values = entries[codes]
    elif kind == "BOOL":
        values = _bits(view.buffer(1), rows)
    elif kind in _DECIMALS:
        values = _decimals(view.buffer(1), _DECIMALS[kind], field.scale)[rows]
    elif kind in _MOMENTS:
        values = as_numbers(_moments(np.asarray(view.buffer(1))[rows], field))
    else:
        values = np.asarray(view.buffer(1))[rows]
    return values if present is None else with_missing(values, present)


def labels(view: Any, field: Any) -> NDArray[Any]:
    """Return a column of a batch as labels: text, numbers, or moments as text.

    One that is missing is None, or NaN among numbers.

    Parameters
    ----------
    view : nanoarrow's CArrayView
    field : nanoarrow.Schema
        Of a type that `check_labels` lets pass.
    """
    kind = field.type.name
    rows = slice(view.offset, view.offset + view.length)
    if kind == "DICTIONARY":
        codes = np.asarray(view.buffer(1))[rows].astype(np.intp)
        entries = np.full(view.dictionary.length + 1, None, object)  # the last for none
        entries[:-1] = labels(view.dictionary, field.value_type)
        present = validity(view)
        if present is not None:
            codes[~present] = -1
        each: NDArray[Any] = entries[codes]
        return each
    if kind in _MOMENTS:
        found: NDArray[Any] = as_labels(_moments(np.asarray(view.buffer(1))[rows], field))
    elif kind in _STRINGS:
        found = _texts(view)
    else:
        return numbers(view, field)
    present = validity(view)
    if present is not None:
        found[~present] = None
    return found


def _texts(view: Any) -> NDArray[Any]:
    """Cut a column's text into an array of str."""
    ends = np.asarray(view.buffer(1))[view.offset : view.offset + view.length + 1]
    found = np.empty(view.length, object)
    if not view.length:
        return found
    data = np.frombuffer(view.buffer(2), np.uint8)[ends[0] : ends[-1]].tobytes()
    cuts = list(pairwise((ends - ends[0]).tolist()))
    whole = data.decode("utf-8", errors="replace")
    if whole.isascii():  # then a letter is a byte, and text is cut as it is
        found[:] = [whole[start:stop] for start, stop in cuts]
    else:
        found[:] = [data[start:stop].decode("utf-8", errors="replace") for start, stop in cuts]
    return found


def validity(view: Any) -> NDArray[np.bool_] | None:
    """Return which of a column's rows have a value; None where all have."""
    if not view.null_count:
        return None
    return _bits(view.buffer(0), slice(view.offset, view.offset + view.length))


def _moments(values: NDArray[Any], field: Any) -> NDArray[Any]:
    """Take integers for the moments they count."""
    unit = {"DATE32": "D", "DATE64": "ms"}.get(field.type.name) or _UNITS[field.unit.name]
    return values.astype(np.int64).view(f"M8[{unit}]")


def _bits(buffer: Any, rows: slice) -> NDArray[np.bool_]:
    """Unpack some of a bitmap's rows."""
    start = rows.start // 8
    packed = np.frombuffer(buffer, np.uint8)[start : (rows.stop + 7) // 8]
    bits = np.unpackbits(packed, bitorder="little")[rows.start - 8 * start :]
    return bits[: rows.stop - rows.start].view(np.bool_)


def _decimals(buffer: Any, width: int, scale: int) -> NDArray[np.float64]:
    """Round decimals to the nearest float64: integers of `width` bytes over 10^scale."""
    octets = np.frombuffer(buffer, np.uint8).reshape(-1, width)
    words = octets.view(np.int64)
    low = words[:, 0]
    exact = (low >= -_EXACT_INTEGER) & (low <= _EXACT_INTEGER)
    # The words above only repeat the sign: the integer is the lowest.
    exact &= (words[:, 1:] == (low >> 63)[:, None]).all(axis=1)
    exact &= 0 <= scale <= _EXACT_SCALE
    values: NDArray[np.float64] = low / 10.0 ** min(max(scale, 0), _EXACT_SCALE)
    for row in np.flatnonzero(~exact):
        from fractions import Fraction  # seldom needed, and slow to import

        integer = int.from_bytes(octets[row].tobytes(), "little", signed=True)
        values[row] = float(integer / Fraction(10) ** scale)
    return values
