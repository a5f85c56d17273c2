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
    sizes : (N,) array or None
        How large each point's dot is, in multiples of `Dot.radius`; None stands for 1 each.
    n_copies : int
        So many of the last rows are copies of others, a turn of the earth away: they are drawn,
        and are no points of their own.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    weights: NDArray[Any] | None = None
    sizes: NDArray[Any] | None = None
    n_copies: int = 0

    def __len__(self) -> int:
        return len(self.x)

    @classmethod
    def checked(
        cls,
        x: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[Any] | None = None,
        sizes: NDArray[Any] | None = None,
    ) -> Points:
        """Make points of columns, leaving out rows that hold a NaN or an infinity."""
        columns = [column for column in (x, y, weights, sizes) if column is not None]
        points = cls(x, y, weights, sizes)
        if all(_all_finite(column) for column in columns):
            return points
        return points.rows(np.logical_and.reduce([np.isfinite(column) for column in columns]))

    def rows(self, chosen: NDArray[Any] | slice) -> Points:
        """Return some of the points, as an index of arrays chooses them; none is a copy."""
        return Points(
            self.x[chosen],
            self.y[chosen],
            None if self.weights is None else self.weights[chosen],
            None if self.sizes is None else self.sizes[chosen],
        )

    @property
    def n_own(self) -> int:
        """How many rows are points of their own."""
        return len(self.x) - self.n_copies


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
