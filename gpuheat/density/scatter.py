"""Scatter: add values into cells by index, the innermost loop of counting on the host."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# scatter(sums, cells, values): sums[cells] += values, repeated cells included. Sums and
# values have one integer dtype, cells are int32 or int64.
Scatter = Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], None]


@cache
def has_scipy() -> bool:
    """Tell whether SciPy is installed; it is imported only where it is used."""
    return importlib.util.find_spec("scipy") is not None


@cache
def scatter() -> Scatter:
    """Return the fastest way there is on this machine."""
    if has_scipy():
        with_scipy = _with_scipy()
        if with_scipy is not None:
            return with_scipy
    return np.add.at


@lru_cache(maxsize=4)
def _zeros(n: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """All cells are in one row, number 0; the batches are nearly all of one size."""
    return np.zeros(n, dtype)


def _with_scipy() -> Scatter | None:
    """Use the loop behind ``coo_array.toarray``, which the public call hides behind a copy.

    It is four times faster than ``numpy.add.at`` and lets other threads run. It is not
    SciPy's public face, so it is tried first: a release that changes it costs speed alone.
    """
    try:
        from scipy.sparse import _sparsetools

        add: Any = _sparsetools.coo_todense
    except (ImportError, AttributeError):
        return None

    def with_scipy(sums: NDArray[Any], cells: NDArray[Any], values: NDArray[Any]) -> None:
        rows = _zeros(len(cells), cells.dtype)
        add(1, len(sums), len(cells), rows, cells, values, sums, 0)

    for dtype in (np.int32, np.int64):
        tried = np.zeros(3, dtype)
        try:
            with_scipy(tried, np.array([2, 0, 2], np.int32), np.array([1, 2, 3], dtype))
        except Exception:
            return None
        if tried.tolist() != [2, 0, 4]:
            return None
    return with_scipy
