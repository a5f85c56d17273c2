"""Places: where lone dots are drawn, each place once, with the weight of all its points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import FRACTIONS

# Steps of a place to those of a bilinear deposit: 1/64 of a cell. Points nearer to each other
# are one place, in their midst; that is known to so many parts of a step.
FINER, PARTS = 4, 256


@dataclass(frozen=True, eq=False)
class Places:
    """Distinct positions.

    Parameters
    ----------
    at : (N, 2) int64
        x and y in 1/64 of a cell, cut off, from the picture's upper left corner.
    rest : (N, 2) float64
        What was cut off.
    steps : (N,) int64
        The weight there, in steps.
    n_points : int
        How many points there are, all places together.
    """

    at: NDArray[np.int64]
    rest: NDArray[np.float64]
    steps: NDArray[np.int64]
    n_points: int

    @property
    def counted(self) -> NDArray[np.int64]:
        """As bilinear counting knows them: rounded to 1/16 of a cell."""
        return (self.at + FINER // 2) // FINER

    def pixels(self, fineness: int) -> NDArray[np.float64]:
        """In pixels, of so many cells to a side."""
        return (self.at + self.rest) / (FINER * FRACTIONS * fineness)
