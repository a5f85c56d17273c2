"""Densities per area: their integral over the ground is the sum of the weights."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import call
from drawing import FALLOFFS, dot, wave
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import gpuheat
from gpuheat.errors import InputError
from gpuheat.geo.area import Area, Grid

# The sphere of Web Mercator, in km.
EARTH_RADIUS = 6378.137


def ground(grid: Grid) -> NDArray[np.float64]:
    """Return the area of each pixel in km2, from its corners' degrees alone.

    A sphere's strip between two latitudes: radius^2 * longitude * (sin north - sin south).
    """
    edges = [grid.to_world(0, row)[1] for row in range(grid.height + 1)]
    east = np.radians(grid.to_world(1, 0)[0] - grid.to_world(0, 0)[0])
    strips = EARTH_RADIUS**2 * east * -np.diff(np.sin(np.radians(edges)))
    return np.repeat(strips[:, None], grid.width, axis=1)


def integral(picture: gpuheat.Picture) -> float:
    return float((picture.density.values * ground(picture.density.grid)).sum(dtype=np.float64))


def scattered(lat: float, n_points: int = 300) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(90)
    return {
        "lon": 15 + rng.normal(0, 0.5, n_points) / math.cos(math.radians(lat)),
        "lat": lat + rng.normal(0, 0.5, n_points),
        "weight": rng.uniform(0.5, 3, n_points),
    }


# By hand.


def test_a_disk_of_one_pixel_by_hand(device: str) -> None:
    """Its integral in the plane is pi / 4 * dotsize^2, a pixel here 2 x 3 units."""
    picture = gpuheat.render(
        [(3, 4.5)], area=(0, 0, 6, 9), size=(3, 3), dotsize=1, falloff="disk", normalize="area",
        weights=[5], device=device,
    )  # fmt: skip
    expected = np.zeros((3, 3))
    expected[1, 1] = 5 / (math.pi / 4) / 6
    np.testing.assert_allclose(picture.density.values, expected, rtol=1e-6)
    assert picture.density.unit == "per square unit"


def test_the_falloffs_integrals_are_known() -> None:
    """Over a unit circle; classic's by its antiderivative, numerically fine."""
    known = {
        "disk": math.pi,
        "cone": math.pi / 3,
        "epanechnikov": math.pi / 2,
        "quartic": math.pi / 3,
        "gaussian": math.pi / 4.5 * (1 - math.exp(-4.5)),
    }
    for name, volume in known.items():
        assert dot(2, name).volume == pytest.approx(volume, rel=1e-7), name
    t = np.linspace(0, 1, 400_001)
    for name in ("classic", "callable"):
        a_dot = dot(7, name)
        profile = a_dot.profile(t) * t
        trapezes = (profile[:-1] + profile[1:]).sum() / 2 / 400_000
        expected = 2 * math.pi * a_dot.radius**2 * trapezes
        assert a_dot.volume == pytest.approx(expected, rel=1e-6)


def test_peak_is_the_default_and_has_no_unit() -> None:
    peak = gpuheat.render([(0, 0), (9, 9)], size=40, dotsize=5.0, device="cpu")
    named = gpuheat.render([(0, 0), (9, 9)], size=40, dotsize=5.0, device="cpu", normalize="peak")
    np.testing.assert_array_equal(peak.density.values, named.density.values)
    assert peak.density.unit == ""


# The law.


@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize("lat", [0, 70])
@pytest.mark.parametrize("projection", [None, "mercator"])
@pytest.mark.parametrize("dotsize", [12, 60, "30km"])
def test_the_integral_over_the_ground_is_the_sum_of_the_weights(
    projection: str | None, lat: float, falloff: str, dotsize: Any, device: str
) -> None:
    points = scattered(lat)
    picture = gpuheat.render(
        points, weights="weight", size=350, margin=0.4, projection=projection, dotsize=dotsize,
        falloff=wave if falloff == "callable" else falloff, normalize="area", device=device,
    )  # fmt: skip
    assert picture.density.unit == "per km2"
    assert integral(picture) == pytest.approx(points["weight"].sum(), rel=0.01)


