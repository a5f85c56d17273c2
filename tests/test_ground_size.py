"""Dots with a size on the ground, each its own, or fitted to the points."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import call
from drawing import BOUND
from gpu import open_or_skip
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import gpuheat
from gpuheat.density import reference
from gpuheat.density.dot import Dot
from gpuheat.density.dotsize import Dotsize
from gpuheat.density.scott import bandwidth
from gpuheat.errors import GpuheatWarning, InputError
from gpuheat.geo import mercator
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source

EARTH_RADIUS = 6378137.0


def on_earth(lon: Any, lat: Any) -> dict[str, NDArray[np.float64]]:
    return {"lon": np.atleast_1d(np.asarray(lon, float)), "lat": np.atleast_1d(np.asarray(lat))}


def distances(grid: Grid, lon: float, lat: float) -> NDArray[np.float64]:
    """Return each pixel centre's great-circle distance from a place, in metres (haversine)."""
    places = [
        [grid.to_world(column + 0.5, row + 0.5) for column in range(grid.width)]
        for row in range(grid.height)
    ]
    (lons, lats), (lon, lat) = np.radians(np.array(places)).transpose(2, 0, 1), np.radians(
        [lon, lat]
    )  # fmt: skip
    across = np.cos(lat) * np.cos(lats) * np.sin((lons - lon) / 2) ** 2
    return 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.sin((lats - lat) / 2) ** 2 + across))


# On the ground.


@pytest.mark.parametrize("lat", [0, 45, 60, 70, -80])
def test_250_metres_reach_125_metres_far_at_every_latitude(lat: float, device: str) -> None:
    """In Mercator, held to distances on the sphere: a disk has 1 within 125 m and 0 beyond."""
    half = 0.002 / np.cos(np.radians(lat))
    area = (20 - half, lat - 0.002, 20 + half, lat + 0.002)
    picture = gpuheat.render(
        on_earth(20, lat), area=area, size=100, dotsize="250m", falloff="disk",
        projection="mercator", device=device,
    )  # fmt: skip
    values, metres = picture.density.values, distances(picture.density.grid, 20, lat)
    # The map's scale changes a little across a dot: 1e-4 of it at 80 degrees.
    assert (values[metres < 124.9] == 1).all()
    assert (values[metres > 125.1] == 0).all()
    assert (values == 1).sum() > 500


@pytest.mark.parametrize("lat", [0, 60])
def test_in_plate_carree_it_is_right_from_south_to_north(lat: float) -> None:
    picture = gpuheat.render(
        on_earth(20, lat), area=(19.98, lat - 0.02, 20.02, lat + 0.02), size=401, dotsize="1.5km",
        falloff="disk", device="cpu",
    )  # fmt: skip
    metres = distances(picture.density.grid, 20, lat)[:, 200]
    values = picture.density.values[:, 200]
    assert (values[metres < 745] == 1).all()
    assert (values[metres > 755] == 0).all()


def test_kilometres_are_a_thousand_metres() -> None:
    grid, source = Grid.of(Area(0, 0, 1, 1), 500, "mercator"), Source(on_earth(0, 0))
    assert Dotsize.of("1.5km").on(grid, source) == Dotsize.of(" 1500 m ").on(grid, source)
    assert Dotsize.of("1e3m").on(grid, source) == Dotsize.of("1km").on(grid, source)


def test_dots_of_many_latitudes_are_the_reference_by_either_way(device: str) -> None:
    rng = np.random.default_rng(80)
    lon, lat = rng.uniform(-30, 30, 400), rng.uniform(-40, 84, 400)
    grid = Grid.of(Area(-20, -30, 20, 80), 150, "mercator")
    picture = gpuheat.render(
        on_earth(lon, lat), area=grid, dotsize="300km", falloff="cone", device=device
    )
    x, y = mercator.to_metres(lon, lat)
    pixels = 300e3 / grid.cell[1]
    a_dot = replace(Dot.of(pixels, "cone"), sizing="ground", largest=99.0)
    points = Points(x, y, None, 1 / np.cos(np.radians(lat)))
    expected = reference.density(points, grid, a_dot)
    assert expected.min() < expected.max() / 4
    np.testing.assert_allclose(picture.density.values, expected, atol=BOUND * expected.max())


