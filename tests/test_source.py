"""Source: whatever holds points becomes checked chunks; whatever does not, a clear line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import ColumnError, InputError
from gpuheat.points.points import Points
from gpuheat.points.source import Source

ROWS = [(1.0, 2.0, 5.0), (3.0, 4.0, 6.0), (-1.0, 0.5, 7.0)]
XY = [row[:2] for row in ROWS]
ARRAY = np.array(ROWS)


def columns(source: Source) -> list[list[float]]:
    """Read a source: x, y and, if there are any, weights."""
    chunks = list(source)
    found = [
        np.concatenate([chunk.x for chunk in chunks]).tolist(),
        np.concatenate([chunk.y for chunk in chunks]).tolist(),
    ]
    if chunks[0].weights is not None:
        weights = [chunk.weights for chunk in chunks if chunk.weights is not None]
        found.append(np.concatenate(weights).tolist())
    return found


EXPECTED_XY = [list(column) for column in zip(*XY, strict=True)]
EXPECTED = [list(column) for column in zip(*ROWS, strict=True)]


@pytest.mark.parametrize(
    "points",
    [
        XY,
        tuple(XY),
        [list(row) for row in XY],
        [np.array(row) for row in XY],
        [(Decimal(x), Fraction(y)) for x, y in XY],
        [(str(x), str(y)) for x, y in XY],
        ARRAY[:, :2],
        ARRAY[:, :2].astype(">f4"),
        ARRAY[:, :2].astype(object),
        np.asfortranarray(ARRAY[:, :2]),
        {"x": ARRAY[:, 0], "y": ARRAY[:, 1]},
        {"lon": EXPECTED_XY[0], "lat": EXPECTED_XY[1]},
        {"Latitude": EXPECTED_XY[1], "name": ["a", "b", "c"], "Longitude": EXPECTED_XY[0]},
        np.rec.fromarrays(EXPECTED_XY, names="x,y"),
        lambda: [XY],
        lambda: iter([XY[:1], XY[1:]]),
        [XY[:1], XY[1:]],
        [ARRAY[:1, :2], ARRAY[1:, :2]],
        [{"x": [1.0, 3.0], "y": [2.0, 4.0]}, {"y": [0.5], "x": [-1.0]}],
    ],
    ids=lambda points: type(points).__name__,
)
def test_points_come_in_many_shapes(points: Any) -> None:
    source = Source(points)
    for _ in range(2):
        assert columns(source) == EXPECTED_XY
        assert (source.tally.read, source.tally.dropped) == (3, 0)
    assert source.rereadable
    assert source.extent() == ((-1, 0.5), (3, 4))


def test_a_generator_is_a_source_for_once() -> None:
    for points in ((row for row in XY), (ARRAY[i : i + 1, :2] for i in range(3))):
        assert columns(Source(points)) == EXPECTED_XY
    chunks = Source(ARRAY[i : i + 1, :2] for i in range(3))
    assert not chunks.rereadable
    with pytest.raises(InputError, match="can be read only once, and its range must be known"):
        chunks.need_twice()
    assert columns(chunks) == EXPECTED_XY, "asking has not begun to read it"


def test_an_iterator_is_read_no_further_than_needed() -> None:
    taken = 0

    def stream() -> Iterator[Any]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield ARRAY

    reading = iter(Source(stream()))
    next(reading)
    assert taken == 1


def test_a_third_column_is_the_weights() -> None:
    assert columns(Source(ROWS)) == EXPECTED
    assert columns(Source(ARRAY)) == EXPECTED
    assert Source(ARRAY).columns == ("1", "2", "3")
    assert Source(ARRAY[:, :2]).columns == ("1", "2")


def test_weights_are_given_beside_or_by_name() -> None:
    weights = EXPECTED[2]
    assert columns(Source(XY, weights=weights)) == EXPECTED
    assert columns(Source(x=EXPECTED[0], y=EXPECTED[1], weights=weights)) == EXPECTED
    table = {"x": EXPECTED[0], "y": EXPECTED[1], "Mag": weights}
    assert columns(Source(table)) == EXPECTED_XY, "weights are never guessed"
    source = Source(table, weights="mag")
    assert columns(source) == EXPECTED
    assert source.columns == ("x", "y", "Mag")
    assert columns(Source([table, table], weights="Mag"))[2] == weights * 2


def test_columns_are_named_or_guessed() -> None:
    table = {"pickup_longitude": [1.0], "pickup_latitude": [2.0], "a": [3.0], "b": [4.0]}
    guessed = Source(table)
    assert (guessed.columns, guessed.guessed, guessed.degrees) == (
        ("pickup_longitude", "pickup_latitude"),
        True,
        True,
    )
    named = Source(table, x="A", y="b")
    assert (named.columns, named.guessed, named.degrees) == (("a", "b"), False, False)
    assert columns(named) == [[3], [4]]


def test_chunks_are_views_of_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpuheat.points.table.CHUNK_ROWS", 2)
    chunks = list(Source(ARRAY))
    assert [len(chunk) for chunk in chunks] == [2, 1]
    assert all(np.shares_memory(chunk.x, ARRAY) for chunk in chunks)
    assert chunks[0].x.strides == (24,), "nothing was copied on the way"


@given(
    st.lists(st.tuples(*[st.floats(width=32, allow_nan=True, allow_infinity=True)] * 3), min_size=1)
)
def test_rows_with_nan_or_infinity_are_left_out_and_counted(
    rows: list[tuple[float, float, float]],
) -> None:
    array = np.array(rows)
    good = np.isfinite(array).all(axis=1)
    source = Source(array)
    if not good.any():
        with pytest.raises(InputError, match=f"all {len(rows)} rows of points hold NaN or inf"):
            list(source)
        return
    assert columns(source) == array[good].T.tolist()
    assert source.tally.read == len(rows)
    assert source.tally.dropped == int((~good).sum())


def test_sums_that_overflow_are_no_reason_to_drop() -> None:
    big = np.full(10, 1e308)
    assert len(Points.checked(big, big)) == 10
    small = np.full(10, 3e38, np.float32)
    assert len(Points.checked(small, small, -small)) == 10
    mixed = np.array([1e308, 1e308, np.inf, -np.inf, 1])
    assert Points.checked(mixed, np.zeros(5)).x.tolist() == [1e308, 1e308, 1]


def test_looking_for_the_range_forgets_nothing_that_drawing_told() -> None:
    source = Source(XY)
    list(source)
    source.tally.outside = 2
    source.extent()
    assert (source.tally.read, source.tally.outside) == (3, 2)


def test_a_missing_value_in_a_column_of_objects_is_dropped() -> None:
    source = Source(x=[1, None, 3], y=[4, 5, 6])
    assert columns(source) == [[1, 3], [4, 6]]
    assert source.tally.dropped == 1
    assert columns(Source([(1, 4), (None, 5), (3, 6)])) == [[1, 3], [4, 6]]


ALL_WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "no points given; give points, or x= and y= as arrays"),
    "only x": ({"x": [1]}, "no points given"),
    "names without a table": ({"x": "a", "y": "b"}, "no points given"),
    "a number": ({"points": 5}, "points is int; give an (N, 2) array, pairs, a table or a path"),
    "an empty list": ({"points": []}, "points is empty; give at least one point"),
    "an empty array": ({"points": np.empty((0, 2))}, "points holds no points"),
    "an empty generator": ({"points": iter(())}, "points is empty"),
    "an empty stream": ({"points": lambda: iter(())}, "points holds no chunk"),
    "empty columns": ({"x": [], "y": []}, "points holds no points"),
    "one number a row": ({"points": [1.0, 2.0, 3.0]}, "give|expected"),
    "four columns": ({"points": np.zeros((5, 4))}, "has the shape (5, 4), expected (N, 2)"),
    "turned": ({"points": np.zeros((2, 9))}, "did you mean points.T?"),
    "turned with weights": ({"points": np.zeros((3, 9))}, "did you mean points.T?"),
    "three dimensions": ({"points": np.zeros((2, 2, 2))}, "has the shape (2, 2, 2)"),
    "ragged rows": ({"points": [(1, 2), (3, 4, 5)]}, "row 1: got '(3, 4, 5)'"),
    "a lonely number": ({"points": [(1, 2), 3]}, "row 1: got '3'"),
    "text": ({"points": [(1, 2), ("x", 4)]}, "row 1: got \"('x', 4)\""),
    "complex": ({"points": np.zeros((3, 2), complex)}, "expected real numbers, got complex128"),
    "dates": ({"points": np.zeros((3, 2), "M8[s]")}, "expected real numbers, got datetime64"),
    "text columns": ({"x": ["a"], "y": [1]}, "holds no numbers|expected real numbers"),
    "columns of two lengths": ({"x": [1, 2], "y": [1]}, "(x has 2, y has 1); make them equal"),
    "columns of two dimensions": ({"x": [[1]], "y": [1]}, 'column "x" has the shape (1, 1)'),
    "too few weights": (
        {"points": [(1, 2)] * 4, "weights": [1, 2, 3]},
        "weights has 3 values for 4 points; give one per point, or none",
    ),
    "one weight for all": ({"points": XY, "weights": 5}, 'column "weights" has the shape ()'),
    "weights twice": ({"points": ROWS, "weights": [1, 2, 3]}, "weights are given twice"),
    "weights beside chunks": (
        {"points": [ARRAY[:, :2]], "weights": [1, 2, 3]},
        "weights is an array, but the points come from points in chunks",
    ),
    "x beside points": ({"points": XY, "x": [1], "y": [2]}, "x is list beside points"),
    "only x named": ({"points": {"a": [1], "b": [2]}, "x": "a"}, "only x is named"),
    "no such column": (
        {"points": {"lon": [1], "lat": [2]}, "x": "lonn", "y": "lat"},
        'points has no column "lonn"; did you mean "lon"?',
    ),
    "no such weights": ({"points": {"x": [1], "y": [2]}, "weights": "w"}, 'no column "w"'),
    "nothing like x and y": ({"points": {"a": [1], "b": [2]}}, "no pair of columns is called"),
}


@pytest.mark.parametrize("wrong", ALL_WRONG)
def test_what_holds_no_points_is_one_clear_line(wrong: str) -> None:
    options, text = ALL_WRONG[wrong]
    with pytest.raises(InputError) as caught:
        list(Source(**options))
    assert any(part in str(caught.value) for part in text.split("|")), caught.value
    assert "\n" not in str(caught.value)


def test_chunks_that_disagree_are_told_by_number() -> None:
    chunks = [{"x": [1.0], "y": [1.0]}, {"lon": [1.0], "lat": [1.0]}]
    with pytest.raises(ColumnError, match='the chunks disagree: chunk 1 has no column "x"'):
        list(Source(chunks))


def test_a_stream_of_files(tmp_path: Path) -> None:
    for number, row in enumerate(XY):
        (tmp_path / f"{number}.csv").write_text(f"x,y\n{row[0]},{row[1]}\n")
    assert columns(Source([tmp_path / f"{number}.csv" for number in range(3)])) == EXPECTED_XY
    assert columns(Source(tmp_path / f"{n}.csv" for n in range(3))) == EXPECTED_XY
