"""Vectors: what is read of a batch stays in memory as long as someone holds it."""

from __future__ import annotations

import gc
from typing import Any

import nanoarrow
import numpy as np
import pyarrow as pa
import pytest
from frames import relation

import gpuheat
from gpuheat.points import vectors
from gpuheat.points.source import Source
from gpuheat.points.tables import as_table

N_ROWS = 400_000
COUNTED = np.arange(float(N_ROWS))
# Overwrites what was let go.
_NOISE = 8


def made() -> pa.Table:
    """Make a table that nothing but what reads it holds, in batches."""
    columns = {"x": COUNTED.copy(), "y": -COUNTED}
    return pa.Table.from_batches(pa.table(columns).to_batches(max_chunksize=30_000))


STREAMS: dict[str, Any] = {
    "table": made,
    "reader": lambda: made().to_reader(),
    "nanoarrow": lambda: nanoarrow.ArrayStream(made()),
    "query": lambda: relation({"x": COUNTED, "y": -COUNTED}),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_chunk_outlives_its_batch_and_its_stream(kind: str) -> None:
    kept = [chunk["x"] for chunk in as_table(STREAMS[kind]()).chunks(["x", "y"])]
    gc.collect()
    noise = [np.full(30_000, -1.0) for _ in range(_NOISE)]
    assert np.array_equal(np.concatenate(kept), COUNTED)
    del noise


def test_a_column_outlives_the_batch_it_is_a_child_of() -> None:
    (x, _), *_ = vectors.batches(nanoarrow.c_array_stream(made()))
    gc.collect()
    noise = [np.full(30_000, -1.0) for _ in range(_NOISE)]
    assert np.array_equal(x.numbers(), COUNTED[:30_000])
    del noise


@pytest.mark.parametrize("kind", STREAMS)
def test_two_threads_count_what_streams_by(kind: str) -> None:
    area = ((0, -N_ROWS), (N_ROWS, 0))
    counts = gpuheat.count(Source(STREAMS[kind](), x="x", y="y"), size=50, area=area)
    expected = gpuheat.count({"x": COUNTED, "y": -COUNTED}, size=50, area=area)
    assert np.array_equal(counts.values, expected.values)
