"""Dot: falloffs by hand, their reach, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.density.dot import PROFILES, TABLE_SIZE, Dot
from gpuheat.errors import InputError

# At the centre, halfway, and at the rim.
BY_HAND = {
    "cone": (1, 0.5, 0),
    "gaussian": (1, math.exp(-1.125), math.exp(-4.5)),
    "quartic": (1, 0.5625, 0),
    "epanechnikov": (1, 0.75, 0),
    "disk": (1, 1, 1),
    # v = 50, 152.5 and 255 of 255.
    "classic": (math.log(5.1), math.log(255 / 152.5), 0),
}


@pytest.mark.parametrize("falloff", PROFILES)
def test_a_falloff_by_hand(falloff: str) -> None:
    dot = Dot.of(20, falloff)
    values = dot.at(np.array([0, dot.radius / 2, dot.radius, np.nextafter(dot.radius, 99), 1e9]))
    np.testing.assert_allclose(values, (*BY_HAND[falloff], 0, 0), rtol=1e-14, atol=1e-15)


def test_the_classic_dot_ends_where_heatmap_py_leaves_white() -> None:
    """v = 200 d/r + 50 = 255 with r = dotsize / (2 sqrt 2): at 0.362 of the dotsize."""
    assert Dot.of(150, "classic").radius == pytest.approx(150 / (2 * math.sqrt(2)) * 1.025)
    assert Dot.of(100, "classic").radius == pytest.approx(36.2, abs=0.05)
    assert Dot.of(100, "cone").radius == 50


@pytest.mark.parametrize("falloff", PROFILES)
def test_no_falloff_is_negative_or_rises(falloff: str) -> None:
    values = PROFILES[falloff](np.linspace(0, 1, 10_001))
    assert (values >= 0).all()
    assert (np.diff(values) <= 0).all()


@given(
    st.floats(0.01, 50),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
)
def test_no_pixel_beyond_the_reach_is_covered(dotsize: float, x: float, y: float) -> None:
    dot = Dot.of(dotsize, "disk")
    offsets = np.arange(-30, 31)
    covered = dot.at(np.hypot(offsets[:, None] + 0.5 - y, offsets + 0.5 - x)) > 0
    beyond = (np.abs(offsets) > dot.reach)[:, None] | (np.abs(offsets) > dot.reach)
    assert not covered[beyond].any()


def test_the_reach_is_no_longer_than_needed() -> None:
    for dotsize in (0.5, 1, 2, 3, 8.2, 100):
        dot = Dot.of(dotsize, "disk")
        # The farthest pixel centre the reach takes in, from a point at its pixel's far edge.
        assert dot.reach - 0.5 <= dot.radius


def test_a_callable_is_a_falloff_and_gets_an_array() -> None:
    def falloff(t: Any) -> Any:
        assert isinstance(t, np.ndarray)
        return 1 - t**3

    dot = Dot.of(10, falloff)
    assert (dot.name, dot.radius) == ("callable", 5)
    np.testing.assert_allclose(dot.at(np.array([0, 2.5, 5, 6])), [1, 0.875, 0, 0])
    table = dot.table()
    assert (table.shape, table.dtype) == ((TABLE_SIZE,), np.float32)
    np.testing.assert_allclose(table, 1 - np.linspace(0, 1, TABLE_SIZE) ** 3, atol=1e-7)
    assert Dot.of(10, lambda t: t < 0.5).at(np.array([0.0, 4.0])).tolist() == [1, 0]


@pytest.mark.parametrize("dotsize", [0, -1, math.nan, math.inf, "wide", None, [3], True, 1j])
def test_rubbish_for_dotsize_is_refused(dotsize: Any) -> None:
    with pytest.raises(InputError, match=r"dotsize is .*; give a positive number of pixels"):
        Dot.of(dotsize)


def test_an_unknown_falloff_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown falloff 'gausian'; did you mean 'gaussian'\?"):
        Dot.of(3, "gausian")
    for rubbish in (None, 3, ["cone"]):
        with pytest.raises(InputError, match="unknown falloff"):
            Dot.of(3, rubbish)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("falloff", "text"),
    [
        (lambda t: 1.0, r"shape \(\) for t of shape \(4096,\)"),
        (lambda t: t[:5], r"shape \(5,\)"),
        (lambda t: t * np.nan, "not finite"),
        (lambda t: math.sqrt(t), "falloff failed on an array"),
        (lambda: 1, "falloff failed on an array"),
        (lambda t: "x", "falloff failed on an array"),
    ],
)
def test_a_callable_that_is_no_falloff_is_refused(falloff: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        Dot.of(3, falloff)
