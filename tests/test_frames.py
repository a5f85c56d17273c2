"""Every kind of table is the same rows: those of the array, to the last bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
import xarray as xr
from frames import STREAMS, TABLES, batches, geo, labeled, relation
from numpy.typing import NDArray

import gpuheat
from gpuheat.errors import InputError
from gpuheat.points.frames import is_frame
from gpuheat.points.source import Source
from gpuheat.points.tables import as_table

RNG = np.random.default_rng(4)
ROWS = RNG.normal(size=(500, 3))
ROWS[7, 0] = ROWS[8, 2] = np.nan
COLUMNS = {"x": ROWS[:, 0].copy(), "y": ROWS[:, 1].copy(), "mass": np.abs(ROWS[:, 2])}
AREA = ((-2, -2), (2, 2))
LIBRARIES = (
    "pandas",
    "polars",
    "pyarrow",
    "duckdb",
    "geopandas",
    "xarray",
    "narwhals",
    "nanoarrow",
)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table be cut, and not into halves."""
    for module in ("table", "dataset"):
        monkeypatch.setattr(f"gpuheat.points.{module}.CHUNK_ROWS", 97)


def read(points: Any, **options: Any) -> NDArray[np.float64]:
    """Read all columns of a source's points, a row each."""
    return np.concatenate(
        [
            np.stack([p.x, p.y] if p.weights is None else [p.x, p.y, p.weights], axis=1)
            for p in Source(points, **options)
        ]
    )


def drawn(points: Any, **options: Any) -> gpuheat.Picture:
    """Draw without a word of the rows that are dropped."""
    with pytest.warns(gpuheat.GpuheatWarning, match="2 of 500"):
        return gpuheat.render(points, size=64, dotsize=9, device="cpu", **options)


@pytest.mark.parametrize("kind", [*TABLES, *STREAMS])
def test_every_table_gives_the_rows_of_the_array_in_order(kind: str) -> None:
    table = (TABLES | STREAMS)[kind](COLUMNS)
    kept = np.stack(list(COLUMNS.values()), axis=1)
    kept = kept[np.isfinite(kept).all(axis=1)]
    np.testing.assert_array_equal(read(table, weights="mass"), kept)


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_read_again_and_draws_the_picture_of_the_array(kind: str) -> None:
    expected = drawn(x=COLUMNS["x"], y=COLUMNS["y"], weights=COLUMNS["mass"], points=None)
    picture = drawn(TABLES[kind](COLUMNS), weights="mass")
    np.testing.assert_array_equal(picture.density.values, expected.density.values)
    assert picture.area == expected.area
    assert (picture.stats["read"], picture.stats["dropped"]) == (500, 2)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_draws_the_picture_of_the_array_into_an_area(kind: str) -> None:
    options = {"area": AREA, "weights": "mass"}
    expected = drawn(COLUMNS, **options)
    picture = drawn(STREAMS[kind](COLUMNS), **options)
    np.testing.assert_array_equal(picture.density.values, expected.density.values)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_without_an_area_is_refused_before_it_is_read(kind: str) -> None:
    source = Source(STREAMS[kind](COLUMNS))
    assert not source.rereadable
    with pytest.raises(InputError, match=r"read only once, and its range .*give an area"):
        source.need_twice()
    assert sum(map(len, source)) == 499, "asking has not begun to read it"


def test_columns_are_named_or_guessed_as_in_any_table() -> None:
    frame = pl.DataFrame({"Pickup_Lat": [1.0], "Pickup_Lon": [2.0], "a": [3], "b": [4]})
    guessed = Source(frame)
    assert guessed.columns == ("Pickup_Lon", "Pickup_Lat")
    assert guessed.guessed
    assert guessed.degrees
    named = Source(frame, x="A", y="b", weights="a")
    assert named.columns == ("a", "b", "a")
    assert read(frame, x="A", y="b", weights="a").tolist() == [[3, 4, 3]]


def test_columns_whose_names_are_those_of_methods_are_columns() -> None:
    names = ["x", "y", "read", "chunks", "names", "rereadable", "dtype", "data_vars"]
    frame = pd.DataFrame(np.arange(8.0)[None, :], columns=names)
    assert read(frame, weights="read").tolist() == [[0, 1, 2]]
    assert read(frame, weights="rereadable").tolist() == [[0, 1, 5]]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, labeled, geo])
