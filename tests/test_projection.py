"""Mercator pictures: where points land, the short way around, what is wrapped and clipped."""

from __future__ import annotations

import io
import json
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
from gpuheat.density.cells import Cells
from gpuheat.density.count_gl import count_source_gl
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.density.dot import Dot
from gpuheat.errors import GpuheatWarning, InputError
from gpuheat.geo import mercator
from gpuheat.geo.area import Area, Grid
from gpuheat.geo.mercator import MAX_LATITUDE
from gpuheat.points.points import Points
from gpuheat.points.source import Source

WORLD = Area(-180, -MAX_LATITUDE, 180, MAX_LATITUDE)
FIJI = np.array([[177.4, -17.8], [178.4, -18.1], [-179.2, -17.2], [-178.7, -18.4]])


def mercator_grid(area: Area, size: int) -> Grid:
    return Grid.of(area, size, "mercator")


def render(points: Any, **options: Any) -> gpuheat.Picture:
    return gpuheat.render(points, **({"projection": "mercator", "device": "cpu"} | options))


# By hand.


def test_a_world_of_four_pixels_has_a_point_in_each_quarter() -> None:
    grid = mercator_grid(WORLD, 2)
    assert (grid.width, grid.height) == (2, 2)
    column, row = grid.to_pixels([-90, 90, 0, 180], [66.51326044, -66.51326044, 0, MAX_LATITUDE])
    np.testing.assert_allclose(column, [0.5, 1.5, 1, 2], atol=1e-8)
    np.testing.assert_allclose(row, [0.5, 1.5, 1, 0], atol=1e-8)


def test_one_number_for_the_size_follows_the_projected_shape() -> None:
    """From 0 to 60 degrees Mercator is ln(2 + sqrt(3)) radians tall: 1.317 for 1.047 wide."""
    area = Area(0, 0, 60, 60)
    grid = mercator_grid(area, 1000)
    assert (grid.width, grid.height) == (round(1000 * np.pi / 3 / np.log(2 + 3**0.5)), 1000)
    assert Grid.of(area, 1000).shape == (1000, 1000)
    assert grid.area == area


@given(st.floats(-170, 170), st.floats(-80, 75), st.floats(0.001, 10), st.data())
def test_to_world_is_the_inverse_of_to_pixels(
    lon: float, lat: float, span: float, data: st.DataObject
) -> None:
    grid = mercator_grid(Area(lon, lat, lon + span, lat + span), 700)
    column, row = data.draw(st.floats(-5, 705)), data.draw(st.floats(-5, 705))
    x, y = grid.to_world(column, row)
    back = grid.to_pixels([x], [y])
    assert back[0][0] == pytest.approx(column, abs=1e-6)
    assert back[1][0] == pytest.approx(row, abs=1e-6)


def test_nine_pixels_by_hand(device: str) -> None:
    """A disk narrower than a pixel: each point is in the pixel it lies in, and in no other."""
    grid = mercator_grid(WORLD, 3)
    third = float(mercator.to_degrees(0, mercator.WORLD / 3)[1])  # the upper row's middle
    points = [(-120, third), (0, 0), (120, -third), (120, -third)]
    picture = render(points, area=grid, dotsize=0.5, falloff="disk", device=device)
    assert picture.density.values.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 2]]


# The short way around.


def test_fiji_is_a_few_degrees_wide() -> None:
    picture = render(FIJI, size=90, margin=0)
    assert picture.area.xmin == pytest.approx(177.4)
    assert picture.area.xmax == pytest.approx(181.3)
    assert picture.stats["outside"] == 0
    # Without projection the numbers are taken as they are.
    assert gpuheat.render(FIJI, size=90, margin=0, device="cpu").area.width > 350


def test_chunks_give_the_same_area_as_one_array() -> None:
    whole = render(FIJI, size=50)
    assert render([FIJI[:1], FIJI[1:2], FIJI[2:]], size=50).area == whole.area


