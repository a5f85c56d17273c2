"""Paint: host and GL give the same colours, by the rules of index and alpha."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gpu import open_or_skip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gpuheat.color.paint import Colored, check_opacity, paint, palette
from gpuheat.color.scheme import Scheme
from gpuheat.color.steps import Steps
from gpuheat.color.tone import NAMES, Tone
from gpuheat.errors import InputError

CLEAR = 255
RAMP = Scheme.of([(level, level, level) for level in range(256)])
TONES = {
    "classic": Tone.classic(),
    "linear": Tone.linear(0.5, 8),
    "sqrt": Tone.sqrt(0, 7.3),
    "log": Tone.log(0.01, 50),
    "cbrt": Tone.cbrt(0.001, 9),
    "equalize": Tone.equalize([(0, 0), (0.01, 0.2), (0.5, 0.3), (6, 0.9), (8, 1)]),
    "diverging": Tone.diverging(0.5, -1, 8),
}
# A tone's float64 and its inverse's agree within a few units of the last place, which a cube
# root's beginning makes the most of.
T_ROUNDING = 1e-12


def colored(device: str, values: Any, tone: Tone, opacity: int = 255) -> Colored:
    array = np.atleast_2d(np.asarray(values, np.float32))
    context = open_or_skip(device)
    return paint(array, tone=tone, scheme=RAMP, opacity=opacity, context=context)


def field() -> NDArray[np.float32]:
    """Densities of all sizes, of both signs, with zeros."""
    rng = np.random.default_rng(60)
    values = rng.uniform(-1, 10, (70, 90)) * rng.choice([1e-3, 0.1, 1, 1, 1], (70, 90))
    values[:5] = 0
    return values.astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_the_index_is_floor_of_255_times_1_minus_t(name: str, device: str) -> None:
    values, tone = field(), TONES[name]
    index = colored(device, values, tone).index
    exact = 255 * (1 - tone(values.astype(np.float64)))
    expected = np.where(values == 0, tone.curve.blank, np.floor(exact))
    # Only where t is within float64 rounding of a step may the index be the step's other side.
    near_step = np.abs(exact - np.rint(exact)) < 255 * T_ROUNDING
    near_step &= (exact > 0) & (exact < 255) & (values != 0)
    np.testing.assert_array_equal(index[~near_step], expected[~near_step])
    assert np.abs(index[near_step].astype(int) - expected[near_step]).max(initial=0) <= 1
    assert near_step.mean() < 0.01


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("opacity", [0, 1, 128, 255])
def test_every_pixel_is_its_entry_of_the_palette(name: str, opacity: int, device: str) -> None:
    result = colored(device, field(), TONES[name], opacity)
    assert (result.rgba.dtype, result.rgba.shape) == (np.uint8, (70, 90, 4))
    assert (result.index.dtype, result.index.shape) == (np.uint8, (70, 90))
    np.testing.assert_array_equal(result.rgba, result.palette[result.index])


@pytest.mark.parametrize("name", NAMES)
def test_no_density_and_nan_are_transparent(name: str, device: str) -> None:
    tone = Tone.linear(-5, 5) if name == "linear" else TONES[name]
    result = colored(device, [0, -0.0, np.nan], tone)
    assert result.index.tolist() == [[tone.curve.blank] * 3]
    assert result.rgba[..., 3].tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("name", ["linear", "sqrt", "cbrt", "log", "diverging"])
def test_beyond_the_span_are_its_ends(name: str, device: str) -> None:
    tone = Tone.of(name, (1, 3), center=2 if name == "diverging" else None)
    result = colored(device, [3, 4, 1e30, np.inf, 1, 0.5, 1e-30, -7, -np.inf], tone)
    assert result.index.tolist() == [[0] * 4 + [CLEAR] * 5]


def test_classic_by_hand(device: str) -> None:
    """Darkness 255 * exp(-density): one dot's centre is 50, two are 9, white is not painted."""
    centre = np.log(255 / 50.5)  # half a level above a step, where no rounding matters
    density = [centre, 2 * centre, np.log(255 / 252.5), np.log(255 / 253.5), 1e-9, -3, 80]
    result = colored(device, density, Tone.classic(), 128)
    assert result.index.tolist() == [[50, 10, 252, 253, 254, 255, 0]] or (
        result.index.tolist() == [[50, 10, 252, 253, 255, 255, 0]]
    )
    assert result.rgba[0, :, 3].tolist() == [128, 128, 128, 0, 0, 0, 128]


@pytest.mark.parametrize("span", [(0, 1e300), (0, 1e-300), (1e-300, 1e300), (-1e-42, 1e-42)])
@pytest.mark.parametrize("name", ["linear", "sqrt", "cbrt", "log"])
def test_a_span_beyond_float32_is_drawn_without_trouble(
    name: str, span: tuple[float, float], device: str
) -> None:
    if name == "log":
        span = (max(span[0], 1e-300), span[1] * 10)
    colored(device, field(), Tone.of(name, span))


