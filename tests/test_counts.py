"""Counts: a value that adds up, is saved and read again, and becomes a density."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting import assert_same, units, workers
from drawing import at, pixel_grid
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import gpuheat
from gpuheat.density.cells import FLOAT_STEP, Cells
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.density.dot import Dot
from gpuheat.errors import FileError, GpuheatError, InputError
from gpuheat.geo.area import Area, Grid

GRID = pixel_grid(3, 3)
NEAREST = Cells(GRID, deposit="nearest")
A_FEW = np.array([(0.5, 0.5), (0.5, 0.5), (1.5, 2.5), (2.5, 0.5), (7, 7)])
MORE = np.array([(0.5, 0.5), (1.5, 1.5), (-9, 1)])


# --- By hand. ---


def test_counts_add_and_subtract_by_hand() -> None:
    few, more = count_source(A_FEW, NEAREST), count_source(MORE, NEAREST)
    assert few.values.tolist() == [[0, 1, 0], [0, 0, 0], [2, 0, 1]]
    assert more.values.tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]
    both = few + more
    assert both.values.tolist() == [[0, 1, 0], [0, 1, 0], [3, 0, 1]]
    assert (both.beyond, both.n_points, both.mass) == (2, 8, 8)
    less = few - more
    assert less.values.tolist() == [[0, 1, 0], [0, -1, 0], [1, 0, 1]]
    assert (less.beyond, less.n_points, less.mass) == (0, 2, 2)


def test_adding_points_leaves_the_value_as_it_was() -> None:
    empty = Counts.empty(NEAREST)
    few = empty.add(A_FEW)
    both = few.add(MORE)
    assert (empty.mass, few.mass, both.mass) == (0, 5, 8)
    assert_same(both, count_source(np.concatenate([A_FEW, MORE]), NEAREST))
    assert_same(few - few, Counts.empty(NEAREST))


def test_a_bare_grid_is_counted_into_as_the_public_count_does() -> None:
    """A point inside the area belongs into the picture's cells, wherever it lies there."""
    corners = [(0.1, 2.9), (2.9, 0.1), (1.5, 1.5)]
    for dotsize in (20, 90):
        empty = Counts.empty(GRID, dotsize)
        assert (empty.mass, empty.beyond, empty.n_points) == (0, 0, 0)
        counts = empty.add(corners)
        assert (counts.mass, counts.beyond) == (3, 0)
        assert_same(counts, gpuheat.count(corners, area=GRID, dotsize=dotsize))
        assert counts.density(dotsize).values.shape == GRID.shape
    assert Counts.empty(GRID).cells == Counts.empty(GRID, Dot.of(40, "gaussian")).cells
    wide = Counts.empty(GRID, 90, "classic")
    assert wide.cells.gutter == Dot.of(90, "classic").reach + 1


@pytest.mark.parametrize("deposit", ["nearest", "bilinear"])
def test_a_gutter_takes_what_lies_at_the_edges(deposit: Any) -> None:
    counts = Counts.empty(Cells(GRID, gutter=1, deposit=deposit)).add([(0.1, 2.9), (2.9, 0.1)])
    assert counts.beyond == 0


def test_the_public_count_makes_cells_for_the_dot() -> None:
    points = np.random.default_rng(60).random((1000, 2))
    options: dict[str, Any] = {"size": 100, "area": ((0, 0), (1, 1))}
    counts = gpuheat.count(points, **options, dotsize=90)
    assert counts.cells == Cells(
        Grid(Area(0, 0, 1, 1), 100, 100), 1, Dot.of(90).reach + 1, "bilinear", 1.0
    )
    assert (counts.mass, counts.n_points, counts.beyond) == (1000, 1000, 0)
    finer = gpuheat.count(points, **options, dotsize=40, weights=np.ones(1000))
    assert (finer.cells.fineness, finer.cells.step, finer.mass) == (3, FLOAT_STEP, 1000)
    assert gpuheat.count(points, **options, weights=np.ones(1000), step=0.5).cells.step == 0.5
    with pytest.raises(InputError, match=r"step 0; .* a positive step"):
        gpuheat.count(points, **options, step=0)


def test_a_density_of_counts_by_hand() -> None:
    """Radius 1/2 and nearest cells: each pixel gets its own points at full weight."""
    cells = Cells(GRID, gutter=1, deposit="nearest")
    density = count_source(A_FEW, cells).density(Dot.of(1, "disk"))
    assert density.grid == GRID
    np.testing.assert_allclose(density.values, [[0, 1, 0], [0, 0, 0], [2, 0, 1]], atol=1e-6)
    by_number = count_source(A_FEW, cells).density(1, "disk")
    np.testing.assert_array_equal(by_number.values, density.values)


def test_rendering_is_counting_and_convolving() -> None:
    points = np.random.default_rng(61).random((5000, 2))
    options: dict[str, Any] = {"size": 64, "area": ((0, 0), (1, 1)), "dotsize": 90}
    picture = gpuheat.render(points, **options, method="count", device="cpu")
    density = gpuheat.count(points, **options).density(90)
    np.testing.assert_array_equal(picture.density.values, density.values)