@pytest.mark.parametrize("metres", ["20km", "500km", "2500km"])
def test_a_dot_beyond_the_edge_is_larger_and_still_reaches_in(metres: str, device: str) -> None:
    """The farthest that reaches in has the largest radius: the gutter is wide enough for it."""
    lat = np.linspace(60, 85, 60)
    grid = Grid.of(Area(-20, 50, 20, 62), 120, "mercator")
    picture = gpuheat.render(
        on_earth(np.zeros(60), lat), area=grid, dotsize=metres, falloff="cone", device=device
    )
    pixels = float(metres[:-2]) * 1000 / grid.cell[1]
    points = Points(*mercator.to_metres(np.zeros(60), lat), None, 1 / np.cos(np.radians(lat)))
    a_dot = replace(Dot.of(pixels, "cone"), sizing="ground", largest=99.0)
    expected = reference.density(points, grid, a_dot)
    np.testing.assert_allclose(picture.density.values, expected, atol=BOUND * expected.max())


@pytest.mark.parametrize(
    ("dotsize", "text"),
    [
        ("250 miles", "unknown unit 'miles' (there are: m, km)"),
        ("250M", "unknown unit 'M'; did you mean 'm'? (there are: m, km)"),
        ("m", "dotsize is 'm'; give a number of pixels, a size on the ground such as \"250m\""),
        ("250", "dotsize is '250'; give a number of pixels"),
        ("0m", "dotsize is '0m'; give a positive length"),
        ("-5m", "dotsize is '-5m'; give a positive length"),
        ("1.2.3m", "dotsize is '1.2.3m'; give a positive length"),
        ("1e306km", "dotsize is '1e306km'; give a positive length"),
        ("1e200m", "give one of at most 1e+09 pixels"),
        ([1, 2], "dotsize has 2 values for 1 points; give one per point, or one for all"),
        ([0], "dotsize of point 0 is 0; give positive numbers of pixels"),
        ([np.nan], "dotsize has no finite number"),
        ([[1]], "dotsize is an array; give one number of pixels for each point"),
        (["a"], "dotsize is an array; give one number of pixels for each point"),
    ],
)
def test_bad_sizes_are_one_clear_line(dotsize: Any, text: str) -> None:
    with pytest.raises(InputError) as caught:
        gpuheat.render(on_earth(1, 2), dotsize=dotsize, size=20, device="cpu")
    assert text in str(caught.value)


def test_metres_are_for_degrees_alone() -> None:
    with pytest.raises(InputError, match="needs points in degrees; call their columns lon and lat"):
        gpuheat.render([(930000, 400), (930100, 500)], dotsize="250m")
    with pytest.raises(InputError, match="a longitude is 930100"):
        gpuheat.render([(930000, 400), (930100, 500)], dotsize="250m", projection="mercator")


def test_dots_too_small_to_see_are_told() -> None:
    with pytest.warns(GpuheatWarning, match=r"dots of 250m are 0\.00\d+ pixels wide here"):
        gpuheat.render(on_earth([-170, 170], [0, 50]), dotsize="250m", size=100, device="cpu")


@pytest.mark.parametrize(("dotsize", "device"), [("250m", "egl"), ([3.0, 4.0, 5.0], "cpu")])
def test_dots_that_differ_cannot_be_counted(dotsize: Any, device: str) -> None:
    """Those on the ground can, in bands, on the host (test_bands.py)."""
    open_or_skip(device)
    options: dict[str, Any] = {
        "points": [(0, 0), (0.1, 0.1), (0.2, 0)], "size": 400, "projection": "mercator",
        "dotsize": dotsize,
    }  # fmt: skip
    with pytest.raises(InputError, match="method 'count' draws dots that are all alike"):
        gpuheat.render(**options, method="count", device=device)
    with pytest.raises(InputError, match="give its size in pixels"):
        gpuheat.count(**options)
    plan = gpuheat.explain(**options, device=device)
    assert "count" not in {option.method for option in (plan.chosen, *plan.others)}


# Each its own.


def test_each_point_has_its_own_size(device: str) -> None:
    """Disks of 1, 3 and 5 pixels across a row of three."""
    points = [(2.5, 3.5), (7.5, 3.5), (13.5, 3.5)]
    picture = gpuheat.render(
        points, area=(0, 0, 17, 7), size=17, dotsize=[1, 3.1, 5.1], falloff="disk", device=device
    )
    middle = [0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0]
    assert picture.density.values[3].tolist() == middle
    assert (picture.density.values > 0).sum(axis=0).tolist() == [
        0, 0, 1, 0, 0, 0, 3, 3, 3, 0, 0, 3, 5, 5, 5, 3, 0,
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:1 of 4 rows hold NaN")
def test_sizes_go_with_weights_and_with_rows_that_are_dropped(device: str) -> None:
    x, y = np.array([1.5, 4.5, 7.5]), np.full(3, 1.5)
    picture = gpuheat.render(
        x=np.append(x, np.nan), y=np.append(y, 1), weights=[1, 2, 3, 4], dotsize=[1, 1, 2.2, 9],
        area=(0, 0, 9, 3), size=9, falloff="disk", device=device,
    )  # fmt: skip
    assert picture.density.values.tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 3, 0],
        [0, 1, 0, 0, 2, 0, 3, 3, 3],
        [0, 0, 0, 0, 0, 0, 0, 3, 0],
    ]
    assert picture.stats["dropped"] == 1


