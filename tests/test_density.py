"""Density by every device: by hand, by law, against the float64 reference, and each other."""

from __future__ import annotations

import numpy as np
import pytest
from drawing import (
    BOUND,
    FALLOFFS,
    ROUNDING,
    assert_true,
    at,
    dot,
    draw,
    draw_density,
    peak,
    pixel_grid,
    rim_allowance,
)
from gpu import DEVICES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import gpuheat
from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.errors import InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points

# --- By hand: 3 x 3 pixels, a cone of radius 2: the density is 1 - distance / 2. ---

GRID = pixel_grid(3, 3)
CONE = Dot.of(4, "cone")

BY_HAND = {
    "the middle pixel's centre (distances 0, 1, sqrt 2)": (
        (1.5, 1.5),
        [[0.292893, 0.5, 0.292893], [0.5, 1.0, 0.5], [0.292893, 0.5, 0.292893]],
    ),
    "a corner of the picture (distances sqrt 1/2, sqrt 5/2, sqrt 9/2)": (
        (0, 0),
        [[0.646447, 0.209431, 0], [0.209431, 0, 0], [0, 0, 0]],
    ),
    "the opposite corner": (
        (3, 3),
        [[0, 0, 0], [0, 0, 0.209431], [0, 0.209431, 0.646447]],
    ),
    "the left edge (distances 1/2, 3/2; sqrt 5/4, sqrt 13/4)": (
        (0, 1.5),
        [[0.440983, 0.098612, 0], [0.75, 0.25, 0], [0.440983, 0.098612, 0]],
    ),
    "the top edge, between two pixels": (
        (1, 0),
        [[0.646447, 0.646447, 0.209431], [0.209431, 0.209431, 0], [0, 0, 0]],
    ),
    "a crossing of pixel edges": (
        (1, 2),
        [[0.209431, 0.209431, 0], [0.646447, 0.646447, 0.209431], [0.646447, 0.646447, 0.209431]],
    ),
    "one pixel outside, to the left": (
        (-1, 1.5),
        [[0.098612, 0, 0], [0.25, 0, 0], [0.098612, 0, 0]],
    ),
    "one pixel outside, below": (
        (1.5, 4),
        [[0, 0, 0], [0, 0, 0], [0.098612, 0.25, 0.098612]],
    ),
    "one pixel outside a corner": ((4, -1), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
    "just within reach (distance 1.99)": (
        (-1.49, 1.5),
        [[0, 0, 0], [0.005, 0, 0], [0, 0, 0]],
    ),
    "just out of reach (distance 2)": ((-1.5, 1.5), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
    "far away": ((1e9, -1e9), [[0, 0, 0], [0, 0, 0], [0, 0, 0]]),
}


@pytest.mark.parametrize("place", BY_HAND, ids=str)
def test_one_dot_by_hand(place: str, device: str) -> None:
    (column, row), expected = BY_HAND[place]
    values = draw(device, at(GRID, column, row), GRID, CONE)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_a_dot_of_no_weight_by_hand(device: str) -> None:
    values = draw(device, at(GRID, 1.5, 1.5, 0), GRID, CONE)
    assert values.tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_a_disk_takes_in_its_rim(device: str) -> None:
    """Radius 1: the four neighbours lie on the rim, exactly."""
    values = draw(device, at(GRID, 1.5, 1.5), GRID, Dot.of(2, "disk"))
    assert values.tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]


def test_weights_multiply_and_add_up_by_hand(device: str) -> None:
    points = at(GRID, [0.5, 0.5, 2.5, 1.5], [0.5, 0.5, 2.5, 1.5], [2, 1, -4, 0])
    values = draw(device, points, GRID, Dot.of(1, "disk"))
    assert values.tolist() == [[3, 0, 0], [0, 0, 0], [0, 0, -4]]


def test_the_top_row_has_the_largest_y(device: str) -> None:
    grid = Grid(Area(10, 20, 13, 23), 3, 3)
    points = Points(np.array([12.5]), np.array([22.5]))
    values = draw(device, points, grid, Dot.of(1, "disk"))
    assert values.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


# --- Laws. ---

WIDE = pixel_grid(24, 16)
SMALL_FALLOFFS = st.sampled_from(["cone", "quartic", "classic", "epanechnikov"])
lawful = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def points_on(
    draw_: st.DrawFn, grid: Grid, margin: float = 12, *, inside: float | None = None
) -> Points:
    """Some points on and around a grid, at 1/64 of a pixel: no rounding hides in them."""
    low = -margin if inside is None else inside
    n_points = draw_(st.integers(1, 30))

    def positions(size: int) -> st.SearchStrategy[list[int]]:
        high = size + margin if inside is None else size - inside
        return st.lists(
            st.integers(int(low * 64), int(high * 64)), min_size=n_points, max_size=n_points
        )

    column, row = draw_(positions(grid.width)), draw_(positions(grid.height))
    weights = draw_(st.lists(st.integers(-8, 8), min_size=n_points, max_size=n_points))
    return at(grid, np.array(column) / 64, np.array(row) / 64, weights)


def close(a: NDArray[np.float32], b: NDArray[np.float32], points: Points, a_dot: Dot) -> None:
    np.testing.assert_allclose(a, b, rtol=0, atol=ROUNDING * max(peak(points, WIDE, a_dot), 1e-3))


def joined(*parts: Points) -> Points:
    weights = [np.ones(len(p)) if p.weights is None else p.weights for p in parts]
    return Points(
        np.concatenate([p.x for p in parts]),
        np.concatenate([p.y for p in parts]),
        np.concatenate(weights),
    )


@given(a=points_on(WIDE), b=points_on(WIDE), dotsize=st.integers(1, 20), falloff=SMALL_FALLOFFS)
@lawful
def test_a_then_b_is_a_plus_b(
    device: str, a: Points, b: Points, dotsize: int, falloff: str
) -> None:
    a_dot = Dot.of(dotsize, falloff)
    first = draw_density(device, a, WIDE, a_dot)
    second = draw_density(device, b, WIDE, a_dot)
    both = joined(a, b)
    close(draw(device, both, WIDE, a_dot), (first + second).values, both, a_dot)
    close(draw(device, [a, b], WIDE, a_dot), (first + second).values, both, a_dot)


@given(points=points_on(WIDE), dotsize=st.integers(1, 20), falloff=SMALL_FALLOFFS)
@lawful
def test_a_point_twice_is_weight_two(
    device: str, points: Points, dotsize: int, falloff: str
) -> None:
    a_dot = Dot.of(dotsize, falloff)
    twice = joined(points, points)
    assert points.weights is not None
    heavy = Points(points.x, points.y, 2 * points.weights)
    close(draw(device, twice, WIDE, a_dot), draw(device, heavy, WIDE, a_dot), twice, a_dot)


@given(points=points_on(WIDE), dotsize=st.integers(1, 20), seed=st.integers(0, 99))
@lawful
def test_the_order_of_points_does_not_matter(
    device: str, points: Points, dotsize: int, seed: int
) -> None:
    a_dot = Dot.of(dotsize, "quartic")
    order = np.random.default_rng(seed).permutation(len(points))
    assert points.weights is not None
    other = Points(points.x[order], points.y[order], points.weights[order])
    close(draw(device, points, WIDE, a_dot), draw(device, other, WIDE, a_dot), points, a_dot)


@given(
    points=points_on(WIDE),
    dotsize=st.integers(1, 20),
    right=st.integers(-6, 6),
    down=st.integers(-6, 6),
    falloff=st.sampled_from(FALLOFFS),
)
@lawful
def test_a_shift_by_whole_pixels_shifts_the_picture(
    device: str, points: Points, dotsize: int, right: int, down: int, falloff: str
) -> None:
    a_dot = dot(dotsize, falloff)
    width, height = WIDE.width, WIDE.height
    shifted = Points(points.x + right, points.y - down, points.weights)
    here = draw(device, points, WIDE, a_dot)
    there = draw(device, shifted, WIDE, a_dot)
    a = there[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
    b = here[max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)]
    if device == "cpu":  # which adds few points in another way than many
        close(a, b, joined(points, shifted), a_dot)
    else:
        np.testing.assert_array_equal(a, b)


@given(points=points_on(WIDE), dotsize=st.integers(1, 20))
@pytest.mark.parametrize("factor", [1e-6, 1e6])
@lawful
def test_weights_scale_the_density(
    device: str, factor: float, points: Points, dotsize: int
) -> None:
    a_dot = Dot.of(dotsize, "cone")
    assert points.weights is not None
    scaled = Points(points.x, points.y, points.weights * factor)
    values = draw(device, scaled, WIDE, a_dot) / np.float32(factor)
    close(values, draw(device, points, WIDE, a_dot), points, a_dot)


@given(points=points_on(WIDE), dotsize=st.integers(1, 20))
@pytest.mark.parametrize("unit", [1e-6, 2.0**-20, 1e6, 2.0**20])
@lawful
def test_the_units_of_the_world_do_not_matter(
    device: str, unit: float, points: Points, dotsize: int
) -> None:
    a_dot = Dot.of(dotsize, "quartic")
    grid = Grid(Area(0, 0, WIDE.width * unit, WIDE.height * unit), WIDE.width, WIDE.height)
    scaled = Points(points.x * unit, points.y * unit, points.weights)
    close(draw(device, scaled, grid, a_dot), draw(device, points, WIDE, a_dot), points, a_dot)


@given(st.integers(0, 64 * 20), st.integers(0, 64 * 20))
@lawful
def test_the_mass_of_a_dot_inside_is_the_same_wherever_it_lies(
    device: str, right: int, down: int
) -> None:
    """Its density sums to the integral of (1 - t^2)^2, pi r^2 / 3, within what pixels allow."""
    grid, a_dot = pixel_grid(44, 44), Dot.of(24, "quartic")
    values = draw(device, at(grid, 12 + right / 64, 12 + down / 64), grid, a_dot)
    mass = float(values.sum(dtype=np.float64))
    assert mass == pytest.approx(np.pi * a_dot.radius**2 / 3, rel=2e-4)


# --- Oracle. ---

OVERLAPPING = 500


@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize("dotsize", [0.5, 1, 2, 3.7, 8, 33.3, 150, 254, 255, 300, 700])
def test_every_falloff_and_size_equals_the_reference(
    dotsize: float, falloff: str, device: str
) -> None:
    rng = np.random.default_rng(20)
    a_dot, grid = dot(dotsize, falloff), pixel_grid(61, 40)
    n_points = 40 if dotsize < 100 else 12
    reach = np.array([[a_dot.radius], [a_dot.radius]])
    size = np.array([[grid.width], [grid.height]])
    column, row = rng.uniform(-reach, size + reach, (2, n_points))
    # Some on whole and half pixels, where rims and centres meet exactly.
    column[:6], row[:6] = np.round(2 * column[:6]) / 2, np.round(2 * row[:6]) / 2
    points = at(grid, column, row, rng.uniform(0.1, 3, n_points))
    assert_true(draw(device, points, grid, a_dot), points, grid, a_dot)


def test_a_dot_several_times_larger_than_the_picture(device: str) -> None:
    for dotsize in (3_000, 100_000, 1e7):
        grid, a_dot = pixel_grid(40, 30), Dot.of(dotsize, "cone")
        points = at(grid, [-200, 20.5, 500], [15, 15.25, -100])
        assert_true(draw(device, points, grid, a_dot), points, grid, a_dot)


def test_a_dot_beyond_any_driver_is_refused_in_one_line(device: str) -> None:
    with pytest.raises(gpuheat.GpuheatError, match="dotsize"):
        gpuheat.render([(0, 0), (1, 1)], size=8, dotsize=1e10, device=device)


@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize("dotsize", [1, 9, 40])
def test_500_overlapping_dots_equal_the_reference(
    dotsize: float, falloff: str, device: str
) -> None:
    rng = np.random.default_rng(21)
    a_dot, grid = dot(dotsize, falloff), pixel_grid(61, 40)
    column, row = rng.normal([[30.2], [20.7]], 0.2, (2, OVERLAPPING))
    points = at(grid, column, row, rng.uniform(-1, 3, OVERLAPPING))
    assert_true(draw(device, points, grid, a_dot), points, grid, a_dot)


@given(points=points_on(WIDE), dotsize=st.integers(1, 60), falloff=st.sampled_from(FALLOFFS))
@lawful
def test_any_points_equal_the_reference(
    device: str, points: Points, dotsize: int, falloff: str
) -> None:
    a_dot = dot(dotsize, falloff)
    assert_true(draw(device, points, WIDE, a_dot), points, WIDE, a_dot)


@pytest.mark.parametrize("dotsize", [1, 12])
def test_100_000_dots_on_one_place_are_true_to_a_thousandth(dotsize: float, device: str) -> None:
    grid, a_dot, n_points = pixel_grid(16, 16), Dot.of(dotsize, "gaussian"), 100_000
    points = at(grid, np.full(n_points, 7.3), np.full(n_points, 8.9))
    single = at(grid, 7.3, 8.9, n_points)
    assert_true(draw(device, points, grid, a_dot), single, grid, a_dot, bound=1e-3)


def test_a_pixel_that_no_dot_reaches_is_exactly_0(device: str) -> None:
    grid, a_dot = pixel_grid(64, 64), Dot.of(20, "classic")
    values = draw(device, at(grid, [20.3, 22.8], [30.1, 33.7]), grid, a_dot)
    rows, columns = np.mgrid[0:64, 0:64] + 0.5
    near = np.minimum(np.hypot(columns - 20.3, rows - 30.1), np.hypot(columns - 22.8, rows - 33.7))
    assert (values[near > a_dot.radius] == 0).all()
    assert (values[near < 0.99 * a_dot.radius] > 0).all()


FAR_AWAY = {
    "projected metres": (930_000.0, 5_930_000.0, 0.25),
    "lon/lat at zoom 20": (139.767125, 35.681236, 360 / 2**28),
    "micrometres in a million": (1e6, -1e6, 1e-6),
}


@pytest.mark.parametrize("where", FAR_AWAY)
def test_coordinates_far_from_zero_keep_their_fractions(where: str, device: str) -> None:
    """The same picture as at the origin: the origin is subtracted in float64."""
    x0, y0, cell = FAR_AWAY[where]
    width, height = 64, 48
    far = Grid(Area(x0, y0, x0 + width * cell, y0 + height * cell), width, height)
    rng = np.random.default_rng(22)
    column, row = rng.uniform(-3, 67, 50), rng.uniform(-3, 51, 50)
    points = Points(x0 + column * cell, y0 + row * cell)
    near, a_dot = pixel_grid(width, height), Dot.of(6, "cone")
    assert_true(draw(device, points, far, a_dot), points, far, a_dot)
    # Float64 itself resolves the coordinates to this part of a pixel; the cone falls by 1 / 3.
    resolution = max(np.spacing(abs(x0)), np.spacing(abs(y0))) / cell
    np.testing.assert_allclose(
        draw(device, points, far, a_dot),
        draw(device, Points(column, row), near, a_dot),
        atol=2 * resolution + 1e-5 * peak(points, far, a_dot),
    )


DTYPES = ["f4", "f8", ">f4", ">f8", "i2", ">i4", "i8", "u1", "f2", "longdouble"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_gives_the_same_density(dtype: str, device: str) -> None:
    rows = np.random.default_rng(23).integers(0, 50, (100, 3))
    expected = gpuheat.render(rows.astype(float), size=64, dotsize=9, device="cpu").density.values
    array = rows.astype(dtype)
    array.flags.writeable = False
    for given_ in (array, np.asfortranarray(array), np.repeat(array, 2, axis=0)[::2]):
        picture = gpuheat.render(given_, size=64, dotsize=9, device=device)
        np.testing.assert_allclose(picture.density.values, expected, atol=BOUND * expected.max())
    np.testing.assert_array_equal(array, rows.astype(dtype))


def test_strided_and_reversed_columns_give_the_same_density(device: str) -> None:
    rows = np.random.default_rng(24).random((100, 2)).astype("f4")
    wide = np.zeros((200, 5), "f4")
    wide[::-2, 1], wide[::-2, 4] = rows.T
    kept = wide.copy()
    expected = gpuheat.render(rows, size=32, dotsize=9, device=device).density.values
    for x, y in ((wide[::-2, 1], wide[::-2, 4]), (rows[::-1, 0], rows[::-1, 1])):
        picture = gpuheat.render(x=x, y=y, size=32, dotsize=9, device=device)
        np.testing.assert_allclose(picture.density.values, expected, atol=1e-5)
    np.testing.assert_array_equal(wide, kept)


# --- Two ways. ---


@pytest.mark.parametrize("falloff", FALLOFFS)
def test_all_devices_agree(falloff: str) -> None:
    rng = np.random.default_rng(25)
    grid = pixel_grid(150, 100)
    points = at(grid, rng.normal(75, 40, 2000), rng.normal(50, 30, 2000), rng.uniform(0, 2, 2000))
    for dotsize in (2, 13.5, 60):
        a_dot = dot(dotsize, falloff)
        one, two, three = (draw(device, points, grid, a_dot) for device in DEVICES)
        allowed = 2 * rim_allowance(points, grid, a_dot) + BOUND * peak(points, grid, a_dot)
        assert (np.abs(one - two) <= allowed).all()
        assert (np.abs(one - three) <= allowed).all()
        assert (np.abs(two - three) <= allowed).all()


# --- The value itself. ---


def test_densities_add_and_subtract() -> None:
    one = Density(np.full((2, 3), 1.5, np.float32), pixel_grid(3, 2))
    two = Density(np.full((2, 3), 1.0, np.float32), pixel_grid(3, 2))
    assert (one + two).values.tolist() == [[2.5] * 3] * 2
    assert (one - two).values.tolist() == [[0.5] * 3] * 2
    assert (one + two).grid == one.grid
    assert (one + two).values.dtype == np.float32
    assert one.values.max() == 1.5


def test_densities_of_different_grids_do_not_add() -> None:
    one = Density(np.zeros((2, 3), np.float32), pixel_grid(3, 2))
    wider = Density(np.zeros((2, 3), np.float32), Grid(Area(0, 0, 6, 2), 3, 2))
    with pytest.raises(InputError, match=r"3 x 2 over x 0 to 3, y 0 to 2 and 3 x 2 over x 0 to 6"):
        one + wider
    with pytest.raises(InputError, match="adds to a density, not to int"):
        one - 1  # type: ignore[operator]


def test_a_density_is_an_array() -> None:
    one = Density(np.full((2, 3), 1.5, np.float32), pixel_grid(3, 2))
    assert np.asarray(one) is one.values
    assert np.asarray(one, dtype=np.float64).dtype == np.float64
    copied = np.array(one)
    copied[:] = 0
    assert one.values.min() == 1.5