@pytest.mark.parametrize(
    "area", [(170, -20, -170, -10), (170, -20, 190, -10), (-190, -20, -170, -10)]
)
def test_an_area_across_180_can_be_given_in_three_ways(area: tuple[float, ...]) -> None:
    picture = render([(179, -15), (-179, -15), (0, 0)], area=area, size=40, dotsize=4)
    assert picture.area.width == 20
    assert picture.stats["outside"] == 1
    west, east = picture.value_at(179, -15), picture.value_at(-179, -15)
    assert west == pytest.approx(east, abs=1e-5)
    assert west > 0
    assert picture.value_at(181, -15) == east
    edges = [picture.value_at(x, y) for x in (170, -170) for y in (-20, -10)]
    assert edges == [0, 0, 0, 0]
    assert np.isnan(picture.value_at(0, 0))
    assert np.isnan(picture.value_at(180, -9))


def test_data_that_go_around_the_world_are_shown_once() -> None:
    lon = np.linspace(0, 359, 40)
    picture = render(np.column_stack([lon, np.zeros(40)]), size=80, margin=0.5)
    assert picture.area.width == 360
    plain = render([(-180, 0), (-60, 9), (60, 9), (180, 0)], size=80, margin=0.1)
    assert (plain.area.xmin, plain.area.xmax) == (-180, 180)


def test_without_an_area_the_map_ends_where_mercator_does() -> None:
    picture = render([(0, 80), (10, -84)], size=64, margin=0.2)
    assert (picture.area.ymin, picture.area.ymax) == (-MAX_LATITUDE, MAX_LATITUDE)


# Dots at 180 degrees.


def seen_twice(grid: Grid, lon: NDArray[Any], lat: NDArray[Any], turns: range) -> Points:
    """Put points, and themselves some turns away, on a grid's plane, with none left out."""
    x, y = mercator.to_metres(lon, lat)
    return Points(
        np.concatenate([x + turn * mercator.WORLD for turn in turns]),
        np.concatenate([y for _ in turns]),
    )


@pytest.mark.parametrize(
    "area", [(-180, -70, 180, 70), (-170, -70, 180, 70), (0, -80, 360, 80), (-300, -60, 420, 60)]
)
@pytest.mark.parametrize("method", ["auto", "count"])
@pytest.mark.filterwarnings("ignore:counting is too coarse")
def test_a_dot_at_the_edge_of_the_world_goes_on_at_the_other(
    area: tuple[float, ...], method: str, device: str
) -> None:
    rng = np.random.default_rng(70)
    lon, lat = rng.uniform(-180, 180, 300), rng.uniform(-75, 75, 300)
    lon[:20] = rng.choice([-180, 180, 179.9, -179.9], 20)
    grid = mercator_grid(Area(*area), 90)
    a_dot = Dot.of(30, "quartic")
    picture = render(
        np.column_stack([lon, lat]), area=grid, dotsize=30, falloff="quartic",
        method=method, device=device,
    )  # fmt: skip
    expected = reference.density(seen_twice(grid, lon, lat, range(-3, 4)), grid, a_dot)
    # Counting is off at rims (test_accuracy.py), far less than a copy that is missing.
    allowed = BOUND if "count" not in picture.engine else 1e-3
    assert np.abs(picture.density.values - expected).max() <= allowed * expected.max()
    assert picture.stats["read"] == 300
    turned = (lon - area[0]) % 360 + area[0]
    inside = (np.abs(lat) <= area[3]) & ((turned <= area[2]) | (np.abs(lon) == 180))
    assert picture.stats["outside"] == 300 - np.count_nonzero(inside)


def test_half_of_a_dot_at_180_is_on_either_side(device: str) -> None:
    picture = render([(179.9, 0)], area=WORLD, size=360, dotsize=20, device=device)
    values = picture.density.values
    assert values[180, 359] > 0.9
    assert values[180, 0] > 0.9
    assert values[180, 180] == 0


