"""Categories: a source taken apart by a column of text or numbers, however it arrives."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpuheat.errors import BudgetError, ColumnError, InputError
from gpuheat.points.categories import MOST, Categories, split
from gpuheat.points.source import Source

# Six rows: two of each of a and b, one whose x is missing, one without a category.
X = [1.0, 2.0, 3.0, np.nan, 5.0, 6.0]
Y = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
KIND = ["b", "a", "b", "a", "a", ""]
EXPECTED = {"a": [2.0, 5.0], "b": [1.0, 3.0]}
CSV = "x,y,kind\n" + "".join(
    f"{'' if np.isnan(x) else x},{y},{kind}\n" for x, y, kind in zip(X, Y, KIND, strict=True)
)
TABLE = {"x": X, "y": Y, "kind": KIND}


def found(categories: Categories) -> dict[Any, list[float]]:
    return {
        label: [float(x) for points in source for x in points.x]
        for label, source in categories.sources.items()
    }


def geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [x, y]} if x == x else None,
            "properties": {"kind": kind or None},
        }
        for x, y, kind in zip(X, Y, KIND, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def a_file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


WAYS: dict[str, Any] = {
    "a dict of lists": lambda _: Source(TABLE, by="kind"),
    "its case aside": lambda _: Source(TABLE, by="KIND"),
    "arrays": lambda _: Source(x=X, y=Y, by=KIND),
    "an array beside points": lambda _: Source(np.column_stack([X, Y]), by=np.array(KIND)),
    "objects": lambda _: Source(x=X, y=Y, by=np.array(KIND, object)),
    "None for missing": lambda _: Source(x=X, y=Y, by=[kind or None for kind in KIND]),
    "bytes with blanks": lambda _: Source(x=X, y=Y, by=np.array([f"{k} ".encode() for k in KIND])),
    "a list of chunks": lambda _: Source(
        [{name: column[i : i + 2] for name, column in TABLE.items()} for i in (0, 2, 4)], by="kind"
    ),
    "CSV": lambda folder: Source(a_file(folder, "a.csv", CSV.encode()), by="kind"),
    "packed CSV": lambda folder: Source(
        a_file(folder, "a.csv.gz", gzip.compress(CSV.encode())), by="kind"
    ),
    "CSV with quotes": lambda folder: Source(
        a_file(folder, "a.csv", CSV.replace(",b", ',"b"').encode()), by="kind"
    ),
    "two files": lambda folder: Source(
        [
            a_file(folder, "a.csv", "".join(CSV.splitlines(True)[:3]).encode()),
            a_file(folder, "b.csv", ("kind,y,x\n" + _turned(CSV)).encode()),
        ],
        by="kind",
    ),
    "a stream": lambda _: Source(io.BytesIO(CSV.encode()), by="kind"),
    "GeoJSON": lambda folder: Source(a_file(folder, "a.geojson", geojson()), by="kind"),
    "a stream of GeoJSON": lambda _: Source(io.BytesIO(geojson()), by="kind"),
}


def _turned(text: str) -> str:
    """Turn the rows after the second from x,y,kind to kind,y,x."""
    rows = [line.split(",") for line in text.splitlines()[3:]]
    return "".join(",".join(reversed(row)) + "\n" for row in rows)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_gives_the_same_parts(way: str, tmp_path: Path) -> None:
    categories = split(WAYS[way](tmp_path))
    assert found(categories) == EXPECTED
    assert found(categories) == EXPECTED, "they can be read again"
    assert (categories.n_read, categories.n_dropped) == (6, 2)
    assert categories.whole.extent() == ((1, 5), (5, 9))
    assert {label: source.n_points for label, source in categories.sources.items()} == {
        "a": 2,
        "b": 2,
    }
    tally = categories.tally
    assert (tally.read, tally.dropped, tally.outside) == (6, 2, 0)


@pytest.mark.parametrize("way", ["CSV", "two files", "a list of chunks", "GeoJSON"])
def test_what_does_not_fit_into_memory_is_read_again_for_each(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = WAYS[way](tmp_path)
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "40")
    assert found(split(source)) == EXPECTED


def test_a_stream_that_does_not_fit_into_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Source(io.BytesIO(CSV.encode()), by="kind")
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "40")
    with pytest.raises(BudgetError, match=r"can be read only once.*save it to a file"):
        split(source)


def test_a_generator_of_chunks_is_refused() -> None:
    chunks: Iterator[Any] = iter([TABLE])
    with pytest.raises(InputError, match="can be read only once, and its categories"):
        split(Source(chunks, by="kind"))


def test_data_frames_hand_their_categories_over() -> None:
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    kinds = [kind or None for kind in KIND]
    for by in (
        pandas.Series(kinds, dtype="category"),
        pandas.Series(kinds, dtype="string"),
        pandas.Series(kinds),
        pyarrow.array(kinds),
        pyarrow.array(kinds).dictionary_encode(),
    ):
        assert found(split(Source(x=X, y=Y, by=by))) == EXPECTED


def test_numbers_come_in_their_order_and_before_text() -> None:
    def order(by: Any) -> list[Any]:
        return list(split(Source(np.zeros((len(by), 2)), by=by)).sources)

    assert order([10, 9, 2]) == [2, 9, 10]
    assert order([1.5, np.nan, -2.0]) == [-2.0, 1.5]
    assert order([True, False]) == [False, True]
    assert order(["10", "9", "b", "B", "2"]) == ["2", "9", "10", "B", "b"]
    assert order(np.array([3, "c", None, 1], object)) == [1, 3, "c"]


def test_weights_and_sizes_go_with_their_points() -> None:
    weights, sizes = np.arange(6.0), np.arange(6.0) + 10
    source = Source(x=X, y=Y, weights=weights, sizes=sizes, by=KIND)
    parts = split(source).sources
    (points,) = parts["a"]
    assert points.weights is not None and points.sizes is not None  # noqa: PT018 (for mypy)
    assert (points.weights.tolist(), points.sizes.tolist()) == ([1, 4], [11, 14])
    weights[1] = np.inf
    (points,) = split(Source(x=X, y=Y, weights=weights, by=KIND)).sources["a"]
    assert points.x.tolist() == [5]


def test_a_column_of_weights_may_be_the_categories_too() -> None:
    table = {"x": [1, 2, 3], "y": [1, 2, 3], "n": [7, 8, 7]}
    parts = split(Source(table, weights="n", by="n")).sources
    assert {label: source.n_points for label, source in parts.items()} == {7: 2, 8: 1}


def test_names_that_are_also_found_in_numbers_of_a_file(tmp_path: Path) -> None:
    file = a_file(tmp_path, "a.csv", b"x,y,year\n1,1,2019\n2,2,2020\n3,3,2019\n")
    parts = split(Source(file, by="year")).sources
    assert {label: source.n_points for label, source in parts.items()} == {"2019": 2, "2020": 1}


MANY = MOST + 7
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "too many": (
        {"points": np.zeros((MANY, 2)), "by": np.arange(MANY)},
        f"has {MANY} categories, and {MOST} can be told apart",
    ),
    "far too many": (
        {"points": np.zeros((5000, 2)), "by": [f"id {n}" for n in range(5000)]},
        f"has 1000 or more categories, and {MOST} can be told apart",
    ),
    "a column that is not there": (
        {"points": TABLE, "by": "kin"},
        'no column "kin"; did you mean "kind"? (there are: x, y, kind)',
    ),
    "too few": (
        {"points": np.zeros((3, 2)), "by": ["a", "b"]},
        "by has 2 values for 3 points; give one per point, or none",
    ),
    "an array beside chunks": (
        {"points": [np.zeros((3, 2))], "by": ["a", "b", "c"]},
        "by is an array, but the points come from points in chunks; name a column",
    ),
    "lists": (
        {"points": np.zeros((2, 2)), "by": np.array([[], ["a"]], object)},
        "holds neither text nor numbers",
    ),
    "none at all": (
        {"points": np.zeros((2, 2)), "by": ["", None]},
        "none of the 2 rows of points has a category in by and finite",
    ),
    "none where x is finite": (
        {"points": {"x": [np.nan], "y": [1], "k": ["a"]}, "by": "k"},
        'none of the 1 rows of points has a category in column "k" and finite x, y',
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_taken_apart_is_one_clear_line(wrong: str) -> None:
    options, text = WRONG[wrong]
    with pytest.raises(InputError) as caught:
        split(Source(**options))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sixteen_are_not_too_many() -> None:
    assert len(split(Source(np.zeros((MOST, 2)), by=np.arange(MOST))).sources) == MOST


def test_text_as_weights_is_still_no_number() -> None:
    with pytest.raises(ColumnError, match="expected real numbers, got text"):
        list(Source(TABLE, weights="kind"))
    with pytest.raises(ColumnError, match="expected real numbers, got text"):
        list(Source({**TABLE, "kind": np.array(KIND, object)}, weights="kind"))


def test_a_property_of_very_many_texts_is_let_go() -> None:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [0, 0]},
            "properties": {"name": f"tree {number}", "kind": "oak"},
        }
        for number in range(1500)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    assert list(split(Source(io.BytesIO(content), by="kind")).sources) == ["oak"]
    with pytest.raises(InputError, match='column "name" has 1000 or more categories'):
        split(Source(io.BytesIO(content), by="name"))
