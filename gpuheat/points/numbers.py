"""Numbers: the values of a column, whatever they are kept as, as a numeric array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.clock import seconds


def as_numbers(values: NDArray[Any], present: NDArray[np.bool_] | None = None) -> NDArray[Any]:
    """Turn a column into numbers, itself where it holds them already.

    Parameters
    ----------
    values : (N,) array
        Numbers or booleans; moments, which become seconds since 1970; or objects that are
        numbers each, such as Decimal, Fraction and None.
    present : (N,) array of bool, optional
        Which of the values count. What the others are is not looked at.

    Returns
    -------
    (N,) array of a real dtype

    Raises
    ------
    TypeError, ValueError, OverflowError
        If a value is no number.
    """
    if values.dtype.kind in "biuf":
        return values
    if values.dtype.kind == "M":
        return seconds(values)
    if values.dtype.kind != "O":
        raise TypeError(f"it holds {values.dtype}")
    counted = values if present is None else values[present]
    text = next((value for value in counted if isinstance(value, (str, bytes))), None)
    if text is not None:
        raise TypeError(f"it holds text, as {str(text)[:40]!r}")
    numbers = counted.astype(np.float64)
    if present is None:
        return numbers
    spread = np.full(len(values), np.nan)
    spread[present] = numbers
    return spread


def with_missing(values: NDArray[Any], present: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a copy with NaN where no value is present; of floats, if it was not before."""
    dtype = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    spread = values.astype(dtype)
    spread[~present] = np.nan
    return spread