def test_the_classic_palette_has_one_opacity_down_to_darkness_252() -> None:
    for opacity in (0, 128, 255):
        alpha = palette(RAMP, Tone.classic(), opacity)[:, 3]
        assert alpha.tolist() == [opacity] * 253 + [0] * 3


@pytest.mark.parametrize("name", ["linear", "sqrt", "cbrt", "log", "equalize"])
def test_other_palettes_fade_in_over_a_twentieth_of_the_tone(name: str) -> None:
    alpha = palette(RAMP, TONES[name], 200)[:, 3]
    t = (255 - np.arange(256)) / 255
    np.testing.assert_allclose(alpha, 200 * np.minimum(t / 0.05, 1), atol=0.5)
    assert alpha[CLEAR] == 0
    assert (alpha[:242] == 200).all()


def test_a_schemes_own_alpha_is_multiplied() -> None:
    scheme = Scheme.of([(0, 0, 0, 100)])
    assert palette(scheme, Tone.classic(), 128)[0].tolist() == [0, 0, 0, 50]
    assert scheme.colors[0].tolist() == [0, 0, 0, 100], "the scheme itself stays as it was"


lawful = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(
    st.lists(st.floats(-(2.0**10), 2.0**20, width=32), min_size=1, max_size=50),
    st.sampled_from(NAMES),
    st.integers(0, 255),
)
@lawful
def test_gl_and_host_agree(gl_device: str, values: list[float], name: str, opacity: int) -> None:
    array = np.array(values, np.float32)
    tone = Tone.of(name).fit(array)
    on_gl, on_host = (colored(device, array, tone, opacity) for device in (gl_device, "cpu"))
    np.testing.assert_array_equal(on_gl.index, on_host.index)
    np.testing.assert_array_equal(on_gl.rgba, on_host.rgba)


@pytest.mark.parametrize("name", NAMES)
def test_each_step_and_its_neighbors_have_the_same_index_on_gl(name: str, gl_device: str) -> None:
    steps = Steps.of(TONES[name])
    at = steps.values[1:]
    sides = [np.nextafter(at, side) for side in np.float32([-np.inf, np.inf])]
    values = np.stack([at, *sides])
    # Drivers may take what is below 1.2e-38 for 0.
    values = values[:, (np.abs(values) > np.finfo(np.float32).tiny).all(axis=0)]
    assert values.shape[1] >= 253
    np.testing.assert_array_equal(
        colored(gl_device, values, TONES[name]).index, steps.index(values)
    )


def test_a_diverging_palette_is_clear_at_its_center_alone() -> None:
    alpha = palette(RAMP, TONES["diverging"], 200)[:, 3].astype(int)
    away = np.abs(np.arange(256) - 127) / 127
    np.testing.assert_allclose(alpha, 200 * np.minimum(away / 0.05, 1), atol=0.5)
    assert alpha.argmin() == 127
    assert alpha[127] == 0
    assert (np.diff(alpha[127:]) >= 0).all()
    assert (np.diff(alpha[:128]) <= 0).all()
    assert alpha[0] == alpha[255] == 200, "both ends are painted"


def test_diverging_by_hand(device: str) -> None:
    tone = Tone.diverging(0, -2, 4)
    density = [-9, -2, -1, -0.01, 0, 0.01, 2, 4, 9, np.nan]
    result = colored(device, density, tone)
    assert result.index.tolist() == [[255, 255, 191, 128, 127, 127, 63, 0, 0, 127]]
    clear = [alpha == 0 for alpha in result.rgba[0, :, 3]]
    assert clear == [False] * 4 + [True] * 2 + [False] * 3 + [True]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 5)])
def test_any_shape_and_order_of_memory(shape: tuple[int, int], device: str) -> None:
    values = np.random.default_rng(61).uniform(0, 8, shape).astype(np.float32)
    expected = colored("cpu", values, TONES["linear"]).rgba
    for given_ in (values, np.asfortranarray(values), np.repeat(values, 2, axis=1)[:, ::2]):
        np.testing.assert_array_equal(colored(device, given_, TONES["linear"]).rgba, expected)


@pytest.mark.parametrize("opacity", [0, 255, 128, 128.0, np.uint8(7)])
def test_opacity_is_a_whole_number(opacity: Any) -> None:
    assert check_opacity(opacity) == int(opacity)


@pytest.mark.parametrize(
    ("opacity", "text"),
    [
        (0.6, r"opacity is 0.6; give a whole number from 0 to 255: 0.6 would be 153"),
        (-1, "opacity is -1; give a whole number from 0 to 255"),
        (256, "opacity is 256; give"),
        (7.5, "opacity is 7.5; give"),
        (float("nan"), "opacity is nan; give"),
        (True, "opacity is True; give"),
        ("half", "opacity is 'half'; give"),
        (None, "opacity is None; give"),
    ],
)
def test_rubbish_for_opacity_is_refused(opacity: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        check_opacity(opacity)