# Fitted.


def test_scotts_rule_by_hand() -> None:
    """Four points 2 pixels from their middle on each axis: variance 4, sigma 2 * 4^(-1/6)."""
    grid = Grid(Area(0, 0, 100, 50), 100, 50)
    points = {"x": [48, 52, 48, 52], "y": [20, 20, 24, 24]}
    assert bandwidth(Source(points), grid) == pytest.approx(2 * 4 ** (-1 / 6))
    # Two of weight 2 are as many as two points.
    weighed = points | {"w": [2, 2, 0, 0]}
    assert bandwidth(Source(weighed, weights="w"), grid) == pytest.approx(2**0.5 * 2 ** (-1 / 6))
    # What lies outside tells nothing.
    far = {"x": [*points["x"], 1e6], "y": [*points["y"], 20]}
    assert bandwidth(Source(far), grid) == pytest.approx(2 * 4 ** (-1 / 6))


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_scotts_rule_is_that_of_numpy_and_scales(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    column, row = rng.normal(50, 8, 200), rng.normal(40, 3, 200)
    keep = (column > 0) & (column < 100) & (row > 0) & (row < 80)
    sigma = keep.sum() ** (-1 / 6) * np.sqrt((column[keep].var() + row[keep].var()) / 2)
    for unit in (1.0, scale, 1e6 * scale):
        grid = Grid(Area(0, 0, 100 * unit, 80 * unit), 100, 80)
        source = Source(x=column * unit, y=row * unit)
        assert bandwidth(source, grid) == pytest.approx(sigma, rel=1e-6)


def test_auto_is_six_sigma_and_the_default_where_nothing_spreads() -> None:
    grid = Grid(Area(0, 0, 100, 50), 100, 50)
    points = Source({"x": [48, 52, 48, 52], "y": [20, 20, 24, 24]})
    assert Dotsize.of("auto").on(grid, points).dotsize == pytest.approx(12 * 4 ** (-1 / 6))
    assert Dotsize.of("auto").on(grid, Source([(3, 3), (3, 3)])).dotsize == 40
    picture = gpuheat.render(
        {"x": [48, 52, 48, 52], "y": [20, 20, 24, 24]}, dotsize="auto", area=grid, device="cpu"
    )
    assert picture.stats["read"] == 4


def test_auto_reads_twice_and_says_so_where_it_cannot() -> None:
    chunks = (np.random.default_rng(k).random((10, 2)) for k in range(3))
    with pytest.raises(InputError, match="can be read only once"):
        gpuheat.render(chunks, dotsize="auto", area=(0, 0, 1, 1))


def test_auto_measures_on_the_projected_plane() -> None:
    """At 60 degrees a degree of latitude is twice as tall as one of longitude is wide."""
    rng = np.random.default_rng(81)
    lon, lat = rng.normal(0, 0.1, 4000), rng.normal(60, 0.05, 4000)
    grid = Grid.of(Area(-1, 59.5, 1, 60.5), 500, "mercator")
    x, y = grid.to_pixels(lon, lat)
    sigma = 4000 ** (-1 / 6) * np.sqrt((x.var() + y.var()) / 2)
    assert bandwidth(Source(on_earth(lon, lat)), grid) == pytest.approx(sigma, rel=1e-9)


# On the command line.


def test_the_command_line_takes_metres_and_auto(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.csv").write_text("lon,lat\n1,2\n1.01,2.01\n1.02,2\n")
    Path("there.csv").write_text("x,y\n1,2\n1.01,2.01\n")
    words = ("--size", "60", "--device", "cpu", "--force", "--json")
    for size in ("250m", "1.5km", "auto", "12.5"):
        called = call("render", "here.csv", "--dotsize", size, "--projection", "mercator", *words)
        assert called.status == 0, called.error
        assert json.loads(called.out)["points"] == 3
    refused = call("render", "there.csv", "--dotsize", "250m", *words)
    assert refused.status == 2
    assert "needs points in degrees" in refused.err
    explained = call("render", "here.csv", "--dotsize", "250m", "--explain")
    assert explained.status == 0
