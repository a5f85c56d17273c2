"""Geometry: the points of geopandas, which keep x and y in one column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.extras import need
from gpuheat.points.table import Table, labeled_chunks, parts

_POINT, _NONE = 0, -1  # shapely's numbers for types of geometry


class GeometryTable:
    """The coordinates of points, and the frame's other columns.

    A missing or empty point is a row whose x and y are missing.

    Parameters
    ----------
    geometry : geopandas.GeoSeries
    rest : Table, optional
        The other columns. One called as the coordinates are gives way to them.
    label : str
        How messages name it.

    Attributes
    ----------
    degrees : bool
        Whether its CRS is geographic: the coordinates are called lon and lat then, else x, y.
    """

    rereadable = True

    def __init__(self, geometry: Any, rest: Table | None = None, label: str = "points") -> None:
        self.label, self._rest = label, rest
        self.degrees = geometry.crs is not None and bool(geometry.crs.is_geographic)
        self._axes = ("lon", "lat") if self.degrees else ("x", "y")
        others = rest.names if rest is not None else ()
        self.names = self._axes + tuple(
            name for name in others if name not in (*self._axes, geometry.name)
        )
        self.label_names = tuple(name for name in self.names if name not in self._axes)
        self.n_rows: int | None = len(geometry)
        self._geometry = np.asarray(geometry.array)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns."""
        others = [name for name in names if name not in self._axes]
        rest = self._rest.chunks(others) if self._rest is not None and others else repeat({})
        for columns, _ in self._joined(names, ((part, None) for part in rest)):
            yield columns

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels, of those beside the geometry."""
        others = [name for name in names if name not in self._axes]
        if self._rest is not None:
            yield from self._joined(names, labeled_chunks(self._rest, others, by))

    def _joined(
        self, names: Sequence[str], rest: Iterator[tuple[Any, Any]]
    ) -> Iterator[tuple[Any, Any]]:
        """Lay the coordinates beside chunks of the other columns."""
        for rows in parts(self.n_rows):
            others, labels = next(rest)
            columns = dict(zip(self._axes, self._coordinates(rows), strict=True)) | others
            yield {name: columns[name] for name in names}, labels

    def _coordinates(self, rows: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of a chunk, which must be of points."""
        shapely = need("shapely", "io", "reading geometry")
        part = self._geometry[rows]
        types = shapely.get_type_id(part)
        wrong = np.flatnonzero((types != _POINT) & (types != _NONE))
        if len(wrong):
            raise InputError(
                f"{self.label}, row {rows.start + wrong[0]}: the geometry is a "
                f"{part[wrong[0]].geom_type}, expected points only; leave the others out, or take "
                "points of them: .explode() for MultiPoint, .representative_point() for the rest"
            )
        return shapely.get_x(part), shapely.get_y(part)