def test_cells_that_cannot_be_are_refused() -> None:
    wrong: dict[str, Any]
    for wrong in ({"fineness": 0}, {"gutter": -1}, {"step": 0}, {"step": -1}, {"step": np.nan}):
        with pytest.raises(InputError, match="expected a fineness of 1 or more"):
            Cells(GRID, **wrong)
    with pytest.raises(InputError, match=r"deposit is 'cubic'; give \"nearest\" or \"bilinear\""):
        Cells(GRID, deposit="cubic")  # type: ignore[arg-type]


# --- Laws. ---

WIDE = pixel_grid(6, 4)
SOME_CELLS = st.builds(
    Cells,
    st.just(WIDE),
    fineness=st.integers(1, 3),
    gutter=st.integers(0, 2),
    deposit=st.sampled_from(["nearest", "bilinear"]),
    step=st.sampled_from([1.0, 2.0**-16, 0.1]),
)
ROWS = st.lists(
    st.tuples(st.floats(-3, 9), st.floats(-3, 7), st.integers(-99, 99)), min_size=1, max_size=20
)


@given(ROWS, ROWS, SOME_CELLS)
def test_a_then_b_is_a_plus_b(first: Any, second: Any, cells: Cells) -> None:
    a, b = count_source(np.array(first), cells), count_source(np.array(second), cells)
    whole = count_source(np.array(first + second), cells)
    assert_same(a + b, whole)
    assert_same(b + a, whole)
    assert_same(a.add(np.array(second)), whole)
    assert_same(Counts.empty(cells).add(np.array(first)), a)
    assert_same(whole - b, a)
    assert_same(whole - b - a, Counts.empty(cells))


@given(ROWS, SOME_CELLS)
def test_the_mass_is_the_sum_of_weights_in_steps(rows: Any, cells: Cells) -> None:
    counts = count_source(np.array(rows), cells)
    steps = sum(int(np.rint(weight / cells.step)) for _, _, weight in rows)
    assert units(counts) == steps * cells.units
    assert counts.mass == pytest.approx(steps * cells.step, rel=1e-15)


@given(ROWS, SOME_CELLS)
def test_saved_counts_are_the_same_when_read(
    tmp_path_factory: pytest.TempPathFactory, rows: Any, cells: Cells
) -> None:
    path = tmp_path_factory.mktemp("counts") / "saved.npz"
    for each in (cells, replace(cells, grid=replace(WIDE, shift=0.5))):
        counts = count_source(np.array(rows), each)
        counts.save(path)
        assert_same(Counts.load(str(path)), counts)


def test_a_mass_beyond_64_bits_is_still_right() -> None:
    """Each sum is held; that of all of them is a Python integer."""
    heavy = Counts(NEAREST, np.full((3, 3), 2**62), beyond=2**70, n_points=9)
    assert heavy.mass == 9 * 2.0**62 + 2.0**70
    light = Counts(NEAREST, np.array([[2**62, 2**62, -(2**62)]] * 3) - 1, beyond=9)
    assert light.mass == 3 * 2.0**62


@pytest.mark.parametrize("sign", [1, -1])
def test_sums_that_would_leave_64_bits_are_refused(sign: int) -> None:
    values = np.zeros((3, 3), np.int64)
    values[1, 2] = sign * 2**62
    heavy = Counts(NEAREST, values)
    nothing = Counts.empty(NEAREST)
    assert (nothing - heavy).mass == -sign * 2.0**62
    for wrong in (lambda: heavy + heavy + heavy, lambda: nothing - heavy - heavy - heavy):
        with pytest.raises(InputError, match="64 bits hold"):
            wrong()


# --- What does not go together. ---


def test_counts_of_different_cells_are_not_added_and_both_are_named() -> None:
    a = Counts.empty(Cells(GRID, gutter=2))
    for other in (
        Cells(GRID, gutter=3),
        Cells(GRID, 2, 2),
        Cells(GRID, gutter=2, deposit="nearest"),
        Cells(GRID, gutter=2, step=0.5),
        Cells(pixel_grid(3, 4), gutter=2),
        Cells(Grid(Area(0, 0, 3, 4), 3, 3), gutter=2),
    ):
        b = Counts.empty(other)
        for wrong in (lambda b=b: a + b, lambda b=b: a - b, lambda b=b: b + a):
            with pytest.raises(InputError) as caught:
                wrong()
            assert str(a.cells) in str(caught.value)
            assert str(other) in str(caught.value)
            assert "count both with the same size, area" in str(caught.value)


@pytest.mark.parametrize("other", [1, None, np.zeros((3, 3)), Cells(GRID)], ids=type)
def test_counts_add_to_counts_alone(other: Any) -> None:
    with pytest.raises(InputError, match=f"not to {type(other).__name__}"):
        Counts.empty(GRID) + other
    with pytest.raises(InputError, match="counts add to counts"):
        Counts.empty(GRID) - other


