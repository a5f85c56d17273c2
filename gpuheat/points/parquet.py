"""Parquet: columns of numbers, or a column of points, read by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.points.content import Content
from gpuheat.points.database import (
    Cursor,
    Relation,
    connected,
    escaped,
    need_database,
    quoted,
    reading,
    text,
)
from gpuheat.points.geoparquet import Geometry, find_geometry
from gpuheat.points.relation import RelationTable, Start
from gpuheat.points.spool import Spool
from gpuheat.points.vectors import Vector
from gpuheat.points.wkb import positions


class PointRelation(RelationTable):
    """A relation whose points are in one column; they are called lon and lat, or x and y.

    Other columns of these names are hidden behind them. x and y of an empty geometry are NaN.

    Parameters
    ----------
    label, start, n_rows, kept
        As in `RelationTable`.
    geometry : Geometry
    """

    def __init__(
        self,
        label: str,
        start: Start,
        geometry: Geometry,
        *,
        n_rows: int | None = None,
        kept: object = None,
    ) -> None:
        super().__init__(label, start, n_rows=n_rows, kept=kept)
        self._geometry = geometry
        self.degrees = geometry.degrees
        self._xy = ("lon", "lat") if geometry.degrees else ("x", "y")
        others = (name for name in self.types if name not in (*self._xy, geometry.column))
        self.label_names = tuple(others)
        self.names = (*self._xy, *self.label_names)

    def _cells(self, names: Sequence[str]) -> list[str]:
        column = quoted(self._geometry.column)
        sources = (
            [f"{column}.x", f"{column}.y"] if self._geometry.parted else [f"ST_AsWKB({column})"]
        )
        return [*sources, *map(self._number, self._others(names))]

    def _columns(self, names: Sequence[str], batch: Sequence[Vector]) -> dict[str, NDArray[Any]]:
        others = self._others(names)
        n_sources = len(batch) - len(others)
        found = dict(zip(self._xy, self._positions(batch[:n_sources]), strict=True))
        for name, vector in zip(others, batch[n_sources:], strict=True):
            found[name] = vector.numbers()
        return {name: found[name] for name in names}

    def _others(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name not in self._xy]

    def _positions(self, columns: Sequence[Vector]) -> Sequence[NDArray[Any]]:
        if self._geometry.parted:
            return [column.numbers() for column in columns]
        return positions(columns[0].view, self.label)

    def _like(self, start: Start) -> RelationTable:
        return PointRelation(self.label, start, self._geometry, kept=self._kept)


def parquet_table(content: Content) -> RelationTable:
    """Read a Parquet or GeoParquet file; a stream is kept in a temporary file meanwhile.

    Raises
    ------
    MissingPackageError
        If DuckDB is not installed.
    FileError
        If it is damaged or cut short.
    InputError
        If it holds other geometry than points.
    """
    need_database(f"reading Parquet ({content.label})")
    kept = Spool.of(content)
    path = escaped(kept.path)

    def start(cursor: Cursor) -> Relation:
        return cursor.read_parquet([path])

    with connected() as cursor, reading(content.label):
        geo = _geo(cursor, path)
        n_rows = _n_rows(cursor, path)
    table = RelationTable(content.label, start, n_rows=n_rows, kept=kept)
    geometry = find_geometry(table.types, geo, content.label)
    if geometry is None:
        return table
    return PointRelation(content.label, start, geometry, n_rows=n_rows, kept=kept)


def _n_rows(cursor: Cursor, path: str) -> int:
    found = cursor.execute(f"SELECT num_rows FROM parquet_file_metadata({text(path)})").fetchone()
    return int(found[0])


def _geo(cursor: Cursor, path: str) -> bytes | None:
    """Return the file's "geo" metadata."""
    found = cursor.execute(
        f"SELECT value FROM parquet_kv_metadata({text(path)}) WHERE key = 'geo'::BLOB"
    ).fetchone()
    return None if found is None else bytes(found[0])
