"""Labels: categories from frames and files, whatever they are kept as."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads
import pytest
import xarray as xr
from frames import OnlyAStream, relation
from hypothesis import given
from hypothesis import strategies as st
from tabled import write_parquet

import gpuheat
from gpuheat.errors import ColumnError, InputError, MissingPackageError
from gpuheat.points import arrays, delimited
from gpuheat.points.categories import split
from gpuheat.points.files import open_table
from gpuheat.points.source import Source

# Seven rows: two of them without a category, one whose x is missing; more than ASCII.
X = [1.0, 2.0, 3.0, np.nan, 5.0, 6.0, 7.0]
Y = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
KIND = ["bar", "café", "bar", "café", None, "bar", None]
EXPECTED = {"bar": [1.0, 3.0, 6.0], "café": [2.0]}
COLUMNS = {"x": X, "y": Y, "kind": KIND}
TABLE = pa.table(COLUMNS)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table be cut, and not into halves."""
    for module in ("table", "dataset"):
        monkeypatch.setattr(f"gpuheat.points.{module}.CHUNK_ROWS", 3)


def found(source: Source) -> dict[Any, list[float]]:
    """Take a source apart: the x of each category."""
    return {
        label: [float(x) for points in part for x in points.x]
        for label, part in split(source).sources.items()
    }


def encoded() -> pa.Table:
    """Make a table whose categories are numbered."""
    return TABLE.set_column(2, "kind", TABLE["kind"].dictionary_encode())


def ndjson(**columns: Any) -> bytes:
    rows = zip(*columns.values(), strict=True)
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return "\n".join(json.dumps(record) for record in records).replace("NaN", "null").encode()


def csv(**columns: Any) -> bytes:
    return pd.DataFrame(columns).to_csv(index=False).encode()


def a_file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


FRAMES: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas categories": lambda: pd.DataFrame(COLUMNS).astype({"kind": "category"}),
    "pandas objects": lambda: pd.DataFrame(COLUMNS).astype({"kind": object}),
    "pandas Arrow text": lambda: pd.DataFrame(COLUMNS).astype({"kind": "string[pyarrow]"}),
    "dict of pandas Series": lambda: {k: pd.Series(v) for k, v in COLUMNS.items()},
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars lazy": lambda: pl.LazyFrame(COLUMNS),
    "polars categories": lambda: pl.DataFrame(COLUMNS, schema_overrides={"kind": pl.Categorical}),
    "polars enum": lambda: pl.DataFrame(
        COLUMNS, schema_overrides={"kind": pl.Enum(["none", "café", "bar"])}
    ),
    "dict of polars Series": lambda: {k: pl.Series(v) for k, v in COLUMNS.items()},
    "Arrow": lambda: TABLE,
    "Arrow categories": encoded,
    "Arrow large text": lambda: TABLE.cast(
        pa.schema([("x", pa.float64()), ("y", pa.float64()), ("kind", pa.large_string())])
    ),
    "Arrow batches": lambda: pa.Table.from_batches(TABLE.to_batches(max_chunksize=2)),
    "Arrow slice": lambda: pa.concat_tables([TABLE, TABLE]).combine_chunks().slice(7),
    "slice of categories": lambda: pa.concat_tables([encoded(), encoded()]).combine_chunks()[7:],
    "dict of Arrow": lambda: {name: TABLE[name] for name in COLUMNS},
    "dict of Arrow categories": lambda: {name: encoded()[name] for name in COLUMNS},
    "reader": lambda: TABLE.to_reader(max_chunksize=2),
    "only a stream": lambda: OnlyAStream(TABLE),
    "dataset": lambda: pads.dataset(TABLE),
    "query": lambda: relation({"x": X, "y": Y, "kind": pa.array(KIND)}),
    "query of an enum": lambda: relation({"x": X, "y": Y, "kind": pa.array(KIND)}).project(
        "x, y, kind::enum('café', 'bar') AS kind"
    ),
    "geopandas": lambda: geopandas.GeoDataFrame(
        {"kind": KIND}, geometry=geopandas.points_from_xy(X, Y)
    ),
    "xarray": lambda: xr.Dataset(
        {name: ("row", np.array(column, object)) for name, column in COLUMNS.items()}
    ),
    "list of frames": lambda: [pl.DataFrame(COLUMNS)[:2], pd.DataFrame(COLUMNS)[2:]],
    "structured array": lambda: np.rec.fromarrays(
        [X, Y, [kind or "" for kind in KIND]], names="x,y,kind"
    ),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_frame_is_taken_apart_by_a_column_of_text(kind: str) -> None:
    assert found(Source(FRAMES[kind](), by="kind")) == EXPECTED


