"""Picture: every format read back, atomic files, values at places, new colours."""

from __future__ import annotations

import io
import os
import pickle
import stat
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, unquote

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import gpuheat
from gpuheat.errors import FileError, InputError
from gpuheat.export import png
from gpuheat.export.saving import FORMATS

# Longitude and latitude.
AREA = ((-77.5, 38.25), (-76.5, 39.0))
POINTS = np.random.default_rng(70).normal((-77.0, 38.6), 0.15, (200, 2))
KML = "{http://www.opengis.net/kml/2.2}"


def drawn(**options: Any) -> gpuheat.Picture:
    options = {"size": (40, 30), "area": AREA, "dotsize": 9, "device": "cpu"} | options
    return gpuheat.render(POINTS, **options)


@pytest.fixture(scope="module")
def picture() -> gpuheat.Picture:
    return drawn()


@pytest.fixture(scope="module")
def over_white() -> gpuheat.Picture:
    return drawn(background="white")


def read(path: Any) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        image.load()
        return np.asarray(image.convert("RGBA"))


# --- Formats. ---


@pytest.mark.parametrize("suffix", ["png", "webp", "PNG", "WebP"])
@pytest.mark.parametrize("tone", ["sqrt", "classic"])
@pytest.mark.parametrize("background", [None, "navy", (1, 2, 3, 100)])
def test_a_lossless_format_is_read_back_equal(
    suffix: str, tone: str, background: Any, tmp_path: Path
) -> None:
    picture = drawn(tone=tone, background=background, opacity=131)
    path = tmp_path / f"heat.{suffix}"
    picture.save(path)
    np.testing.assert_array_equal(read(path), np.asarray(picture.image))
    assert np.asarray(picture.image).shape == (30, 40, 4)
    assert list(tmp_path.iterdir()) == [path]


def test_a_png_is_indexed_where_there_is_no_background(
    picture: gpuheat.Picture, over_white: gpuheat.Picture, tmp_path: Path
) -> None:
    for each, mode in ((picture, "P"), (over_white, "RGBA")):
        each.save(tmp_path / "heat.png")
        with Image.open(tmp_path / "heat.png") as image:
            assert image.mode == mode


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "JPG"])
def test_a_jpg_lies_over_white(suffix: str, picture: gpuheat.Picture, tmp_path: Path) -> None:
    path = tmp_path / f"heat.{suffix}"
    picture.save(path)
    white = Image.new("RGBA", picture.size, "white")
    expected = np.asarray(Image.alpha_composite(white, picture.image), np.int16)
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        difference = np.abs(np.asarray(image, np.int16) - expected[..., :3])
    assert difference.mean() < 6
    assert read(path)[0, 0, :3].min() > 240


def test_an_npz_holds_all_it_takes_to_draw_it_again(
    picture: gpuheat.Picture, tmp_path: Path
) -> None:
    picture.save(tmp_path / "heat.npz")
    with np.load(tmp_path / "heat.npz", allow_pickle=False) as content:
        np.testing.assert_array_equal(content["density"], picture.density.values)
        np.testing.assert_array_equal(content["scheme"], picture.scheme.colors)
        assert content["area"].tolist() == [[-77.5, 38.25], [-76.5, 39.0]]
        assert str(content["scheme_name"]) == "inferno"
        tone = gpuheat.Tone.of(str(content["tone"]), content["span"])
    assert tone == picture.tone
    drawn(tone="classic").save(tmp_path / "classic.npz")
    with np.load(tmp_path / "classic.npz") as content:
        assert str(content["tone"]) == "classic"
        assert np.isnan(content["span"]).all()


@pytest.mark.parametrize("name", gpuheat.color.tone.NAMES)
def test_an_npz_holds_any_tone(name: str, tmp_path: Path) -> None:
    picture = drawn(tone=name)
    picture.save(tmp_path / "heat.npz")
    with np.load(tmp_path / "heat.npz", allow_pickle=False) as content:
        knots = tuple(map(tuple, content["knots"].tolist()))
        assert gpuheat.Tone(str(content["tone"]), knots) == picture.tone


