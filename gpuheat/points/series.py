"""Series: a column of a data frame, of whatever library, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.columns import not_numbers
from gpuheat.points.extras import need
from gpuheat.points.labels import as_labels
from gpuheat.points.numbers import as_numbers
from gpuheat.points.vectors import Vector, check_field, check_labels, schema_of

# Types that need not be looked into; of what is neither, the values tell.
_TEXT = ("String", "Enum", "Binary")
_TOO_WIDE = ("Int128", "UInt128")  # for NumPy


class Series:
    """A column, cut into arrays of numbers.

    Parameters
    ----------
    series : narwhals.Series
        Integers, floats, decimals, booleans, moments (as seconds since 1970), or
        categories of these.
    label, name : str
        How messages name the table and the column.

    Raises
    ------
    ColumnError
        If it is of text.
    """

    def __init__(self, series: Any, label: str, name: str) -> None:
        self._label, self._name = label, name
        self._type = str(series.dtype).partition("(")[0]
        if self._type in _TEXT:
            raise not_numbers(f"text ({self._type})", label, name)
        self._series = _narrowed(series) if self._type in _TOO_WIDE else series
        # Settled for the whole column, so that all its chunks are of one dtype. A float that
        # is missing is NaN already.
        self._missing = not series.dtype.is_float() and series.null_count() > 0

    def numbers(self, part: slice) -> NDArray[Any]:
        """Return some of its rows as numbers: a view where they lie so in memory.

        Raises
        ------
        ColumnError
            If these are no numbers.
        """
        piece = self._series[part]
        values: NDArray[Any] = piece.to_numpy()
        present = ~piece.is_null().to_numpy() if self._missing else None
        try:
            numbers = as_numbers(values if present is None else values[present])
        except TypeError as error:
            raise not_numbers(f"{self._type} ({error})", self._label, self._name) from None
        if present is None:
            return numbers
        spread = np.full(len(values), np.nan)
        spread[present] = numbers
        return spread


def _narrowed(series: Any) -> Any:
    """Round integers too wide for NumPy to float64."""
    from narwhals import Float64

    return series.cast(Float64)


def is_series(values: Any) -> bool:
    """Say whether a column is of a library that has its own way to keep one."""
    kind = type(values)
    streams = hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__")
    return streams and not kind.__module__.startswith("xarray.")


def numbers_of(values: Any, label: str, name: str) -> NDArray[Any]:
    """Return one column that is given by itself, an array or a series, as numbers.

    Raises
    ------
    ColumnError
        If it holds none.
    """
    if not is_series(values):
        try:
            return as_numbers(values)
        except TypeError as error:
            raise not_numbers(str(error), label, name) from None
    if hasattr(type(values), "dtype"):  # pandas, polars
        return Series(_opened(values), label, name).numbers(slice(None))
    parts = list(_vectors(values, check_field, label, name))
    return _joined([part.numbers() for part in parts])


def labels_of(values: Any, label: str, name: str) -> NDArray[Any]:
    """Return one column that is given by itself as labels.

    Raises
    ------
    ColumnError
        If it is of an Arrow type that holds none.
    """
    if not is_series(values):
        return as_labels(values)
    if hasattr(type(values), "dtype"):
        return as_labels(_opened(values).to_numpy())
    return _joined([part.labels() for part in _vectors(values, check_labels, label, name)])


def _opened(values: Any) -> Any:
    from_native = need("narwhals", "io", f"reading a {type(values).__name__}").from_native
    return from_native(values, series_only=True)


def _vectors(
    values: Any, check: Callable[[Any, str, str], None], label: str, name: str
) -> Iterator[Vector]:
    """Read Arrow's chunks of a column whose type is checked."""
    stream = need("nanoarrow", "io", f"reading a {type(values).__name__}").c_array_stream(values)
    field = schema_of(stream)
    check(field, label, name)
    return (Vector(field, part) for part in stream)


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts or [np.empty(0)])
