"""Colorize: any density becomes a picture, with the area and the scale it belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpuheat
from gpuheat import InputError, Tone, colorize, render

UNIT = (0, 0, 1, 1)
OPTIONS: dict[str, Any] = {"size": (40, 30), "dotsize": 12, "area": UNIT, "device": "cpu"}
BEFORE = render([(0.3, 0.5), (0.6, 0.5)], **OPTIONS)
AFTER = render([(0.4, 0.5), (0.6, 0.5)], **OPTIONS)


def test_it_gives_the_picture_that_render_gave() -> None:
    again = colorize(BEFORE.density)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(BEFORE))
    assert again.tone == BEFORE.tone
    assert again.area.corners == ((0, 0), (1, 1))
    values = colorize(BEFORE.density.values, area=UNIT)
    np.testing.assert_array_equal(np.asarray(values), np.asarray(BEFORE))
    assert values.area == again.area


def test_a_difference_is_blue_where_there_is_less_and_red_where_there_is_more() -> None:
    change = colorize(AFTER.density - BEFORE.density, tone="diverging", scheme="vik")
    pixels = np.asarray(change).astype(int)
    fewer, more = pixels[15, 12], pixels[15, 16]
    assert fewer[2] > fewer[0] + 50
    assert more[0] > more[2] + 50
    assert fewer[3] == more[3] == 255
    assert pixels[15, 24, 3] == 0, "what stayed as it was is clear"
    assert pixels[0, 0, 3] == 0
    assert change.tone.low == -change.tone.high
    assert change.value_at(0.31, 0.5) < 0 < change.value_at(0.41, 0.5)


def test_a_tone_of_one_picture_serves_another() -> None:
    tone = colorize(BEFORE.density, tone="equalize").tone
    half = colorize(BEFORE.density.values / 2, tone=tone)
    assert half.tone is tone
    assert (half.colored.index >= colorize(BEFORE.density, tone=tone).colored.index).all()


def test_an_array_without_an_area_is_measured_in_pixels() -> None:
    picture = colorize([[1, 2, 0], [np.nan, 4, 5]], tone="linear")
    assert picture.area.corners == ((0, 0), (3, 2))
    assert picture.size == (3, 2)
    assert picture.value_at(2.5, 0.5) == 5, "row 0 is at the top"
    alpha = np.asarray(picture)[..., 3]
    assert alpha.tolist() == [[255, 255, 0], [0, 255, 255]]
    assert "colorize" in picture.engine
    assert len(repr(picture)) < 200


def test_every_option_is_that_of_render() -> None:
    options: dict[str, Any] = {
        "tone": "linear", "percentile": (5, 95), "scheme": "viridis", "opacity": 100,
        "background": "white",
    }  # fmt: skip
    drawn = render([(0.3, 0.5), (0.6, 0.5)], **OPTIONS, **options)
    np.testing.assert_array_equal(
        np.asarray(colorize(BEFORE.density, **options)), np.asarray(drawn)
    )
    lopsided = colorize([[1, 2, 3]], tone="diverging", span=(0, 9), center=2)
    assert lopsided.tone == Tone.diverging(2, 0, 9)


def test_land_lies_under_what_has_an_area() -> None:
    world = np.ones((18, 36))
    picture = colorize(world, area=(-180, -90, 180, 90), background="land", opacity=0)
    assert len(np.unique(np.asarray(picture)[..., 0])) > 1
    with pytest.raises(InputError, match="needs points in degrees"):
        colorize(world, background="land")


@pytest.mark.parametrize("tone", gpuheat.color.tone.NAMES)
def test_a_density_of_nothing_is_a_blank_picture(tone: str) -> None:
    gap = np.full((2, 3), np.nan)
    for nothing, covered in ((np.zeros((2, 3)), False), (gap, False), (gap, True)):
        picture = colorize(nothing, tone=tone, covered=covered)
        assert not np.asarray(picture)[..., 3].any()
        assert picture.recolor(tone=tone).tone == picture.tone


@pytest.mark.parametrize("tone", gpuheat.color.tone.NAMES)
def test_a_mean_is_colored_as_render_does_where_it_is_covered(tone: str) -> None:
    points = np.random.default_rng(80).normal((0.5, 0.5, 0), (0.1, 0.1, 4), (50, 3))
    mean = render(points, **OPTIONS, aggregate="mean", tone=tone)
    assert np.isnan(mean.density.values).any()
    again = colorize(mean.density, tone=tone, covered=True)
    assert again.tone == mean.tone
    np.testing.assert_array_equal(np.asarray(again), np.asarray(mean))
    np.testing.assert_array_equal(np.asarray(again.recolor(tone=tone)), np.asarray(mean))
    # As a density it is clear at NaN and 0.
    plain = np.asarray(colorize(mean.density, tone=tone))
    assert not plain[np.isnan(mean.density.values), 3].any()


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1", "?"])
def test_numbers_of_every_kind_are_densities(dtype: str) -> None:
    assert colorize(np.eye(3, dtype=dtype)).density.values.dtype == np.float32


@pytest.mark.parametrize(
    ("density", "text"),
    [
        (np.zeros(3), r"density is ndarray of shape \(3,\) and float64; give \(height, width\)"),
        (np.zeros((0, 3)), r"of shape \(0, 3\)"),
        (np.zeros((2, 3, 4)), r"of shape \(2, 3, 4\)"),
        (BEFORE, r"density is Picture of shape .*; give .* or a picture's \.density"),
        ([["a"]], "give .* numbers"),
        ([[1j]], "give .* numbers"),
        (None, "density is NoneType"),
        ([[1e300]], r"leaves the range of float32 \(3e38\); divide it"),
    ],
)
def test_what_is_no_density_is_refused(density: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        colorize(density)


def test_an_option_that_does_not_suit_is_refused() -> None:
    assert colorize(BEFORE.density, area=UNIT).area == BEFORE.area
    with pytest.raises(InputError, match=r"has an area of its own \(x 0 to 1, y 0 to 1\)"):
        colorize(BEFORE.density, area=(0, 0, 2, 1))
    with pytest.raises(InputError, match="different grids"):
        colorize(BEFORE.density - render([(0, 0)], **OPTIONS | {"size": 9}).density)
    with pytest.raises(InputError, match="percentile is"):
        colorize([[1]], percentile=(9, 1))
    with pytest.raises(InputError, match="unknown tone 'sqr'; did you mean 'sqrt'"):
        colorize([[1]], tone="sqr")
    with pytest.raises(InputError, match=r"opacity is 0\.5"):
        colorize([[1]], opacity=0.5)