@pytest.mark.parametrize("weighted", [False, True])
def test_counting_copies_keeps_mass_and_number_by_every_way(weighted: bool, gl_device: str) -> None:
    rng = np.random.default_rng(71)
    lon, lat = rng.uniform(-180, 180, 5000), rng.uniform(-88, 88, 5000)
    weights = rng.integers(-2, 9, 5000) if weighted else None

    def source() -> Source:
        return Source(x=lon, y=lat, weights=weights)

    cells = Cells(mercator_grid(Area(-180, -60, 180, 60), 64), gutter=9)
    ways = [source() for _ in range(3)]
    counted = [
        count_source(ways[0], cells),
        count_source_gl(ways[1], cells, open_or_skip(gl_device), compute=False),
        count_source_gl(ways[2], cells, open_or_skip(gl_device)),
    ]
    mass = 5000 if weights is None else weights.sum()
    for counts, way in zip(counted, ways, strict=True):
        assert (counts.mass, counts.n_points) == (mass, 5000)
        np.testing.assert_array_equal(counts.values, counted[0].values)
        assert counts.beyond == counted[0].beyond
        assert way.tally.outside == np.count_nonzero(np.abs(lat) > 60)
        assert way.tally.clipped == np.count_nonzero(np.abs(lat) > MAX_LATITUDE)
    # In the right gutter there is what the left edge shows.
    wide = 64 + 2 * 9
    assert counted[0].values.shape[1] == wide
    np.testing.assert_array_equal(counted[0].values[:, 1:9], counted[0].values[:, 65:73])


def test_counts_are_saved_and_added_with_their_projection(tmp_path: Path) -> None:
    counts = gpuheat.count(FIJI, projection="mercator", size=40, area=(170, -30, -170, -10))
    counts.save(tmp_path / "fiji.npz")
    back = Counts.load(tmp_path / "fiji.npz")
    assert back.cells == counts.cells
    assert back.cells.grid.projection == "mercator"
    both = back.add(FIJI)
    assert both.mass == 8
    np.testing.assert_array_equal(both.values, 2 * counts.values)
    plain = gpuheat.count(FIJI, size=40, area=(170, -30, 190, -10))
    with pytest.raises(InputError, match="these counts lie in different cells"):
        plain + back


def test_a_stream_is_drawn_as_its_array(device: str) -> None:
    rng = np.random.default_rng(72)
    points = np.column_stack([rng.uniform(-180, 180, 900), rng.uniform(-80, 80, 900)])
    options = {"area": WORLD, "size": 100, "device": device}
    np.testing.assert_allclose(
        render((part for part in np.array_split(points, 7)), **options).density.values,
        render(points, **options).density.values,
        atol=1e-5,
    )


@pytest.mark.parametrize("method", ["auto", "count"])
def test_two_ways_and_the_reference_agree_on_a_small_area(method: str, device: str) -> None:
    rng = np.random.default_rng(73)
    lon, lat = rng.normal(24.9, 0.05, 2000), rng.normal(60.17, 0.03, 2000)
    grid = mercator_grid(Area(24.8, 60.1, 25.0, 60.25), 120)
    picture = render(
        np.column_stack([lon, lat]).astype(np.float32), area=grid, dotsize=40, method=method,
        device=device, falloff="quartic",
    )  # fmt: skip
    x, y = mercator.to_metres(lon.astype(np.float32), lat.astype(np.float32))
    expected = reference.density(Points(x, y), grid, Dot.of(40, "quartic"))
    allowed = BOUND if "count" not in picture.engine else 2e-3
    np.testing.assert_allclose(picture.density.values, expected, atol=allowed * expected.max())


# What lies under it, and what it is saved as.


def test_the_land_lies_where_the_points_do() -> None:
    """Reykjavik is on land, and the sea off it is not; in plate carree rows it would be off."""
    picture = render(
        [(-18.5, 64.9), (-30, 64.9)], background="land", area=(-60, -10, 20, 80), size=800,
        dotsize=2, opacity=0,
    )  # fmt: skip
    pixels = np.asarray(picture.image)
    grid = picture.density.grid
    places = {"iceland": (-18.5, 64.9), "sea": (-30, 64.9), "congo": (18, 0), "gulf": (0, 0)}
    at = {}
    for name, (lon, lat) in places.items():
        column, row = grid.to_pixels([lon], [lat])
        at[name] = tuple(pixels[int(row[0]), int(column[0]), :3])
    assert at["iceland"] == at["congo"] == (48, 57, 71)
    assert at["sea"] == at["gulf"] == (21, 27, 38)


