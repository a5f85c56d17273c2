"""Counts: exact sums of weight per cell, a value that adds up."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.convolve import convolve
from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.errors import FileError, InputError
from gpuheat.geo.area import Area, Grid

_FORMAT = "gpuheat counts 1"


@dataclass(frozen=True, eq=False)
class Counts:
    """How much weight lies in each cell, as whole numbers: exact for any N, split or order.

    Parameters
    ----------
    cells : Cells
    values : (rows, columns) int64
        In ``cells.units`` to a weight of ``cells.step``; row 0 at the top, gutter included.
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
    def empty(cls, cells: Cells | Grid) -> Counts:
        """Return counts of no points. A bare grid counts into its pixels."""
        cells = Cells(cells) if isinstance(cells, Grid) else cells
        return cls(cells, np.zeros(cells.shape, np.int64))

    @property
    def mass(self) -> float:
        """The sum of all weights counted, inside, in the gutter and beyond."""
        units = int(self.values.sum()) + self.beyond
        return units / self.cells.units * self.cells.step

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
        self._check(other)
        return Counts(
            self.cells,
            self.values + other.values,
            self.beyond + other.beyond,
            self.n_points + other.n_points,
        )

    def __sub__(self, other: Counts) -> Counts:
        self._check(other)
        return Counts(
            self.cells,
            self.values - other.values,
            self.beyond - other.beyond,
            self.n_points - other.n_points,
        )

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
        if dot.reach > self.cells.gutter:
            raise InputError(
                f"a dot that reaches {dot.reach} pixels needs as wide a gutter; these counts "
                f"have {self.cells.gutter}; count with the dotsize that will be drawn"
            )
        return Density(convolve(self.values, self.cells, dot), self.cells.grid)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the counts as .npz, for another machine or day."""
        area = self.cells.grid.area
        with open(path, "wb") as stream:
            np.savez_compressed(
                stream,
                format=_FORMAT,
                values=self.values,
                area=np.array([area.xmin, area.ymin, area.xmax, area.ymax]),
                size=np.array([self.cells.grid.width, self.cells.grid.height]),
                cells=np.array([self.cells.fineness, self.cells.gutter]),
                deposit=self.cells.deposit,
                step=self.cells.step,
                beyond=str(self.beyond),
                n_points=str(self.n_points),
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Counts:
        """Read counts that `save` wrote.

        Raises
        ------
        FileError
            If the file is not there, damaged or not of this kind.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["format"]) != _FORMAT:
                    raise ValueError(f"it is {str(stored['format'])[:40]!r}")
                grid = Grid(Area.of(stored["area"]), *(int(side) for side in stored["size"]))
                fineness, gutter = (int(number) for number in stored["cells"])
                deposit: Any = str(stored["deposit"])
                cells = Cells(grid, fineness, gutter, deposit, float(stored["step"]))
                values = stored["values"]
                if values.shape != cells.shape or values.dtype != np.int64:
                    raise ValueError(f"its values are {values.dtype} of shape {values.shape}")
                return cls(cells, values, int(str(stored["beyond"])), int(str(stored["n_points"])))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FileError(
                f"{os.fspath(path)} cannot be read as counts: {error}; "
                "expected a file that Counts.save wrote"
            ) from error

    def _check(self, other: Counts) -> None:
        if not isinstance(other, Counts):
            raise InputError(f"counts add to counts, not to {type(other).__name__}")
        if other.cells != self.cells:
            raise InputError(
                f"these counts lie in different cells: {self.cells} and {other.cells}; "
                "count both with the same size, area, dotsize and weights"
            )
