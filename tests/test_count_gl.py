"""Count on the GPU: both ways equal the host to the last bit, and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from drawing import pixel_grid
from gpu import open_or_skip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpuheat.density import count_compute
from gpuheat.density.cells import FLOAT_STEP, Cells, Deposit
from gpuheat.density.count_gl import count_source_gl
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.errors import DeviceError, InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.points.source import Source

WAYS = {"compute": True, "blend": False}
DEPOSITS: tuple[Deposit, ...] = ("nearest", "bilinear")

# Float32 counts no further than this.
FLOAT32_END = 1 << 24
# More turns than llvmpipe gives a shader's loop, many times over.
MANY = 20_000_000

per_device = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> bool:
    """Each way to count: in a compute shader, by blending."""
    return WAYS[request.param]


@pytest.fixture(params=DEPOSITS)
def deposit(request: pytest.FixtureRequest) -> Deposit:
    name: Deposit = request.param
    return name


def count(device: str, points: Any, cells: Cells, way: bool = True) -> Counts:
    return count_source_gl(points, cells, open_or_skip(device), compute=way)


def assert_same(actual: Counts, expected: Counts) -> None:
    """Hold two counts together, bit for bit."""
    assert actual.cells == expected.cells
    assert actual.values.dtype == np.int64
    np.testing.assert_array_equal(actual.values, expected.values)
    assert (actual.beyond, actual.n_points) == (expected.beyond, expected.n_points)


def assert_as_on_the_host(device: str, points: Any, cells: Cells, way: bool) -> None:
    here, there = Source.of(points()), Source.of(points())
    assert_same(count(device, here, cells, way), count_source(there, cells))
    assert here.tally.outside == there.tally.outside
    assert (here.tally.read, here.tally.dropped) == (there.tally.read, there.tally.dropped)


def scattered(area: Area, n_points: int, seed: int = 50) -> NDArray[np.float64]:
    """Put points into an area and around it, some of them right on its corners."""
    rng = np.random.default_rng(seed)
    low = np.array([area.xmin, area.ymin])
    size = np.array([area.width, area.height])
    points = low + rng.uniform(-0.3, 1.3, (n_points, 2)) * size
    points[:2] = low, low + size
    return points


# By hand


def test_nine_cells_nearest(gl_device: str, way: bool) -> None:
    """Row 0 is where y is largest; what is beyond, and no point of ours, is told apart."""
    points = [(0.5, 2.5), (0.9, 2.1), (2.5, 2.5), (1.0, 1.0), (1.99, 1.99), (0.0, 0.001)]
    outside = [(-0.1, 1.5), (1.5, 3.1), (3.5, 0.5)]
    source = Source(np.array(points + outside + [(np.nan, 1.0)]))
    counts = count(gl_device, source, Cells(pixel_grid(3, 3), deposit="nearest"), way)
    assert counts.values.tolist() == [[2, 0, 1], [0, 1, 0], [1, 1, 0]]
    assert (counts.beyond, counts.n_points, counts.mass) == (3, 9, 9.0)
    assert (source.tally.read, source.tally.dropped, source.tally.outside) == (10, 1, 3)


def test_nine_cells_bilinear(gl_device: str, way: bool) -> None:
    """A point at a cell's centre stays whole, one at a crossing is split in four."""
    points = np.array([(1.5, 1.5, 2), (1.0, 2.0, -1), (1.75, 1.5, 1)])
    counts = count(gl_device, points, Cells(pixel_grid(3, 3)), way)
    assert counts.values.tolist() == [[-64, -64, 0], [-64, 512 - 64 + 192, 64], [0, 0, 0]]
    assert (counts.beyond, counts.mass) == (0, 2.0)
    # Below the last row's centre a part would fall out: such a point is beyond as a whole.
    below = count(gl_device, np.array([(1.5, 0.4, 3)]), Cells(pixel_grid(3, 3)), way)
    assert (below.values.any(), below.beyond) == (False, 768)


