"""Tables of points as files of every format, and what NumPy counts of the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gpuheat.points.table import Table

Columns = Mapping[str, NDArray[np.float64]]


def write_parquet(path: Path, columns: Mapping[str, Any], **options: Any) -> Path:
    """Write columns as Parquet; they may be Arrow arrays."""
    pq.write_table(pa.table(dict(columns)), path, **options)
    return path


def whole(table: Table, *names: str) -> list[NDArray[np.float64]]:
    """Read whole columns."""
    chunks = list(table.chunks(names))
    return [
        np.concatenate([np.asarray(chunk[name], np.float64) for chunk in chunks])
        if chunks
        else np.empty(0)
        for name in names
    ]


def histogram(x: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None = None) -> Any:
    """Count by NumPy: rows with NaN or infinity are none."""
    columns = [np.asarray(c, np.float64) for c in (x, y, weights) if c is not None]
    kept = np.logical_and.reduce([np.isfinite(column) for column in columns])
    x, y, *rest = (column[kept] for column in columns)
    counted, *_ = np.histogram2d(
        y, x, bins=(4, 5), range=((-90, 90), (-180, 180)), weights=rest[0] if rest else None
    )
    return counted


def quakes(n_rows: int = 300_000, seed: int = 5) -> dict[str, NDArray[Any]]:
    """Return seeded points, some of them without a place, some without a magnitude."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(-180, 180, n_rows), rng.uniform(-90, 90, n_rows)
    mag = np.round(rng.uniform(0, 9, n_rows), 2)
    for column in (lon, lat, mag):
        column[rng.integers(0, n_rows, n_rows // 50)] = np.nan
    return {"lon": lon, "lat": lat, "mag": mag, "felt": rng.integers(0, 1000, n_rows)}
