"""GeoParquet: points in one column of well-known binary, in degrees or not."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tabled import whole

from gpuheat.errors import FileError, InputError
from gpuheat.points.files import open_table
from gpuheat.points.source import Source

NAD83 = {"type": "GeographicCRS", "name": "NAD83", "id": {"authority": "EPSG", "code": 4269}}
UTM = {"type": "ProjectedCRS", "name": "WGS 84 / UTM zone 32N"}
EMPTY = (float("nan"), float("nan"))


def point(*coordinates: float, kind: int = 1) -> bytes:
    return struct.pack(f"<BI{len(coordinates)}d", 1, kind, *coordinates)


def line(*coordinates: float, kind: int = 2) -> bytes:
    n_points = len(coordinates) // (2 if kind == 2 else 3)
    return struct.pack(f"<BII{len(coordinates)}d", 1, kind, n_points, *coordinates)


def multipoint(*coordinates: tuple[float, float]) -> bytes:
    return struct.pack("<BII", 1, 4, len(coordinates)) + b"".join(point(*c) for c in coordinates)


def write(
    path: Path,
    geometry: list[bytes | None],
    *,
    told: dict[str, Any] | None = None,
    **others: list[Any],
) -> Path:
    """Write GeoParquet 1.1 by hand; `told` goes into the column's metadata."""
    about = {"encoding": "WKB", "geometry_types": []} | (told or {})
    geo = {"version": "1.1.0", "primary_column": "geom", "columns": {"geom": about}}
    table = pa.table({"geom": pa.array(geometry, pa.binary()), **others})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def test_points_are_decoded_and_missing_or_empty_ones_dropped(tmp_path: Path) -> None:
    rows = [point(1, 2), None, point(*EMPTY), point(-3.5, 4)]
    path = write(tmp_path / "a.parquet", rows, mag=[5, 6, 7, 8])
    source = Source(path, weights="mag")
    assert source.columns == ("lon", "lat", "mag")
    assert source.degrees
    (points,) = source
    assert points.x.tolist() == [1, -3.5]
    assert points.y.tolist() == [2, 4]
    assert points.weights is not None
    assert points.weights.tolist() == [5, 8]
    assert (source.tally.read, source.tally.dropped) == (4, 2)


@pytest.mark.parametrize("n_missing", [0, 1000])
def test_many_points_are_those_that_were_written(n_missing: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-90, 90, (2, 300_000))
    rows: list[bytes | None] = [point(*pair) for pair in zip(x, y, strict=True)]
    for row in rng.integers(0, len(rows), n_missing):
        rows[row], x[row], y[row] = None, np.nan, np.nan
    found = whole(open_table(write(tmp_path / "a.parquet", rows)), "lon", "lat")
    np.testing.assert_array_equal(found, [x, y])


def test_heights_and_measures_are_passed_over_also_beside_flat_points(tmp_path: Path) -> None:
    rows = [point(1, 2, 9, kind=1001), point(3, 4), point(5, 6, 7, 8, kind=3001)]
    table = open_table(write(tmp_path / "a.parquet", rows))
    assert [c.tolist() for c in whole(table, "lon", "lat")] == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ({}, ("lon", "lat")),
        ({"crs": NAD83}, ("lon", "lat")),
        ({"crs": UTM}, ("x", "y")),
        ({"crs": None}, ("x", "y")),
    ],
    ids=["none named", "geographic", "projected", "unknown"],
)
def test_the_reference_system_tells_degrees(
    told: dict[str, Any], names: tuple[str, str], tmp_path: Path
) -> None:
    table = open_table(write(tmp_path / "a.parquet", [point(1, 2)], told=told, id=[7]))
    assert table.names == (*names, "id")
    assert table.degrees == (names[0] == "lon")


def test_coordinates_in_fields_are_read_too(tmp_path: Path) -> None:
    about = {"encoding": "point", "geometry_types": ["Point"]}
    geo = {"version": "1.1.0", "primary_column": "g", "columns": {"g": about}}
    column = pa.array([{"x": 1.0, "y": 2.0}, None], pa.struct({"x": "float64", "y": "float64"}))
    table = pa.table({"g": column}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, tmp_path / "a.parquet")
    np.testing.assert_equal(
        whole(open_table(tmp_path / "a.parquet"), "lon", "lat"), [[1, np.nan], [2, np.nan]]
    )


@pytest.mark.parametrize("n_rows", [1, 3])
@pytest.mark.parametrize(
    ("other", "told"),
    [
        (line(0, 0, 1, 1), "LineString"),
        (line(), "LineString"),
        (line(0, 0, 9, 1, 1, 9, kind=1002), "LineString"),
        (multipoint((0, 0), (1, 1)), "MultiPoint"),
    ],
)
def test_other_geometry_is_refused_when_it_is_met(
    other: bytes, told: str, n_rows: int, tmp_path: Path
) -> None:
    rows = [point(1, 2)] * (n_rows - 1) + [other]
    table = open_table(write(tmp_path / "a.parquet", rows))
    with pytest.raises(InputError, match=f"holds geometry of .*{told}.*expected Point only"):
        list(table.chunks(["lon", "lat"]))


def test_other_geometry_is_refused_at_the_door_where_it_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [point(1, 2)], told={"geometry_types": ["Point Z"]})
    assert open_table(path).names == ("lon", "lat")
    kinds = {"geometry_types": ["Point", "Polygon"]}
    path = write(tmp_path / "a.parquet", [point(1, 2)], told=kinds)
    with pytest.raises(InputError, match="geometry of Point, Polygon; expected Point only: conv"):
        open_table(path)
    kinds = {"geometry_types": ["MultiPoint"]}
    path = write(tmp_path / "a.parquet", [multipoint((1, 2))], told=kinds)
    with pytest.raises(InputError, match="MultiPoint; expected Point only: explode it"):
        open_table(path)


def test_broken_metadata_are_told(tmp_path: Path) -> None:
    table = pa.table({"x": [1.0], "y": [2.0]})
    for geo in ("{", "[]", "{}", json.dumps({"primary_column": "g", "columns": {"g": {}}})):
        pq.write_table(table.replace_schema_metadata({"geo": geo}), tmp_path / "a.parquet")
        with pytest.raises(FileError, match=r"a\.parquet"):
            open_table(tmp_path / "a.parquet")


def test_a_condition_chooses_among_points(tmp_path: Path) -> None:
    rows = [point(1, 2), point(3, 4), None]
    table = open_table(write(tmp_path / "a.parquet", rows, mag=[1, 2, 3]), "mag > 1")
    assert (table.degrees, table.names) == (True, ("lon", "lat", "mag"))
    np.testing.assert_equal(whole(table, "lon", "mag"), [[3, np.nan], [2, 3]])
