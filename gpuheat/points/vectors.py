"""Vectors: Arrow's arrays as numeric arrays of NumPy, over the same memory where they can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.buffers import DECIMALS, bits, decimals, moments, stored, texts, validity
from gpuheat.points.clock import seconds
from gpuheat.points.columns import not_numbers
from gpuheat.points.labels import as_labels, not_labels

_INTEGERS = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
_NUMBERS = (*_INTEGERS, "HALF_FLOAT", "FLOAT", "DOUBLE")
_STRINGS = ("STRING", "LARGE_STRING")
_TEXT = (*_STRINGS, "STRING_VIEW", "BINARY", "LARGE_BINARY", "BINARY_VIEW")
_MOMENTS = ("DATE32", "DATE64", "TIMESTAMP")
_KNOWN = (*_NUMBERS, *DECIMALS, "BOOL", "NULL", *_MOMENTS)


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
    if kind == "NULL":
        return np.full(view.length, np.nan)
    present = validity(view)
    if kind == "DICTIONARY":
        codes, entries = stored(view), numbers(view.dictionary, field.value_type)
        if present is not None:  # The code of what is not present may be anything.
            codes, entries = np.where(present, codes, 0), np.append(entries, np.nan)
        values = entries[codes]
    elif kind == "BOOL":
        values = bits(view)
    elif kind in DECIMALS:
        values = decimals(view, field)
    elif kind in _MOMENTS:
        values = seconds(moments(view, field))
    else:
        values = stored(view)
    return values if present is None else _with_missing(values, present)


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
    if kind not in ("DICTIONARY", *_MOMENTS, *_STRINGS):
        return numbers(view, field)
    present = validity(view)
    if kind == "DICTIONARY":
        codes = stored(view).astype(np.intp)
        entries = np.full(view.dictionary.length + 1, None, object)  # the last for none
        entries[:-1] = labels(view.dictionary, field.value_type)
        if present is not None:
            codes[~present] = -1
        each: NDArray[Any] = entries[codes]
        return each
    found = texts(view) if kind in _STRINGS else as_labels(moments(view, field))
    if present is not None:
        found[~present] = None
    return found


def _with_missing(values: NDArray[Any], present: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a copy with NaN where no value is present; of floats, if it was not before."""
    spread = values.astype(values.dtype if values.dtype.kind == "f" else np.float64)
    spread[~present] = np.nan
    return spread