def test_points_just_outside_and_on_the_edges(gl_device: str, way: bool, deposit: Deposit) -> None:
    """Left of the grid is not cell 0, where a cast cuts towards zero; the last edge is beyond."""
    edge = np.array([-1, -0.75, -0.25, -1e-9, 0, 1e-9, 2.5, np.nextafter(3, 0), 3, 3.000001, 1e300])
    points = np.array([(x, y) for x in edge for y in edge])
    for gutter in (0, 1):
        cells = Cells(pixel_grid(3, 3), 1, gutter, deposit)
        assert_as_on_the_host(gl_device, lambda: points, cells, way)
    nearest = count(gl_device, points[points[:, 1] == 0], Cells(pixel_grid(3, 3), 1, 0, "nearest"))
    assert nearest.beyond == 11  # y = 0 is the lowest row's lower edge, and no more that row


# As on the host


@pytest.mark.parametrize("weights", [None, "whole", "real"])
@pytest.mark.parametrize("fineness", [1, 2, 3, 4])
def test_it_is_what_the_host_counts(
    gl_device: str, way: bool, deposit: Deposit, fineness: int, weights: str | None
) -> None:
    """Also where coordinates are so large that float32 would not tell the cells apart."""
    rng = np.random.default_rng(51)
    columns = {None: None, "whole": rng.integers(-9, 9, 2001), "real": rng.normal(0, 4, 2001)}
    step = FLOAT_STEP if weights == "real" else 1.0
    for area in (Area(-180, -60, 180, 80), Area(930_000, 5e6, 930_010, 5_000_007)):
        for dtype in (np.float32, np.float64):
            points = scattered(area, 2001).astype(dtype)
            for gutter in (0, 3):
                cells = Cells(Grid(area, 29, 17), fineness, gutter, deposit, step)
                assert_as_on_the_host(
                    gl_device,
                    lambda points=points: Source(
                        x=points[:, 0], y=points[:, 1], weights=columns[weights]
                    ),
                    cells,
                    way,
                )


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", "i8", "f2", ">f4", ">f8", "g"])
def test_any_real_type_counts(gl_device: str, way: bool, dtype: str) -> None:
    points = scattered(Area(0, 0, 100, 60), 500).clip(0, 120).astype(dtype)
    cells = Cells(Grid(Area(0, 0, 100, 60), 31, 19), 2, 2)
    assert_as_on_the_host(gl_device, lambda: points, cells, way)


def test_columns_may_lie_anyhow_in_memory(gl_device: str, way: bool) -> None:
    points = scattered(Area(0, 0, 9, 7), 600).astype(np.float32)
    wide = np.zeros((600, 5), np.float32)
    wide[:, [3, 1]] = points
    cells = Cells(Grid(Area(0, 0, 9, 7), 18, 14), 1, 1)
    expected = count_source(points, cells)
    for x, y in (
        (wide[:, 3], wide[:, 1]),
        (points[:, 0].copy(), points[:, 1].astype(np.float64)),
        (points[::-1, 0], points[::-1, 1]),
        tuple(np.asfortranarray(points).T),
    ):
        assert_same(count(gl_device, Source(x=x, y=y), cells, way), expected)


def test_chunks_may_be_tiny_or_empty(gl_device: str, way: bool, deposit: Deposit) -> None:
    points = scattered(Area(0, 0, 9, 7), 40)
    cells = Cells(Grid(Area(0, 0, 9, 7), 9, 7), 2, 1, deposit)
    ends = [0, 1, 1, 2, 5, 5, 12, 40]
    chunks = [points[a:b] for a, b in pairwise(ends)]
    assert_same(count(gl_device, chunks, cells, way), count_source(points, cells))


# Laws


