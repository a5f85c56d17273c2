"""Cells: what points are counted into, a grid with a gutter, maybe finer than pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuheat.density.dot import Dot
from gpuheat.errors import InputError
from gpuheat.geo.area import Grid

Deposit = Literal["nearest", "bilinear"]

# A bilinear deposit splits a point over four cells in steps of 1/16 of a cell each way:
# sharper fractions change no pixel by a level (benchmarks/accuracy.py). Its four parts are
# whole multiples of 1/256.
FRACTIONS = 16
# Weights of a float type are held in whole multiples of this, unless told otherwise.
FLOAT_STEP = 2.0**-16

# Cells to a pixel's side, by the smallest dotsize they are right for: the darkness at a dot's
# rim is then within a level or so of the truth. Below the last one, counting is not exact
# enough to be chosen. (benchmarks/accuracy.py)
FINENESS = ((85.0, 1), (45.0, 2), (30.0, 3), (24.0, 4), (16.0, 6))
_FINEST = 8
# From this dotsize up a count that was asked for keeps the promise; below it warns.
COUNT_FROM = 32.0


@dataclass(frozen=True, slots=True)
class Cells:
    """How points are counted; made once, and sent along with the work.

    Two counts can be added if, and only if, their cells are equal.

    Parameters
    ----------
    grid : Grid
        The pixels.
    fineness : int
        Cells to a pixel's side.
    gutter : int
        Pixels beyond each edge that are counted too: dots out there reach in.
    deposit : "nearest" or "bilinear"
        Whether a point goes into its own cell, or is split over the four cells whose
        centres are nearest.
    step : float
        What one unit of weight stands for; 1 where points have no weights.
    """

    grid: Grid
    fineness: int = 1
    gutter: int = 0
    deposit: Deposit = "bilinear"
    step: float = 1.0

    def __post_init__(self) -> None:
        if self.deposit not in ("nearest", "bilinear"):
            raise InputError(f'deposit is {self.deposit!r}; give "nearest" or "bilinear"')
        if self.fineness < 1 or self.gutter < 0 or not self.step > 0:
            raise InputError(
                f"cells of fineness {self.fineness}, gutter {self.gutter}, step {self.step}; "
                "expected a fineness of 1 or more, a gutter of 0 or more and a positive step"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of cells, gutter included."""
        rows, columns = self.grid.shape
        return (
            (rows + 2 * self.gutter) * self.fineness,
            (columns + 2 * self.gutter) * self.fineness,
        )

    @property
    def units(self) -> int:
        """Into how many parts a weight of one step is split."""
        return FRACTIONS * FRACTIONS if self.deposit == "bilinear" else 1


def cells_for(grid: Grid, dot: Dot, *, step: float = 1.0) -> Cells:
    """Return the cells that a dot's points are counted into: they depend on no point."""
    fineness = next((cells for dotsize, cells in FINENESS if dot.dotsize >= dotsize), _FINEST)
    # One more pixel than the dot reaches: a bilinear deposit looks one cell further.
    return Cells(grid, fineness, dot.reach + 1, "bilinear", step)