def test_how_many_rows_there_are_is_known_of_what_is_in_memory(make: Any) -> None:
    assert Source(make(COLUMNS)).n_points == 500


def test_how_many_rows_there_are_is_not_asked_of_a_query() -> None:
    assert Source(relation(COLUMNS)).n_points is None
    assert Source(pl.LazyFrame(COLUMNS)).n_points is None
    assert Source(pa.table(COLUMNS)).n_points == 500
    assert Source(batches(COLUMNS)[0]).n_points == 1
    assert Source(pa.table(COLUMNS).to_reader()).n_points is None


@pytest.mark.parametrize(
    "kind", ["pandas", "polars", "Arrow table", "record batch", "dict of polars Series"]
)
def test_numbers_without_gaps_are_not_copied(kind: str) -> None:
    table = as_table(TABLES[kind](COLUMNS))
    first, second = (next(iter(table.chunks(["x"])))["x"] for _ in range(2))
    assert np.shares_memory(first, second)


def test_a_stream_is_read_no_further_than_needed() -> None:
    taken = 0

    def stream() -> Any:
        nonlocal taken
        for batch in batches(COLUMNS):
            taken += 1
            yield batch

    reader = pa.RecordBatchReader.from_batches(pa.table(COLUMNS).schema, stream())
    reading = iter(Source(reader))
    next(reading)
    assert taken == 1


def test_a_stream_is_not_kept_in_memory() -> None:
    n_rows, n_batches = 10_000, 64

    def stream() -> Any:
        for seed in range(n_batches):
            column = pc.random(n_rows, initializer=seed)
            yield pa.record_batch({"x": column, "y": column})

    schema = pa.schema({"x": pa.float64(), "y": pa.float64()})
    before = pa.total_allocated_bytes()
    held = [
        pa.total_allocated_bytes() - before
        for _ in Source(pa.RecordBatchReader.from_batches(schema, stream()))
    ]
    assert len(held) >= n_batches
    assert max(held) <= 3 * n_rows * 8, "the batch that is read, and the next one"


def test_parquet_files_and_datasets_of_arrow_are_streams_of_batches(tmp_path: Path) -> None:
    pl.DataFrame(COLUMNS).write_parquet(tmp_path / "rows.parquet")
    with pq.ParquetFile(tmp_path / "rows.parquet") as file:
        for given in (file, pads.dataset(tmp_path / "rows.parquet")):
            source = Source(given)
            assert source.rereadable
            assert [sum(map(len, source)) for _ in range(2)] == [499, 499]


def test_only_the_columns_that_are_read_are_asked_of_a_query() -> None:
    query = relation(COLUMNS).project("*, error('not wanted') as trap")
    assert len(read(query)) == 499
    lazy = pl.LazyFrame(COLUMNS).with_columns(
        trap=pl.col("x").map_batches(lambda _: 1 / 0, return_dtype=pl.Float64)
    )
    assert len(read(lazy)) == 499


def test_weights_may_be_an_array_beside_a_table() -> None:
    weights = np.arange(500.0)
    for frame in (pd.DataFrame(COLUMNS), pa.table(COLUMNS), geo(COLUMNS)):
        assert read(frame, weights=weights)[:, 2].tolist() == np.delete(weights, 7).tolist()
        with pytest.raises(InputError, match="weights has 3 values for 500 points; give one per"):
            Source(frame, weights=[1, 2, 3])
    with pytest.raises(InputError, match="in chunks; name a column"):
        Source(pl.LazyFrame(COLUMNS), weights=weights)


def test_series_may_be_given_as_x_and_y() -> None:
    frame = pd.DataFrame(COLUMNS)
    kept = read(x=frame["x"], y=frame["y"], weights=frame["mass"], points=None)
    np.testing.assert_array_equal(kept, read(frame, weights="mass"))


def test_a_frame_without_names_is_an_array() -> None:
    frame = pd.DataFrame(ROWS[:5])
    assert Source(frame).columns == ("1", "2", "3")
    np.testing.assert_array_equal(read(frame), ROWS[:5])