def test_an_npz_holds_the_categories(tmp_path: Path) -> None:
    picture = drawn(by=np.arange(200) % 3, tone="equalize")
    picture.save(tmp_path / "heat.npz")
    with np.load(tmp_path / "heat.npz", allow_pickle=False) as content:
        assert content["categories"].tolist() == ["0", "1", "2"]
        assert list(map(tuple, content["colors"].tolist())) == list(picture.colors.values())
        for density, part in zip(content["densities"], picture.densities.values(), strict=True):
            np.testing.assert_array_equal(density, part.values)


def overlay(text: bytes) -> dict[str, str]:
    root = ET.fromstring(text)
    element = root.find(f"{KML}Folder/{KML}GroundOverlay")
    assert element is not None
    found = {name: element.findtext(f"{KML}LatLonBox/{KML}{name}") for name in
             ("north", "south", "east", "west")}  # fmt: skip
    found["href"] = element.findtext(f"{KML}Icon/{KML}href")
    return {name: value or "" for name, value in found.items()}


@pytest.mark.parametrize("name", ["heat", "a b & c", "50% <heißt> 'so'", "dots.and.dots"])
def test_a_kml_lies_where_it_should_with_its_picture_beside_it(
    name: str, picture: gpuheat.Picture, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.kml"
    picture.save(path)
    found = overlay(path.read_bytes())
    box = {side: float(found[side]) for side in ("north", "south", "east", "west")}
    assert box == {"north": 39.0, "south": 38.25, "east": -76.5, "west": -77.5}
    href = unquote(found["href"])
    assert found["href"] == quote(f"{name}.png")
    np.testing.assert_array_equal(read(tmp_path / href), np.asarray(picture.image))
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"{name}.kml", f"{name}.png"]


def test_a_kmz_holds_both_in_one_file(picture: gpuheat.Picture, tmp_path: Path) -> None:
    picture.save(tmp_path / "heat.kmz")
    with zipfile.ZipFile(tmp_path / "heat.kmz") as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "doc.kml"
        found = overlay(archive.read("doc.kml"))
        inner = io.BytesIO(archive.read(found["href"]))
    assert float(found["north"]) == 39.0
    assert float(found["west"]) == -77.5
    np.testing.assert_array_equal(read(inner), np.asarray(picture.image))


def test_what_does_not_lie_on_the_globe_is_no_kml(tmp_path: Path) -> None:
    metres = gpuheat.render([(0, 0), (500_000, 5_000_000)], size=8, device="cpu")
    for suffix in ("kml", "kmz"):
        with pytest.raises(InputError, match="KML lies on the globe, and the area is x"):
            metres.save(tmp_path / f"heat.{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_format_can_be_named_beside_the_path(picture: gpuheat.Picture, tmp_path: Path) -> None:
    picture.save(tmp_path / "heat", format="png")
    np.testing.assert_array_equal(read(tmp_path / "heat"), np.asarray(picture.image))
    picture.save(tmp_path / "heat.dat", format="WEBP")
    with Image.open(tmp_path / "heat.dat") as image:
        assert image.format == "WEBP"
    picture.save(tmp_path / "map.xml", format="KML")
    assert overlay((tmp_path / "map.xml").read_bytes())["href"] == "map.png"


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "kml"])
def test_a_file_object_is_written_to(
    format_: str, picture: gpuheat.Picture, tmp_path: Path
) -> None:
    stream = io.BytesIO()
    picture.save(stream, format=format_)
    path = tmp_path / f"heat.{format_}"
    picture.save(path)
    if format_ not in ("kmz", "npz"):  # archives hold the time
        # A page's title is the file's name, or else its own.
        written = stream.getvalue().replace(b"heatmap", b"heat")
        assert written == path.read_bytes().replace(b"heatmap", b"heat")
    if format_ != "html":
        assert len(stream.getvalue()) == path.stat().st_size
    default = io.BytesIO()
    picture.save(default)
    assert default.getvalue().startswith(b"\x89PNG")


