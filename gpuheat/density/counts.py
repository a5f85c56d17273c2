"""Counts: exact sums of weight per cell, a value that adds up."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells, cells_for
from gpuheat.density.convolve import convolve
from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.errors import FileError, InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.geo.projection import check_projection

_FORMAT, _PROJECTED = "gpuheat counts 1", "gpuheat counts 2"


@dataclass(frozen=True, eq=False)
class Counts:
    """How much weight lies in each cell, as whole numbers: exact for any N, split or order.

    Parameters
    ----------
    cells : Cells
    values : (rows, columns) int64
        In ``cells.units`` to a weight of ``cells.step``; row 0 at the top, gutter included.
        (On their way to a convolution they may still be int32: `count_source`'s passing.)
    beyond : int
        The sum, in the same units, of what lies outside the gutter: the border cell.
    n_points : int
        How many points were counted, those beyond included.
    """

    cells: Cells
    values: NDArray[np.int64]
    beyond: int = 0
    n_points: int = 0

    @classmethod
    def empty(
        cls,
        cells: Cells | Grid,
        dot: Dot | float = 40,
        falloff: str | Callable[[Any], Any] = "gaussian",
    ) -> Counts:
        """Return counts of no points.

        Parameters
        ----------
        cells : Cells or Grid
            A grid gets the cells that `gpuheat.count` makes for the dot, for points without
            weights.
        dot, falloff
            As in `density`; not used where cells are given.
        """
        if isinstance(cells, Grid):
            cells = cells_for(cells, dot if isinstance(dot, Dot) else Dot.of(dot, falloff))
        return cls(cells, np.zeros(cells.shape, np.int64))

    @property
    def mass(self) -> float:
        """The sum of all weights counted, inside, in the gutter and beyond."""
        if self.values.dtype == np.int32:  # only on the way to a convolution
            units = int(self.values.sum(dtype=np.int64)) + self.beyond
        else:  # in two halves: each cell's sum fits into 64 bits, that of all cells may not
            upper, lower = int((self.values >> 32).sum()), int((self.values & 0xFFFFFFFF).sum())
            units = (upper << 32) + lower + self.beyond
        return units / self.cells.units * self.cells.step

    @property
    def mean(self) -> float:
        """What a point weighs, in the mean; 1 where there is none."""
        return self.mass / self.n_points if self.n_points else 1.0

    def add(self, points: Any) -> Counts:
        """Return these counts and those of more points.

        Parameters
        ----------
        points : anything `gpuheat.render` takes
            Counted on the host into the same cells.
        """
        # Here, since counting is what makes Counts: the import would be a circle at the top.
        from gpuheat.density.count_host import count_source

        return self + count_source(points, self.cells)

    def __add__(self, other: Counts) -> Counts:
        return self._combined(other, 1)

    def __sub__(self, other: Counts) -> Counts:
        return self._combined(other, -1)

    def density(
        self, dot: Dot | float = 40, falloff: str | Callable[[Any], Any] = "gaussian"
    ) -> Density:
        """Convolve with a dot.

        Parameters
        ----------
        dot : float or Dot
            The dotsize in pixels. Not wider than the gutter, else dots beyond it would be
            missing at the edges.
        falloff : str or callable
            As in `gpuheat.render`.

        Raises
        ------
        InputError
            If the dot reaches further than the gutter.
        """
        dot = dot if isinstance(dot, Dot) else Dot.of(dot, falloff)
        if dot.varies:
            raise InputError("counts are drawn with one dot for all; give its size in pixels")
        if dot.reach > self.cells.gutter:
            raise InputError(
                f"a dot that reaches {dot.reach} pixels needs as wide a gutter; these counts "
                f"have {self.cells.gutter}; count with the dotsize that will be drawn"
            )
        return Density(convolve(self.values, self.cells, dot, self.mean), self.cells.grid)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the counts as .npz, for another machine or day.

        Raises
        ------
        FileError
            If the file cannot be written.
        """
        area, projection = self.cells.grid.area, self.cells.grid.projection
        try:
            with open(path, "wb") as stream:
                np.savez_compressed(
                    stream,
                    format=_PROJECTED if projection else _FORMAT,
                    projection=projection or "none",
                    values=self.values,
                    area=np.array([area.xmin, area.ymin, area.xmax, area.ymax]),
                    size=np.array([self.cells.grid.width, self.cells.grid.height]),
                    shift=self.cells.grid.shift,
                    cells=np.array([self.cells.fineness, self.cells.gutter]),
                    deposit=self.cells.deposit,
                    step=self.cells.step,
                    beyond=str(self.beyond),
                    n_points=str(self.n_points),
                )
        except OSError as error:
            raise FileError(f"{os.fspath(path)} cannot be written: {error.strerror}") from error

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Counts:
        """Read counts that `save` wrote.

        Raises
        ------
        FileError
            If the file is not there, damaged or not of this kind.
        """
        try:
            with open(path, "rb") as stream:
                return cls._stored(np.load(stream, allow_pickle=False))
        except Exception as error:  # what a damaged archive raises is anybody's guess
            raise FileError(
                f"{os.fspath(path)} cannot be read as counts: {error}; "
                "expected a file that Counts.save wrote"
            ) from error

    @classmethod
    def _stored(cls, stored: Any) -> Counts:
        """Make counts of a file's content, checked."""
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        if str(stored["format"]) not in (_FORMAT, _PROJECTED):
            raise ValueError(f"it is {str(stored['format'])[:40]!r}")
        width, height = stored["size"].tolist()
        fineness, gutter = stored["cells"].tolist()
        projection = check_projection(str(stored["projection"]) if "projection" in stored else None)
        grid = Grid.of(Area.of(stored["area"]), (width, height), projection)
        grid = replace(grid, shift=float(stored["shift"]))
        deposit: Any = str(stored["deposit"])
        cells = Cells(grid, fineness, gutter, deposit, float(stored["step"]))
        values = stored["values"]
        if values.shape != cells.shape or values.dtype != np.int64:
            raise ValueError(f"its values are {values.dtype} of shape {values.shape}")
        return cls(cells, values, int(str(stored["beyond"])), int(str(stored["n_points"])))

    def _combined(self, other: Counts, sign: int) -> Counts:
        """Add counts, or take them off where the sign is -1."""
        self._check(other)
        theirs = other.values if sign > 0 else -other.values
        values = self.values + theirs
        # Where two numbers of one sign make one of the other, 64 bits have overflowed.
        if (((values ^ self.values) & (values ^ theirs)) < 0).any():
            most = 2.0**63 / self.cells.units * self.cells.step
            raise InputError(
                f"a cell of these counts would hold more weight than 64 bits hold ({most:.3g}); "
                "divide the weights by a constant"
            )
        return Counts(
            self.cells,
            values,
            self.beyond + sign * other.beyond,
            self.n_points + sign * other.n_points,
        )

    def _check(self, other: Counts) -> None:
        if not isinstance(other, Counts):
            raise InputError(f"counts add to counts, not to {type(other).__name__}")
        if other.cells != self.cells:
            raise InputError(
                f"these counts lie in different cells: {self.cells} and {other.cells}; "
                "count both with the same size, area, dotsize and weights"
            )