def test_chunks_of_pandas_own_reading_are_a_stream(tmp_path: Path) -> None:
    pd.DataFrame(COLUMNS).to_csv(tmp_path / "rows.csv", index=False)
    with pd.read_csv(tmp_path / "rows.csv", chunksize=90) as reader:
        source = Source(reader)
        assert not source.rereadable
        assert sum(map(len, source)) == 499


def test_a_crs_in_degrees_makes_longitude_and_latitude_of_a_geometry() -> None:
    source = Source(geo(COLUMNS, crs="EPSG:4326"), weights="mass")
    assert source.columns == ("lon", "lat", "mass")
    assert source.degrees
    for crs in (None, "EPSG:3857"):
        source = Source(geo(COLUMNS, crs=crs))
        assert source.columns == ("x", "y")
        assert not source.degrees


def test_a_geometry_goes_before_columns_of_the_same_names() -> None:
    frame = geo(COLUMNS, crs="EPSG:4326").assign(lon=0.0, lat=0.0)
    assert Source(frame).columns == ("lon", "lat")
    np.testing.assert_array_equal(read(frame)[0], ROWS[0, :2])


def test_points_alone_are_read_and_missing_ones_dropped() -> None:
    points = geo(COLUMNS).geometry.copy()
    points.iloc[3] = None
    source = Source(points)
    assert sum(map(len, source)) == 498  # and one at NaN, NaN
    assert source.tally.dropped == 2


def test_a_geodataframe_without_a_geometry_is_a_frame() -> None:
    import geopandas

    assert len(read(geopandas.GeoDataFrame(COLUMNS))) == 499


def gridded() -> xr.Dataset:
    """Two days of three rows and four columns, with what lies in each cell's middle."""
    return xr.Dataset(
        {
            "rain": (("day", "lat", "lon"), np.arange(24.0).reshape(2, 3, 4)),
            "height": (("lon", "lat"), np.arange(12.0).reshape(4, 3)),
        },
        coords={"lat": [10.0, 20.0, 30.0], "lon": [1.0, 2.0, 3.0, 4.0], "day": [0, 1]},
    )


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 12, 13, 100])
def test_a_grid_is_its_cells(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpuheat.points.dataset.CHUNK_ROWS", rows)
    cells = [(lon, lat) for lat in (10.0, 20.0, 30.0) for lon in (1.0, 2.0, 3.0, 4.0)]
    rain = read(gridded(), weights="rain")
    assert rain.tolist() == [[*cell, float(k)] for k, cell in enumerate(cells * 2)]
    # Its own order of rows: column by column.
    height = read(gridded()["height"], weights="height")
    turned = [(lon, lat) for lon in (1.0, 2.0, 3.0, 4.0) for lat in (10.0, 20.0, 30.0)]
    assert height.tolist() == [[*cell, float(k)] for k, cell in enumerate(turned)]
    assert Source(gridded()).degrees
    chunks = list(as_table(gridded()).chunks(["lon", "rain"]))
    assert max(len(chunk["rain"]) for chunk in chunks) <= rows


def test_a_labeled_array_without_a_name_has_values() -> None:
    array = gridded()["rain"].rename(None)
    np.testing.assert_array_equal(read(array, weights="values")[:, 2], np.arange(24.0))
    assert read(xr.DataArray(ROWS[:5])).shape == (5, 3), "without coordinates it is an array"


def test_looking_for_a_frame_imports_nothing() -> None:
    code = (
        "import sys, numpy, gpuheat; from gpuheat.points.source import Source\n"
        "Source({'x': [1], 'y': numpy.ones(1)}), Source([(1, 2)]), Source(numpy.ones((3, 2)))\n"
        f"print([name for name in {LIBRARIES} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_columns_and_plain_arrays_are_no_frames() -> None:
    for column in (pd.Series([1.0]), pl.Series([1.0]), pa.array([1]), pa.chunked_array([[1]])):
        assert not is_frame(column)
    for plain in (ROWS, [(1, 2)], {"x": [1]}, "x", 5, None, lambda: [ROWS]):
        assert not is_frame(plain)
    rows = [row for _, row in pd.DataFrame(ROWS[:3]).iterrows()]
    np.testing.assert_array_equal(read(rows), ROWS[:3])
