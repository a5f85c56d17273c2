"""GeoParquet: which column of a Parquet file holds its points, and in which units."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gpuheat.errors import FileError
from gpuheat.points.wkb import not_points

# What GeoParquet takes for granted where it names no reference system: degrees.
_DEFAULT_CRS = "OGC:CRS84"
_DEGREES = ("CRS84", "4326")


@dataclass(frozen=True)
class Geometry:
    """A column of points.

    Attributes
    ----------
    column : str
    degrees : bool
        Whether x, y are lon, lat.
    parted : bool
        Whether x and y are fields of a struct; else it is WKB.
    """

    column: str
    degrees: bool
    parted: bool = False


def find_geometry(types: Mapping[str, Any], geo: bytes | None, label: str) -> Geometry | None:
    """Find a table's column of points.

    Parameters
    ----------
    types : mapping
        The DuckDB types of its columns.
    geo : bytes or None
        The "geo" entry of the file's metadata: GeoParquet has one, Parquet's own geometry
        columns do without.
    label : str
        How messages name the table.

    Returns
    -------
    Geometry or None

    Raises
    ------
    InputError
        If the metadata say that there is other geometry than points.
    FileError
        If the metadata cannot be read.
    """
    if geo is None:
        for name, kind in types.items():
            if kind.id == "geometry":
                return Geometry(name, _is_degrees(_crs_of_type(str(kind))))
        return None
    try:
        meta = json.loads(geo)
        column = meta["primary_column"]
        told = meta["columns"][column]
        kinds = {kind.removesuffix("M").removesuffix("Z").strip() for kind in _kinds(told)}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f'{label}: its "geo" metadata are no GeoParquet\'s ({error!r}); write it again'
        ) from error
    if column not in types:
        raise FileError(f'{label} lacks the column "{column}", which its "geo" metadata name')
    if kinds - {"Point"}:
        raise not_points(sorted(kinds), label)
    degrees = _is_degrees(told.get("crs", _DEFAULT_CRS))
    return Geometry(column, degrees, parted=types[column].id == "struct")


def _kinds(told: Mapping[str, Any]) -> list[str]:
    """List the kinds of geometry there are; empty where they are not told."""
    kinds = told.get("geometry_types", told.get("geometry_type", []))
    return [kinds] if isinstance(kinds, str) and kinds != "Unknown" else list(kinds or [])


def _is_degrees(crs: object) -> bool:
    """Say whether coordinates are longitude and latitude; GeoParquet's x is always east."""
    if isinstance(crs, Mapping):
        return crs.get("type") == "GeographicCRS"
    return isinstance(crs, str) and crs.upper().endswith(_DEGREES)


def _crs_of_type(kind: str) -> object:
    """Return what stands in a type such as GEOMETRY('OGC:CRS84')."""
    crs = kind.partition("('")[2].removesuffix("')").replace("''", "'")
    if not crs.startswith("{"):
        return crs
    try:
        return json.loads(crs)
    except ValueError:
        return None
