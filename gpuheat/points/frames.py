"""Frames: which reader a data frame, an Arrow stream or a labeled array is for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import ColumnError, InputError
from gpuheat.points.arrays import ArrayTable
from gpuheat.points.arrow import ArrowTable
from gpuheat.points.dataset import DatasetTable
from gpuheat.points.eager import EagerTable
from gpuheat.points.extras import need
from gpuheat.points.geometry import GeometryTable
from gpuheat.points.lazy import LazyTable
from gpuheat.points.table import Table

# What the types of frames and streams of them have, whoever wrote them.
_PROTOCOLS = (
    "__arrow_c_stream__",
    "__arrow_c_array__",
    "__dataframe__",
    "__narwhals_dataframe__",
    "__narwhals_lazyframe__",
)
# Whose frames, lazy or old, have none of these.
_PACKAGES = {"pandas", "polars", "duckdb", "dask", "ibis", "modin", "pyspark"}


def is_frame(given: Any) -> bool:
    """Tell whether something holds named columns in its own library's way.

    By its type alone: attributes of an object may be its columns, and nothing is imported.
    """
    kind = type(given)
    packages = _packages(kind)
    if "xarray" in packages:
        return hasattr(kind, "coords")
    if "geopandas" in packages:
        return hasattr(kind, "geometry")
    tabular = hasattr(kind, "columns")
    if not tabular and (hasattr(kind, "dtype") or hasattr(kind, "type")):  # a single column
        return False
    if any(hasattr(kind, name) for name in _PROTOCOLS):
        return True
    return tabular and bool(packages & _PACKAGES)


def open_frame(given: Any, label: str = "points") -> Table:
    """Make a table of a frame, by its library's name for columns and batches.

    Raises
    ------
    MissingPackageError
        If what reads it is not installed.
    InputError
        If it has no plain columns.
    """
    kind = type(given)
    packages = _packages(kind)
    if "xarray" in packages:
        return _open_labeled(given, label)
    if "geopandas" in packages:
        geometry = getattr(given, "geometry", None)
        if geometry is not None:
            return GeometryTable(geometry, _rest(given, geometry, label), label)
    plain = "pyarrow" in packages or not hasattr(kind, "columns")
    if plain and hasattr(kind, "__arrow_c_stream__"):
        return ArrowTable(given, label)
    return _open_columns(given, label)


def _open_columns(given: Any, label: str) -> Table:
    """Open what narwhals knows, and else what Arrow does."""
    narwhals = need("narwhals", "io", f"reading a {type(given).__name__}")
    try:
        frame = narwhals.from_native(given, pass_through=True)
    except narwhals.exceptions.DuplicateError:
        raise ColumnError(_twice(given, label)) from None
    if isinstance(frame, narwhals.LazyFrame):
        return LazyTable(frame, label)
    if isinstance(frame, narwhals.DataFrame):
        if any(isinstance(name, tuple) for name in frame.columns):
            raise InputError(
                f"{label} has columns of several levels (a MultiIndex), as {frame.columns[0]}; "
                'flatten them: df.columns = ["_".join(map(str, name)) for name in df.columns]'
            )
        if len(frame.columns) and frame.columns == list(range(len(frame.columns))):
            return ArrayTable.of(np.asarray(given), label)  # pandas' numbers for want of names
        return EagerTable(frame, label)
    if hasattr(type(given), "__arrow_c_stream__"):
        return ArrowTable(given, label)
    raise InputError(
        f"{label} is a {type(given).__module__}.{type(given).__name__}, of which no columns can "
        "be read; give a pandas, polars or Arrow table of it"
    )


def _open_labeled(given: Any, label: str) -> Table:
    """Open an xarray Dataset or DataArray; one without coordinates is a plain array."""
    if hasattr(given, "data_vars"):
        return DatasetTable(given, label)
    if not len(given.coords):
        values: NDArray[Any] = np.asarray(given)
        return ArrayTable.of(values, label)
    name = "values" if given.name is None else given.name
    return DatasetTable(given.to_dataset(name=name), label)


def _rest(given: Any, geometry: Any, label: str) -> Table | None:
    """Open the columns of a GeoDataFrame beside its geometry."""
    if given is geometry or not hasattr(given, "columns") or len(given.columns) < 2:
        return None
    return _open_columns(given, label)


def _twice(given: Any, label: str) -> str:
    names = [str(name) for name in getattr(given, "column_names", given.columns)]
    twice = next((name for name in names if names.count(name) > 1), "?")
    return (
        f'{label}: {names.count(twice)} columns are called "{twice}"; '
        "give each column a name of its own"
    )


def _packages(kind: type) -> set[str]:
    """Return the packages that a type and those it is made of come from."""
    return {each.__module__.partition(".")[0] for each in kind.__mro__}