@pytest.mark.parametrize(
    "kind", [kind for kind in FRAMES if kind not in ("reader", "only a stream")]
)
def test_every_frame_takes_apart_by_an_array_beside_it_or_says_why(kind: str) -> None:
    given = FRAMES[kind]()
    if Source(given).n_points is None:
        with pytest.raises(InputError, match=r"by is an array, but the points come .* in chunks"):
            Source(given, by=KIND)
    else:
        assert found(Source(given, x="x", y="y", by=KIND)) == EXPECTED


def geo_parquet(folder: Path) -> Path:
    path = folder / "geo.parquet"
    frame = geopandas.GeoDataFrame({"kind": KIND}, geometry=geopandas.points_from_xy(X, Y))
    frame.loc[frame.geometry.x.isna(), "geometry"] = None
    frame.to_parquet(path)
    return path


FILES: dict[str, Callable[[Path], Any]] = {
    "Parquet": lambda folder: write_parquet(folder / "a.parquet", COLUMNS),
    "Parquet of categories": lambda folder: write_parquet(
        folder / "a.parquet", {name: encoded()[name] for name in COLUMNS}
    ),
    "GeoParquet": geo_parquet,
    "NDJSON": lambda folder: a_file(folder, "a.ndjson", ndjson(**COLUMNS)),
    "CSV": lambda folder: a_file(folder, "a.csv", csv(**COLUMNS)),
    "packed CSV": lambda folder: a_file(folder, "a.csv.gz", gzip.compress(csv(**COLUMNS))),
    "CSV with a comment": lambda folder: a_file(
        folder, "a.csv", csv(**COLUMNS).replace(b"5.0,5", b"# halfway\n5.0,5")
    ),
    "two files": lambda folder: [
        write_parquet(folder / "a.parquet", {k: v[:3] for k, v in COLUMNS.items()}),
        a_file(folder, "b.ndjson", ndjson(**{k: v[3:] for k, v in COLUMNS.items()})),
    ],
}


@pytest.mark.parametrize("kind", FILES)
def test_every_file_is_taken_apart_by_a_column_of_text(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "QUICK_FROM_BYTES", 0)
    path = FILES[kind](tmp_path)
    for _ in range(2):
        assert found(gpuheat.read(path, by="KIND")) == EXPECTED


# A condition needs a table without comments.
@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "CSV with a comment"])
def test_labels_stay_with_the_rows_that_meet_a_condition(kind: str, tmp_path: Path) -> None:
    source = gpuheat.read(FILES[kind](tmp_path), by="kind", where="kind <> 'bar'")
    assert found(source) == {"café": [2.0]}


def test_a_large_csv_is_taken_apart_as_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    years = [2019, 2020, 2019, 2020, 2019, 2021, 2019]
    path = a_file(tmp_path, "a.csv", csv(x=X, y=Y, year=years))
    slow = found(Source(open_table(path), by="year"))
    monkeypatch.setattr(delimited, "QUICK_FROM_BYTES", 0)
    quick = open_table(path)
    assert isinstance(quick, delimited.QuickTextTable)
    assert found(Source(quick, by="year")) == slow
    assert list(slow) == ["2019", "2020", "2021"], "they are text, in a table of text"
    assert found(Source(open_table(path, "x > 0"), by="year")) == slow
    weighted = Source(quick, weights="year", by="year")
    assert [points.weights.tolist() for points in split(weighted).sources["2020"]] == [[2020]]


def test_a_condition_on_our_own_readers_keeps_the_rows_of_labels(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [x, y]} if x == x else None,
            "properties": {"kind": kind, "mag": row},
        }
        for row, (x, y, kind) in enumerate(zip(X, Y, KIND, strict=True))
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    path = a_file(tmp_path, "a.geojson", content)
    assert found(gpuheat.read(path, by="kind")) == EXPECTED
    assert found(gpuheat.read(path, by="kind", where="mag < 5")) == {"bar": [1, 3], "café": [2]}


