"""Labels: the values of a column as categories, text or numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import ColumnError


def as_labels(values: NDArray[Any]) -> NDArray[Any]:
    """Turn a column into labels, itself but for moments.

    Parameters
    ----------
    values : (N,) array

    Returns
    -------
    (N,) array
        A moment is written as ISO 8601, as short as it can be: 2024-05-01, 2024-05-01T12:30.
        A missing one is None.
    """
    if values.dtype.kind != "M":
        return values
    labels = np.full(len(values), None, object)
    distinct, each = np.unique(values, return_inverse=True)
    # One by one: written together they would all be as long as the longest.
    written = [
        None if np.isnat(one) else str(np.datetime_as_string(one, "auto")) for one in distinct
    ]
    labels[:] = np.array(written, object)[each.reshape(values.shape)]
    return labels


def not_labels(given: str, label: str, name: str) -> ColumnError:
    """Build the error for a column that holds no labels: where, what was given, what to do."""
    return ColumnError(
        f'{label}, column "{name}": expected text or numbers that name categories, got {given}; '
        "convert it first, or take another column"
    )
