"""The colors of categories, and of what is painted wherever a dot reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gpuheat.color.colorize import CLEAR
from gpuheat.color.cover import fit_covered, paint_covered
from gpuheat.color.mixing import mix, to_light, to_srgb
from gpuheat.color.scheme import N_COLORS, Scheme
from gpuheat.color.swatches import PALETTE, Swatches
from gpuheat.color.tone import Tone
from gpuheat.errors import InputError
from gpuheat.points.categories import MOST

RED, GREEN = (255, 0, 0), (0, 255, 0)
ONE = Tone.linear(0, 1)


def field(*rows: list[float]) -> Any:
    return np.array(rows, np.float32)


# --- Mixing. ---


def test_colors_are_mixed_by_share_in_light_and_opacity_is_that_of_the_total() -> None:
    red, green = field([1, 0.5, 0.25, 0]), field([0, 0.5, 0, 0])
    colors = np.array([RED, GREEN], np.uint8)
    rgba = mix([red, green], colors, total=red + green, tone=ONE, opacity=200).rgba
    # Half the light of 255 is 188 of sRGB.
    assert rgba.tolist() == [[[255, 0, 0, 200], [188, 188, 0, 200], [255, 0, 0, 50], [0, 0, 0, 0]]]


def test_what_is_negative_has_no_share_and_nothing_is_painted_without_one() -> None:
    red, green = field([1, -1, np.nan]), field([-0.5, -1, 1])
    colors = np.array([RED, GREEN], np.uint8)
    rgba = mix([red, green], colors, total=red + green, tone=ONE, opacity=255).rgba
    assert rgba.tolist() == [[[255, 0, 0, 128], [0, 0, 0, 0], [0, 0, 0, 0]]]


def test_one_category_has_its_color_everywhere() -> None:
    rng = np.random.default_rng(60)
    density = rng.random((300, 200)).astype(np.float32)
    colored = mix([density], np.array([[12, 34, 56]], np.uint8), total=density, tone=ONE, opacity=9)
    assert (colored.rgba[density > 0][:, :3] == (12, 34, 56)).all()
    assert colored.index is None


def test_light_and_srgb_are_each_others_inverse() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_srgb(to_light(levels)), levels)


# --- Swatches. ---


def test_the_palette_has_a_color_of_its_own_for_each_of_sixteen() -> None:
    colors = Swatches.of(None, range(MOST)).colors
    assert len(PALETTE) == MOST
    assert len(set(colors.values())) == MOST
    assert colors[0] == (230, 159, 0)


def test_colors_are_given_by_category_in_order_or_by_a_scheme() -> None:
    names = ["bar", "museum", 3]
    given = Swatches.of({"museum": "red", "bar": (0, 255, 0), "3": "#0000ff", "x": "blue"}, names)
    assert given.colors == {"bar": GREEN, "museum": RED, 3: (0, 0, 255)}
    assert Swatches.of(["lime", "red", "blue", "white"], names).colors == given.colors
    gray = Swatches.of("gray", names)
    levels = [color[0] for color in gray.colors.values()]
    assert levels == sorted(levels, reverse=True) or levels == sorted(levels)
    assert len(set(levels)) == 3
    assert gray.name == "gray"


def test_swatches_make_a_scheme_of_equal_bands() -> None:
    scheme = Swatches.of(["red", "lime"], ["a", "b"]).scheme
    assert scheme.colors[: N_COLORS // 2].tolist() == [[*RED, 255]] * (N_COLORS // 2)
    assert scheme.colors[N_COLORS // 2 :].tolist() == [[*GREEN, 255]] * (N_COLORS // 2)


WRONG: dict[str, tuple[Any, str]] = {
    "too few": (["red"], "scheme has 1 colors for 2 categories (a, b)"),
    "one missing": ({"a": "red", "c": "blue"}, "no color for b (it has: a, c)"),
    "no color": (["red", "rde"], "'rde' is no color"),
    "beyond 255": ([RED, (0, 0, 256)], "(0, 0, 256) is no color"),
    "fractions": ([RED, (0, 0.5, 0)], "(0, 0.5, 0) is no color"),
    "two numbers": ([RED, (0, 0)], "(0, 0) is no color"),
    "a number": (5, "scheme has 0 colors"),
    "an unknown scheme": ("infeno", "did you mean 'inferno'?"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_gives_no_color_is_told_of(wrong: str) -> None:
    scheme, text = WRONG[wrong]
    with pytest.raises(InputError) as caught:
        Swatches.of(scheme, ["a", "b"])
    assert text in str(caught.value)


# --- Cover. ---

RAMP = Scheme.of("gray")
MEANS = field([-5, 0, np.nan, 5])


def test_the_coldest_place_is_painted_and_nan_is_not() -> None:
    tone = fit_covered(Tone.linear(), MEANS)
    assert tone == Tone.linear(-5, 5)
    colored = paint_covered(MEANS, np.isfinite(MEANS), tone=tone, scheme=RAMP, opacity=200)
    assert colored.rgba[..., 3].tolist() == [[200, 200, 0, 200]]
    assert colored.index is not None and colored.palette is not None  # noqa: PT018 (for mypy)
    assert colored.index.tolist() == [[CLEAR - 1, CLEAR // 2, CLEAR, 0]]
    np.testing.assert_array_equal(colored.palette[colored.index], colored.rgba)


def test_cover_multiplies_the_opacity() -> None:
    cover = np.array([[0, 0.25, 0, 1]], np.float32)
    colored = paint_covered(MEANS, cover, tone=Tone.linear(-5, 5), scheme=RAMP, opacity=200)
    assert colored.rgba[..., 3].tolist() == [[0, 50, 0, 200]]
    assert colored.index is None


def test_a_scale_runs_from_the_least_to_the_largest_where_none_is_given() -> None:
    assert fit_covered(Tone.sqrt(), field([15, 20])) == Tone.sqrt(15, 20)
    assert fit_covered(Tone.linear(), field([7, np.nan])) == Tone.linear(6.5, 7.5)
    assert fit_covered(Tone.linear(1, 2), field([15, 20])) == Tone.linear(1, 2)
    assert fit_covered(Tone.linear(), field([np.nan])) == Tone.linear(0, 1)
    # A logarithm begins above 0, as ever.
    assert fit_covered(Tone.log(), field([-1, 2, 8])) == Tone.log(2, 8)
    assert fit_covered(Tone.classic(), MEANS) == Tone.classic()
