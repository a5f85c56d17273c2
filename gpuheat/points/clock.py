"""Clock: moments, written as text or kept by NumPy, as seconds since 1970."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1)
_MICROSECONDS = 1e6  # in a second

# Date and time; fraction of a second; offset from UTC.
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)([.,]\d+)?\s*(?:Z|([+-])(\d\d):?(\d\d))?", re.IGNORECASE
)


def epoch_seconds(text: str) -> float:
    """Read a moment in ISO 8601, UTC where it names no zone.

    By hand, because `datetime.fromisoformat` reads neither Z nor any fraction before
    Python 3.11.

    Raises
    ------
    ValueError
        If it is none, or names a day that does not exist.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'expected a moment as 2024-05-01T12:00:00Z, got "{text[:40]}"')
    clock, fraction, sign, hours, minutes = found.groups()
    seconds = (datetime.fromisoformat(clock) - _EPOCH).total_seconds()
    if fraction:
        seconds += float(f"0.{fraction[1:]}")
    if sign:
        ahead = 3600.0 * int(hours) + 60.0 * int(minutes)
        seconds -= ahead if sign == "+" else -ahead
    return seconds


def seconds(moments: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Turn NumPy's moments into seconds since 1970, to the microsecond; NaT into NaN."""
    whole = moments.astype("datetime64[us]").astype(np.int64)
    return np.where(np.isnat(moments), np.nan, whole / _MICROSECONDS)