def test_a_kml_needs_a_path(picture: gpuheat.Picture) -> None:
    with pytest.raises(InputError, match="stands beside its picture, so it needs a path"):
        picture.save(io.BytesIO(), format="kml")


def test_an_unknown_ending_lists_those_known(picture: gpuheat.Picture, tmp_path: Path) -> None:
    listed = r"\.png, \.webp, \.jpg, \.tif, \.kml, \.kmz, \.html, \.npz"
    for name, text in (("heat.bmp", "unknown format 'bmp'; known are "), ("heat", "has no ending")):
        with pytest.raises(InputError, match=text) as caught:
            picture.save(tmp_path / name)
        assert caught.match(listed)
    with pytest.raises(InputError, match=f"unknown format 'gif'; known are {listed}"):
        picture.save(io.BytesIO(), format="gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("suffix", "longest"), [("webp", 16383), ("jpg", 65500)])
def test_a_picture_too_long_for_a_format_is_refused(
    suffix: str, longest: int, tmp_path: Path
) -> None:
    wide = gpuheat.render([(0, 0), (1, 1)], size=(longest + 1, 1), dotsize=3, device="cpu")
    with pytest.raises(InputError, match=f"{suffix} holds pictures of up to {longest} pixels"):
        wide.save(tmp_path / f"heat.{suffix}")
    assert not list(tmp_path.iterdir())


# --- Files. ---


def _break(*_: Any) -> NoReturn:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["heat.png", "heat.kml", "heat.kmz"])
def test_a_write_that_fails_leaves_the_old_file(
    name: str, picture: gpuheat.Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    monkeypatch.setattr(png, "write_indexed", _break)
    with pytest.raises(FileError, match=f"{name[:5]}.* cannot be written: No space left"):
        picture.save(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path], "no half-written file is left"


def test_an_interruption_leaves_the_old_file(
    picture: gpuheat.Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(stream: Any, *_: Any) -> NoReturn:
        stream.write(b"half")
        raise KeyboardInterrupt

    path = tmp_path / "heat.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(png, "write_indexed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        picture.save(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_old_file_is_replaced_and_keeps_its_mode(
    picture: gpuheat.Picture, tmp_path: Path
) -> None:
    path = tmp_path / "heat.png"
    path.write_bytes(b"old")
    path.chmod(0o640)
    picture.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    np.testing.assert_array_equal(read(path), np.asarray(picture.image))
    new = tmp_path / "new.png"
    old_mask = os.umask(0o027)
    try:
        picture.save(new)
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_link_stays_a_link(picture: gpuheat.Picture, tmp_path: Path) -> None:
    target, link = tmp_path / "target.png", tmp_path / "link.png"
    target.write_bytes(b"old")
    link.symlink_to(target)
    picture.save(link)
    assert link.is_symlink()
    np.testing.assert_array_equal(read(target), np.asarray(picture.image))


def test_a_place_that_cannot_be_written_is_a_clear_error(
    picture: gpuheat.Picture, tmp_path: Path
) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("no folder")
    for path in ("folder.png", "none/heat.png", "file/heat.png", "x" * 300 + ".png"):
        with pytest.raises(FileError, match="cannot be written: "):
            picture.save(tmp_path / path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device_is_a_clear_error(picture: gpuheat.Picture) -> None:
    with pytest.raises(FileError, match="/dev/full cannot be written: No space left"):
        picture.save("/dev/full", format="png")


# --- Values. ---


def test_what_a_picture_knows_of_itself(picture: gpuheat.Picture) -> None:
    assert picture.size == (40, 30)
    assert picture.extent == (-77.5, -76.5, 38.25, 39.0)
    assert picture.area.corners == AREA
    assert picture.opacity == 255
    assert picture.density.values.shape == (30, 40)
    for part in ("Picture 40 x 30", "x -77.5 to -76.5", "Tone.sqrt(0.0, ", picture.engine):
        assert part in repr(picture)


def test_the_value_at_a_place_is_the_density_of_its_pixel() -> None:
    picture = gpuheat.render(
        [(0.5, 0.5, 1), (3.5, 2.5, 2)],
        area=((0, 0), (4, 3)), size=(4, 3), dotsize=1, falloff="disk", device="cpu",
    )  # fmt: skip
    assert picture.density.values.tolist() == [[0, 0, 0, 2], [0, 0, 0, 0], [1, 0, 0, 0]]
    for x, y in ((0, 0), (0.5, 0.5), (0.99, 0.99), (0, 0.99)):
        assert picture.value_at(x, y) == 1
    for x, y in ((4, 3), (3, 2), (3.5, 2.5), (4, 2.01), (3.01, 3)):
        assert picture.value_at(x, y) == pytest.approx(2 if y > 2 else 0)
    assert picture.value_at(1, 0) == 0, "a pixel's left edge is its own"
    for x, y in ((-0.01, 1), (4.01, 1), (1, -0.01), (1, 3.01), (float("nan"), 1), (1e308, 1)):
        assert np.isnan(picture.value_at(x, y))


def test_recolor_draws_nothing_again(picture: gpuheat.Picture, device: str) -> None:
    again = picture.recolor(scheme="viridis", tone="linear", opacity=128)
    fresh = drawn(scheme="viridis", tone="linear", opacity=128, device=device)
    assert again.density is picture.density
    assert again.tone.name == "linear"
    assert (again.scheme.name, again.opacity) == ("viridis", 128)
    assert np.abs(np.asarray(again, int) - np.asarray(fresh, int)).max() <= 3
    assert picture.scheme.name == "inferno", "the first stays as it was"
    same = picture.recolor()
    np.testing.assert_array_equal(np.asarray(same), np.asarray(picture))
    assert picture.recolor(tone=gpuheat.Tone.sqrt(0, 99)).tone == gpuheat.Tone.sqrt(0, 99)
    with pytest.raises(InputError, match="unknown scheme"):
        picture.recolor(scheme="nope")
    with pytest.raises(InputError, match="opacity is 300"):
        picture.recolor(opacity=300)


def test_recolor_keeps_the_background(over_white: gpuheat.Picture) -> None:
    again = over_white.recolor(scheme="viridis")
    assert (np.asarray(again)[..., 3] == 255).all()
    assert not np.array_equal(np.asarray(again), np.asarray(over_white))


def test_a_notebook_shows_it_as_png(picture: gpuheat.Picture, over_white: gpuheat.Picture) -> None:
    for each in (picture, over_white):
        shown = read(io.BytesIO(each._repr_png_()))
        np.testing.assert_array_equal(shown, np.asarray(each.image))


def test_it_is_an_array_of_rgba(picture: gpuheat.Picture, over_white: gpuheat.Picture) -> None:
    for each in (picture, over_white):
        array = np.asarray(each)
        assert (array.shape, array.dtype) == ((30, 40, 4), np.uint8)
        np.testing.assert_array_equal(array, np.asarray(each.image))
        assert np.asarray(each, dtype=np.float32).dtype == np.float32
        copied = np.array(each)
        copied[:] = 7
        np.testing.assert_array_equal(np.asarray(each), array)


def test_its_image_is_pillows_rgba(picture: gpuheat.Picture) -> None:
    assert isinstance(picture.image, Image.Image)
    assert (picture.image.mode, picture.image.size) == ("RGBA", (40, 30))
    assert picture.image is picture.image


def test_it_can_be_pickled(picture: gpuheat.Picture, over_white: gpuheat.Picture) -> None:
    for each in (picture, over_white):
        back = pickle.loads(pickle.dumps(each))
        np.testing.assert_array_equal(np.asarray(back), np.asarray(each))
        assert back.tone == each.tone
