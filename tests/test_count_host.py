"""Count on the host: by hand, by definition, whatever the type, split, order or thread."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from counting import assert_same, by_definition, chunked, table, units, without_scipy, workers
from drawing import at, pixel_grid
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuheat.density import bound, count_host, scatter, sums
from gpuheat.density.cells import Cells
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.errors import GpuheatError, InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source


def counted(points: Points, cells: Cells) -> Counts:
    weights = None if points.weights is None else "weights"
    return count_source(Source(table(points), x="x", y="y", weights=weights), cells)


def streamed(points: Points, cells: Cells, sizes: list[int]) -> Counts:
    return count_source(Source(chunked(points, sizes)), cells)


# --- By hand: 3 x 3 pixels and a gutter of one, so 5 x 5 cells. ---

GRID = pixel_grid(3, 3)
NEAREST = Cells(GRID, gutter=1, deposit="nearest")
BILINEAR = Cells(GRID, gutter=1, deposit="bilinear")
NOTHING = [[0] * 5] * 5

# Where (column, row, in pixels), the 25 cells, and what is beyond them.
NEAREST_BY_HAND: dict[str, tuple[tuple[float, float], list[list[int]], int]] = {
    "the middle": (
        (1.5, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "off the middle": (
        (2.99, 0.01),
        [[0, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "the picture's corner": (
        (0, 0),
        [[0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "an edge between two pixels": (
        (1, 2.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "just left of the grid: not its first cell": (
        (-1e-9, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "just above the grid": (
        (1.5, -1e-9),
        [[0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "the far edge is the gutter's": (
        (3, 3),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]],
        0,
    ),
    "the gutter's own corner": (
        (-1, -1),
        [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "just beyond the gutter, left": ((-1.0000001, 1.5), NOTHING, 1),
    "just beyond the gutter, above": ((1.5, -1.0000001), NOTHING, 1),
    "the gutter's far edge": ((4, 1.5), NOTHING, 1),
    "below the gutter": ((1.5, 4.5), NOTHING, 1),
    "far away": ((1e9, -1e9), NOTHING, 1),
}

BILINEAR_BY_HAND: dict[str, tuple[tuple[float, float], list[list[int]], int]] = {
    "a cell's centre is that cell's alone": (
        (1.5, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 256, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "a quarter left of a centre": (
        (1.25, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 64, 192, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "a quarter left and a quarter below": (
        (1.25, 1.75),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 48, 144, 0, 0], [0, 16, 48, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "1/16 and 15/16": (
        (1.5625, 0.5625),
        [[0, 0, 0, 0, 0], [0, 0, 225, 15, 0], [0, 0, 15, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "less than half of 1/16 is nothing": (
        (1.53, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 256, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "half of 1/16 and more is 1/16": (
        (1.53125, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 240, 16, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "a crossing of pixel edges": (
        (1, 2),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 64, 64, 0, 0], [0, 64, 64, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "the picture's corner: three quarters in the gutter": (
        (0, 0),
        [[64, 64, 0, 0, 0], [64, 64, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "the far corner": (
        (3, 3),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 64, 64], [0, 0, 0, 64, 64]],
        0,
    ),
    "just left of the grid": (
        (-0.125, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [160, 96, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "the centre of the gutter's first cell": (
        (-0.5, -0.5),
        [[256, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "short of the centre of the gutter's last cell": (
        (3.4375, 1.5),
        [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 16, 240], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
        0,
    ),
    "left of the gutter's first centre": ((-0.5625, 1.5), NOTHING, 256),
    "above it": ((1.5, -0.5625), NOTHING, 256),
    "right of the gutter's last centre": ((3.5625, 1.5), NOTHING, 256),
    "far away": ((-1e9, 1e9), NOTHING, 256),
}


@pytest.mark.parametrize(
    ("cells", "case"),
    [(NEAREST, case) for case in NEAREST_BY_HAND.items()]
    + [(BILINEAR, case) for case in BILINEAR_BY_HAND.items()],
    ids=lambda value: value[0] if isinstance(value, tuple) else value.deposit,
)
def test_one_point_by_hand(cells: Cells, case: tuple[str, Any]) -> None:
    _, ((column, row), expected, beyond) = case
    found = counted(at(GRID, column, row), cells)
    assert found.values.tolist() == expected
    assert (found.beyond, found.n_points, found.mass) == (beyond, 1, 1)
    assert_same(found, by_definition(at(GRID, column, row), cells))


def test_cells_finer_than_pixels_by_hand() -> None:
    """Half a pixel a cell, no gutter: the point lies in the centre of cell 3, 4."""
    cells = Cells(pixel_grid(3, 3), fineness=2, deposit="nearest")
    found = counted(at(GRID, [1.75, 1.5, 1.49, 3], [2.25, 2.0, 2.0, 3]), cells)
    assert found.values.tolist() == [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 1, 2, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
    assert found.beyond == 1
    split = counted(at(GRID, 1.75, 2.5), Cells(pixel_grid(3, 3), fineness=2))
    assert split.values[4:, 3].tolist() == [128, 128]


def test_weights_by_hand() -> None:
    points = at(GRID, [1.5, 1.5, 1, 9], [1.5, 1.5, 1.5, 9], weights=[2, -5, 4, -7])
    found = counted(points, BILINEAR)
    assert found.values.tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 512, -768 + 512, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert (found.beyond, found.mass) == (-7 * 256, -6)


def test_weights_are_held_in_whole_steps_by_hand() -> None:
    cells = Cells(GRID, gutter=1, deposit="nearest", step=0.25)
    points = at(GRID, [0.5, 1.5, 2.5], [0.5, 0.5, 0.5], weights=[0.5, 0.3, -0.3])
    found = counted(points, cells)
    assert found.values[1].tolist() == [0, 2, 1, -1, 0]
    assert found.mass == 0.5


def test_the_top_row_has_the_largest_y() -> None:
    grid = Grid(Area(10, 20, 13, 23), 3, 3)
    found = counted(Points(np.array([12.5]), np.array([22.5])), Cells(grid, deposit="nearest"))
    assert found.values.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
def test_inside_and_outside_are_told_apart(deposit: Any) -> None:
    """All four edges belong to the area; what is beyond may still lie in the gutter."""
    source = Source(
        table(at(GRID, [0, 3, 1.5, 1.5, -0.1, 3.1, 1.5, 1.5, 99], [1, 1, 0, 3, 1, 1, -0.1, 3.1, 1]))
    )
    counts = count_source(source, Cells(GRID, gutter=1, deposit=deposit))
    assert (source.tally.read, source.tally.outside, counts.n_points) == (9, 5, 9)


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
@pytest.mark.parametrize("fineness", [1, 3])
def test_a_point_alone_is_told_to_be_outside(deposit: Any, fineness: int) -> None:
    """Batches with no point near an edge are not looked at twice: each is one of its own."""
    cells = Cells(GRID, fineness, 2, deposit)
    for column, row in itertools.product([-0.01, 0, 1.5, 3, 3.01], repeat=2):
        source = Source(table(at(GRID, column, row)))
        count_source(source, cells)
        assert source.tally.outside == int(min(column, row) < 0 or max(column, row) > 3)


# --- Laws. ---

WIDE = pixel_grid(7, 5)
A_CELLS = st.builds(
    Cells,
    st.just(WIDE),
    fineness=st.sampled_from([1, 2, 3, 4]),
    gutter=st.integers(0, 3),
    deposit=st.sampled_from(["nearest", "bilinear"]),
)


@st.composite
def some_points(draw: st.DrawFn, *, weighted: bool | None = None) -> Points:
    """Points on and around the grid at 1/64 of a pixel: no rounding hides in them."""
    n_points = draw(st.integers(1, 40))

    def many(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=n_points, max_size=n_points))

    column, row = np.array(many(-400, 850)) / 64, np.array(many(-400, 720)) / 64
    weights = many(-9, 9) if (draw(st.booleans()) if weighted is None else weighted) else None
    return at(WIDE, column, row, weights)


@given(some_points(), A_CELLS)
@settings(max_examples=150)
def test_counting_is_what_it_is_by_definition(points: Points, cells: Cells) -> None:
    assert_same(counted(points, cells), by_definition(points, cells))


@given(some_points(), A_CELLS)
def test_mass_is_kept_exactly(points: Points, cells: Cells) -> None:
    mass = len(points) if points.weights is None else points.weights.sum()
    found = counted(points, cells)
    assert units(found) == mass * cells.units
    assert found.mass == mass


@given(
    some_points(),
    A_CELLS,
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_order_chunks_and_threads_change_no_bit(
    points: Points, cells: Cells, sizes: list[int], n_workers: int, random: Any
) -> None:
    expected = counted(points, cells)
    order = list(range(len(points)))
    random.shuffle(order)
    weights = None if points.weights is None else points.weights[order]
    shuffled = Points(points.x[order], points.y[order], weights)
    with workers(n_workers):
        assert_same(streamed(shuffled, cells, sizes), expected)


@given(some_points(weighted=True), A_CELLS)
def test_a_point_twice_is_weight_two(points: Points, cells: Cells) -> None:
    assert points.weights is not None
    twice = Points(points.x, points.y, points.weights * 2)
    once = counted(points, cells)
    assert_same(Counts(cells, once.values * 2, once.beyond * 2, len(points)), counted(twice, cells))


@given(some_points(), st.integers(-3, 3), st.integers(-3, 3))
def test_a_shift_by_whole_cells_shifts_the_cells(points: Points, right: int, down: int) -> None:
    cells = Cells(WIDE, fineness=1, gutter=20)
    moved = counted(Points(points.x + right, points.y - down, points.weights), cells)
    expected = np.roll(counted(points, cells).values, (down, right), axis=(0, 1))
    np.testing.assert_array_equal(moved.values, expected)


# Where a batch, a chunk or the 32-bit sums end.
@pytest.mark.parametrize("batch", [1, 7, 64])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_ends_of_batches_and_narrow_sums_lose_nothing(
    batch: int, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(50)
    column, row = rng.uniform(-2, 9, 500), rng.uniform(-2, 7, 500)
    points = at(WIDE, column, row, rng.integers(-5, 6, 500) if weighted else None)
    cells = Cells(WIDE, fineness=2, gutter=1)
    expected = counted(points, cells)
    monkeypatch.setattr(count_host, "_BATCH", batch)
    monkeypatch.setattr(sums, "_NARROW_UNITS", 256 * batch * 2)
    count_host._tile.cache_clear()
    try:
        assert_same(counted(points, cells), expected)
        with workers(3):
            assert_same(streamed(points, cells, [11] * 40), expected)
    finally:
        count_host._tile.cache_clear()


def test_large_data_do_not_depend_on_threads_or_chunks() -> None:
    rng = np.random.default_rng(51)
    rows = rng.normal(0.5, 0.3, (700_000, 2))
    cells = Cells(Grid(Area(0, 0, 1, 1), 300, 200), fineness=2, gutter=9)
    weights = rng.normal(0, 1, len(rows))
    weighted = np.column_stack([rows, weights])
    stepped = Cells(cells.grid, 2, 9, step=2.0**-16)
    with workers(1):
        plain, heavy = count_source(rows, cells), count_source(weighted, stepped)
    assert units(plain) == 700_000 * 256
    assert units(heavy) == 256 * int(np.rint(weights * 2**16).sum())
    for n_workers, size in ((2, 100_000), (5, 33_333), (3, 200_000)):
        pieces = [rows[i : i + size] for i in range(0, len(rows), size)]
        heavier = [weighted[i : i + size] for i in range(0, len(rows), size)]
        with workers(n_workers):
            assert_same(count_source(pieces[::-1], cells), plain)
            assert_same(count_source(lambda all_of=heavier: iter(all_of), stepped), heavy)


# --- Nothing is lost, however many there are. ---


def repeated(chunk: Any, times: int, rest: Any) -> Callable[[], Iterator[Any]]:
    return lambda: itertools.chain(itertools.repeat(chunk, times), [rest])


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
def test_more_points_in_one_cell_than_float32_can_count(
    deposit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_points = 2**24 + 1000
    chunk = np.full((2**20, 2), 1.5, np.float32)
    points = repeated(chunk, 16, chunk[:1000])
    cells = Cells(GRID, gutter=1, deposit=deposit)
    for narrow in (sums._NARROW_UNITS, 2**23 * cells.units // 256):
        monkeypatch.setattr(sums, "_NARROW_UNITS", narrow)
        found = count_source(points, cells)
        expected = np.zeros((5, 5), np.int64)
        expected[2, 2] = n_points * cells.units
        np.testing.assert_array_equal(found.values, expected)
        assert (found.beyond, found.n_points, found.mass) == (0, n_points, n_points)


def test_twenty_million_points_lose_none() -> None:
    rng = np.random.default_rng(52)
    chunk = rng.normal(0.5, 0.25, (10**6, 2)).astype(np.float32)
    cells = Cells(Grid(Area(0, 0, 1, 1), 64, 48), fineness=1, gutter=3)
    once, found = count_source(chunk, cells), count_source(repeated(chunk, 19, chunk), cells)
    assert units(found) == 2 * 10**7 * 256
    assert_same(found, Counts(cells, once.values * 20, once.beyond * 20, 2 * 10**7))


def test_whole_weights_are_exact_where_float64_is_not() -> None:
    """2^53 + 1 is no float64."""
    cells = Cells(GRID, deposit="nearest")
    for dtype in (np.int64, np.uint64):
        weights = np.array([2**53 + 1, 3, 2**55 + 5], dtype)
        found = counted(Points(np.full(3, 1.5), np.array([1.5, 1.5, 9]), weights), cells)
        assert found.values[1, 1] == 2**53 + 4
        assert found.beyond == 2**55 + 5


# --- Whatever the type. ---

PLACES = np.array([(0, 0), (1, 2), (3, 3), (2, 1), (2, 1), (9, 1), (1, 0)])


@pytest.mark.parametrize(
    "dtype", ["i1", "u1", "<i4", ">i4", "i8", "u8", "f2", "<f4", ">f4", "<f8", ">f8", "g"]
)
@pytest.mark.parametrize("layout", ["pairs", "columns", "strided", "turned", "read-only", "apart"])
def test_every_type_and_layout_counts_the_same(dtype: str, layout: str) -> None:
    places = PLACES.astype(dtype)
    points: Any = places
    if layout == "columns":
        points = {"x": places[:, 0], "y": places[:, 1]}
    elif layout == "strided":
        points = np.repeat(np.repeat(places, 3, axis=0), 2, axis=1)[::3, ::2]
    elif layout == "turned":
        points = np.asfortranarray(places)
    elif layout == "read-only":
        points.setflags(write=False)
    elif layout == "apart":
        points = {"x": places[:, 0].copy(), "y": places[:, 1].astype("f8")}
    expected = by_definition(Points(*PLACES.T.astype(float)), BILINEAR)
    assert_same(count_source(points, BILINEAR), expected)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i8", "u8", "f2", "<f4", ">f4", "<f8", "g"])
@pytest.mark.parametrize("step", [1.0, 2.0**-16, 2.0**-22, 2.0**10])
def test_weights_of_every_type_count_the_same(dtype: str, step: float) -> None:
    weights = np.array([1, 0, 1, 1, 0, 1, 1], dtype)
    cells = Cells(GRID, gutter=1, step=step)
    x, y = PLACES.T.astype(float)
    expected = by_definition(Points(x, y, weights.astype(float)), cells)
    assert_same(counted(Points(x, y, weights), cells), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
def test_large_coordinates_keep_their_fractions(dtype: Any, deposit: Any) -> None:
    """At 930,000 a float32 has steps of 1/16: times the scale it would lose them."""
    rng = np.random.default_rng(53)
    column, row = rng.integers(-16, 64, (2, 300)) / 16
    near = Cells(GRID, 3, 1, deposit)
    far = Cells(Grid(Area(930_000, -480_003, 930_003, -480_000), 3, 3), 3, 1, deposit)
    points = at(GRID, column, row)
    moved = Points((points.x + 930_000).astype(dtype), (points.y - 480_003).astype(dtype))
    found, expected = counted(moved, far), counted(points, near)
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.beyond == expected.beyond


@pytest.mark.parametrize("far", [1e308, -1e308, 1e200, -3e9, 2.0**31, 2.0**63])
@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_points_beyond_any_integer_are_beyond(far: float, deposit: Any, size: float) -> None:
    cells = Cells(Grid(Area(0, 0, size, size), 3, 3), gutter=1, deposit=deposit)
    inside = abs(far) < size
    points = Points(np.array([far, size / 2, far]), np.array([size / 2, far, -far]))
    found = counted(points, cells)
    assert units(found) == 3 * cells.units
    if not inside:
        assert found.beyond == 3 * cells.units


def test_rows_with_nan_are_dropped_and_the_rest_is_counted() -> None:
    rows = np.array([(1.5, 1.5, 1), (np.nan, 1, 1), (1, np.inf, 1), (1, 1, -np.inf), (2.5, 1.5, 3)])
    source = Source(rows)
    found = count_source(source, NEAREST)
    assert found.values[2].tolist() == [0, 0, 1, 3, 0]
    assert (found.n_points, found.beyond) == (2, 0)
    assert (source.tally.read, source.tally.dropped) == (5, 3)


# --- What cannot be held is refused. ---


@pytest.mark.parametrize(
    ("weights", "total"),
    [
        (np.array([1.0, 1e300]), "1e+300"),
        (np.array([1.0, -1e30]), "1e+30"),
        (np.array([2**62, 1]), "4.61e+18"),
        (np.array([2**63, 1], np.uint64), "9.22e+18"),
        (np.full(2, 2.0**53), "1.8e+16"),
        (np.array([1e308, -1e308]), "inf"),
    ],
    ids=str,
)
def test_weights_whose_sum_cannot_be_held_are_refused_with_figures(
    weights: Any, total: str
) -> None:
    points = Points(np.full(2, 1.5), np.full(2, 1.5), weights)
    with pytest.raises(InputError) as caught:
        counted(points, BILINEAR)
    assert str(caught.value) == (
        f"the weights sum to {total} or more, and 1.8e+16 is what 64 bits hold in steps of 1; "
        "count with a larger step=, or divide the weights by a constant"
    )


def test_a_sum_that_grows_chunk_by_chunk_is_refused_before_it_overflows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bound, "_MOST_UNITS", 2500 * 256)
    chunk = np.full((1000, 2), 1.5)
    assert count_source([chunk, chunk], BILINEAR).n_points == 2000
    with pytest.raises(InputError, match="64 bits"):
        count_source([chunk] * 3, BILINEAR)


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_an_error_on_one_thread_ends_the_others(n_workers: int) -> None:
    """The rest of the stream may be endless: it is not read to its end."""
    read = 0

    def chunks() -> Iterator[Any]:
        nonlocal read
        for number in range(3000):
            read += 1
            yield np.array([(1.5, 1.5, 1e300 if number == 20 else 1)] * 10)

    with workers(n_workers), pytest.raises(GpuheatError, match="64 bits"):
        count_source(Source(chunks), BILINEAR)
    assert read < 1000


def test_a_source_that_fails_raises_its_own_error() -> None:
    def chunks() -> Iterator[Any]:
        yield np.full((9, 2), 1.5)
        raise RuntimeError("the wire was cut")

    for n_workers in (1, 3):
        with workers(n_workers), pytest.raises(RuntimeError, match="the wire was cut"):
            count_source(chunks, BILINEAR)


def test_progress_is_told_one_at_a_time() -> None:
    inside = threading.Lock()
    source = Source([np.full((5, 2), 1.5)] * 50)
    told: list[int] = []

    def progress() -> None:
        assert inside.acquire(blocking=False)
        told.append(source.tally.read)
        inside.release()

    with workers(4):
        count_source(source, BILINEAR, progress)
    assert len(told) == 50
    assert told == sorted(told)


# --- Both ways to scatter. ---


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
@pytest.mark.parametrize("weighted", [False, True])
def test_numpy_alone_counts_the_same_bits(deposit: Any, weighted: bool) -> None:
    rng = np.random.default_rng(54)
    weights = rng.integers(-(2**30), 2**30, 20_000) if weighted else None
    points = at(WIDE, rng.uniform(-2, 9, 20_000), rng.uniform(-2, 7, 20_000), weights)
    cells = Cells(WIDE, 3, 1, deposit)
    with_scipy = counted(points, cells)
    with without_scipy():
        assert_same(counted(points, cells), with_scipy)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float64])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_scatter_adds_repeated_cells(dtype: Any, index: Any) -> None:
    for add in (scatter.scatter(), np.add.at):
        sums = np.arange(4).astype(dtype)
        cells, values = np.array([3, 0, 3, 3], index), np.array([1, 2, 3, 4], dtype)
        add(sums[1:], cells[:0], values[:0])
        add(sums, cells, values)
        assert sums.tolist() == [2, 1, 2, 11]


def test_a_scipy_that_has_changed_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    sparsetools = pytest.importorskip("scipy.sparse._sparsetools")

    def refusing(*given: Any) -> None:
        raise TypeError("eight arguments are one too many")

    for changed in (lambda *given: None, refusing):
        monkeypatch.setattr(sparsetools, "coo_todense", changed)
        scatter.scatter.cache_clear()
        try:
            assert scatter.scatter() == np.add.at
        finally:
            scatter.scatter.cache_clear()
    monkeypatch.delattr(sparsetools, "coo_todense")
    assert scatter._with_scipy() is None
