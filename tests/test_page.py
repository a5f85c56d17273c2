"""The html page, in a browser: values, colors, places, keys, and nothing asked from outside."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import DESK, PHONE, chromium, shown
from command import QUAKES, call
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser

import gpuheat
from gpuheat.errors import InputError, MissingPackageError
from gpuheat.export import leaflet
from gpuheat.geo import mercator

RNG = np.random.default_rng(5)
LON, LAT = RNG.normal(10, 20, 400), np.clip(RNG.normal(48, 12, 400), -10, 80)
DEGREES = {"lon": LON, "lat": LAT}
SMALL = {"size": 300, "dotsize": 30, "device": "cpu"}
MOST_BYTES = 500_000

# A picture of each kind that a page can show.
KINDS: dict[str, Any] = {
    "mercator": lambda: gpuheat.render(DEGREES, projection="mercator", **SMALL),
    "flat": lambda: gpuheat.render(DEGREES, **SMALL),
    "none": lambda: gpuheat.render(
        np.column_stack([LON * 1e5, LAT]), **SMALL | {"size": (300, 200)}
    ),
    "log": lambda: gpuheat.render(DEGREES, tone="log", opacity=100, **SMALL),
    "classic": lambda: gpuheat.render(DEGREES, tone="classic", falloff="classic", **SMALL),
    "across 180": lambda: gpuheat.render(
        {"lon": LON + 170, "lat": LAT}, projection="mercator", area=(150, 0, 210, 80), **SMALL
    ),
    "mean": lambda: gpuheat.render(
        DEGREES | {"deg": LAT}, weights="deg", aggregate="mean", tone="linear", **SMALL
    ),
    "support": lambda: gpuheat.render(
        DEGREES | {"deg": LAT}, weights="deg", aggregate="mean", support=2, **SMALL
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def saved(picture: gpuheat.Picture, folder: Path, name: str = "heat.html") -> Path:
    path = folder / name
    picture.save(path)
    assert path.stat().st_size < MOST_BYTES
    return path


def canvas(page: Any) -> NDArray[np.uint8]:
    """Read what the heat's canvas holds, (height, width, 4)."""
    url: str = page.run(
        "() => document.querySelector('canvas.leaflet-image-layer').toDataURL('image/png')"
    )
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGBA"))


def on_screen(page: Any, lon: float, lat: float) -> tuple[float, float]:
    """Say where on the screen a place of the map is."""
    return tuple(
        page.run(
            """place => {
                const {x, y} = gpuheat.map.latLngToContainerPoint(place);
                return [x, y];
            }""",
            [lat, lon],
        )
    )


def place_told(page: Any) -> tuple[float, float]:
    """Read the place in the panel: longitude, latitude."""
    told = page.page.locator("#place").inner_text()
    found = re.fullmatch(r"([\d.]+)° ([NS]), ([\d.]+)° ([EW])", told)
    if found is None:
        return np.inf, np.inf
    east, north = (1 if found[4] == "E" else -1), (1 if found[2] == "N" else -1)
    return float(found[3]) * east, float(found[1]) * north


def pointed_at(page: Any, lon: float, lat: float) -> tuple[float, float]:
    """Point at a place, until the panel tells it: the pointer stands on whole pixels."""
    for _ in range(50):
        # Again each time: a browser that is busy may drop a move.
        page.page.mouse.move(*on_screen(page, lon, lat))
        page.page.wait_for_timeout(50)
        there = place_told(page)
        if np.hypot(there[0] - lon, there[1] - lat) < 0.5:
            return there
    raise AssertionError(f"{there} is told, not {lon, lat}")


