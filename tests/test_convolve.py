"""Convolve: by hand, against direct sums, never cyclic, exactly 0 where no dot reaches."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from counting import without_scipy
from drawing import at, pixel_grid
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpuheat.density import convolve as convolve_module
from gpuheat.density import kernel as kernel_module
from gpuheat.density import reference
from gpuheat.density.cells import Cells
from gpuheat.density.convolve import convolve
from gpuheat.density.count_host import count_source
from gpuheat.density.dot import Dot
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points

# A float32 is off by 2^-24 of itself, and what the transforms leave is far below.
ROUNDING = 2.0**-23
FINENESSES = [1, 2, 3, 4, 6]


def sums(cells: Cells, *deposits: tuple[int, int, int]) -> NDArray[np.int64]:
    """Return counts of (row, column, units), gutter included."""
    values = np.zeros(cells.shape, np.int64)
    for row, column, units in deposits:
        values[row, column] += units
    return values


def directly(
    counts: NDArray[np.int64], cells: Cells, dot: Dot, *, sharpened: bool = True
) -> NDArray[np.float64]:
    """Sum, over all cells, the dot around the cell's centre: by the reference, no transform.

    Bilinear cells as large as pixels get a twelfth of the laplacian taken off, as far as it is
    within 2 % of the density and of one dot's peak, where the dot ends in 0.
    """
    grid, s = cells.grid, cells.fineness
    rows, columns = np.nonzero(counts)
    # On a grid that is one pixel wider each way, for the laplacian.
    wider = pixel_grid(grid.width + 2, grid.height + 2)
    places = ((side + 0.5) / s - cells.gutter + 1 for side in (columns, rows))
    weights = counts[rows, columns] * (cells.step / cells.units)
    density = reference.density(at(wider, *places, weights), wider, dot)
    inner = density[1:-1, 1:-1]
    end, peak = dot.edge
    if not sharpened or cells.deposit == "nearest" or s > 1 or end != 0:
        return inner
    around = density[:-2, 1:-1] + density[2:, 1:-1] + density[1:-1, :-2] + density[1:-1, 2:]
    limit = 0.02 * np.abs(inner) + 0.02 * peak
    return inner - np.clip((around - 4 * inner) / 12, -limit, limit)


def random_counts(cells: Cells, n_cells: int, seed: int, *, signed: bool) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    counts = np.zeros(cells.shape, np.int64)
    rows, columns = (rng.integers(0, side, n_cells) for side in cells.shape)
    counts[rows, columns] = rng.integers(1, 10**6, n_cells)
    if signed:
        counts[rows, columns] *= rng.choice([-1, 1], n_cells)
    return counts


# --- By hand: 5 x 5 pixels, a cone of radius 2.5: the density is 1 - distance / 2.5. ---

CONE = Dot.of(5, "cone")


def test_one_count_in_one_nearest_cell_is_the_sampled_dot() -> None:
    """Distances 0, 1, sqrt 2, 2, sqrt 5 and, out of reach, sqrt 8."""
    cells = Cells(pixel_grid(5, 5), gutter=3, deposit="nearest")
    values = convolve(sums(cells, (5, 5, 1)), cells, CONE)
    assert values.dtype == np.float32
    a, b, c, d = 0.6, 0.434315, 0.2, 0.105573
    expected = [
        [0, d, c, d, 0],
        [d, b, a, b, d],
        [c, a, 1, a, c],
        [d, b, a, b, d],
        [0, d, c, d, 0],
    ]
    np.testing.assert_allclose(values, expected, atol=1e-6)
    assert (values[[0, 0, 4, 4], [0, 4, 0, 4]] == 0).all()


def test_bilinear_cells_get_a_sharpened_dot() -> None:
    """A twelfth of the 5-point laplacian is taken off, up to 2 % of the density and the peak."""
    cells = Cells(pixel_grid(5, 5), gutter=3, deposit="bilinear")
    values = convolve(sums(cells, (5, 5, 256)), cells, CONE)
    # The middle: -(4 * 0.6 - 4) / 12 = 0.13 is too much. Beside it it is 0.011, and taken.
    middle = 1 + 0.02 + 0.02
    beside = 0.6 - (1 + 0.2 + 2 * 0.434315 - 4 * 0.6) / 12
    np.testing.assert_allclose(values[2, 2:4], [middle, beside], atol=1e-6)
    assert (values[[0, 0, 4, 4], [0, 4, 0, 4]] == 0).all(), "sharpening goes below 0 there"


def test_a_count_between_pixel_centres_by_hand() -> None:
    """Two cells a pixel: the first of the middle pixel is a quarter up and left of its centre."""
    cells = Cells(pixel_grid(3, 3), fineness=2, gutter=3, deposit="nearest")
    values = convolve(sums(cells, (8, 8, 1)), cells, CONE)
    distances = np.hypot(*np.meshgrid([-0.75, 0.25, 1.25], [-0.75, 0.25, 1.25]))
    np.testing.assert_allclose(values, 1 - distances / 2.5, atol=1e-6)


def test_steps_and_units_are_taken_back() -> None:
    cells = Cells(pixel_grid(3, 3), gutter=1, deposit="bilinear", step=0.125)
    values = convolve(sums(cells, (2, 2, 256 * 24)), cells, Dot.of(1.5, "disk"))
    assert values[1, 1] == pytest.approx(24 * 0.125, rel=1e-6)


def test_no_counts_are_no_density() -> None:
    cells = Cells(pixel_grid(7, 4), 3, 5)
    values = convolve(np.zeros(cells.shape, np.int64), cells, Dot.of(10))
    assert values.shape == (4, 7)
    assert not values.any()


# --- Against direct sums. ---


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
@pytest.mark.parametrize("fineness", FINENESSES)
@pytest.mark.parametrize("size", [(24, 24), (23, 31), (1, 40), (37, 2)])
@pytest.mark.parametrize("signed", [False, True])
def test_every_phase_is_the_direct_sum(
    deposit: Any, fineness: int, size: tuple[int, int], signed: bool
) -> None:
    """Radius 6.13: no cell lies on a rim, where rounding would decide."""
    dot = Dot.of(12.26, "cone")
    cells = Cells(pixel_grid(*size), fineness, dot.reach + 1, deposit, step=2.0**-10)
    counts = random_counts(cells, 60, fineness, signed=signed)
    expected = directly(counts, cells, dot)
    if not signed:
        expected = np.maximum(expected, 0)
    values = convolve(counts, cells, dot)
    np.testing.assert_allclose(values, expected, rtol=ROUNDING, atol=1e-12 * counts.max())


@pytest.mark.parametrize("falloff", ["classic", "gaussian", "quartic", "epanechnikov", "disk"])
@pytest.mark.parametrize("fineness", [1, 3])
def test_every_falloff_is_the_direct_sum(falloff: str, fineness: int) -> None:
    dot = Dot.of(9.77, falloff)
    cells = Cells(pixel_grid(26, 19), fineness, dot.reach + 1)
    counts = random_counts(cells, 40, 7, signed=True)
    expected = directly(counts, cells, dot)
    values = convolve(counts, cells, dot)
    np.testing.assert_allclose(values, expected, rtol=ROUNDING, atol=1e-12 * np.abs(counts).max())


def one_dot_bound(dot: Dot, fineness: int) -> float:
    """Bound what counting a lone dot may be off by, from its slope and its end.

    A bilinear deposit reads a kink across a cell: it errs by a quarter of a cell times the
    change of slope each way; sharpening adds a twelfth of it and a step at the end counts
    whole. Between kinks the error is of second order and taken back.
    """
    t = np.linspace(0, 1, 4097)
    slope = float(np.abs(np.diff(dot.profile(t))).max()) * 4096 / dot.radius
    cell = 1 / fineness
    # Both axes at the cone's tip or the rim: sqrt 2 of a cell, and the tip turns by twice
    # the slope.
    return np.sqrt(2) * (1 / 4 + 1 / 12) * 2 * slope * cell + 1.5 * abs(dot.edge[0])


@pytest.mark.parametrize("falloff", ["classic", "gaussian", "cone", "quartic"])
@pytest.mark.parametrize(("dotsize", "fineness"), [(12, 6), (24, 4), (40, 3), (40, 1), (85, 1)])
def test_a_counted_dot_is_near_the_reference(falloff: str, dotsize: float, fineness: int) -> None:
    rng = np.random.default_rng(30)
    dot = Dot.of(dotsize, falloff)
    grid = pixel_grid(48, 40)
    cells = Cells(grid, fineness, dot.reach + 1)
    bound = one_dot_bound(dot, fineness)
    for column, row in rng.uniform(-5, 45, (12, 2)):
        point = at(grid, column, row)
        counts = count_source({"x": point.x, "y": point.y}, cells)
        error = np.abs(counts.density(dot).values - reference.density(point, grid, dot))
        assert error.max() <= bound


def test_counting_gains_with_finer_cells() -> None:
    """By second order at first; then what is left is that fractions are 1/16 of a cell."""
    rng = np.random.default_rng(31)
    grid, dot = pixel_grid(40, 40), Dot.of(20, "quartic")
    points = at(grid, *rng.uniform(0, 40, (2, 300)))
    expected = reference.density(points, grid, dot)
    errors = []
    for fineness in (1, 2, 4, 8):
        cells = Cells(grid, fineness, dot.reach + 1)
        values = count_source({"x": points.x, "y": points.y}, cells).density(dot).values
        errors.append(float(np.sqrt(np.square(values - expected).mean())))
    assert errors[0] < 1.2e-3 * expected.max()
    for coarse, fine in itertools.pairwise(errors):
        assert fine < coarse / 1.4


# --- Never cyclic. ---


@pytest.mark.parametrize("fineness", FINENESSES)
def test_points_at_one_edge_do_not_show_at_the_other(fineness: int) -> None:
    dot = Dot.of(18, "cone")
    grid = pixel_grid(30, 27)
    cells = Cells(grid, fineness, dot.reach + 1)
    rows, columns = cells.shape
    for row, column in ((0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1)):
        assert not convolve(sums(cells, (row, column, 10**6)), cells, dot).any()
    # In the middle of the gutter's four sides: seen at the near edge, and nowhere else.
    for side, (row, column) in enumerate(
        [(rows // 2, 0), (rows // 2, columns - 1), (0, columns // 2), (rows - 1, columns // 2)]
    ):
        inward = [(0, 5 * fineness), (0, -5 * fineness), (5 * fineness, 0), (-5 * fineness, 0)]
        down, right = inward[side]
        values = convolve(sums(cells, (row + down, column + right, 10**6)), cells, dot)
        half = [values[:, 15:], values[:, :15], values[13:], values[:13]][side]
        assert values.any()
        assert not half.any()


@pytest.mark.parametrize("fineness", [1, 3])
def test_dots_out_in_the_gutter_reach_in(fineness: int) -> None:
    dot = Dot.of(16.4, "quartic")
    grid = pixel_grid(20, 14)
    cells = Cells(grid, fineness, dot.reach + 1)
    column, row = np.meshgrid([-8.2, -6, 0, 10, 20, 26, 28.2], [-8.2, -6, 0, 7, 14, 20, 22.2])
    points = at(grid, column.ravel(), row.ravel())
    counts = count_source({"x": points.x, "y": points.y}, cells)
    assert counts.beyond == 0
    expected = reference.density(points, grid, dot)
    assert np.abs(counts.density(dot).values - expected).max() < 0.02 / fineness


def test_a_wider_gutter_changes_nothing() -> None:
    dot = Dot.of(13, "cone")
    grid = pixel_grid(21, 17)
    points = np.random.default_rng(32).uniform(-9, 30, (500, 2))
    counts = [count_source(points, Cells(grid, 2, dot.reach + more)) for more in (0, 1, 2, 3, 9)]
    values = [each.density(dot).values for each in counts]
    for other in values[2:]:
        np.testing.assert_allclose(other, values[1], rtol=ROUNDING, atol=1e-12)
    # The narrowest has no room to split what lies in its outer half cell.
    assert np.abs(values[0] - values[1]).max() < 0.1


# --- Blocks. ---


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
@pytest.mark.parametrize("fineness", [1, 2, 3])
@pytest.mark.parametrize(("size", "block"), [((70, 61), 24), ((50, 90), 30), ((97, 20), 25)])
def test_blocks_equal_the_whole(
    deposit: Any,
    fineness: int,
    size: tuple[int, int],
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dot = Dot.of(14.6, "cone")
    cells = Cells(pixel_grid(*size), fineness, dot.reach + 1, deposit)
    counts = random_counts(cells, 300, 33, signed=False)
    whole = convolve(counts, cells, dot)
    monkeypatch.setattr(convolve_module, "_BLOCK", block)
    blocks = convolve(counts, cells, dot)
    np.testing.assert_allclose(blocks, whole, rtol=ROUNDING, atol=1e-9 * whole.max())
    np.testing.assert_array_equal(blocks == 0, whole == 0)


def test_a_block_without_points_is_zero_and_its_neighbours_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(convolve_module, "_BLOCK", 20)
    dot = Dot.of(10, "cone")
    cells = Cells(pixel_grid(100, 20), 1, dot.reach + 1)
    values = convolve(sums(cells, (16, 16, 256), (16, 96, 256)), cells, dot)
    assert np.flatnonzero(values.any(axis=0)).tolist() == [*range(6, 15), *range(86, 95)]


def test_blocks_equal_the_whole_where_weights_have_both_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative weights in one block alone change nothing in another."""
    dot = Dot.of(14.6, "cone")
    cells = Cells(pixel_grid(90, 30), 1, dot.reach + 1)
    counts = random_counts(cells, 100, 34, signed=False)
    counts[:, 60:] *= -1
    whole = convolve(counts, cells, dot)
    monkeypatch.setattr(convolve_module, "_BLOCK", 24)
    blocks = convolve(counts, cells, dot)
    np.testing.assert_allclose(blocks, whole, rtol=ROUNDING, atol=1e-9 * np.abs(whole).max())


