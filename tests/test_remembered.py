"""Remembered: what a picture reads, it reads once, while that is not much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import gpuheat
from gpuheat.points import remembered
from gpuheat.points.remembered import Remembered
from gpuheat.points.tables import as_table

ROWS = np.random.default_rng(90).normal(size=(60_000, 2))
OPTIONS = {"size": 80, "dotsize": 40, "device": "cpu", "method": "count"}


class Stream:
    """Chunks from a function that tells how often it was asked."""

    def __init__(self) -> None:
        self.n_readings = 0

    def __call__(self) -> Iterator[NDArray[np.float64]]:
        self.n_readings += 1
        yield from np.array_split(ROWS, 7)


def test_a_picture_reads_its_points_once() -> None:
    """Their range, their counts and the lone ones among them: three readings, one of the source."""
    stream = Stream()
    picture = gpuheat.render(stream, **OPTIONS)
    assert stream.n_readings == 1
    whole = gpuheat.render(ROWS, **OPTIONS)
    np.testing.assert_array_equal(picture.density.values, whole.density.values)
    assert picture.stats["read"] == len(ROWS)


def test_what_is_too_much_to_keep_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = gpuheat.render(Stream(), **OPTIONS)
    monkeypatch.setattr(remembered, "_MOST_BYTES", ROWS.nbytes - 1)
    stream = Stream()
    picture = gpuheat.render(stream, **OPTIONS)
    assert stream.n_readings > 1
    np.testing.assert_array_equal(picture.density.values, kept.density.values)


def test_the_next_picture_reads_anew(tmp_path: Path) -> None:
    """A source that the user holds must not show yesterday's file."""
    path = tmp_path / "points.csv"
    path.write_text("x,y\n0,0\n1,1\n")
    source = gpuheat.read(path)
    assert gpuheat.render(source, size=20).stats["read"] == 2
    path.write_text("x,y\n0,0\n1,1\n0,1\n")
    assert gpuheat.render(source, size=20).stats["read"] == 3


def test_other_columns_are_not_taken_for_those_that_were_read() -> None:
    table, memory = as_table({"x": [1.0, 2.0], "y": [3.0, 4.0], "w": [5.0, 6.0]}), Remembered()
    for names in (("x", "y"), ("x", "y", "w"), ("y", "x")):
        (chunk,) = memory.chunks(table, names)
        (again,) = memory.chunks(table, names)
        assert tuple(chunk) == tuple(again) == names
    other = as_table({"x": [9.0], "y": [9.0]})
    (chunk,) = memory.chunks(other, ("y", "x"))
    assert chunk["x"].tolist() == [9.0]


def test_a_reading_that_was_broken_off_is_not_taken_for_all() -> None:
    stream, memory = as_table(Stream()), Remembered()
    names = stream.names
    next(memory.chunks(stream, names))
    assert sum(len(chunk[names[0]]) for chunk in memory.chunks(stream, names)) == len(ROWS)


def test_a_stream_that_can_be_read_once_is_not_kept() -> None:
    chunks = (chunk for chunk in np.array_split(ROWS, 7))
    table, memory = as_table(chunks), Remembered()
    for _ in memory.chunks(table, table.names):
        pass
    assert memory._chunks is None
