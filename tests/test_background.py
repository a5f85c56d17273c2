"""Background: colours, pictures, and the land where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import gpuheat
from gpuheat.color.background import LAND, SEA, background
from gpuheat.errors import FileError, InputError
from gpuheat.geo.area import Area, Grid

GRID = Grid(Area(0, 0, 4, 3), 8, 6)


def pixels(given: Any, grid: Grid = GRID) -> NDArray[np.uint8]:
    picture = background(given, grid, degrees=True)
    assert (picture.mode, picture.size) == ("RGBA", (grid.width, grid.height))
    return np.asarray(picture)


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("white", (255, 255, 255, 255)),
        ("#102030", (16, 32, 48, 255)),
        ("#10203040", (16, 32, 48, 64)),
        ("rgb(1, 2, 3)", (1, 2, 3, 255)),
        ((16, 32, 48), (16, 32, 48, 255)),
        ([16, 32, 48, 64], (16, 32, 48, 64)),
        (np.array([16, 32, 48], np.uint8), (16, 32, 48, 255)),
        ((16.0, 32.0, 48.0), (16, 32, 48, 255)),
    ],
)
def test_a_color(color: Any, expected: tuple[int, ...]) -> None:
    assert (pixels(color) == expected).all()


@pytest.mark.parametrize(
    "rubbish",
    [5, (1, 2), (1, 2, 3, 4, 5), (0, 0, 256), (-1, 0, 0), (0.5, 0.5, 0.5), ("a", "b", "c"),
     (0, 0, float("nan")), (0, 0, float("inf")), (None, 1, 2)],
    ids=repr,
)  # fmt: skip
def test_what_is_no_background_is_refused(rubbish: Any) -> None:
    with pytest.raises(InputError, match=r"background is .*; give a colour's name"):
        pixels(rubbish)


def test_a_name_that_is_neither_color_nor_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="background 'whit' is no colour and no file; give"):
        pixels("whit")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n no more")
    with pytest.raises(FileError, match=r"background .*broken.png' cannot be read"):
        pixels(broken)
    with pytest.raises(FileError, match="cannot be read"):
        pixels(tmp_path)


def test_a_picture_is_made_as_large_as_the_grid(tmp_path: Path) -> None:
    halves = np.zeros((60, 80, 3), np.uint8)
    halves[:, 40:] = (0, 100, 200)
    picture = Image.fromarray(halves)
    path = tmp_path / "halves.png"
    picture.save(path)
    for given in (picture, picture.convert("P"), path, str(path)):
        found = pixels(given)
        assert np.abs(found[:, :3].astype(int) - (0, 0, 0, 255)).max() < 30
        assert np.abs(found[:, 5:].astype(int) - (0, 100, 200, 255)).max() < 30
    assert picture.mode == "RGB"
    assert picture.size == (80, 60)


def land_at(x: float, y: float, width: float = 2.0, size: int = 41) -> tuple[int, ...]:
    """Return the colour at a place, drawn in the middle of a picture so wide."""
    area = Area(x - width / 2, y - width / 2, x + width / 2, y + width / 2)
    found = pixels("land", Grid(area, size, size))
    return tuple(found[size // 2, size // 2, :3].tolist())


ON_LAND = {
    "the Sahara": (10.0, 24.0),
    "Siberia": (100.0, 62.0),
    "Kansas": (-98.0, 38.5),
    "Australia": (134.0, -25.0),
    "Antarctica": (90.0, -80.0),
    "Chukotka, beyond 180 degrees": (-175.0, 66.5),
    "the South Pole": (0.0, -89.0),
}
AT_SEA = {
    "the Gulf of Guinea": (0.0, 0.0),
    "the Pacific": (-140.0, 10.0),
    "the Caspian Sea, a hole in the land": (51.0, 41.5),
    "the Arctic Ocean": (0.0, 85.0),
    "the Gulf of Mexico": (-90.0, 25.0),
    "just off Africa": (-20.0, 15.0),
}


@pytest.mark.parametrize("place", ON_LAND)
def test_land_is_land(place: str) -> None:
    assert land_at(*ON_LAND[place]) == LAND


@pytest.mark.parametrize("place", AT_SEA)
def test_sea_is_sea(place: str) -> None:
    assert land_at(*AT_SEA[place]) == SEA


@pytest.mark.parametrize("turns", [-2, -1, 1, 3])
def test_the_world_repeats_to_the_east_and_west(turns: int) -> None:
    once = pixels("land", Grid(Area(-180, -90, 180, 90), 360, 180))
    shifted = Area(-180 + 360 * turns, -90, 180 + 360 * turns, 90)
    again = pixels("land", Grid(shifted, 360, 180))
    assert (once != again).any(axis=2).mean() < 1e-3


def test_a_map_across_180_degrees_has_land_on_both_sides() -> None:
    found = pixels("land", Grid(Area(160, 60, 200, 75), 80, 30))
    for column in (5, 25, 45, 75):  # Chukotka to the left of 180 degrees, and beyond, Alaska
        assert (found[:, column, :3] == LAND).all(axis=1).any(), column


@pytest.mark.parametrize("width", [1.0, 1e-3, 1e-6, 1e-9])
def test_deep_zooms_are_clipped_and_right(width: float) -> None:
    for place, color in (((10.0, 24.0), LAND), ((0.0, 0.0), SEA), ((51.0, 41.5), SEA)):
        assert land_at(*place, width=width) == color


def test_a_coast_runs_through_a_deep_zoom() -> None:
    """Somewhere on a line from the sea into the Sahara there is a coast, at any depth."""
    west, east = -25.0, 0.0
    for _ in range(35):
        middle = (west + east) / 2
        west, east = (west, middle) if land_at(middle, 22.0, 1e-6) == LAND else (middle, east)
    found = pixels("land", Grid(Area(west - 1e-5, 22 - 1e-5, west + 1e-5, 22 + 1e-5), 40, 40))
    colors = {tuple(color) for color in found[..., :3].reshape(-1, 3).tolist()}
    assert {LAND, SEA} <= colors


def test_land_needs_degrees() -> None:
    with pytest.raises(InputError, match='"land" needs points in degrees; call their columns'):
        background("land", GRID, degrees=False)
    with pytest.raises(InputError, match='"land" needs degrees, and the area is x -1e'):
        background("land", Grid(Area(-1e7, -1e7, 1e7, 1e7), 8, 8), degrees=True)


def test_heat_lies_over_its_background(device: str) -> None:
    points = {"lon": [10.0, 100.0], "lat": [24.0, 62.0]}
    picture = gpuheat.render(points, size=100, dotsize=20, background="land", device=device)
    image = np.asarray(picture.image)
    assert (image[..., 3] == 255).all()
    clear = picture.colored.rgba[..., 3] == 0
    assert picture.background is not None
    np.testing.assert_array_equal(image[clear], np.asarray(picture.background)[clear])
    opaque = picture.colored.rgba[..., 3] == 255
    np.testing.assert_array_equal(image[opaque], picture.colored.rgba[opaque])