def stored(path: Path) -> dict[str, Any]:
    found = re.search(r'id="heat">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1])
    return content


def rows_on_mercator(area: Any, n_flat: int, n_rows: int) -> NDArray[np.intp]:
    """Say which row in plate carree lies where each of so many rows does that are even here."""
    _, (bottom, top) = mercator.to_metres([0, 0], [area.ymin, area.ymax])
    assert n_rows >= n_flat
    _, lat = mercator.to_degrees(0, top - (np.arange(n_rows) + 0.5) / n_rows * (top - bottom))
    return np.floor((area.ymax - lat) / area.height * n_flat).astype(np.intp)


# --- Values. ---


@pytest.mark.parametrize("kind", KINDS)
def test_the_value_under_the_pointer_is_value_at_within_the_error_told(
    kind: str, browser: Browser, tmp_path: Path
) -> None:
    picture = KINDS[kind]()
    area = picture.area
    x = RNG.uniform(area.xmin, area.xmax, 300)
    y = RNG.uniform(area.ymin, min(area.ymax, 85), 300)
    # Without degrees the map is in pixels.
    width, height = picture.size
    places = np.column_stack([y, x])
    if kind == "none":
        places = np.column_stack(
            [(y - area.ymin) / area.height * height, (x - area.xmin) / area.width * width]
        )
    with shown(browser, saved(picture, tmp_path)) as page:
        read = page.run("places => places.map(place => gpuheat.read(...place))", places.tolist())
    n_known = 0
    for told, lon, lat in zip(read, x, y, strict=True):
        expected = picture.value_at(lon, lat)
        if told["value"] is None:
            assert np.isnan(expected)
            continue
        assert abs(told["value"] - expected) <= told["error"]
        n_known += expected != 0
    assert n_known > 20
    # A level of 256 is narrow: where the tone is a square root, under 1 % of the greatest.
    if kind in ("flat", "mercator"):
        assert max(told["error"] for told in read) < 0.01 * picture.density.values.max()


def test_what_is_written_holds_the_exact_value_too(browser: Browser, tmp_path: Path) -> None:
    picture = KINDS["mercator"]()
    with shown(browser, saved(picture, tmp_path)) as page:
        for lon, lat in zip(LON[:12], LAT[:12], strict=True):
            there = pointed_at(page, lon, lat)
            value, _, error = page.page.locator("#value").inner_text().partition(" ± ")
            near = [
                picture.value_at(there[0] + dx, there[1] + dy)
                for dx, dy in itertools.product((-0.05, 0, 0.05), repeat=2)
            ]
            assert min(near) - float(error) <= float(value) <= max(near) + float(error)


def test_outside_the_picture_there_is_no_value(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, saved(KINDS["flat"](), tmp_path)) as page:
        assert page.run("() => gpuheat.read(-80, -170).outside")
        page.page.mouse.move(5, 790)
        assert page.page.locator("#value").inner_text() == "outside the picture"


def test_a_page_too_small_for_a_picture_tells_of_the_nearest_pixel_and_where_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    many = np.random.default_rng(8).random((400_000, 2))
    picture = gpuheat.render(many, size=(1501, 1403), dotsize=5, device="cpu")
    path = saved(picture, tmp_path)
    assert stored(path)["every"] > 1
    with shown(browser, path) as page:
        assert "values are those of the nearest one" in page.page.locator("#note").inner_text()
        read = page.run(
            "places => places.map(place => gpuheat.read(...place))",
            RNG.uniform((0, 0), (1403, 1501), (200, 2)).tolist(),
        )
    area = picture.area
    for told in read:
        x = area.xmin + told["where"]["lng"] / 1501 * area.width
        y = area.ymin + told["where"]["lat"] / 1403 * area.height
        assert abs(told["value"] - picture.value_at(x, y)) <= told["error"]


# --- Colors and places. ---


@pytest.mark.parametrize("kind", ["mercator", "none", "log", "classic", "mean", "support"])
def test_the_heat_has_the_colors_of_the_picture(
    kind: str, browser: Browser, tmp_path: Path
) -> None:
    picture = KINDS[kind]()
    opaque = picture.recolor(opacity=255).colored.rgba
    with shown(browser, saved(picture, tmp_path)) as page:
        drawn = canvas(page)
        assert page.run("() => gpuheat.map && document.getElementById('opacity').value") == str(
            picture.opacity
        )
    if picture.projection is None and kind != "none":
        opaque = opaque[rows_on_mercator(picture.area, len(opaque), len(drawn))]
    np.testing.assert_allclose(drawn[..., 3].astype(int), opaque[..., 3], atol=1)
    solid = opaque[..., 3] == 255
    assert solid.sum() > 50 or kind == "support"
    np.testing.assert_array_equal(drawn[solid], opaque[solid])


@pytest.mark.parametrize("projection", [None, "mercator"])
def test_a_dot_lies_where_the_map_says(
    projection: str | None, browser: Browser, tmp_path: Path
) -> None:
    place = {"lon": [20.0], "lat": [65.0]}
    picture = gpuheat.render(place, area=(-60, -10, 60, 80), projection=projection, size=600,
                             dotsize=12, scheme=[(255, 255, 255)] * 2, device="cpu")  # fmt: skip
    with shown(browser, saved(picture, tmp_path)) as page:
        at = on_screen(page, 20, 65)
        # Hide all but the heat.
        page.page.add_style_tag(content="#panel, .leaflet-control-container {display: none}")
        image = Image.open(io.BytesIO(page.page.screenshot())).convert("L")
    bright = np.argwhere(np.asarray(image) > 200)
    assert len(bright) > 5
    np.testing.assert_allclose(bright.mean(0)[::-1], at, atol=1.5)


def test_another_scheme_and_opacity_are_picked_in_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    picture = KINDS["mercator"]()
    with shown(browser, saved(picture, tmp_path)) as page:
        options = page.run("() => [...document.getElementById('scheme').options].map(o => o.text)")
        assert options == gpuheat.schemes()
        page.page.select_option("#scheme", "viridis")
        drawn = canvas(page)
        page.page.locator("#opacity").fill("51")
        style = page.run("() => document.querySelector('canvas.leaflet-image-layer').style.opacity")
    assert style == "0.2"
    expected = picture.recolor(scheme="viridis").colored.rgba
    solid = expected[..., 3] == 255
    np.testing.assert_array_equal(drawn[solid], expected[solid])


def test_land_lies_below_the_heat_and_only_under_degrees(browser: Browser, tmp_path: Path) -> None:
    order = """() => [".leaflet-land-pane", ".leaflet-overlay-pane"].map(
        pane => Number(getComputedStyle(document.querySelector(pane)).zIndex))"""
    with shown(browser, saved(KINDS["mercator"](), tmp_path)) as page:
        land, heat = page.run(order)
        assert land < heat
        drawn = page.run(
            """() => {
                const canvas = document.querySelector(".leaflet-land-pane canvas");
                const data = canvas.getContext("2d").getImageData(
                    0, 0, canvas.width, canvas.height).data;
                return data.filter((_, i) => i % 4 === 3 && data[i] > 0).length;
            }"""
        )
        assert drawn > 10_000
        assert "Natural Earth" in page.page.locator(".leaflet-control-attribution").inner_text()
    with shown(browser, saved(KINDS["none"](), tmp_path)) as page:
        assert page.page.locator(".leaflet-land-pane").count() == 0


def test_a_page_of_categories_has_their_colors_and_names(browser: Browser, tmp_path: Path) -> None:
    kinds = np.where(LON > 10, "<b>east</b>", "</script>west")
    picture = gpuheat.render(DEGREES | {"k": kinds}, by="k", projection="mercator", **SMALL)
    with shown(browser, saved(picture, tmp_path)) as page:
        names = page.page.locator("#categories li").all_inner_texts()
        assert not page.page.locator("#scheme").is_visible()
        drawn = canvas(page)
    assert sorted(names) == ["</script>west", "<b>east</b>"]
    exact = picture.colored.rgba
    solid = exact[..., 3] > 200
    assert np.abs(drawn[solid].astype(int) - exact[solid]).mean() < 12  # lossy


# --- The legend. ---


def test_the_legend_has_the_numbers_where_the_tone_has_them(
    browser: Browser, tmp_path: Path
) -> None:
    picture = KINDS["log"]()
    with shown(browser, saved(picture, tmp_path)) as page:
        ticks = page.run(
            """() => [...document.querySelectorAll("#ticks li")].map(
                tick => [tick.textContent, parseFloat(tick.style.left) / 100])"""
        )
        boxes = [page.box(f"#ticks li:nth-child({n + 1})") for n in range(len(ticks))]
        ramp = page.box("#ramp")
    assert len(ticks) > 2
    for text, t in ticks:
        assert picture.tone([float(text)])[0] == pytest.approx(t, abs=2e-3)
    ends = [(box["x"], box["x"] + box["width"]) for box in boxes]
    assert all(right < left for (_, right), (left, _) in itertools.pairwise(ends))
    assert ends[0][0] >= ramp["x"] - 1
    assert ends[-1][1] <= ramp["x"] + ramp["width"] + 1


# --- Text, size, keys. ---


def test_a_name_is_text_and_no_markup(browser: Browser, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)> & {{heat}} 'so'"
    with shown(browser, saved(KINDS["flat"](), tmp_path, f"{name}.html")) as page:
        assert page.page.locator("h1").inner_text() == name
        assert page.page.title() == name
        assert page.page.locator("h1 img").count() == 0


@pytest.mark.parametrize(
    ("kind", "size"),
    [("mercator", PHONE), ("none", PHONE), ("mercator", DESK), ("none", (375, 560)),
     ("mercator", (820, 430))],
)  # fmt: skip
def test_no_control_overlaps_another_or_leaves_the_window(
    kind: str, size: tuple[int, int], browser: Browser, tmp_path: Path
) -> None:
    name = "A heading that is much longer than a telephone is wide.html"
    with shown(browser, saved(KINDS[kind](), tmp_path, name), size) as page:
        parts = ["h1", ".reading", "#ramp", "#ticks", "#picker", "#opacity", "#note"]
        boxes = {part: page.box(part) for part in [*parts, ".leaflet-control-zoom",
                                                   ".leaflet-control-attribution"]}  # fmt: skip
        assert page.run("() => document.documentElement.scrollWidth") <= size[0]
        panel = page.box("#panel")
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        apart = (
            a["x"] + a["width"] <= b["x"] + 0.5
            or b["x"] + b["width"] <= a["x"] + 0.5
            or a["y"] + a["height"] <= b["y"] + 0.5
            or b["y"] + b["height"] <= a["y"] + 0.5
        )
        assert apart, f"{one} {a} and {other} {b}"
    for part, box in (boxes | {"panel": panel}).items():
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= size[0], part
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= size[1] + 0.5, part


def test_every_control_is_reached_by_tab_and_keys_move_the_map(
    browser: Browser, tmp_path: Path
) -> None:
    with shown(browser, saved(KINDS["mercator"](), tmp_path)) as page:
        keys, seen = page.page.keyboard, []
        focused = """() => { const e = document.activeElement;
            return e.id || e.className.split(" ")[0] || e.href; }"""
        for _ in range(7):
            keys.press("Tab")
            seen.append(page.run(focused))
        wanted = ["map", "leaflet-control-zoom-in", "leaflet-control-zoom-out", "scheme", "opacity"]
        assert [each for each in seen if each in wanted] == wanted

        page.page.locator("#map").focus()
        state = "() => [gpuheat.map.getZoom(), gpuheat.map.getCenter().lng]"
        zoom, middle = page.run(state)
        keys.press("+")
        page.page.wait_for_timeout(500)
        nearer, _ = page.run(state)
        assert nearer == zoom + 1
        keys.press("ArrowRight")
        page.page.wait_for_timeout(500)
        assert page.run(state)[1] > middle
        # The keyboard reads the middle of the map.
        assert "°" in page.page.locator("#place").inner_text()
        keys.press("-")
        page.page.wait_for_timeout(500)
        assert page.run(state)[0] == zoom

        page.page.locator("#scheme").focus()
        before = canvas(page)
        keys.press("ArrowDown")
        assert (canvas(page) != before).any()
        page.page.locator("#opacity").focus()
        keys.press("ArrowLeft")
        assert page.run("() => document.getElementById('opacity').value") == "254"


# --- Without a browser. ---


def test_the_page_keeps_the_licence_of_what_is_in_it(tmp_path: Path) -> None:
    text = saved(KINDS["flat"](), tmp_path).read_text(encoding="utf-8")
    assert "Redistribution and use in source and binary forms" in text
    assert "Agafonkin" in text
    assert "sourceMappingURL" not in text
    assert not re.search(r"url\((?!\))", text.split("<body>")[0])
    assert "Content-Security-Policy" in text


def test_a_schemes_own_alpha_is_in_its_colors_alone(tmp_path: Path) -> None:
    points = np.column_stack([LON, LAT])
    clear, opaque = (
        stored(
            saved(
                gpuheat.render(points, scheme=[(255, 0, 0, a), (0, 0, 255, 9)], **SMALL), tmp_path
            )
        )
        for a in (70, 255)
    )
    assert clear["alpha"] == opaque["alpha"] == stored(saved(KINDS["flat"](), tmp_path))["alpha"]


def test_a_page_goes_into_a_stream(tmp_path: Path) -> None:
    stream = io.BytesIO()
    KINDS["flat"]().save(stream, "html")
    assert stream.getvalue().startswith(b"<!DOCTYPE html>")


def test_a_blank_picture_makes_a_page(browser: Browser, tmp_path: Path) -> None:
    with pytest.warns(gpuheat.EmptyAreaWarning):
        blank = gpuheat.render([(0, 0)], area=(5, 5, 6, 6), size=20, dotsize=3, device="cpu")
    with shown(browser, saved(blank, tmp_path)) as page:
        assert page.run("() => gpuheat.read(10, 10)")["value"] == 0


def test_without_leaflet_the_command_that_brings_it_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    picture = KINDS["flat"]()
    monkeypatch.setitem(sys.modules, leaflet._PACKAGE, None)
    with pytest.raises(MissingPackageError, match=r'pip install "gpuheat\[html\]"'):
        picture.save(tmp_path / "heat.html")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("gpuheat.cli.render.render", None)
    assert 'pip install "gpuheat[html]"' in call("render", QUAKES, "-o", "heat.html").error
    assert not list(tmp_path.iterdir())


def test_the_command_line_writes_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("--size", "200", "--device", "cpu", "--projection", "mercator")
    assert call("render", QUAKES, "-o", "quakes.html", *words).status == 0
    page = stored(tmp_path / "quakes.html")
    assert page["map"] == "mercator"
    assert page["land"]


def test_a_page_lies_on_land_only_where_x_and_y_are_degrees(tmp_path: Path) -> None:
    points = np.column_stack([LON, LAT])
    unnamed = gpuheat.render(points, **SMALL)
    assert stored(saved(unnamed, tmp_path))["map"] == "none"
    unnamed.save(tmp_path / "heat.html", crs="EPSG:4326")
    assert stored(tmp_path / "heat.html")["map"] == "flat"
    with pytest.raises(InputError, match="html knows only EPSG:4326"):
        unnamed.save(tmp_path / "heat.html", crs=25832)
