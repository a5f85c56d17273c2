"""Types of columns in frames: what holds numbers is read, nulls are NaN, the rest is refused."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import LambdaType
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import shapely
import xarray as xr
from frames import geo, relation
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import gpuheat
from gpuheat.errors import ColumnError, InputError, MissingPackageError
from gpuheat.points import extras
from gpuheat.points.source import Source
from gpuheat.points.tables import as_table

NAN = float("nan")
MOMENT = datetime(2020, 1, 1, 0, 0, 1, 500_000, tzinfo=timezone.utc)
SECONDS = 1_577_836_801.5
D = Decimal


def values(table: Any, name: str = "a") -> NDArray[Any]:
    """Read one column as it arrives, in chunks."""
    table = as_table(table() if isinstance(table, LambdaType) else table)
    return np.concatenate([chunk[name] for chunk in table.chunks([name])])


def pandas(data: Any, dtype: Any = None) -> Any:
    return pd.DataFrame({"a": pd.Series(data, dtype=dtype)})


def polars(data: Any, dtype: Any = None) -> Any:
    return pl.DataFrame({"a": pl.Series(data, dtype=dtype)})


def arrow(data: Any, dtype: Any = None) -> Any:
    return pa.table({"a": pa.array(data, dtype)})


def categories(data: Any) -> Any:
    return pa.table({"a": pa.array(data).dictionary_encode()})


def reader(data: Any, dtype: Any = None) -> Any:
    return arrow(data, dtype).to_reader()


def duck(expression: str) -> Any:
    """Tell how to ask DuckDB; nothing of it must be left at the end."""
    return lambda: relation({"x": np.arange(2.0)}).project(f"{expression} as a")


# What each column holds, and the dtype it must arrive in.
READ: dict[str, tuple[Any, list[float], str]] = {
    "pandas int8": (pandas([1, -2], "int8"), [1, -2], "int8"),
    "pandas uint64": (pandas([1, 2**63], "uint64"), [1, 2**63], "uint64"),
    "pandas float16": (pandas([0.5, NAN], "float16"), [0.5, NAN], "float16"),
    "pandas bool": (pandas([True, False]), [1, 0], "bool"),
    "pandas Int64": (pandas([1, 2], "Int64"), [1, 2], "int64"),
    "pandas Int64, NA": (pandas([1, None], "Int64"), [1, NAN], "float64"),
    "pandas Float32, NA": (pandas([0.5, None], "Float32"), [0.5, NAN], "float32"),
    "pandas boolean, NA": (pandas([True, None], "boolean"), [1, NAN], "float64"),
    "pandas Arrow int": (pandas([1, None], "int64[pyarrow]"), [1, NAN], "float64"),
    "pandas categories": (pandas([0.5, None, 0.5], "category"), [0.5, NAN, 0.5], "float64"),
    "pandas objects": (pandas([D("0.1"), None, pd.NA, 2], object), [0.1, NAN, NAN, 2], "float64"),
    "pandas fractions": (pandas([Fraction(1, 3)], object), [1 / 3], "float64"),
    "pandas moments": (pandas([MOMENT, None]), [SECONDS, NAN], "float64"),
    "pandas sparse": (pandas([0.0, 1.0], pd.SparseDtype(float)), [0, 1], "float64"),
    "polars int": (polars([1, None], pl.Int16), [1, NAN], "float64"),
    "polars float32": (polars([0.5, None], pl.Float32), [0.5, NAN], "float32"),
    "polars wide int": (polars([1, -(2**100)], pl.Int128), [1, -(2.0**100)], "float64"),
    "polars decimal": (polars([D("0.1"), None]), [0.1, NAN], "float64"),
    "polars bool": (polars([True, None]), [1, NAN], "float64"),
    "polars date": (polars([date(1970, 1, 2), None]), [86400, NAN], "float64"),
    "polars moments": (polars([MOMENT, None]), [SECONDS, NAN], "float64"),
    "polars nothing": (polars([None, None]), [NAN, NAN], "float64"),
    "polars lazy": (polars([1, None]).lazy(), [1, NAN], "float64"),
    "Arrow int8": (arrow([1, None], pa.int8()), [1, NAN], "float64"),
    "Arrow float16": (arrow([0.5, None], pa.float16()), [0.5, NAN], "float16"),
    "Arrow float32": (arrow([0.5, None], pa.float32()), [0.5, NAN], "float32"),
    "Arrow bool": (arrow([True, None, False]), [1, NAN, 0], "float64"),
    "Arrow bool, full": (arrow([True, False]), [1, 0], "bool"),
    "Arrow null": (arrow([None, None]), [NAN, NAN], "float64"),
    "Arrow decimal": (arrow([D("-0.1"), None]), [-0.1, NAN], "float64"),
    "Arrow decimal256": (arrow([D("-1.7")], pa.decimal256(50, 30)), [-1.7], "float64"),
    "Arrow decimal of tens": (arrow([D("1200")], pa.decimal128(5, -2)), [1200], "float64"),
    "Arrow categories": (categories([0.5, None, 0.5]), [0.5, NAN, 0.5], "float64"),
    "Arrow whole categories": (categories([7, 9, 7]), [7, 9, 7], "int64"),
    "Arrow no categories": (categories(pa.array([None], pa.int8())), [NAN], "float64"),
    "Arrow date": (arrow([date(1969, 12, 31), None]), [-86400, NAN], "float64"),
    "Arrow date64": (arrow([date(1970, 1, 2)], pa.date64()), [86400], "float64"),
    "Arrow moments": (arrow([MOMENT, None]), [SECONDS, NAN], "float64"),
    "Arrow ns": (arrow([10**18], pa.timestamp("ns")), [1e9], "float64"),
    "Arrow reader": (reader([1, None]), [1, NAN], "float64"),
    "DuckDB decimal": (duck("0.1::decimal(10, 2)"), [0.1, 0.1], "float64"),
    "DuckDB hugeint": (duck("170141183460469231731687303715884105727"), [2.0**127] * 2, "float64"),
    "DuckDB sum": (lambda: relation({"x": np.arange(4)}).aggregate("sum(x) as a"), [6], "float64"),
    "DuckDB null": (duck("nullif(x, 1)"), [0, NAN], "float64"),
    "DuckDB moments": (duck("timestamp '1970-01-01 00:00:02.5'"), [2.5, 2.5], "float64"),
    "dict of Decimals": ({"a": [D("0.1"), None]}, [0.1, NAN], "float64"),
    "dict of pandas": ({"a": pd.Series([1, pd.NA], dtype="Int64")}, [1, NAN], "float64"),
    "dict of polars": ({"a": pl.Series([True, None])}, [1, NAN], "float64"),
    "dict of Arrow": ({"a": pa.array([D("0.1"), None])}, [0.1, NAN], "float64"),
    "dict of Arrow categories": (
        {"a": pa.chunked_array([pa.array([0.5, None, 0.25]).dictionary_encode()])},
        [0.5, NAN, 0.25],
        "float64",
    ),
    "dict of xarray": ({"a": xr.DataArray([0.5], dims="row")}, [0.5], "float64"),
    "dict of moments": ({"a": np.array(["1970-01-02", "NaT"], "M8[D]")}, [86400, NAN], "float64"),
    "xarray moments": (
        xr.Dataset({"a": ("row", np.array(["1970-01-02", "NaT"], "M8[ns]"))}),
        [86400, NAN],
        "float64",
    ),
}

TEXT = ["Rome", "Oslo"]
REFUSED: dict[str, tuple[Any, str]] = {
    "pandas": (pandas(TEXT), "text (String)"),
    "pandas objects": (pandas([1, "Rome"], object), "Object (text, as 'Rome')"),
    "pandas categories": (pandas(TEXT, "category"), "Categorical (text, as 'Rome')"),
    "pandas durations": (pandas([timedelta(1)]), "Duration (timedelta64"),
    "pandas complex": (pandas([1j]), "complex128"),
    "polars": (polars(TEXT), "text (String)"),
    "polars categories": (polars(TEXT, pl.Categorical), "Categorical (text"),
    "polars enum": (polars(TEXT, pl.Enum(TEXT)), "text (Enum)"),
    "polars bytes": (polars([b"1.5"]), "text (Binary)"),
    "polars lists": (polars([[1.0, 2.0], [1.0]]), "List (ndarray, as"),
    "polars clock": (polars([time(1)]), "Time (time, as '01:00:00')"),
    "polars lazy": (polars(TEXT).lazy(), "text (String)"),
    "Arrow": (arrow(TEXT), "text (string)"),
    "Arrow views": (arrow(TEXT, pa.string_view()), "text (string_view)"),
    "Arrow categories": (categories(TEXT), "categories of text (string)"),
    "Arrow durations": (arrow([timedelta(1)]), "values (duration)"),
    "Arrow structs": (arrow([{"x": 1}]), "values (struct)"),
    "Arrow decimal32": (arrow([D(1)], pa.decimal32(9, 1)), "values (unknown)"),
    "Arrow reader": (reader(TEXT), "text (string)"),
    "DuckDB": (duck("'Rome'"), "text (string"),
    "dict of lists": ({"a": TEXT}, "text (<U4)"),
    "dict of pandas": ({"a": pd.Series(TEXT)}, "text (String)"),
    "dict of Arrow": ({"a": pa.array(TEXT)}, "text (string)"),
    "xarray": (xr.Dataset({"a": ("row", TEXT)}), "text (<U4)"),
}


@pytest.mark.parametrize("kind", READ)
def test_every_type_that_holds_numbers_is_read(kind: str) -> None:
    table, expected, dtype = READ[kind]
    found = values(table)
    np.testing.assert_array_equal(found, np.array(expected, found.dtype))
    assert found.dtype == dtype


@pytest.mark.parametrize("kind", REFUSED)
def test_a_column_of_text_is_refused_by_name_with_its_type(kind: str) -> None:
    table, type_ = REFUSED[kind]
    with pytest.raises(ColumnError) as caught:
        values(table)
    assert 'points, column "a": expected real numbers, got ' in str(caught.value)
    assert type_ in str(caught.value)
    assert str(caught.value).endswith("convert it first, or take another column")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_what_is_not_asked_for_does_not_matter(make: Callable[[Any], Any]) -> None:
    columns: dict[str, Any] = {"x": [1.0], "y": [2.0], "city": ["Rome"]}
    columns["new"] = pa.array([D(1)], pa.decimal32(9, 1)) if make is pa.table else [D(1)]
    assert sum(map(len, Source(make(columns)))) == 1
    assert sum(map(len, Source({n: pd.Series(columns[n]) for n in ("x", "y", "city")}))) == 1


INTEGERS = st.integers(-(2**60), 2**60) | st.integers(-(10**37), 10**37)


@given(st.lists(INTEGERS, min_size=1), st.integers(0, 30))
@example([2**53 + 1], 0)
@example([-(2**63)], 1)
@example([251068613097276950], 3)  # rounded twice it is another
def test_decimals_are_rounded_once(integers: list[int], scale: int) -> None:
    table = pa.table({"a": pa.array([D(i) for i in integers], pa.decimal128(38, 0))})
    column = table["a"].combine_chunks()
    scaled = pa.Array.from_buffers(pa.decimal128(38, scale), len(column), column.buffers())
    expected = [float(Fraction(i, 10**scale)) for i in integers]
    assert values(pa.table({"a": scaled})).tolist() == expected


@given(
    st.lists(st.none() | st.integers(-(2**60), 2**60), min_size=1, max_size=40),
    st.data(),
)
def test_nulls_of_any_slice_are_where_they_were(
    rows: list[int | None], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(rows) - 1))
    part = rows[start:]
    expected = [NAN if value is None else float(value) for value in part]
    flags = [NAN if value is None else float(value > 0) for value in part]
    bools = pa.array([None if value is None else value > 0 for value in rows])
    batch = pa.record_batch({"a": pa.array(rows, pa.int64()), "b": bools}).slice(start)
    np.testing.assert_array_equal(values(batch).astype(float), expected)
    np.testing.assert_array_equal(values(batch, "b").astype(float), flags)
    np.testing.assert_array_equal(values(batch.to_pandas(types_mapper=pd.ArrowDtype)), expected)
    np.testing.assert_array_equal(values(polars(rows, pl.Int64)[start:]).astype(float), expected)


def test_what_lies_under_a_null_is_not_looked_at() -> None:
    valid = pa.py_buffer(b"\1")
    codes = pa.Array.from_buffers(pa.int8(), 2, [valid, pa.py_buffer(b"\0\x63")])
    coded = pa.DictionaryArray.from_arrays(codes, pa.array([0.5]), safe=False)
    np.testing.assert_array_equal(values(pa.table({"a": coded})), [0.5, NAN])
    frame = pandas(["Rome", 0.5], object).assign(a=lambda f: f["a"].where([False, True]))
    np.testing.assert_array_equal(values(frame), [NAN, 0.5])


def test_nulls_are_dropped_rows_and_told() -> None:
    frame = pl.DataFrame({"x": [0, None, 2, 3], "y": [0.0, 1.0, None, 3.0], "w": [1, 1, 1, 2]})
    with pytest.warns(gpuheat.GpuheatWarning, match="2 of 4"):
        picture = gpuheat.render(frame, weights="w", size=32, dotsize=4, device="cpu")
    assert picture.stats["dropped"] == 2


WRONG: dict[str, tuple[Callable[[], Any], dict[str, str], str]] = {
    "missing column": (
        lambda: pl.DataFrame({"lon": [1], "lat": [2], "population": [3]}),
        {"weights": "popluation"},
        'points has no column "popluation"; did you mean "population"? '
        "(there are: lon, lat, population)",
    ),
    "missing column of a query": (
        lambda: relation({"x": np.ones(2), "y": np.ones(2)}),
        {"weights": "z"},
        'points has no column "z"',
    ),
    "nothing like x and y": (
        lambda: pd.DataFrame({"a": [1], "b": [2]}),
        {},
        "no pair of columns is called x/y, lon/lat or ends so (there are: a, b)",
    ),
    "empty pandas": (lambda: pd.DataFrame({"x": [], "y": []}), {}, "points holds no points"),
    "empty polars": (lambda: pl.DataFrame({"x": [], "y": []}), {}, "points holds no points"),
    "empty query": (
        lambda: relation({"x": np.ones(2), "y": np.ones(2)}).filter("x > 1"),
        {},
        "points holds no points; expected at least one row",
    ),
    "empty stream": (
        lambda: pa.table({"x": [], "y": []}).to_reader(),
        {},
        "points holds no points",
    ),
    "empty geometry": (lambda: geo({"x": np.ones(0), "y": np.ones(0)}), {}, "holds no points"),
    "no chunks": (
        lambda: {"x": pa.chunked_array([], pa.float32()), "y": np.ones(0)},
        {},
        "points holds no points",
    ),
    "no columns": (lambda: pd.DataFrame(), {}, "(there are: none)"),
    "duplicate names, pandas": (
        lambda: pd.DataFrame(np.ones((2, 3)), columns=["x", "y", "x"]),
        {},
        'points: 2 columns are called "x"; give each column a name of its own',
    ),
    "duplicate names, Arrow": (
        lambda: pa.table([[1.0], [2.0], [3.0]], names=["a", "b", "a"]),
        {"x": "a", "y": "b"},
        '2 columns are called "a"',
    ),
    "several levels of names": (
        lambda: pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["p"], ["x", "y"]])),
        {},
        "columns of several levels (a MultiIndex), as ('p', 'x'); flatten them: df.columns = ",
    ),
    "mixed geometry": (
        lambda: geopandas.GeoSeries([shapely.Point(0, 1), shapely.LineString([(0, 0), (1, 1)])]),
        {},
        "points, row 1: the geometry is a LineString, expected points only; leave the others out",
    ),
    "points in bundles": (
        lambda: geopandas.GeoDataFrame(geometry=[shapely.MultiPoint([(0, 1), (2, 3)])]),
        {},
        "row 0: the geometry is a MultiPoint, expected points only",
    ),
    "a geometry as x": (
        lambda: geo({"x": np.ones(1), "y": np.ones(1)}).assign(at=[shapely.Point(0, 1)]),
        {"x": "at", "y": "y"},
        'column "at": expected real numbers, got Object',
    ),
    "chunks of other columns": (
        lambda: [pl.DataFrame({"x": [1], "y": [2]}), pl.DataFrame({"lon": [1], "lat": [2]})],
        {},
        'the chunks disagree: chunk 1 has no column "x"',
    ),
    "chunks of other types": (
        lambda: [pd.DataFrame({"x": [1], "y": [2]}), pd.DataFrame({"x": ["a"], "y": [2]})],
        {},
        'the chunks disagree: chunk 1: points, column "x": expected real numbers, got text',
    ),
    "columns of two lengths": (
        lambda: {"x": pd.Series([1.0]), "y": pl.Series([1.0, 2.0])},
        {},
        "(x has 1, y has 2); make them equal",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_table_that_holds_no_points_is_one_clear_line(wrong: str) -> None:
    make, options, text = WRONG[wrong]
    with pytest.raises(InputError) as caught:
        list(Source(make(), **options))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("package", "table"),
    [
        ("narwhals", pandas([1.0])),
        ("narwhals", polars([1.0])),
        ("narwhals", polars([1.0]).lazy()),
        ("narwhals", {"a": pl.Series([1.0])}),
        ("nanoarrow", arrow([1.0])),
        ("nanoarrow", reader([1.0])),
        ("nanoarrow", {"a": pa.array([1.0])}),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_a_package_that_is_not_installed_is_named_with_its_command(
    package: str, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def without(name: str, *more: Any) -> Any:
        if name == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *more)

    monkeypatch.setattr(extras.importlib, "import_module", without)
    with pytest.raises(MissingPackageError, match=package) as caught:
        list(Source(table, x="a", y="a"))
    assert 'install it: pip install "gpuheat[io]"' in str(caught.value)
    assert isinstance(caught.value, builtins.ImportError)
