"""Parquet: the numbers that NumPy would read, whatever their type, and what is refused."""

from __future__ import annotations

import datetime as dt
import gc
import io
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tabled import histogram, quakes, whole, write_parquet

import gpuheat
from gpuheat.errors import ColumnError, FileError, MissingPackageError
from gpuheat.points.database import connected
from gpuheat.points.files import open_table
from gpuheat.points.source import Source


def one_column(path: Path, values: Any) -> Path:
    return write_parquet(path / "a.parquet", {"x": pa.array([0.0] * len(values)), "y": values})


def test_counts_are_those_that_numpy_finds_in_the_same_rows(tmp_path: Path) -> None:
    columns = quakes()
    path = write_parquet(tmp_path / "quakes.parquet", columns, row_group_size=70_000)
    area = ((-180, -90), (180, 90))
    source = gpuheat.read(path, weights="felt")
    found = sum(histogram(c.x, c.y, c.weights) for c in source)
    assert np.array_equal(found, histogram(columns["lon"], columns["lat"], columns["felt"]))
    ours = gpuheat.count(gpuheat.read(path), size=64, area=area)
    theirs = gpuheat.count({"lon": columns["lon"], "lat": columns["lat"]}, size=64, area=area)
    assert np.array_equal(ours.values, theirs.values)


def test_rows_keep_their_order_and_their_number_is_known(tmp_path: Path) -> None:
    x = np.arange(400_000, dtype=np.float64)
    path = write_parquet(tmp_path / "a.parquet", {"x": x, "y": -x}, row_group_size=50_000)
    table = open_table(path)
    assert (table.n_rows, table.rereadable, table.label) == (400_000, True, "a.parquet")
    for _ in range(2):
        found = whole(table, "y", "x")
        assert np.array_equal(found[0], -x)
        assert np.array_equal(found[1], x)


def test_a_chunk_outlives_the_batch_it_came_in(tmp_path: Path) -> None:
    x = np.arange(500_000, dtype=np.float64)
    path = write_parquet(tmp_path / "a.parquet", {"x": x, "y": x})
    kept = [chunk["x"] for chunk in open_table(path).chunks(["x", "y"])]
    gc.collect()
    assert np.array_equal(np.concatenate(kept), x)


@pytest.mark.parametrize(
    "kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
)
def test_whole_numbers_stay_so_unless_one_is_missing(kind: str, tmp_path: Path) -> None:
    full = one_column(tmp_path, pa.array([1, 2, 100], kind))
    (chunk,) = open_table(full).chunks(["y"])
    assert chunk["y"].dtype == kind
    assert chunk["y"].tolist() == [1, 2, 100]
    gaps = one_column(tmp_path, pa.array([1, None, 100], kind))
    (chunk,) = open_table(gaps).chunks(["y"])
    assert chunk["y"].dtype == np.float64
    np.testing.assert_equal(chunk["y"].tolist(), [1, np.nan, 100])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([0.5, None, np.nan, np.inf], "float32"), [0.5, np.nan, np.nan, np.inf]),
        (pa.array([0.1, -np.inf]), [0.1, -np.inf]),
        (pa.array([Decimal("1.25"), None]), [1.25, np.nan]),
        (pa.array([True, None, False]), [1, np.nan, 0]),
        (pa.array([None, None], pa.null()), [np.nan, np.nan]),
        (pa.array([dt.date(1970, 1, 2), None]), [86_400, np.nan]),
        (pa.array([dt.datetime(1969, 12, 31, 23, 59, 59, 500_000), None]), [-0.5, np.nan]),
        (pa.array([1500, None], pa.timestamp("ms", "Europe/Rome")), [1.5, np.nan]),
        (pa.array([2 * 10**9], pa.timestamp("ns")), [2]),
    ],
    ids=["float", "double", "decimal", "boolean", "null", "date", "moment", "zone", "ns"],
)
def test_every_type_of_number_is_read(values: Any, expected: list[float], tmp_path: Path) -> None:
    (found,) = whole(open_table(one_column(tmp_path, values)), "y")
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2"], r"text \(varchar\)"),
        ([b"1"], r"text \(blob\)"),
        ([dt.time(12)], "TIME"),
        ([[1.0, 2.0]], r"DOUBLE\[\]"),
        ([{"a": 1}], "STRUCT"),
    ],
)
def test_columns_without_numbers_are_refused(values: list[Any], kind: str, tmp_path: Path) -> None:
    table = open_table(one_column(tmp_path, pa.array(values)))
    with pytest.raises(ColumnError, match=f'column "y": expected real numbers, got {kind}'):
        list(table.chunks(["x", "y"]))


