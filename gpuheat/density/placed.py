"""Placed: points in pixel coordinates, reduced to those whose dots can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.geo.area import Grid
from gpuheat.points.points import Points
from gpuheat.points.tally import Tally


@dataclass(frozen=True, slots=True)
class Placed:
    """Points on a grid, each within `reach` pixels of it.

    Parameters
    ----------
    column, row : (N,) float64
        Pixel coordinates, y downwards; pixel j covers [j, j + 1).
    weights : (N,) array or None
    """

    column: NDArray[np.float64]
    row: NDArray[np.float64]
    weights: NDArray[Any] | None

    def __len__(self) -> int:
        return len(self.column)

    def whole(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Column and row of each point's own pixel; small enough here for any integer."""
        return np.floor(self.column), np.floor(self.row)


def place(points: Points, grid: Grid, reach: int, tally: Tally) -> Placed:
    """Turn points into pixel coordinates and leave out those too far away to be seen.

    Parameters
    ----------
    points : Points
    grid : Grid
    reach : int
        How many pixels beyond its own a dot reaches (`Dot.reach`).
    tally : Tally
        Its ``outside`` grows by the points beyond the area.
    """
    with np.errstate(over="ignore"):  # 1e308 in world units may well be infinite in pixels
        column, row = grid.to_pixels(points.x, points.y)
    left = top = grid.shift
    right, bottom = grid.width + grid.shift, grid.height + grid.shift
    if len(column) == 0 or (
        column.min() >= left and row.min() >= top and column.max() <= right and row.max() <= bottom
    ):
        return Placed(column, row, points.weights)
    inside = (column >= left) & (column <= right) & (row >= top) & (row <= bottom)
    tally.add_outside(len(column) - int(np.count_nonzero(inside)))
    near = (column >= -reach) & (column < grid.width + reach)
    near &= (row >= -reach) & (row < grid.height + reach)
    weights = None if points.weights is None else points.weights[near]
    return Placed(column[near], row[near], weights)
