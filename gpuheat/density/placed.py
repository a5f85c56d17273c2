"""Placed: points in pixel coordinates, reduced to those whose dots can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.dot import Dot
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points
from gpuheat.points.tally import Tally


@dataclass(frozen=True, slots=True)
class Placed:
    """Points on a grid, each so near that its dot may reach it.

    Parameters
    ----------
    column, row : (N,) float64
        Pixel coordinates, y downwards; pixel j covers [j, j + 1).
    weights : (N,) array or None
        What each dot's falloff is multiplied with.
    radii : (N,) float64 or None
        Each dot's own, in pixels; None where all have that of the `Dot`.
    """

    column: NDArray[np.float64]
    row: NDArray[np.float64]
    weights: NDArray[Any] | None
    radii: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.column)

    def whole(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Column and row of each point's own pixel; small enough here for any integer."""
        return np.floor(self.column), np.floor(self.row)


def place(points: Points, grid: Grid, dot: Dot, tally: Tally) -> Placed:
    """Turn points into pixel coordinates and leave out those too far away to be seen.

    Parameters
    ----------
    points : Points
    grid : Grid
    dot : Dot
        What they are to be drawn as.
    tally : Tally
        Its ``outside`` grows by the points beyond the area.
    """
    with np.errstate(over="ignore"):  # 1e308 in world units may well be infinite in pixels
        column, row = grid.from_plane(points.x, points.y)
    weights, radii = measure(points, dot)
    left = top = grid.shift
    right, bottom = grid.width + grid.shift, grid.height + grid.shift
    if len(column) == 0 or (
        column.min() >= left and row.min() >= top and column.max() <= right and row.max() <= bottom
    ):
        return Placed(column, row, weights, radii)
    inside = (column >= left) & (column <= right) & (row >= top) & (row <= bottom)
    tally.add_outside(points.n_own - int(np.count_nonzero(inside[: points.n_own])))
    reach = dot.reach if radii is None else np.floor(radii + 0.5)
    near = (column >= -reach) & (column < grid.width + reach)
    near &= (row >= -reach) & (row < grid.height + reach)
    weights = None if weights is None else weights[near]
    return Placed(column[near], row[near], weights, None if radii is None else radii[near])


def measure(points: Points, dot: Dot) -> tuple[NDArray[Any] | None, NDArray[np.float64] | None]:
    """Return what each dot's falloff is multiplied with, and its radius in pixels.

    Either is None where it is the same for all: 1, and the dot's radius.
    """
    if not dot.varies or points.sizes is None:
        return points.weights, None
    sizes = points.sizes.astype(np.float64)
    if dot.keeps == "peak":
        return points.weights, sizes * dot.radius
    # The integral grows with the square of the size.
    weights = 1.0 if points.weights is None else points.weights
    return weights / np.square(sizes), sizes * dot.radius
