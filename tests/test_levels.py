"""Levels and scale: what a page knows of densities, without a browser."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpuheat.color.tone import Tone
from gpuheat.export.levels import Levels
from gpuheat.export.scale import ticks

RNG = np.random.default_rng(77)


def unpacked(packed: bytes, shape: tuple[int, int]) -> NDArray[np.uint8]:
    steps = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape)
    return np.cumsum(steps, axis=0, dtype=np.uint8)


def test_by_hand_a_level_stands_for_the_middle_of_its_densities() -> None:
    index = np.array([[7, 7], [9, 255]], np.uint8)
    densities = np.array([[1, 2], [5, np.nan]], np.float32)
    levels = Levels.of(index, densities, None, 1000)
    assert levels.every == 1
    np.testing.assert_array_equal(unpacked(levels.packed, levels.shape), index)
    assert (levels.values[7], levels.errors[7]) == (1.5, 0.5)
    assert (levels.values[9], levels.errors[9]) == (5, 0)
    assert levels.values[255] is None
    assert levels.errors[0] is None


def test_what_does_not_fit_is_thinned_to_the_middle_of_so_many_pixels() -> None:
    index = RNG.integers(0, 256, (50, 41), np.uint8)
    densities = index.astype(np.float32)
    levels = Levels.of(index, densities, index, 700)
    assert levels.every == 3
    assert levels.shape == (17, 14)
    assert levels.cover is not None
    assert len(levels.packed) + len(levels.cover) <= 700
    rows = np.minimum(np.arange(0, 50, 3) + 1, 49)
    columns = np.minimum(np.arange(0, 41, 3) + 1, 40)
    for packed in (levels.packed, levels.cover):
        np.testing.assert_array_equal(unpacked(packed, levels.shape), index[np.ix_(rows, columns)])
    # Even one byte too few leaves one pixel.
    assert Levels.of(index, densities, None, 0).shape == (1, 1)


FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(FINITE, min_size=1, max_size=40), st.integers(1, 255))
def test_every_density_lies_within_the_error_of_its_level(
    numbers: list[float], n_levels: int
) -> None:
    densities = np.array([numbers], np.float32)
    index = (np.arange(densities.size, dtype=np.uint8) % n_levels)[None]
    levels = Levels.of(index, densities, None, 10_000)
    for level, density in zip(index.ravel(), densities.ravel().astype(float), strict=True):
        value, error = levels.values[level], levels.errors[level]
        assert value is not None
        assert error is not None
        assert abs(value - density) <= error


TONES = {
    "linear": Tone.linear(0, 8.37),
    "far from zero": Tone.linear(14.2, 14.9),
    "both signs": Tone.linear(-3, 12.5),
    "sqrt": Tone.sqrt(0, 273),
    "small": Tone.sqrt(0, 1e-7),
    "log": Tone.log(0.007, 5025),
    "wide": Tone.log(1e-30, 1e30),
    "narrow": Tone.log(1, 2),
    "classic": Tone.classic(),
}


@pytest.mark.parametrize("name", TONES)
def test_the_numbers_beside_the_colors_stand_where_the_tone_has_them(name: str) -> None:
    tone = TONES[name]
    found = ticks(tone)
    assert 2 < len(found) < 9
    assert found == sorted(found)
    assert len({text for _, text in found}) == len(found)
    for t, text in found:
        assert tone([float(text)])[0] == pytest.approx(t, abs=1e-3 if name != "wide" else 2e-3)


def test_by_hand_even_steps_where_they_show_the_whole_tone() -> None:
    def texts(tone: Tone) -> list[str]:
        return [text for _, text in ticks(tone)]

    assert texts(Tone.linear(0, 10)) == ["0", "2", "4", "6", "8", "10"]
    assert texts(Tone.linear(0, 1e6)) == ["0", "2e5", "4e5", "6e5", "8e5", "1e6"]
    assert texts(Tone.log(0.01, 1000)) == ["0.01", "0.1", "1", "10", "100", "1000"]
    assert texts(Tone.linear(0.3, 0.30001)) == ["0.3", "0.30001"]


class Stairs:
    """A tone that is known by its inverse alone."""

    def inverse(self, t: Any) -> NDArray[np.float64]:
        return np.interp(t, [0, 0.5, 1], [-10, 0, 40])


def test_a_tone_is_asked_for_its_inverse_only() -> None:
    tone: Any = Stairs()
    places = {text: t for t, text in ticks(tone)}
    assert places["0"] == pytest.approx(0.5)
    assert places["20"] == pytest.approx(0.75)