# --- Exactly 0, and never below. ---


def out_of_reach(counts: NDArray[np.int64], cells: Cells, dot: Dot) -> NDArray[np.bool_]:
    """Tell which pixels no dot reaches, not even from the cells beside its own."""
    wider = Dot.of(2 * (dot.radius + 1.001 / cells.fineness), "disk")
    here = (counts != 0).astype(np.int64)
    plain = Cells(cells.grid, cells.fineness, cells.gutter, "nearest")
    return directly(here, plain, wider) == 0


HEAVY = 10**6 * 256


@pytest.mark.parametrize("fineness", FINENESSES)
@pytest.mark.parametrize("falloff", ["classic", "gaussian", "disk", "quartic"])
@pytest.mark.parametrize("heavy", [256, HEAVY, 2**60])
def test_where_no_dot_reaches_it_is_exactly_zero(fineness: int, falloff: str, heavy: int) -> None:
    """Also with a million points in one place: the noise of the transforms is everywhere."""
    dot = Dot.of(17, falloff)
    cells = Cells(pixel_grid(61, 47), fineness, dot.reach + 1)
    deposits = [(30 * fineness, 31 * fineness, heavy), (25 * fineness, 50 * fineness, 256)]
    for signs in ((1, 1), (1, -1), (-1, -1)):
        signed = [(y, x, sign * n) for (y, x, n), sign in zip(deposits, signs, strict=True)]
        counts = sums(cells, *signed)
        values = convolve(counts, cells, dot)
        empty = out_of_reach(counts, cells, dot)
        assert 0.2 < empty.mean() < 0.99
        assert not values[empty].any()
        if signs == (1, 1):
            assert values.min() == 0


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 52), st.integers(1, 2**40)), max_size=12),
    st.sampled_from(["classic", "gaussian", "cone", "disk"]),
    st.sampled_from([1, 2]),
)
@settings(max_examples=60)
def test_positive_weights_give_no_negative_density(
    deposits: list[tuple[int, int, int]], falloff: str, fineness: int
) -> None:
    dot = Dot.of(9.3, falloff)
    gutter = dot.reach + 1
    cells = Cells(pixel_grid(53 - 2 * gutter, 41 - 2 * gutter), fineness, gutter)
    assert convolve(sums(cells, *deposits), cells, dot).min() >= 0