def test_a_dot_wider_than_the_gutter_is_refused_with_figures() -> None:
    counts = gpuheat.count([(0, 0), (1, 1)], size=20, dotsize=50)
    counts.density(Dot.of(50))
    with pytest.raises(InputError, match=r"reaches 30 pixels needs as wide a gutter.* have 26"):
        counts.density(Dot.of(60))


def test_counting_what_would_not_fit_is_refused_before_it_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "20000000")

    def points() -> Any:
        yield np.zeros((1, 2))
        raise AssertionError("nothing is read")

    with pytest.raises(gpuheat.BudgetError, match="MB of memory and 20 MB may be used"):
        gpuheat.count(points, size=500, area=((0, 0), (1, 1)), dotsize=24)


# --- Files. ---


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    counts = count_source(A_FEW, Cells(GRID, 2, 1, "nearest", 0.5))
    counts.save(tmp_path / "counts")
    assert [each.name for each in tmp_path.iterdir()] == ["counts"], "no suffix is added"
    return tmp_path / "counts"


def refused(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        Counts.load(path)
    text = str(caught.value)
    assert text.startswith(f"{path} cannot be read as counts: ")
    assert "expected a file that Counts.save wrote" in text
    return text


def test_rubbish_is_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "rubbish"
    arrays = io.BytesIO()
    np.savez(arrays, values=np.zeros((3, 3)))
    array = io.BytesIO()
    np.save(array, np.zeros((3, 3), np.int64))
    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], object))
    for content in (
        b"",
        b"x,y\n1,2\n",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"PK\x05\x06" + bytes(18),
        b"\x93NUMPY" + bytes(100),
        arrays.getvalue(),
        array.getvalue(),
        pickled.getvalue(),
    ):
        path.write_bytes(content)
        refused(path)
    refused(tmp_path)
    assert "No such file" in refused(tmp_path / "missing")


def test_a_file_cut_short_is_told(saved: Path) -> None:
    content = saved.read_bytes()
    for length in range(0, len(content), 13):
        saved.write_bytes(content[:length])
        refused(saved)


def test_damage_is_told_or_does_no_harm(saved: Path) -> None:
    content, expected = saved.read_bytes(), Counts.load(saved)
    for place in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[place] ^= 0x55
        saved.write_bytes(damaged)
        try:
            found = Counts.load(saved)
        except FileError:
            continue
        assert_same(found, expected)  # a date, an attribute: nothing that counts


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "another format": ({"format": "gpuheat counts 3"}, "it is 'gpuheat counts 3'"),
    "another shape": ({"values": np.zeros((3, 3), np.int64)}, r"shape (3, 3)"),
    "floats": ({"values": np.zeros((10, 10))}, "its values are float64"),
    "an area upside down": ({"area": np.array([1.0, 0, 0, 1])}, "area is inverted"),
    "half an area": ({"area": np.array([1.0, 0])}, "area is"),
    "no size": ({"size": np.array(7)}, ""),
    "a size of 0": ({"size": np.array([0, 3])}, ""),
    "no fineness": ({"cells": np.array([0, 1])}, "fineness 0"),
    "another deposit": ({"deposit": "cubic"}, "deposit is 'cubic'"),
    "no step": ({"step": np.nan}, "step nan"),
    "text for a number": ({"beyond": "many"}, "many"),
    "an object": ({"n_points": np.array([{}], object)}, ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_changed_is_told(change: str, saved: Path) -> None:
    with np.load(saved) as stored:
        content: dict[str, NDArray[Any]] = dict(stored)
    changed, text = CHANGES[change]
    with open(saved, "wb") as stream:
        np.savez(stream, **(content | changed))
    assert text in refused(saved)
    missing = {name: each for name, each in content.items() if name not in changed}
    with open(saved, "wb") as stream:
        np.savez(stream, **missing)
    refused(saved)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    counts = Counts.empty(GRID)
    for path in (tmp_path, tmp_path / "no" / "such" / "folder.npz"):
        with pytest.raises(OSError, match=str(path)) as caught:
            counts.save(path)
        assert isinstance(caught.value, GpuheatError)


@settings(max_examples=10)
@given(st.integers(1, 6))
def test_workers_far_apart_give_the_same_counts(n_workers: int) -> None:
    """Counts of parts, made anywhere and saved, add up to the count of the whole."""
    rows = np.random.default_rng(62).normal(2, 2, (3000, 3))
    cells = Cells(WIDE, 2, 3, step=2.0**-16)
    with workers(n_workers):
        parts = [count_source(part, cells) for part in np.array_split(rows, n_workers)]
    total = Counts.empty(cells)
    for part in parts[::-1]:
        total += part
    assert_same(total, count_source(rows, cells))


def test_points_on_a_pixel_grid_are_where_the_tests_say() -> None:
    """Rows count downwards in the tests, y upwards in the world."""
    points = at(GRID, 0.5, 2.5)
    assert (points.x.tolist(), points.y.tolist()) == ([0.5], [0.5])