def test_a_projected_picture_is_no_kml(tmp_path: Path) -> None:
    picture = render(FIJI, size=30, dotsize=3)
    for name in ("fiji.kml", "fiji.kmz"):
        with pytest.raises(InputError, match="draw it without projection, or save it as png"):
            picture.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    stream = io.BytesIO()
    picture.save(stream, "npz")
    stored = np.load(io.BytesIO(stream.getvalue()))
    assert str(stored["projection"]) == "mercator"


def test_extent_is_in_metres_as_web_maps_are() -> None:
    picture = render([(0, 0), (90, 0)], area=WORLD, size=30, dotsize=3)
    half = mercator.WORLD / 2
    np.testing.assert_allclose(picture.extent, (-half, half, -half, half))
    assert picture.projection == "mercator"


# Latitudes beyond, and what are no degrees.


def test_latitudes_beyond_are_clipped_counted_and_told(device: str) -> None:
    points = [(0, 90), (10, -86), (20, 85), (30, 0)]
    with pytest.warns(GpuheatWarning, match=r"2 of 4 points lie beyond 85\.0511 degrees"):
        picture = render(points, size=60, dotsize=5, device=device)
    assert picture.stats["clipped"] == 2
    assert picture.stats["outside"] == 0
    assert picture.value_at(0, MAX_LATITUDE) > 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"points": [(500000, 5e6), (500100, 5e6)]}, "a longitude is 500100; give longitude and"),
        ({"points": [(10, 95), (20, 95)]}, "a latitude is 95: are x and y swapped?; give"),
        ({"points": [(52.5, 113.4), (52.6, 113.5)]}, "a latitude is 113.5: are x and y swapped?"),
        ({"points": [(10, 95)], "area": (0, 0, 20, 80)}, "a latitude is 95"),
        ({"area": (0, 0, 20, 95)}, "a projection is for degrees, and the area is x 0 to 20"),
        ({"area": (0, 86, 20, 90)}, "Mercator ends at latitude 85.0511, and the area is"),
        ({"area": (0, 0, 2e6, 5)}, "give longitudes within 720 degrees of 0"),
        ({"area": (10, 5, 20, -5)}, "area is inverted in y"),
        ({"projection": "mercater"}, "unknown projection 'mercater'; did you mean 'mercator'?"),
        ({"projection": "robinson"}, "(there are: mercator, none)"),
        (
            {"area": Grid(Area(0, 0, 1, 1), 5, 5)},
            "the grid given as area has the projection None, and projection is 'mercator'",
        ),
    ],
)
def test_bad_input_is_one_clear_line(options: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError) as caught:
        render(**({"points": FIJI, "size": 30} | options))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_none_is_the_default_by_name() -> None:
    named, left_out = (
        gpuheat.render(FIJI, size=40, device="cpu", **options)  # type: ignore[arg-type]
        for options in ({"projection": "none"}, {})
    )
    np.testing.assert_array_equal(named.density.values, left_out.density.values)
    assert named.projection is None


# On the command line.


def test_the_command_line_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savetxt("fiji.csv", FIJI, delimiter=",", header="lon,lat", comments="")
    words = ("--projection", "mercator", "--size", "60", "--device", "cpu", "--json")
    called = call("render", "fiji.csv", *words)
    assert called.status == 0
    facts = json.loads(called.out)
    assert facts["projection"] == "mercator"
    assert facts["area"][0] > 177
    assert facts["area"][2] < 182
    refused = call("render", "fiji.csv", "-o", "fiji.kmz", *words)
    assert refused.status == 2
    assert "draw it without projection" in refused.error
    assert not Path("fiji.kmz").exists()
