"""Conditions: rows chosen by SQL, whatever the format, and every way to write them wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from tabled import quakes, whole, write_parquet

import gpuheat
from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError, MissingPackageError
from gpuheat.points.files import open_table
from gpuheat.points.source import Source


def feature(lon: float, lat: float, **properties: object) -> dict[str, object]:
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pytest.fixture(params=["parquet", "csv", "geojson", "npz", "ndjson", "npy"])
def three(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Three points of magnitudes 4, 5 and none, in each format."""
    path = tmp_path / f"quakes.{request.param}"
    lon, lat, mag = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [4.0, 5.0, np.nan]
    if request.param == "parquet":
        write_parquet(path, {"lon": lon, "lat": lat, "mag": mag})
    elif request.param == "csv":
        path.write_text("lon,lat,mag\n1,4,4\n2,5,5\n3,6,\n")
    elif request.param == "geojson":
        found = [feature(1, 4, mag=4), feature(2, 5, mag=5), feature(3, 6, mag=None)]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": found}))
    elif request.param == "ndjson":
        rows = [{"lon": 1, "lat": 4, "mag": 4}, {"lon": 2, "lat": 5, "mag": 5}]
        rows.append({"lon": 3, "lat": 6})
        path.write_text("\n".join(map(json.dumps, rows)))
    elif request.param == "npz":
        np.savez(path, lon=lon, lat=lat, mag=mag)
    else:
        np.save(path, np.column_stack([lon, lat, mag]))
    return path


def test_a_condition_keeps_the_rows_that_meet_it(three: Path) -> None:
    mag, lon = ('"3"', '"1"') if three.suffix == ".npy" else ("mag", "lon")
    for where, expected in [
        (f"{mag} > 4", [2.0]),
        (f"{mag} > 4 or {lon} = 1", [1.0, 2.0]),
        (f"{mag} <= 9 -- all that have one", [1.0, 2.0]),
        ("1 = 1", [1.0, 2.0, 3.0]),
    ]:
        points = list(gpuheat.read(three, where=where))
        read = [float(x) for chunk in points for x in chunk.x]
        assert read == expected[: 2 if three.suffix == ".npy" else 3]


def test_a_missing_column_is_told_with_those_there_are(three: Path) -> None:
    with pytest.raises(ColumnError, match=r'where "magg > 5": quakes.* has no column "magg"'):
        open_table(three, "magg > 5")


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("mag >", r'where "mag >": syntax error at or near ">"; write a SQL condition'),
        ("mag > 5) or (1 = 1", "syntax error"),
        ("mag > 5; select 1", "write a SQL condition"),
        ("nothing(mag) > 5", "nothing does not exist"),
        ("sum(mag) > 5", "cannot contain aggregates"),
        (" ", "give a SQL condition"),
    ],
)
def test_what_is_no_condition_is_told_in_one_line(where: str, told: str, three: Path) -> None:
    if three.suffix == ".npy":
        where, told = where.replace("mag", '"3"'), told.replace("mag", '"3"')
    with pytest.raises(InputError, match=told) as caught:
        open_table(three, where)
    assert "\n" not in str(caught.value)


def test_text_in_double_quotes_is_told_apart(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"x": [1.0], "y": [2.0], "name": ["Kobe"]})
    with pytest.raises(ColumnError, match=r'no column "Kobe".*; write a text as \'Kobe\''):
        open_table(path, 'name = "Kobe"')
    assert whole(open_table(path, "name = 'Kobe'"), "x")[0].tolist() == [1]


def test_functions_of_extensions_are_not_fetched(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"x": [1.0], "y": [2.0]})
    with pytest.raises(InputError, match="spatial extension"):
        open_table(path, "ST_Area(x) > 1")


def test_the_same_rows_are_chosen_as_by_numpy(tmp_path: Path) -> None:
    columns = quakes()
    path = write_parquet(tmp_path / "a.parquet", columns)
    chosen = (columns["mag"] > 5) & (columns["felt"] < 300)
    found = whole(open_table(path, "mag > 5 and felt < 300"), "lon", "felt")
    np.testing.assert_array_equal(found, [columns["lon"][chosen], columns["felt"][chosen]])


def test_nothing_left_is_told(three: Path) -> None:
    if three.suffix == ".npy":
        return
    with pytest.raises(InputError, match="holds no points"):
        Source(open_table(three, "mag > 100")).extent()


def test_without_duckdb_a_condition_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, [[1.0, 2.0]])
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingPackageError, match=r'where=.* pip install "gpuheat\[io\]"'):
        open_table(path, '"1" > 0')


@pytest.mark.parametrize(
    "text",
    [
        '{"lon": 1, "lat": 2}\n{"lon": 3, "lat": 4}\n',
        '[{"lon": 1, "lat": 2}, {"lon": 3, "lat": 4}]',
    ],
    ids=["lines", "a list"],
)
@pytest.mark.parametrize("suffix", [".ndjson", ".jsonl", ".json", ""])
def test_json_records_are_read(text: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(text)
    assert whole(open_table(path), "lon", "lat")[1].tolist() == [2, 4]


def test_text_among_the_numbers_of_json_records_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text('{"lon": 1, "lat": 2}\n{"lon": "far", "lat": 4}\n')
    with pytest.raises(GpuheatError, match=r'a\.ndjson, column "lon": expected real numbers'):
        list(open_table(path).chunks(["lon"]))
    path.write_text('{"lon": 1, "lat": 2}\n{"lon": 3, "la')
    with pytest.raises(FileError, match=r"a\.ndjson cannot be read"):
        list(open_table(path).chunks(["lon"]))
