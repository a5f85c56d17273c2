"""Series: a column of a data frame, of whatever library, as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.columns import not_numbers
from gpuheat.points.extras import need
from gpuheat.points.numbers import as_numbers, with_missing
from gpuheat.points.vectors import check_field, numbers

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
            numbers = as_numbers(values, present)
        except TypeError as error:
            raise not_numbers(f"{self._type} ({error})", self._label, self._name) from None
        if present is None:
            return numbers
        return with_missing(numbers.astype(np.float64, copy=False), present)


def _narrowed(series: Any) -> Any:
    """Round integers too wide for NumPy to float64."""
    from narwhals import Float64

    return series.cast(Float64)


def column_of(values: Any, label: str, name: str) -> NDArray[Any]:
    """Make an array of one column that is given by itself: a list, an array, a series.

    Raises
    ------
    ColumnError
        If a series holds no numbers.
    """
    kind = type(values)
    streams = hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__")
    if not streams or kind.__module__.startswith("xarray."):
        return np.asarray(values)
    if hasattr(kind, "dtype"):  # pandas, polars
        from_native = need("narwhals", "io", f"reading a {kind.__name__}").from_native
        return Series(from_native(values, series_only=True), label, name).numbers(slice(None))
    nanoarrow = need("nanoarrow", "io", f"reading a {kind.__name__}")
    stream = nanoarrow.ArrayStream(values)
    check_field(stream.schema, label, name)
    parts = [numbers(nanoarrow.c_array(part).view(), stream.schema) for part in stream]
    return parts[0] if len(parts) == 1 else np.concatenate(parts or [np.empty(0)])
