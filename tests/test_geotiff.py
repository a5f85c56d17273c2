"""GeoTIFF, read back by rasterio: values, orientation, where it lies and in what."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from command import call
from hypothesis import given
from hypothesis import strategies as st
from proj import is_geographic

import gpuheat
from gpuheat.errors import InputError
from gpuheat.export.crs import Crs
from gpuheat.export.saving import FORMATS
from gpuheat.geo.area import Area, Grid

RNG = np.random.default_rng(31)
XY = RNG.uniform((5, 45), (15, 55), (300, 2))
DEGREES = {"lon": XY[:, 0], "lat": XY[:, 1]}
SMALL = {"size": (90, 70), "dotsize": 9, "device": "cpu"}


def render(points: Any = DEGREES, **options: Any) -> gpuheat.Picture:
    return gpuheat.render(points, **SMALL | options)


@pytest.mark.parametrize("suffix", ["tif", "tiff", "TIF"])
def test_colors_are_read_back_equal_the_right_way_up(suffix: str, tmp_path: Path) -> None:
    # One dot in the north west.
    picture = gpuheat.render([(1, 9)], area=(0, 0, 10, 10), size=40, dotsize=8, device="cpu")
    picture.save(tmp_path / f"heat.{suffix}")
    with rasterio.open(tmp_path / f"heat.{suffix}") as read:
        assert read.count == 4
        assert [each.name for each in read.colorinterp] == ["red", "green", "blue", "alpha"]
        np.testing.assert_array_equal(np.moveaxis(read.read(), 0, -1), np.asarray(picture.image))
        row, column = read.index(1, 9)
        assert read.read(4)[row, column] == 255
        assert read.crs is None
        assert tuple(read.bounds) == (0, 0, 10, 10)


def test_densities_are_read_back_equal_and_lie_where_value_at_says(tmp_path: Path) -> None:
    picture = render()
    picture.save(tmp_path / "heat.tif", density=True)
    with rasterio.open(tmp_path / "heat.tif") as read:
        assert read.dtypes == ("float32",)
        assert np.isnan(read.nodata)
        np.testing.assert_array_equal(read.read(1), picture.density.values)
        assert read.crs.to_epsg() == 4326
        np.testing.assert_allclose(read.bounds, np.ravel(picture.area.corners), rtol=1e-12)
        places = RNG.uniform((6, 46), (14, 54), (50, 2))
        sampled = [value[0] for value in read.sample(places)]
    assert sampled == [picture.value_at(*place) for place in places]


def test_where_there_is_no_dot_a_mean_has_no_data(tmp_path: Path) -> None:
    picture = render(DEGREES | {"w": XY[:, 0]}, weights="w", aggregate="mean")
    picture.save(tmp_path / "heat.tif", density=True)
    with rasterio.open(tmp_path / "heat.tif") as read:
        masked = read.read(1, masked=True)
    np.testing.assert_array_equal(masked.mask, np.isnan(picture.density.values))
    assert 0 < masked.mask.sum() < masked.size


def test_mercator_is_in_metres_of_3857(tmp_path: Path) -> None:
    picture = render(projection="mercator")
    picture.save(tmp_path / "heat.tif", density=True)
    xmin, xmax, ymin, ymax = picture.extent
    with rasterio.open(tmp_path / "heat.tif") as read:
        assert read.crs.to_epsg() == 3857
        np.testing.assert_allclose(read.bounds, (xmin, ymin, xmax, ymax), rtol=1e-12)
        from rasterio.warp import transform

        x, y = transform("EPSG:4326", read.crs, [10.0], [50.0])
        (value,) = next(read.sample([(x[0], y[0])]))
    assert value == picture.value_at(10, 50)


@pytest.mark.parametrize("crs", ["EPSG:25832", "epsg:25832", 25832, "25832"])
def test_a_crs_is_written_as_given(crs: Any, tmp_path: Path) -> None:
    metres = render(XY * 1e5)
    metres.save(tmp_path / "heat.tif", crs=crs)
    with rasterio.open(tmp_path / "heat.tif") as read:
        assert read.crs.to_epsg() == 25832
        np.testing.assert_allclose(read.bounds, np.ravel(metres.area.corners), rtol=1e-12)


def test_degrees_may_be_of_another_geographic_system(tmp_path: Path) -> None:
    render().save(tmp_path / "heat.tif", crs=4258)
    with rasterio.open(tmp_path / "heat.tif") as read:
        assert read.crs.to_epsg() == 4258


def test_a_grid_that_is_shifted_lies_where_its_pixels_are(tmp_path: Path) -> None:
    grid = Grid(Area(0, 0, 10, 10), 20, 20, shift=0.5)
    picture = gpuheat.render([(3, 4)], area=grid, dotsize=3, device="cpu")
    picture.save(tmp_path / "heat.tif", density=True)
    with rasterio.open(tmp_path / "heat.tif") as read:
        values = [value[0] for value in read.sample([(3, 4), (2.6, 4.2), (3.4, 3.9)])]
    assert values == [
        picture.value_at(3, 4),
        picture.value_at(2.6, 4.2),
        picture.value_at(3.4, 3.9),
    ]
    assert values[0] > 0


def test_a_tif_goes_into_a_stream_and_holds_a_background() -> None:
    stream = io.BytesIO()
    picture = render(background="white")
    picture.save(stream, "tiff")
    with rasterio.MemoryFile(stream.getvalue()) as file, file.open() as read:
        np.testing.assert_array_equal(np.moveaxis(read.read(), 0, -1), np.asarray(picture.image))


# --- What cannot be. ---

WRONG: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "density as png": ("png", {}, {"density": True}, "density is for tif, not for png"),
    "crs of a png": ("png", {}, {"crs": 4326}, "which png cannot hold"),
    "no code": ("tif", {}, {"crs": "WGS 84"}, "crs is 'WGS 84'; give an EPSG code"),
    "a float": ("tif", {}, {"crs": 4326.0}, "give an EPSG code"),
    "a truth": ("tif", {}, {"crs": True}, "give an EPSG code"),
    "unknown": ("tif", {}, {"crs": 999999}, "no geographic or projected system of the EPSG"),
    "vertical": ("tif", {}, {"crs": 5703}, "no geographic or projected system of the EPSG"),
    "degrees as metres": ("tif", {}, {"crs": 25832}, "x, y are longitude and latitude by their"),
    "mercator": ("tif", {"projection": "mercator"}, {"crs": 4326}, "in mercator is in EPSG:3857"),
    "a kml in metres": ("kml", {"points": XY}, {"crs": 3857}, "kml knows only EPSG:4326"),
    "no degrees by name": (
        "kmz",
        {"points": {"easting": XY[:, 0], "northing": XY[:, 1]}, "x": "easting", "y": "northing"},
        {},
        "x, y are no longitude and latitude by their names",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_a_format_cannot_hold_is_refused_with_what_to_do(case: str, tmp_path: Path) -> None:
    suffix, options, saving, message = WRONG[case]
    picture = render(**options)
    with pytest.raises(InputError, match=message):
        picture.save(tmp_path / f"heat.{suffix}", **saving)
    assert not list(tmp_path.iterdir())


def test_columns_of_other_names_become_a_kml_where_the_user_says_they_are_degrees(
    tmp_path: Path,
) -> None:
    picture = render({"e": XY[:, 0], "n": XY[:, 1]}, x="e", y="n")
    picture.save(tmp_path / "heat.kmz", crs="EPSG:4326")
    assert (tmp_path / "heat.kmz").stat().st_size > 0


@given(st.integers(0, 70_000))
def test_the_kind_of_a_code_is_what_proj_says(code: int) -> None:
    try:
        ours = Crs.of(code).geographic
    except InputError:
        ours = None
    # In the gaps between two systems of a kind there is nothing that could be mistaken.
    told = is_geographic(code)
    if told is not None:
        assert ours is told


@pytest.mark.parametrize("code", [4326, 4258, 4269, 3857, 25832, 32633, 32733, 2154, 5070, 6933])
def test_well_known_codes_are_known(code: int) -> None:
    assert Crs.of(code).geographic is is_geographic(code)


# --- On the command line. ---


def test_the_command_line_writes_densities_and_a_crs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savetxt("points.csv", XY, delimiter=",", header="x,y", comments="")
    words = ("--size", "50", "--device", "cpu")
    assert (
        call("render", "points.csv", "-o", "a.tif", "--density", "--crs", "2154", *words).status
        == 0
    )
    with rasterio.open("a.tif") as read:
        assert read.dtypes == ("float32",)
        assert read.crs.to_epsg() == 2154
    refused = {
        ("a.png", "--density"): "density is for tif",
        ("a.png", "--crs", "4326"): "which png cannot hold",
        ("b.tif", "--crs", "nowhere"): "give an EPSG code",
        ("b.kml", "--crs", "2154"): "kml knows only EPSG:4326",
    }
    monkeypatch.setattr("gpuheat.cli.render.render", None)  # before any work
    for (name, *more), message in refused.items():
        assert message in call("render", "points.csv", "-o", name, *more, *words).error
    assert (
        "known are " + ", ".join("." + each for each in FORMATS)
        in call("render", "points.csv", "-o", "a.bmp").error
    )