def ring(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rise from a faint middle to a bright rim."""
    return 0.05 + 0.95 * t


@pytest.mark.parametrize("step", [1.0, 0.5])
def test_a_falloff_that_rises_keeps_its_faint_middle(step: float) -> None:
    dot = Dot.of(60, ring)
    grid = pixel_grid(40, 40)
    cells = Cells(grid, 1, dot.reach + 1, step=step)
    counts = count_source(np.array([(20.5, 20.5, 1.0)]), cells)
    expected = reference.density(at(grid, 20.5, 19.5), grid, dot)
    inner = np.s_[12:28, 12:28]
    assert expected[inner].min() < 0.06
    np.testing.assert_allclose(counts.density(dot).values[inner], expected[inner], atol=0.02)


@pytest.mark.parametrize("scipy", [True, False])
@pytest.mark.parametrize("fineness", FINENESSES)
@pytest.mark.parametrize(
    ("dotsize", "falloff", "size"),
    [(17, "classic", (200, 150)), (90, "gaussian", (300, 40)), (150, "disk", (128, 128))],
)
def test_the_noise_bound_has_a_margin_of_ten(
    scipy: bool,
    fineness: int,
    dotsize: float,
    falloff: str,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a tenth of the bound, rounding noise of either sign is 0 still."""
    monkeypatch.setattr(convolve_module, "_NOISE", convolve_module._NOISE / 10)
    dot = Dot.of(dotsize, falloff)
    cells = Cells(pixel_grid(*size), fineness, dot.reach + 1)
    rows, columns = cells.shape
    crowd = [(rows - 5 - i % 3, columns - 7 - i % 5, (-1) ** i * (i + 1) * 999) for i in range(15)]
    for deposits in ([(rows // 2, 3 * fineness, HEAVY), (3, 3, -1)], crowd):
        counts = sums(cells, *deposits)
        if scipy:
            values = convolve(counts, cells, dot)
        else:
            with without_scipy():
                values = convolve(counts, cells, dot)
        empty = out_of_reach(counts, cells, dot)
        assert empty.any()
        assert not values[empty].any()


def test_without_the_noise_bound_there_is_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests above test something."""
    monkeypatch.setattr(convolve_module, "_NOISE", 0.0)
    dot = Dot.of(17, "classic")
    cells = Cells(pixel_grid(61, 47), 2, dot.reach + 1)
    counts = sums(cells, (60, 62, HEAVY), (3, 3, -1))
    noise = np.abs(convolve(counts, cells, dot)[out_of_reach(counts, cells, dot)])
    assert 0 < noise.max() < 1e-8


# --- Two ways. ---


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
@pytest.mark.parametrize("fineness", FINENESSES)
def test_numpy_transforms_as_scipy_does(deposit: Any, fineness: int) -> None:
    dot = Dot.of(21, "classic")
    cells = Cells(pixel_grid(75, 64), fineness, dot.reach + 1, deposit)
    counts = random_counts(cells, 500, 35, signed=True)
    with_scipy = convolve(counts, cells, dot)
    with without_scipy():
        with_numpy = convolve(counts, cells, dot)
    atol = 1e-12 * np.abs(with_scipy).max()
    np.testing.assert_allclose(with_numpy, with_scipy, rtol=ROUNDING, atol=atol)


def test_the_same_counts_give_the_same_bits() -> None:
    dot = Dot.of(33, "gaussian")
    cells = Cells(pixel_grid(150, 130), 3, dot.reach + 1)
    counts = random_counts(cells, 5000, 36, signed=True)
    first = convolve(counts, cells, dot)
    for _ in range(3):
        np.testing.assert_array_equal(convolve(counts, cells, dot), first)


def test_shifted_counts_give_the_shifted_density() -> None:
    dot = Dot.of(11, "cone")
    grid: Grid = pixel_grid(40, 40)
    cells = Cells(grid, 2, dot.reach + 1)
    points = Points(np.array([15.3, 20.1]), np.array([17.7, 21.2]))
    moved = Points(points.x + 7, points.y - 5)
    here, there = (
        count_source({"x": each.x, "y": each.y}, cells).density(dot).values
        for each in (points, moved)
    )
    np.testing.assert_allclose(there, np.roll(here, (5, 7), axis=(0, 1)), atol=1e-7)


def test_the_kernel_kept_from_the_picture_before_serves_no_other() -> None:
    """One is kept for the next picture: it must not be taken for another dot, cells or block."""
    works = [
        (Cells(pixel_grid(*size), fineness, Dot.of(60).reach + 1), Dot.of(dotsize, falloff))
        for size in ((40, 30), (64, 50))
        for fineness in (1, 2)
        for dotsize, falloff in ((60, "gaussian"), (40, "gaussian"), (60, "classic"))
    ]
    rng = np.random.default_rng(31)
    counts = [rng.integers(0, 9, cells.shape) for cells, _ in works]

    def draw(number: int) -> NDArray[np.float32]:
        return convolve(counts[number], *works[number])

    alone = []
    for number in range(len(works)):
        kernel_module._kept.cache_clear()
        alone.append(draw(number))
    for number in (*range(len(works)), *reversed(range(len(works)))):
        np.testing.assert_array_equal(draw(number), alone[number])
