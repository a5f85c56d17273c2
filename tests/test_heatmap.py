"""Heatmap: heatmap.py 2.2.1's class, name by name, and what its users do with it."""

from __future__ import annotations

import inspect
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

import gpuheat
from gpuheat import EmptyAreaWarning, Heatmap, InputError

SMALL: dict[str, Any] = {"dotsize": 30, "size": (64, 48)}
PAIRS = [(0.0, 0.0), (1.0, 1.0), (0.2, 0.9), (0.7, 0.1)]
# heatmap.py's own signatures.
SIGNATURES = {
    "__init__": {"libpath": None},
    "heatmap": {
        "points": inspect.Parameter.empty,
        "dotsize": 150,
        "opacity": 128,
        "size": (1024, 1024),
        "scheme": "classic",
        "area": None,
    },
    "saveKML": {"kmlFile": inspect.Parameter.empty},
    "schemes": {},
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_signatures_are_heatmap_pys(name: str) -> None:
    parameters = inspect.signature(getattr(Heatmap, name)).parameters
    found = {key: each.default for key, each in parameters.items() if key != "self"}
    assert list(found.items()) == list(SIGNATURES[name].items())
    assert all(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters.values())


def test_the_module_takes_heatmap_pys_place(tmp_path: Path) -> None:
    import gpuheat as heatmap

    hm = heatmap.Heatmap()
    img = hm.heatmap(PAIRS, 30, 200, (64, 48), "fire", ((0, 0), (1, 1)))
    img.save(tmp_path / "classic.png")
    with Image.open(tmp_path / "classic.png") as image:
        assert (image.mode, image.size) == ("RGBA", (64, 48))
    hm.saveKML(str(tmp_path / "data.kml"))
    assert {path.name for path in tmp_path.iterdir()} == {"classic.png", "data.kml", "data.png"}


def test_the_picture_is_returned_and_kept() -> None:
    hm = Heatmap()
    assert hm.img is None
    first = hm.heatmap(PAIRS, **SMALL)
    assert hm.img is first
    assert isinstance(first, Image.Image)
    second = hm.heatmap(PAIRS, **SMALL, scheme="pbj")
    assert hm.img is second
    assert second is not first


def test_a_library_path_is_accepted_and_ignored() -> None:
    for hm in (Heatmap("/no/such/cHeatmap.so"), Heatmap(libpath=None)):
        assert hm.heatmap(PAIRS, **SMALL).size == (64, 48)


def test_schemes_are_listed() -> None:
    names = Heatmap().schemes()
    assert names == gpuheat.schemes()
    assert {"classic", "fire", "omg", "pbj", "pgaitch"} <= set(names)


def pairs() -> Iterator[tuple[float, float]]:
    yield from PAIRS


@pytest.mark.parametrize("area", [None, ((0, 0), (1, 1))])
@pytest.mark.parametrize(
    "points",
    [
        lambda: np.array(PAIRS),
        lambda: [list(pair) for pair in PAIRS],
        lambda: tuple(PAIRS),
        pairs,
        lambda: iter(PAIRS),
        lambda: zip(*np.array(PAIRS).T, strict=True),
        lambda: (np.array(pair) for pair in PAIRS),
    ],
    ids=["array", "lists", "tuples", "generator", "iterator", "zip", "arrays"],
)
def test_points_are_any_iterable_of_pairs(points: Any, area: Any) -> None:
    expected = np.asarray(Heatmap().heatmap(PAIRS, **SMALL, area=area))
    found = np.asarray(Heatmap().heatmap(points(), **SMALL, area=area))
    np.testing.assert_array_equal(found, expected)


def test_a_set_of_pairs_is_an_iterable_too() -> None:
    found = Heatmap().heatmap(set(PAIRS), **SMALL)
    expected = Heatmap().heatmap(PAIRS, **SMALL)
    assert np.abs(np.asarray(found).astype(int) - np.asarray(expected)).max() <= 8


@pytest.mark.parametrize("range_", [1.0, 360.0, 1e-6, 1e7])
def test_the_extremes_lie_at_the_corners_of_the_picture(range_: float, device: str) -> None:
    """Each axis scales by itself. heatmap.py measures from a pixel's upper left corner, so the
    dot at the origin is centred on pixel (0, 0), and the one at the far end just outside.
    """
    grey = [(level,) * 3 for level in range(256)]
    corners = [(0, 0), (range_, 3 * range_)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPUHEAT_DEVICE", device)
        image = Heatmap().heatmap(corners, dotsize=20, size=(60, 40), scheme=grey, opacity=255)
    darkness = np.asarray(image)[..., 0].astype(int)
    # Upper right and lower left, a pixel and less away from the points; the others are white.
    assert darkness[0, 59] == pytest.approx(255 * (50 + 200 / (20 / 8**0.5)) / 255, abs=1)
    assert darkness[39, 0] == darkness[0, 59]
    assert darkness[0, 0] == darkness[39, 59] == 255


def test_an_opposite_diagonal_is_centred_on_its_pixels() -> None:
    grey = [(level,) * 3 for level in range(256)]
    image = Heatmap().heatmap([(0, 1), (1, 0)], 20, 255, (60, 40), grey)
    assert np.asarray(image)[0, 0, 0] == pytest.approx(50, abs=1)


def test_two_points_at_the_corners_are_inside() -> None:
    Heatmap().heatmap([(0, 0), (1, 1)], **SMALL)


def test_points_all_on_one_place_or_one_line_are_drawn() -> None:
    for points in ([(3, 4)], [(3, 4)] * 5, [(3, 1), (3, 2)], [(1, 3), (2, 3)]):
        image = Heatmap().heatmap(points, **SMALL)
        assert np.asarray(image)[..., 3].any()


def test_opacity_and_scheme_are_as_in_heatmap_py() -> None:
    image = Heatmap().heatmap(PAIRS, **SMALL)
    assert set(np.unique(np.asarray(image)[..., 3])) == {0, 128}
    red = Heatmap().heatmap(PAIRS, **SMALL, scheme=[(255, 0, 0)], opacity=77)
    painted = np.asarray(red)[np.asarray(red)[..., 3] > 0]
    assert (painted == (255, 0, 0, 77)).all()


def test_points_outside_the_area_are_cut_off_but_reach_in() -> None:
    hm = Heatmap()
    inside = hm.heatmap([(0.5, 0.5)], **SMALL, area=((0, 0), (1, 1)))
    more = hm.heatmap([(0.5, 0.5), (9, 9)], **SMALL, area=((0, 0), (1, 1)))
    np.testing.assert_array_equal(np.asarray(inside), np.asarray(more))
    near = hm.heatmap([(0.5, 0.5), (1.05, 0.5)], **SMALL, area=((0, 0), (1, 1)))
    assert not np.array_equal(np.asarray(inside), np.asarray(near))
    with pytest.warns(EmptyAreaWarning):
        blank = hm.heatmap([(9, 9)], **SMALL, area=((0, 0), (1, 1)))
    assert not np.asarray(blank)[..., 3].any()


def box(text: bytes) -> dict[str, float]:
    root = ElementTree.fromstring(text)
    found = {each.tag.rpartition("}")[2]: each.text for each in root.iter()}
    return {side: float(found[side] or "nan") for side in ("north", "south", "east", "west")}


EXPECTED_BOX = {"north": 39.0, "south": 38.8, "east": -76.9, "west": -77.2}


@pytest.mark.parametrize("area", [None, ((-77.2, 38.8), (-76.9, 39.0))])
def test_a_kml_lies_over_the_points(area: Any, tmp_path: Path) -> None:
    """heatmap.py swaps east and west; we do not."""
    hm = Heatmap()
    image = hm.heatmap([(-77.2, 38.8), (-76.9, 39.0), (-77.0, 38.9)], **SMALL, area=area)
    hm.saveKML(tmp_path / "washington dc.kml")
    text = (tmp_path / "washington dc.kml").read_bytes()
    assert box(text) == EXPECTED_BOX
    assert b"<href>washington%20dc.png</href>" in text
    with Image.open(tmp_path / "washington dc.png") as beside:
        np.testing.assert_array_equal(np.asarray(beside.convert("RGBA")), np.asarray(image))
    hm.saveKML(tmp_path / "one.kmz")
    with zipfile.ZipFile(tmp_path / "one.kmz") as archive:
        assert box(archive.read("doc.kml")) == EXPECTED_BOX
        assert len(archive.namelist()) == 2


def test_a_kml_before_any_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no picture yet; call heatmap\(points\) before saveKML"):
        Heatmap().saveKML(tmp_path / "data.kml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"points": []}, "points is empty; give at least one point"),
        ({"points": [(1, 2), (3,)]}, "row 1: got"),
        ({"points": [("a", "b")]}, "row 0: got .*, expected numbers"),
        ({"points": 7}, "points is int; give"),
        ({"dotsize": 0}, "dotsize is 0; give a positive number"),
        ({"opacity": 0.5}, "opacity is 0.5; .*0.5 would be 128"),
        ({"size": (0, 5)}, "size is"),
        ({"size": "big"}, "size is 'big'"),
        ({"scheme": "clasic"}, "did you mean 'classic'"),
        ({"scheme": [(0, 0, 0)] * 257}, "1 to 256"),
        ({"area": ((1, 1), (0, 0))}, "area is inverted in x"),
        ({"area": ((0, 0), (0, 1))}, "area has no extent in x"),
    ],
)
def test_bad_input_is_one_clear_line(options: dict[str, Any], text: str) -> None:
    hm = Heatmap()
    with pytest.raises(InputError, match=text) as caught:
        hm.heatmap(**({"points": PAIRS} | SMALL | options))
    assert "\n" not in str(caught.value)
    assert hm.img is None