@pytest.mark.parametrize("projection", [None, "mercator"])
@pytest.mark.parametrize("lat", [0, 70])
@pytest.mark.parametrize("method", ["count", "auto"])
def test_it_holds_for_what_is_counted_and_for_the_smallest_dots(
    method: str, lat: float, projection: str | None
) -> None:
    points = scattered(lat, 40_000)
    for dotsize in (40,) if method == "count" else (2, "auto"):
        picture = gpuheat.render(
            points, size=300, margin=0.2, projection=projection, dotsize=dotsize,
            normalize="area", method=method, device="cpu",
        )  # fmt: skip
        assert integral(picture) == pytest.approx(40_000, rel=0.01)


@pytest.mark.parametrize("projection", [None, "mercator"])
@pytest.mark.parametrize("lat", [0, 70])
def test_it_holds_for_dots_of_many_sizes(lat: float, projection: str | None, device: str) -> None:
    points = scattered(lat)
    sizes = np.random.default_rng(91).uniform(8, 60, 300)
    picture = gpuheat.render(
        points, weights="weight", size=350, margin=0.4, projection=projection, dotsize=sizes,
        falloff="quartic", normalize="area", device=device,
    )  # fmt: skip
    assert integral(picture) == pytest.approx(points["weight"].sum(), rel=0.01)


def test_it_holds_around_the_whole_world(device: str) -> None:
    """Every half of a dot at 180 degrees counts once."""
    rng = np.random.default_rng(92)
    lon = np.concatenate([rng.uniform(-180, 180, 200), np.full(50, 180), np.full(50, -179.8)])
    points = np.column_stack([lon, rng.uniform(-55, 55, 300)])
    for dotsize in (30, "2000km"):
        picture = gpuheat.render(
            points, area=(-180, -84, 180, 84), size=400, projection="mercator", dotsize=dotsize,
            normalize="area", device=device,
        )  # fmt: skip
        assert integral(picture) == pytest.approx(300, rel=0.01)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_per_square_unit_whatever_the_unit(width: float, height: float) -> None:
    grid = Grid(Area(5, 7, 5 + width, 7 + height), 60, 60)
    picture = gpuheat.render(
        [(5 + width / 2, 7 + height / 2)], area=grid, dotsize=20, normalize="area", device="cpu"
    )
    cell = width * height / 3600
    assert float(picture.density.values.sum()) * cell == pytest.approx(1, rel=0.01)


def test_the_same_dot_is_the_same_density_at_every_latitude_in_mercator() -> None:
    """One of 250 m on the ground is as dense at 70 degrees as at the equator."""
    peaks = []
    for lat in (0, 45, 70):
        picture = gpuheat.render(
            [(10, lat)], area=(9.99, lat - 0.003, 10.01, lat + 0.003), size=601,
            projection="mercator", dotsize="250m", normalize="area", device="cpu",
        )  # fmt: skip
        peaks.append(float(picture.density.values.max()))
    expected = 1 / (math.pi / 4.5 * (1 - math.exp(-4.5)) * 0.125**2)
    np.testing.assert_allclose(peaks, expected, rtol=2e-3)


def test_rows_beyond_the_poles_have_no_density() -> None:
    picture = gpuheat.render(
        {"lon": [0.0, 10], "lat": [89.0, 80]}, area=(-20, 70, 20, 110), size=40, dotsize=8,
        normalize="area", device="cpu",
    )  # fmt: skip
    assert np.isfinite(picture.density.values).all()
    assert (picture.density.values[:20] == 0).all()
    assert picture.density.values[21:].max() > 0


def test_densities_of_two_units_do_not_add() -> None:
    grid = Grid(Area(0, 0, 9, 9), 9, 9)
    peak, area = (
        gpuheat.render([(4, 4)], area=grid, dotsize=3, normalize=normalize, device="cpu").density
        for normalize in ("peak", "area")
    )
    assert (area + area).unit == (area - area).unit == "per square unit"
    with pytest.raises(InputError, match="these densities have different units"):
        peak + area


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(InputError, match=r"unknown normalize 'areas'; did you mean 'area'\?"):
        gpuheat.render([(0, 0)], normalize="areas")
    with pytest.raises(InputError, match='and normalize="area" divides by it'):
        gpuheat.render([(0, 0)], normalize="area", falloff=lambda t: -np.ones_like(t))


def test_the_command_line_says_the_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.csv").write_text("lon,lat\n1,2\n1.01,2.01\n1.02,2\n")
    words = ("--size", "60", "--device", "cpu", "--json", "--normalize", "area")
    called = call("render", "here.csv", *words)
    assert json.loads(called.out)["unit"] == "per km2"
