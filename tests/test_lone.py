"""Lone dots: found by a second reading, and drawn exactly where counting would be too coarse."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from drawing import pixel_grid
from numpy.typing import NDArray

from gpuheat.density import lone, reference, rims
from gpuheat.density.cells import Cells, cells_for
from gpuheat.density.convolve import convolve
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.density.dot import PROFILES, Dot
from gpuheat.density.lone import lone_places
from gpuheat.density.mend import Mender
from gpuheat.density.places import Places
from gpuheat.density.thin import Thin
from gpuheat.points.points import Points
from gpuheat.points.source import Source

GRID = pixel_grid(120, 90)
MANY = 1 << 30


def mended(rows: NDArray[np.float64], dot: Dot, step: float = 1.0) -> NDArray[np.float32]:
    """Count rows (x, y and maybe weights), find the lone dots, convolve and mend."""
    source, cells = Source(rows), cells_for(GRID, dot, step=step)
    counts = count_source(source, cells)
    places = lone_places(source, counts, dot)
    assert places is not None
    return convolve(counts.values, cells, dot, counts.mean, Mender(places, cells, dot))


def found(rows: NDArray[np.float64], dot: Dot) -> Places | None:
    source = Source(rows)
    return lone_places(source, count_source(source, cells_for(GRID, dot)), dot)


def clusters(n: int, seed: int = 31) -> NDArray[np.float64]:
    """A dense town, and a few points around it."""
    rng = np.random.default_rng(seed)
    town = rng.normal((60, 45), 3, (n, 2))
    return np.concatenate([town, rng.uniform((0, 0), (120, 90), (n // 1000, 2))])


def same(one: Places | None, other: Places | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = ((one.at, other.at), (one.rest, other.rest), (one.steps, other.steps))
    return all(np.array_equal(a, b) for a, b in pairs)


# --- One dot. ---


@pytest.mark.parametrize("falloff", PROFILES)
@pytest.mark.parametrize("dotsize", [17, 25, 33, 50, 90, 171])
@pytest.mark.parametrize(
    "point",
    [(60.5, 45.5), (60.03, 45.97), (60.71, 44.02), (0.2, 89.9), (-3.3, 40.4), (119.99, 95.6)],
    ids=str,
)
def test_a_lone_dot_is_drawn_as_the_reference_does(
    falloff: str, dotsize: float, point: tuple[float, float]
) -> None:
    dot = Dot.of(dotsize, falloff)
    rows = np.array([(*point, 3.0)])
    expected = reference.density(Points(rows[:, 0], rows[:, 1], rows[:, 2]), GRID, dot)
    peak, reach = 3 * dot.edge[1], expected > 0
    if not reach.any():
        return
    actual = mended(rows, dot)
    # Within its edge a dot is drawn from its place rounded to 1/16 of a cell, and small differences
    # are left; where it ends in a step, a pixel's centre may lie on either side.
    edge = _on_the_edge(point, dot)
    jump = edge & (dot.edge[0] > 0)
    assert np.abs(actual - expected)[~jump].max() < _rounded(dot) * 3 + 2 * rims.LEAST * peak
    assert not actual[~reach & ~edge].any()


def _rounded(dot: Dot) -> float:
    """By how much a falloff changes over half of 1/16 of a cell, each way."""
    distance = np.linspace(0, dot.radius, 10_000)
    slope = np.abs(np.gradient(dot.at(distance), distance)).max()
    return float(slope / cells_for(GRID, dot).fineness * np.sqrt(2) / 32)


def _on_the_edge(point: tuple[float, float], dot: Dot) -> NDArray[np.bool_]:
    """Pixels within 1e-3 of a dot's end."""
    column, row = GRID.to_pixels([point[0]], [point[1]])
    y, x = np.mgrid[: GRID.height, : GRID.width] + 0.5
    return np.abs(np.hypot(y - row[0], x - column[0]) - dot.radius) < 1e-3


def test_negative_weights_are_mended_too() -> None:
    rows = np.array([(40.3, 40.8, 2.5), (70.9, 52.2, -1.25)])
    dot = Dot.of(60, "gaussian")
    expected = reference.density(Points(*rows.T), GRID, dot)
    actual = mended(rows, dot, step=2.0**-16)
    assert np.abs(actual - expected).max() < 2.5 * (_rounded(dot) + 2 * rims.LEAST)


