"""Positions: where points lie among cells, in steps of 1/16 cell for bilinear deposits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import FRACTIONS, Cells

# Positions begin one cell before the first, so that none that matters is negative: a cast to
# integer cuts towards zero.
SHIFT = 1


@dataclass(frozen=True, slots=True)
class Positions:
    """From the plane to positions: ``(point - origin) * scale + offset``, in float64, so ordered.

    The part before the point is then cut off. Whoever does this, on the host or in a shader,
    gets the same bits. x comes first, and positions grow downwards as rows do.

    Parameters
    ----------
    fraction_bits : int
        A cell is ``2 ** fraction_bits`` positions wide.
    origin : (float, float), units of the grid's plane
    scale : (float, float)
        Positions to such a unit.
    offset : float
        The position of the area's upper left corner, in x as in y.
    shown_end : (float, float)
        Where the area ends: the last position that is shown.
    first : int
        The first position that belongs to our cells, in x as in y.
    end : (int, int)
        The first position behind those whose cell, and right or lower neighbour, is ours.
    """

    fraction_bits: int
    origin: tuple[float, float]
    scale: tuple[float, float]
    offset: float
    shown_end: tuple[float, float]
    first: int
    end: tuple[int, int]

    @classmethod
    def of(cls, cells: Cells) -> Positions:
        """Lay positions over cells."""
        grid, s = cells.grid, cells.fineness
        rows, columns = cells.shape
        plane = grid.plane
        bilinear = cells.deposit == "bilinear"
        parts = FRACTIONS if bilinear else 1
        # A bilinear node is its cell's centre, half a cell in; a half more rounds to the
        # nearest fraction.
        corner = (cells.gutter * s + SHIFT) * parts
        offset = corner - parts // 2 + 0.5 if bilinear else float(corner)
        offset += grid.shift * s * parts
        return cls(
            fraction_bits=parts.bit_length() - 1,
            origin=(plane.xmin, plane.ymax),
            scale=(
                grid.width / plane.width * (s * parts),
                -grid.height / plane.height * (s * parts),
            ),
            offset=offset,
            shown_end=(offset + grid.width * s * parts, offset + grid.height * s * parts),
            first=SHIFT * parts,
            end=((columns - bilinear + SHIFT) * parts, (rows - bilinear + SHIFT) * parts),
        )

    def place(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Turn coordinates on the plane into positions, (N, 2), not yet cut off."""
        positions = np.empty((len(x), 2))
        with np.errstate(over="ignore", invalid="ignore"):  # 1e308 in cells may be infinite
            for axis, column in enumerate((x, y)):
                np.subtract(column, self.origin[axis], out=positions[:, axis], dtype=np.float64)
                positions[:, axis] *= self.scale[axis]
            positions += self.offset
        return positions


def side_by_side(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any] | None:
    """Return x and y as one array x0, y0, x1, ... where they lie so in memory."""
    size = x.itemsize
    if (
        x.dtype != y.dtype
        or not x.dtype.isnative
        or x.strides != (2 * size,)
        or y.strides != (2 * size,)
        or y.ctypes.data - x.ctypes.data != size
    ):
        return None
    return np.lib.stride_tricks.as_strided(x, (2 * len(x),), (size,))


def whole_steps(weights: NDArray[Any], step: float) -> NDArray[np.int64]:
    """Turn weights into whole steps, rounded to the nearest; with no float where both are whole."""
    if step == 1.0 and weights.dtype.kind in "biu":
        return weights.astype(np.int64)
    # In float64: a float16 has no room for small steps.
    steps = np.divide(weights, step, dtype=np.float64)
    whole: NDArray[np.int64] = np.rint(steps, out=steps).astype(np.int64)
    return whole
