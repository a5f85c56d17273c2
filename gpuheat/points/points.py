"""Points: a chunk of positions and weights that has passed the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Points:
    """N points whose coordinates and weights are all finite.

    Parameters
    ----------
    x, y : (N,) array, world units; any real dtype, possibly strided
    weights : (N,) array or None
        Mass of each point, of any sign; None stands for 1 each.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    weights: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.x)

    @classmethod
    def checked(
        cls, x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None = None
    ) -> Points:
        """Make points of columns, leaving out rows that hold a NaN or an infinity."""
        columns = [column for column in (x, y, weights) if column is not None]
        if all(_all_finite(column) for column in columns):
            return cls(x, y, weights)
        keep = np.logical_and.reduce([np.isfinite(column) for column in columns])
        return cls(x[keep], y[keep], None if weights is None else weights[keep])


def _all_finite(column: NDArray[Any]) -> bool:
    """Tell whether a column holds no NaN or infinity, mostly by one sum.

    A sum of finite numbers is finite unless it overflows, and one that is not finite
    everywhere is not finite: only then each number is looked at.
    """
    if column.dtype.kind not in "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        total = column.sum()
    return bool(np.isfinite(total) or np.isfinite(column).all())