def test_missing_rows_are_dropped_and_counted(tmp_path: Path) -> None:
    source = Source(one_column(tmp_path, pa.array([1, None, 3])))
    assert source.extent() == ((0, 1), (0, 3))
    assert (source.tally.read, source.tally.dropped) == (3, 1)


def test_decimals_are_rounded_once(tmp_path: Path) -> None:
    # Half way between two numbers of float64, but for its last digit: DuckDB's own cast misses.
    written = ["9007199254740993.0001", "0.1234567890123456789", "12345678901234567.8901"]
    column = pa.array([Decimal(each) for each in written], pa.decimal128(38, 19))
    (found,) = whole(open_table(one_column(tmp_path, column)), "y")
    assert found.tolist() == [float(each) for each in written]


def test_names_with_quotes_and_blanks_are_taken_as_they_are(tmp_path: Path) -> None:
    names = ('the "x"', "o'y; --")
    path = write_parquet(tmp_path / "a.parquet", dict(zip(names, ([1.0], [2.0]), strict=True)))
    assert [c.tolist() for c in whole(open_table(path), *names)] == [[1.0], [2.0]]


@pytest.mark.parametrize("name", ["a[1].parquet", "what?.parquet", "it's.parquet", "a*.parquet"])
def test_a_name_is_no_pattern_where_there_is_such_a_file(name: str, tmp_path: Path) -> None:
    write_parquet(tmp_path / "a1.parquet", {"x": [8.0], "y": [8.0]})
    write_parquet(tmp_path / "whats.parquet", {"x": [8.0], "y": [8.0]})
    path = write_parquet(tmp_path / name, {"x": [1.0], "y": [2.0]})
    assert gpuheat.read(str(path)).extent() == ((1, 2), (1, 2))


def test_streams_are_kept_in_a_file_that_goes_with_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_parquet(tmp_path / "a.parquet", {"x": [1.0], "y": [2.0]}).read_bytes()
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    with io.TextIOWrapper(io.BytesIO(data)) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        for given in (io.BytesIO(data), "-"):
            table = open_table(given)
            assert table.rereadable
            assert len(list(spool.iterdir())) == 1
            for _ in range(2):
                assert [c.tolist() for c in whole(table, "x", "y")] == [[1.0], [2.0]]
            del table
            gc.collect()
            assert not list(spool.iterdir())


def test_a_file_cut_short_or_damaged_is_told(tmp_path: Path) -> None:
    x = np.arange(200_000, dtype=np.float64)
    columns = {"x": x, "y": x}
    path = write_parquet(tmp_path / "a.parquet", columns, compression="zstd", use_dictionary=False)
    data = path.read_bytes()
    for damaged in (data[: len(data) // 2], b"PAR1" + data[-200:], data[:2000]):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"a\.parquet cannot be read: .*damaged or cut short"):
            open_table(path)
    path.write_bytes(data[:5000] + bytes(9000) + data[14_000:])
    with pytest.raises(FileError, match=r"a\.parquet cannot be read: .*damaged or cut short"):
        list(open_table(path).chunks(["x", "y"]))


@pytest.mark.parametrize("package", ["duckdb", "nanoarrow"])
def test_without_duckdb_the_extra_is_named(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"x": [1.0], "y": [2.0]})
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=r'a\.parquet.*pip install "gpuheat\[io\]"'):
        open_table(path)


def test_nothing_is_fetched_while_running() -> None:
    with connected() as cursor:
        settings = cursor.execute(
            "SELECT name, value FROM duckdb_settings() WHERE name IN "
            "('autoinstall_known_extensions', 'autoload_known_extensions') ORDER BY name"
        ).fetchall()
    assert [value for _, value in settings] == ["false", "false"]


def test_reading_that_ends_early_leaves_the_table_readable(tmp_path: Path) -> None:
    x = np.arange(500_000, dtype=np.float64)
    table = open_table(write_parquet(tmp_path / "a.parquet", {"x": x, "y": x}))
    begun = table.chunks(["x"])
    next(iter(begun))
    del begun
    assert np.array_equal(whole(table, "x")[0], x)
