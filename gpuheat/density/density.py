"""Density: the sum of all dots, a value on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.geo.area import Grid


@dataclass(frozen=True, eq=False)
class Density:
    """How dense the points are, pixel by pixel.

    Parameters
    ----------
    values : (height, width) float32
        Sum of weight * falloff; row 0 is at the top.
    grid : Grid
        What its pixels stand for.
    unit : str
        "" where a dot of weight 1 has 1 at its centre; "per km2", "per square unit".
    """

    values: NDArray[np.float32]
    grid: Grid
    unit: str = ""

    def value_at(self, x: float, y: float) -> float:
        """Return the density at a place.

        Parameters
        ----------
        x, y : float
            World units. On a map longitudes go around.

        Returns
        -------
        float
            That of the pixel there; NaN outside the area.
        """
        grid = self.grid
        column, row = grid.to_pixels([grid.turned(x)], [y])
        if grid.projection is not None:
            if not grid.area.ymin <= y <= grid.area.ymax:  # clipped by the projection
                return float("nan")
            row = np.clip(row, 0, grid.height)  # its edge, but for rounding
        # The area's far edges belong to its last pixels.
        if not (0 <= column[0] <= grid.width and 0 <= row[0] <= grid.height):
            return float("nan")
        inner = min(int(row[0]), grid.height - 1), min(int(column[0]), grid.width - 1)
        return float(self.values[inner])

    def __add__(self, other: Density) -> Density:
        return Density(self.values + self._matching(other), self.grid, self.unit)

    def __sub__(self, other: Density) -> Density:
        return Density(self.values - self._matching(other), self.grid, self.unit)

    def __array__(
        self, dtype: np.dtype[np.generic] | None = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        if copy or (dtype is not None and dtype != self.values.dtype):
            return self.values.astype(dtype or self.values.dtype)
        return self.values

    def _matching(self, other: Density) -> NDArray[np.float32]:
        if not isinstance(other, Density):
            raise InputError(f"a density adds to a density, not to {type(other).__name__}")
        if other.grid != self.grid:
            raise InputError(
                f"these densities lie on different grids: {self.grid.width} x {self.grid.height} "
                f"over {self.grid.area} and {other.grid.width} x {other.grid.height} over "
                f"{other.grid.area}; draw both with the same size and area"
            )
        if other.unit != self.unit:
            raise InputError(
                f"these densities have different units: {self.unit!r} and {other.unit!r}; "
                "draw both with the same normalize"
            )
        return other.values
