"""Numbers: the values of a column, whatever they are kept as, as a numeric array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.clock import seconds


def as_numbers(values: NDArray[Any]) -> NDArray[Any]:
    """Turn a column into numbers, itself where it holds them already.

    Parameters
    ----------
    values : (N,) array
        Numbers or booleans; moments, which become seconds since 1970; or objects that are
        numbers each, such as Decimal, Fraction and None.

    Returns
    -------
    (N,) array of a real dtype

    Raises
    ------
    TypeError
        If a value is no number; the text says what it is.
    """
    kind = values.dtype.kind
    if kind in "biuf":
        return values
    if kind == "M":
        return seconds(values)
    if kind == "O":
        return _each_as_float(values)
    raise TypeError(f"text ({values.dtype})" if kind in "UST" else str(values.dtype))


def _each_as_float(values: NDArray[Any]) -> NDArray[np.float64]:
    """Turn objects into floats, or say which is none; text that could be read is none."""
    wrong = next((value for value in values if isinstance(value, (str, bytes))), None)
    if wrong is None:
        try:
            return values.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            wrong = next(value for value in values if not _is_number(value))
    what = "text" if isinstance(wrong, (str, bytes)) else type(wrong).__name__
    raise TypeError(f"{what}, as {str(wrong)[:40]!r}")


def _is_number(value: Any) -> bool:
    try:
        float(np.nan if value is None else value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