def test_points_of_one_place_are_one_place() -> None:
    rows = np.tile([[60.3, 45.7]], (5000, 1))
    places = found(rows, Dot.of(60, "gaussian"))
    assert places is not None
    assert places.steps.tolist() == [5000]
    assert places.pixels(2)[0] == pytest.approx([60.3, 90 - 45.7], abs=1e-4)


# --- Which dots. ---


def test_where_dots_lie_deep_none_is_lone() -> None:
    rng = np.random.default_rng(32)
    assert found(rng.uniform((-60, -60), (180, 150), (300_000, 2)), Dot.of(60, "gaussian")) is None


def test_the_middle_of_a_town_is_not_lone_but_its_outskirts_are() -> None:
    dot = Dot.of(40, "gaussian")
    rows = clusters(200_000)
    places = found(rows, dot)
    assert places is not None
    position = places.pixels(cells_for(GRID, dot).fineness)
    apart = np.hypot(position[:, 0] - 60, position[:, 1] - 45)
    assert len(apart) < 60_000
    assert (apart > 6).any()
    # Around the very middle, 2 pixels wide, lie some 40,000 points; next to none is taken.
    assert np.count_nonzero(apart < 2) < 400


def test_no_place_is_found_beyond_all_dots_of_a_blank_part() -> None:
    cells = Cells(GRID, 1, 40)
    counts = Counts.empty(cells)
    assert not Thin(counts, Dot.of(60), MANY)


def test_what_is_lone_does_not_depend_on_order_or_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    dot, rows = Dot.of(50, "gaussian"), clusters(20_000)
    shuffled = np.random.default_rng(33).permutation(rows)
    # With room for all that is thin, and for ever less.
    for pixels in (1 << 25, 1 << 20, 1 << 18, 1 << 16):
        monkeypatch.setattr(lone, "_MOST_RIM_PIXELS", pixels)
        whole = found(rows, dot)
        assert whole is not None or pixels < 1 << 20
        assert same(whole, found(shuffled, dot))
        source = Source([shuffled[:7], shuffled[7:15_000], shuffled[15_000:]])
        chunked = lone_places(source, count_source(source, cells_for(GRID, dot)), dot)
        assert same(whole, chunked)


def test_less_room_takes_fewer_places_and_never_more_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dot, rows = Dot.of(50, "gaussian"), clusters(20_000)
    numbers = []
    for pixels in (1 << 25, 1 << 20, 1 << 18, 1 << 16):
        monkeypatch.setattr(lone, "_MOST_RIM_PIXELS", pixels)
        places = found(rows, dot)
        numbers.append(0 if places is None else len(places.steps))
        assert numbers[-1] <= pixels / (2 * np.pi * dot.radius * 2)
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[-1]


def test_a_stream_that_ends_with_its_first_reading_is_left_as_it_was_counted() -> None:
    def once() -> Iterator[NDArray[np.float64]]:
        yield clusters(3000)

    source, dot = Source(once()), Dot.of(50)
    counts = count_source(source, cells_for(GRID, dot))
    assert lone_places(source, counts, dot) is None


def test_the_second_reading_leaves_the_tally_as_it_was() -> None:
    rows = np.concatenate([clusters(3000), [[np.nan, 1], [-7, 5], [500, 500]]])
    source, dot = Source(rows), Dot.of(50)
    counts = count_source(source, cells_for(GRID, dot))
    before = (source.tally.read, source.tally.dropped, source.tally.outside)
    assert lone_places(source, counts, dot) is not None
    assert (source.tally.read, source.tally.dropped, source.tally.outside) == before


def test_mending_large_dots_of_one_place_takes_little_memory() -> None:
    """Its tables are of the rim then, not of a disk for every position in a pixel."""
    dot, rows = Dot.of(1200, "gaussian"), np.tile([[60.3, 45.7]], (1000, 1))
    places = found(rows, dot)
    assert places is not None
    tracemalloc.start()
    Mender(places, cells_for(GRID, dot), dot).mend(0, 0, GRID.shape)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # a table of the disk alone would be 140 MB