MOMENT = datetime(2024, 5, 1, 12, 30, tzinfo=timezone.utc)
DAY = date(2024, 5, 1)
# Of four rows: what labels other than text become.
OTHERS: dict[str, tuple[Any, dict[Any, list[float]]]] = {
    "whole numbers": ([7, 9, 7, None], {7: [0, 2], 9: [1]}),
    "floats": ([0.5, -1.0, 0.5, None], {-1.0: [1], 0.5: [0, 2]}),
    "booleans": ([True, False, True, None], {False: [1], True: [0, 2]}),
    "days": ([DAY, date(2023, 1, 1), DAY, None], {"2023-01-01": [1], "2024-05-01": [0, 2]}),
    "moments": ([MOMENT, MOMENT, None, MOMENT], {"2024-05-01T12:30": [0, 1, 3]}),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("library", ["pandas", "polars", "Arrow", "query", "Parquet", "array"])
def test_numbers_and_moments_are_labels_too(kind: str, library: str, tmp_path: Path) -> None:
    labels, expected = OTHERS[kind]
    whole = pa.table({"x": np.arange(4.0), "y": np.arange(4.0), "a": pa.array(labels)})
    columns = {name: whole[name] for name in whole.column_names}
    table: Any = {
        "pandas": lambda: whole.to_pandas(date_as_object=False),
        "polars": lambda: pl.from_arrow(whole),
        "Arrow": lambda: whole,
        "query": lambda: relation(columns),
        "Parquet": lambda: write_parquet(tmp_path / "a.parquet", columns),
        "array": lambda: {
            name: column.to_numpy(zero_copy_only=False) for name, column in columns.items()
        },
    }[library]()
    assert found(Source(table, by="a")) == expected


@pytest.mark.parametrize(
    ("values", "kind"),
    [([[1.0], [2.0]], "list"), ([{"a": 1}, {"a": 2}], "struct"), ([b"a", b"b"], "binary|BLOB")],
)
def test_columns_that_name_no_categories_are_refused(
    values: list[Any], kind: str, tmp_path: Path
) -> None:
    columns = {"x": [1.0, 2.0], "y": [1.0, 2.0], "a": pa.array(values)}
    path = write_parquet(tmp_path / "a.parquet", columns)
    for table in (pa.table(columns), path):
        with pytest.raises(ColumnError, match=r'column "a": expected text or numbers that name'):
            split(Source(table, by="a"))
    if kind == "list":
        with pytest.raises(ColumnError, match="neither text nor numbers"):
            split(Source(pl.DataFrame(pa.table(columns)), by="a"))


def test_views_of_strings_are_refused_by_name_and_harmless_where_not_asked_for() -> None:
    # nanoarrow 0.9 crashes where it copies a column of them.
    table = pa.table({"x": [1.0], "y": [2.0], "a": pa.array(["long " * 9], pa.string_view())})
    with pytest.raises(ColumnError, match=r"got values \(string_view\); convert it first"):
        split(Source(table, by="a"))
    assert found(Source(table, by="x")) == {1.0: [1.0]}


@given(st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=9))))
def test_text_is_cut_from_arrow_as_arrow_does(texts: list[str | None]) -> None:
    texts = [text if text is None else text.replace("\ud800", "?") for text in texts]
    for whole in (
        pa.array(texts, pa.string()),
        pa.array(texts).cast(pa.string()).dictionary_encode(),
    ):
        for column in (whole, whole[len(texts) // 3 :]):
            labels = arrays.ArrayTable({"a": column}).labels("a")
            assert labels.tolist() == column.to_pylist()


def test_weights_and_sizes_lie_beside_any_table_of_known_length(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", COLUMNS)
    source = Source(path, weights=np.arange(7), sizes=np.arange(7) + 1.0, by=KIND)
    (points,) = split(source).sources["bar"]
    assert points.weights is not None
    assert points.sizes is not None
    assert (points.x.tolist(), points.weights.tolist()) == ([1, 3, 6], [0, 2, 5])
    assert points.sizes.tolist() == [1, 3, 6]


@pytest.mark.parametrize("name", ["weights", "by", "sizes"])
def test_columns_beside_a_table_are_as_long_as_it(name: str) -> None:
    with pytest.raises(InputError, match="has 3 values for 7 points; give one per point, or "):
        Source(pl.DataFrame(COLUMNS), x="x", y="y", **{name: np.arange(3)})


def test_an_unknown_column_lists_those_there_are(tmp_path: Path) -> None:
    for table in (pl.DataFrame(COLUMNS), write_parquet(tmp_path / "a.parquet", COLUMNS)):
        with pytest.raises(ColumnError, match=r'no column "kinds"; did you mean "kind"'):
            Source(table, by="kinds")


def test_categories_of_parquet_without_duckdb_name_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_parquet(tmp_path / "a.parquet", COLUMNS)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingPackageError, match=r'duckdb.*pip install "gpuheat\[io\]"'):
        Source(path, by="kind")


def test_a_frame_is_drawn_by_category_as_the_arrays_are(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "size": 32,
        "dotsize": 8,
        "device": "cpu",
        "area": ((0, 0), (10, 10)),
    }
    with pytest.warns(gpuheat.GpuheatWarning):
        expected = gpuheat.render(x=X, y=Y, by=KIND, points=None, **options)
    for table in (pl.DataFrame(COLUMNS), write_parquet(tmp_path / "a.parquet", COLUMNS)):
        with pytest.warns(gpuheat.GpuheatWarning):
            picture = gpuheat.render(table, by="kind", **options)
        assert np.array_equal(picture.colored.rgba, expected.colored.rgba)