@per_device
@given(seed=st.integers(0, 2**32), n_points=st.integers(2, 400), cut=st.integers(1, 399))
def test_order_and_split_change_no_bit(gl_device: str, seed: int, n_points: int, cut: int) -> None:
    area = Area(-5, 2, 25, 12)
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1e5, n_points)
    points = np.column_stack([scattered(area, n_points, seed), weights])
    cells = Cells(Grid(area, 12, 8), 2, 1, "bilinear", FLOAT_STEP)
    cut = min(cut, n_points - 1)
    for way in WAYS.values():
        whole = count(gl_device, points, cells, way)
        assert_same(count(gl_device, points[rng.permutation(n_points)], cells, way), whole)
        halves = Source([points[:cut], points[cut:]], weights="3")
        assert_same(count(gl_device, halves, cells, way), whole)
        head, tail = (count(gl_device, each, cells, way) for each in (points[:cut], points[cut:]))
        assert_same(head + tail, whole)
        steps = np.rint(weights / FLOAT_STEP).astype(np.int64)
        assert whole.values.sum() + whole.beyond == int(steps.sum()) * cells.units


@per_device
@given(
    st.lists(
        st.tuples(
            st.floats(-1, 4, width=32), st.floats(-1, 4, width=32), st.integers(-(2**40), 2**40)
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_points_count_as_on_the_host(gl_device: str, points: list[Any]) -> None:
    x, y, weights = (np.array(column) for column in zip(*points, strict=True))
    for deposit in DEPOSITS:
        cells = Cells(pixel_grid(3, 3), 2, 0, deposit)
        for way in WAYS.values():
            assert_as_on_the_host(gl_device, lambda: Source(x=x, y=y, weights=weights), cells, way)


# Nothing lost


def test_more_points_in_one_cell_than_float32_counts(gl_device: str, deposit: Deposit) -> None:
    """A bilinear deposit of them is also more than a word of 32 bits holds."""
    chunk = np.full((1 << 20, 2), 1.5, np.float32)
    chunks = [chunk] * (FLOAT32_END >> 20) + [chunk[:1000]]
    cells = Cells(pixel_grid(3, 3), deposit=deposit)
    counts = count(gl_device, chunks, cells)
    expected = np.zeros((3, 3), np.int64)
    expected[1, 1] = (FLOAT32_END + 1000) * cells.units
    np.testing.assert_array_equal(counts.values, expected)
    assert counts.n_points == counts.mass == FLOAT32_END + 1000


def test_blending_counts_beyond_what_float32_holds(gl_device: str, deposit: Deposit) -> None:
    """Many points off a cell's centre, whose parts are odd numbers; and few heavy ones."""
    cells = Cells(pixel_grid(3, 3), deposit=deposit)
    n_points = 150_000
    counts = count(gl_device, np.full((n_points, 2), (1.5625, 1.4375)), cells, way=False)
    parts = [[1, 0], [0, 0]] if deposit == "nearest" else [[225, 15], [15, 1]]
    assert (counts.values[1:, 1:] == np.array(parts) * n_points).all()
    heavy = np.array([[1.5, 1.5, FLOAT32_END + 1], [1.5, 1.5, 2.0**38 + 1], [0.5, 1.5, -3]])
    counts = count(gl_device, np.tile(heavy, (5000, 1)), cells, way=False)
    assert counts.values[1, 1] == 5000 * (FLOAT32_END + 1 + 2**38 + 1) * cells.units
    assert counts.values[1, 0] == -15_000 * cells.units


def test_blending_counts_two_to_the_24_and_1000_points(gl_device: str) -> None:
    chunk = np.full((1 << 20, 2), 1.5, np.float32)
    chunks = [chunk] * (FLOAT32_END >> 20) + [chunk[:1000]]
    counts = count(gl_device, chunks, Cells(pixel_grid(3, 3), deposit="nearest"), way=False)
    assert counts.values[1, 1] == FLOAT32_END + 1000


def test_twenty_million_points_lose_none(gl_device: str) -> None:
    """Through a driver that ends each shader's loop at 65,535 turns."""
    area = Area(0, 0, 64, 48)
    chunk = scattered(area, 1_000_000).astype(np.float32)
    cells = Cells(Grid(area, 256, 192), 1, 20)
    one = count_source(chunk, cells)
    counts = count(gl_device, [chunk] * (MANY // len(chunk)), cells)
    np.testing.assert_array_equal(counts.values, one.values * 20)
    assert (counts.beyond, counts.n_points) == (one.beyond * 20, MANY)


@pytest.mark.parametrize("weight", [2**42 - 1, -(2**42) + 1, 2**31, -(2**32)])
def test_heavy_weights_of_both_signs_are_carried(gl_device: str, way: bool, weight: int) -> None:
    """From the low word to the high one, back and forth across zero."""
    weights = np.tile(np.array([weight, -1, weight, -weight]), 500)
    source = Source(x=np.full(2000, 0.3), y=np.full(2000, 0.6), weights=weights)
    counts = count(gl_device, source, Cells(pixel_grid(1, 1), 1, 1), way)
    assert counts.mass == weights.sum() == 500 * weight - 500
    assert abs(counts.values).max() == counts.values[1, 1] * np.sign(weight)


# The driver's limits, and its other users


def test_cells_beyond_a_storage_block_are_counted_in_bands(
    gl_device: str, deposit: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = np.column_stack([scattered(Area(0, 0, 9, 7), 3000), np.arange(-1000, 2000)])
    cells = Cells(Grid(Area(0, 0, 9, 7), 9, 7), 2, 1, deposit)
    for most_words in (1, 2, 23, 101):
        monkeypatch.setattr(count_compute, "_most_words", lambda gl, most=most_words: most)
        assert_as_on_the_host(gl_device, lambda: points, cells, way=True)


def test_batches_smaller_than_chunks(gl_device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_compute, "BATCH_POINTS", 64)
    points = scattered(Area(0, 0, 9, 7), 1001)
    cells = Cells(Grid(Area(0, 0, 9, 7), 9, 7), 2, 1)
    for dtype in (np.float32, np.float64):
        assert_as_on_the_host(gl_device, lambda dtype=dtype: points.astype(dtype), cells, way=True)


def test_others_may_use_the_context_in_between(gl_device: str, way: bool) -> None:
    area = Area(0, 0, 9, 7)
    points = scattered(area, 900)
    cells = Cells(Grid(area, 30, 20), 1, 1)

    def chunks() -> Iterator[NDArray[np.float64]]:
        for start in range(0, 900, 300):
            count(gl_device, points * 2, Cells(Grid(area, 5, 5), 2, 0, "nearest"), way)
            yield points[start : start + 300]

    assert_same(count(gl_device, chunks(), cells, way), count_source(points, cells))


def test_without_compute_shaders_it_blends_and_compute_is_refused(gl_device: str) -> None:
    context = open_or_skip(gl_device)
    assert context.limits is not None
    older = replace(context, version=330, limits=replace(context.limits, compute=False))
    cells = Cells(pixel_grid(3, 3))
    assert count_source_gl([[1.5, 1.5]], cells, older).values[1, 1] == 256
    with pytest.raises(DeviceError, match=r"OpenGL 3\.3, and compute shaders need 4\.3"):
        count_source_gl([[1.5, 1.5]], cells, older, compute=True)


def test_weights_that_64_bits_cannot_hold_are_refused(gl_device: str, way: bool) -> None:
    """Nothing stays on the GPU: the fixture of all tests looks."""
    with pytest.raises(InputError, match="is what 64 bits hold in steps of 1"):
        count(gl_device, [[1.0, 1.0, 1.0], [1.0, 1.0, 2.0**56]], Cells(pixel_grid(3, 3)), way)


def test_no_points_at_all_are_refused(gl_device: str, way: bool) -> None:
    with pytest.raises(InputError, match="holds no points"):
        count(gl_device, np.empty((0, 2)), Cells(pixel_grid(3, 3)), way)


def test_progress_is_told_after_each_chunk(gl_device: str, way: bool) -> None:
    told: list[int] = []
    points = np.full((10, 2), 1.5)
    context = open_or_skip(gl_device)
    count_source_gl(
        [points, points], Cells(pixel_grid(3, 3)), context, lambda: told.append(1), compute=way
    )
    assert len(told) == 2
