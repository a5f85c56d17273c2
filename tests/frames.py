"""The same table in every library's way: what a reader must give back is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import duckdb
import geopandas
import nanoarrow
import narwhals
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import xarray as xr
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]


class OnlyAStream:
    """Nothing but Arrow's protocol, as a library unknown to all may have it."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def geo(columns: Columns, crs: object = None) -> geopandas.GeoDataFrame:
    """Put x and y into a geometry."""
    rest = {name: column for name, column in columns.items() if name not in ("x", "y")}
    points = geopandas.points_from_xy(columns["x"], columns["y"], crs=crs)
    return geopandas.GeoDataFrame(rest, geometry=points)


def batches(columns: Columns) -> list[pa.RecordBatch]:
    """Cut a table into batches of unequal length, one of them empty."""
    table = pa.table(dict(columns))
    cuts = [0, 1, 1, table.num_rows // 2, table.num_rows]
    parts = [table.slice(a, b - a) for a, b in pairwise(cuts)]
    return [batch for part in parts for batch in part.combine_chunks().to_batches()]


def relation(columns: Columns) -> duckdb.DuckDBPyRelation:
    """Make a query of DuckDB's on a connection of its own."""
    table = pa.table(dict(columns))
    return duckdb.connect().from_arrow(table)


def labeled(columns: Columns) -> xr.Dataset:
    return xr.Dataset({name: ("row", column) for name, column in columns.items()})


# Can be read again: in memory, or a query.
TABLES: dict[str, Callable[[Columns], Any]] = {
    "dict of lists": lambda c: {name: column.tolist() for name, column in c.items()},
    "dict of arrays": dict,
    "dict of pandas Series": lambda c: {name: pd.Series(column) for name, column in c.items()},
    "dict of polars Series": lambda c: {name: pl.Series(column) for name, column in c.items()},
    "dict of ChunkedArrays": lambda c: {
        name: pa.chunked_array([column[:1], column[1:]]) for name, column in c.items()
    },
    "dict of Arrow arrays": lambda c: {name: pa.array(column) for name, column in c.items()},
    "structured array": lambda c: np.rec.fromarrays(list(c.values()), names=list(c)),
    "pandas": lambda c: pd.DataFrame(dict(c)),
    "pandas, other index": lambda c: pd.DataFrame(dict(c), index=range(len(c["x"]), 0, -1)),
    "polars": lambda c: pl.DataFrame(dict(c)),
    "polars lazy": lambda c: pl.LazyFrame(dict(c)),
    "narwhals": lambda c: narwhals.from_native(pl.DataFrame(dict(c))),
    "Arrow table": lambda c: pa.table(dict(c)),
    "Arrow table of batches": lambda c: pa.Table.from_batches(batches(c)),
    "record batch": lambda c: pa.record_batch(dict(c)),
    "slice of a record batch": lambda c: pa.record_batch(
        {n: np.concatenate([v[:3], v, v[:1]]) for n, v in c.items()}
    ).slice(3, len(c["x"])),
    "DuckDB": relation,
    "geopandas": geo,
    "xarray Dataset": labeled,
    "list of pandas": lambda c: [
        pd.DataFrame({n: v[part] for n, v in c.items()}) for part in (slice(0, 2), slice(2, None))
    ],
    "list of polars": lambda c: [
        pl.DataFrame({n: v[part] for n, v in c.items()}) for part in (slice(0, 2), slice(2, None))
    ],
    "list of record batches": batches,
}

# Can be read once.
STREAMS: dict[str, Callable[[Columns], Any]] = {
    "record batch reader": lambda c: pa.table(dict(c)).to_reader(max_chunksize=2),
    "nanoarrow stream": lambda c: nanoarrow.ArrayStream(pa.table(dict(c))),
    "only a stream": lambda c: OnlyAStream(pa.table(dict(c))),
    "generator of frames": lambda c: (
        pl.DataFrame({n: v[part] for n, v in c.items()}) for part in (slice(0, 2), slice(2, None))
    ),
}
