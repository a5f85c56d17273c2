"""Render: the whole job, its statistics, its warnings, and everything it refuses."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gpu import open_or_skip

import gpuheat
from gpuheat import (
    BudgetError,
    EmptyAreaWarning,
    GpuheatError,
    GpuheatWarning,
    InputError,
    render,
)

POINTS = np.random.default_rng(80).random((500, 2))
SMALL: dict[str, Any] = {"size": 48, "dotsize": 9}
UNIT = ((0, 0), (1, 1))


# --- What comes out. ---


def test_a_picture_knows_how_it_was_made(device: str) -> None:
    picture = render(POINTS, **SMALL, device=device)
    name = open_or_skip(device).name
    assert picture.engine.endswith(name)
    assert picture.engine != name, "the engine's line begins with the way"
    assert {"read", "dropped", "outside", "columns", "seconds"} <= set(picture.stats)
    assert (picture.stats["read"], picture.stats["dropped"]) == (500, 0)
    assert picture.stats["outside"] == 0
    assert picture.stats["columns"] == ("1", "2")
    seconds = picture.stats["seconds"]
    assert {"points", "density", "tone", "color"} <= set(seconds)
    assert all(0 <= each < 60 for each in seconds.values())


def test_a_file_and_its_columns_are_told(tmp_path: Path) -> None:
    path = tmp_path / "quakes.csv"
    path.write_text("time,Lat,Lon,mag\n1,2,3,4\n5,6,7,8\n9,nan,1,2\n")
    with pytest.warns(GpuheatWarning, match="1 of 3 rows hold NaN or infinity and were left out"):
        picture = render(path, weights="mag", **SMALL, device="cpu")
    assert picture.stats["columns"] == ("Lon", "Lat", "mag")
    assert (picture.stats["read"], picture.stats["dropped"]) == (3, 1)
    assert picture.density.values.max() > 7


def test_the_defaults_are_those_of_the_design(device: str) -> None:
    picture = render(POINTS, device=device)
    explicit = render(
        POINTS, size=1024, margin=0.05, dotsize=40, falloff="gaussian", tone="sqrt",
        scheme="inferno", opacity=255, device=device,
    )  # fmt: skip
    assert max(picture.size) == 1024
    assert (picture.tone.name, picture.scheme.name, picture.opacity) == ("sqrt", "inferno", 255)
    np.testing.assert_array_equal(np.asarray(picture), np.asarray(explicit))


def test_the_area_is_the_range_and_a_margin() -> None:
    points = [(0, 0), (4, 2)]
    picture = render(points, size=100, dotsize=3, margin=0.25, device="cpu")
    assert picture.area.corners == ((-1, -0.5), (5, 2.5))
    assert picture.size == (100, 50)
    assert render(points, **SMALL, margin=0, device="cpu").area.corners == ((0, 0), (4, 2))
    given = render(points, **SMALL, area=UNIT, margin=9, device="cpu")
    assert given.area.corners == UNIT, "a given area gets no margin"


def test_the_same_points_give_the_same_picture_however_they_come(device: str) -> None:
    options = SMALL | {"device": device}
    expected = np.asarray(render(POINTS, **options))

    def chunks() -> Iterator[Any]:
        yield POINTS[:100]
        yield POINTS[100:101]
        yield POINTS[101:]

    x, y = POINTS.T
    for points in (
        POINTS.tolist(),
        (pair for pair in POINTS.tolist()),
        chunks,
        list(chunks()),
        {"lon": x, "lat": y},
        [{"x": x[:3], "y": y[:3]}, {"x": x[3:], "y": y[3:]}],
    ):
        found = np.asarray(render(points, **options))
        assert np.abs(found.astype(int) - expected).max() <= 6
    np.testing.assert_array_equal(np.asarray(render(x=x, y=y, **options)), expected)
    once = np.asarray(render(chunks(), **options, area=UNIT))
    whole = np.asarray(render(POINTS, **options, area=UNIT))
    assert np.abs(once.astype(int) - whole).max() <= 6
    with pytest.raises(InputError, match=r"can be read only once, .*; give an area, or a list"):
        render(chunks(), **options)


def test_weights_of_one_are_no_weights(device: str) -> None:
    options = SMALL | {"device": device}
    plain = render(POINTS, **options).density.values
    for weights in (np.ones(500), np.ones(500, "u1"), [1] * 500, np.ones(500, bool)):
        weighted = render(POINTS, weights=weights, **options).density.values
        np.testing.assert_allclose(weighted, plain, rtol=1e-5, atol=1e-6)


def test_negative_weights_cancel(device: str) -> None:
    points = [(0.5, 0.5, 2), (0.5, 0.5, -2), (0.2, 0.2, -1)]
    picture = render(points, **SMALL, area=UNIT, device=device)
    assert picture.density.values.max() <= 1e-6
    assert picture.density.values.min() < -0.9
    assert not np.asarray(picture)[..., 3].any()


@pytest.mark.parametrize("points", [[(3, 4)], [(3, 4)] * 100, [(3, 1), (3, 2)], [(1, 3), (2, 3)]])
def test_points_on_one_place_or_one_line_are_drawn(points: Any, device: str) -> None:
    picture = render(points, **SMALL, device=device)
    assert picture.density.values.max() > 0.8
    assert picture.area.width > 0
    assert picture.area.height > 0


@pytest.mark.parametrize("x", [1e300, -1e-300, 1e18, 930_000.123])
def test_a_single_point_anywhere_is_drawn(x: float, device: str) -> None:
    picture = render([(x, -x)], **SMALL, device=device)
    assert picture.density.values.max() > 0.8


def test_span_and_tone_are_used_as_given(device: str) -> None:
    options = SMALL | {"device": device}
    fitted = render(POINTS, **options)
    assert fitted.tone == gpuheat.Tone.sqrt(0, float(fitted.density.values.max()))
    assert render(POINTS, **options, span=(1, 5)).tone == gpuheat.Tone.sqrt(1, 5)
    tone = gpuheat.Tone.log(0.1, 7)
    assert render(POINTS, **options, tone=tone).tone == tone
    assert render(POINTS, **options, tone="classic").tone == gpuheat.Tone.classic()


def test_a_callable_falloff_and_a_context_are_taken(gl_device: str) -> None:
    context = open_or_skip(gl_device)
    own = render(POINTS, **SMALL, falloff=lambda t: 1 - t, device=context)
    named = render(POINTS, **SMALL, falloff="cone", device=gl_device)
    np.testing.assert_allclose(own.density.values, named.density.values, atol=1e-5)


def test_progress_is_told_to_the_end(device: str) -> None:
    told: list[tuple[int, int | None]] = []

    def progress(n_read: int, n_points: int | None) -> None:
        told.append((n_read, n_points))

    render(POINTS, **SMALL, device=device, progress=progress)
    assert told[-1] == (500, 500)
    told.clear()
    chunks = [POINTS[:200], POINTS[200:]]
    render(iter(chunks), **SMALL, area=UNIT, device=device, progress=progress)
    assert [n_read for n_read, _ in told] == sorted(n_read for n_read, _ in told)
    assert told[-1][0] == 500


# --- What is warned of. ---


def test_rows_with_nan_are_left_out_counted_and_told(device: str) -> None:
    points = POINTS.copy()
    points[7, 0], points[9, 1], points[11] = np.nan, np.inf, -np.inf
    with pytest.warns(GpuheatWarning, match="3 of 500 rows hold NaN or infinity"):
        picture = render(points, **SMALL, area=UNIT, device=device)
    assert (picture.stats["read"], picture.stats["dropped"]) == (500, 3)
    good = np.delete(points, [7, 9, 11], axis=0)
    expected = render(good, **SMALL, area=UNIT, device=device)
    np.testing.assert_array_equal(picture.density.values, expected.density.values)


def test_a_row_with_a_weight_of_nan_is_left_out_too(device: str) -> None:
    with pytest.warns(GpuheatWarning, match="1 of 2 rows"):
        picture = render([(0, 0, 1), (1, 1, np.nan)], **SMALL, area=UNIT, device=device)
    assert np.isfinite(picture.density.values).all()


def test_an_area_without_points_is_a_blank_picture_and_a_warning(device: str) -> None:
    with pytest.warns(EmptyAreaWarning) as caught:
        picture = render(POINTS + np.array([5, 7]), **SMALL, area=UNIT, device=device)
    text = str(caught[0].message)
    assert "none of the 500 points lies inside the area (x 0 to 1, y 0 to 1)" in text
    assert "they range over x 5" in text
    assert "y 7" in text
    assert "swapped" not in text
    assert caught[0].filename == __file__, "the warning points at the call"
    assert not np.asarray(picture)[..., 3].any()
    assert picture.density.values.max() == 0
    assert (picture.stats["read"], picture.stats["outside"]) == (500, 500)


def test_swapped_coordinates_are_suspected() -> None:
    lat_lon = [(52.5, 113.4), (48.1, 111.6)]  # y beyond 90, x within
    with pytest.warns(EmptyAreaWarning, match="are x and y swapped"):
        render(lat_lon, **SMALL, area=((100, 40), (120, 60)), device="cpu")


def test_a_stream_that_can_be_read_once_is_warned_of_without_its_range(device: str) -> None:
    with pytest.warns(EmptyAreaWarning, match="none of the 500 points lies inside the area"):
        picture = render(iter([POINTS + 9]), **SMALL, area=UNIT, device=device)
    assert picture.stats["outside"] == 500


def test_points_outside_are_counted_without_a_warning(device: str) -> None:
    picture = render(POINTS, **SMALL, area=((0, 0), (0.5, 1)), device=device)
    assert picture.stats["outside"] == int((POINTS[:, 0] > 0.5).sum())


def test_warnings_are_warnings_and_errors_are_errors() -> None:
    assert issubclass(EmptyAreaWarning, GpuheatWarning)
    assert issubclass(GpuheatWarning, UserWarning)
    for error, builtin in (
        (gpuheat.InputError, ValueError),
        (gpuheat.ColumnError, ValueError),
        (gpuheat.FileError, OSError),
        (gpuheat.DeviceError, RuntimeError),
        (gpuheat.BudgetError, MemoryError),
        (gpuheat.MissingPackageError, ImportError),
    ):
        assert issubclass(error, GpuheatError)
        assert issubclass(error, builtin)


# --- What is refused. ---

NAN = math.nan
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"points": None}, "no points given"),
    "empty": ({"points": []}, "points is empty; give at least one point"),
    "an empty array": ({"points": np.empty((0, 2))}, "points holds no points"),
    "all NaN": ({"points": [(NAN, 1), (2, NAN)]}, "all 2 rows of points hold NaN or infinity"),
    "turned": ({"points": POINTS.T}, "did you mean points.T?"),
    "text": ({"points": [("a", "b")]}, "row 0: got"),
    "weights": ({"weights": [1, 2, 3]}, "weights has 3 values for 500 points; give one per point"),
    "area inverted": ({"area": ((1, 0), (0, 1))}, "area is inverted in x: 1 comes before 0"),
    "area of no height": ({"area": (0, 1, 1, 1)}, "area has no extent in y: both edges are 1"),
    "area of NaN": ({"area": (0, NAN, 1, 1)}, "give finite edges"),
    "area of text": ({"area": "world"}, "area is 'world'; give"),
    "dotsize of 0": ({"dotsize": 0}, "dotsize is 0; give a positive number of pixels"),
    "dotsize of NaN": ({"dotsize": NAN}, "dotsize is nan; give a positive number of pixels"),
    "dotsize of text": ({"dotsize": "large"}, "dotsize is 'large'; give"),
    "dotsize beyond all": ({"dotsize": 1e12}, "dotsize is 1000000000000.0; give at most"),
    "size of 0": ({"size": 0}, "size is 0; give positive whole numbers of pixels"),
    "size of NaN": ({"size": (NAN, 5)}, "size is (nan, 5); give positive whole numbers"),
    "size of three": ({"size": (1, 2, 3)}, "size is (1, 2, 3); give one number, or a pair"),
    "opacity of 0.6": ({"opacity": 0.6}, "0.6 would be 153"),
    "opacity of 256": ({"opacity": 256}, "give a whole number from 0 to 255"),
    "span upside down": ({"span": (3, 2)}, "span is (3, 2); the low end must be below"),
    "span of one": ({"span": (3,)}, "span is (3,); give two numbers, (low, high)"),
    "span of NaN": ({"span": (0, NAN)}, "give two finite numbers"),
    "span of log from 0": ({"span": (0, 1), "tone": "log"}, "a low end above 0"),
    "span of classic": ({"span": (0, 1), "tone": "classic"}, "the classic tone has no span"),
    "margin below 0": ({"margin": -0.1}, "margin is -0.1; give a fraction of the range"),
    "margin of NaN": ({"margin": NAN}, "margin is nan; give a fraction of the range"),
    "margin of text": ({"margin": "wide"}, "margin is 'wide'; give a fraction of the range"),
    "scheme": ({"scheme": "virdis"}, "unknown scheme 'virdis'; did you mean 'viridis'?"),
    "tone": ({"tone": "sqr"}, "unknown tone 'sqr'; did you mean 'sqrt'?"),
    "falloff": ({"falloff": "gauss"}, "unknown falloff 'gauss'"),
    "device": ({"device": "eg"}, "unknown device 'eg'; did you mean 'egl'?"),
    "background": ({"background": "whit"}, "is no colour and no file"),
    "land without degrees": ({"background": "land"}, '"land" needs points in degrees'),
    "weights too large": (
        {"weights": np.full(500, 1e38)},
        "the weights are too large: their sum leaves the range of float32",
    ),
    "a weight too large": (
        {"weights": np.where(np.arange(500) == 3, 1e300, 1.0)},
        "the weights are too large",
    ),
    "too wide": ({"points": [(-1e308, 0), (1e308, 1)]}, "too wide to draw; give an area"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_bad_input_is_one_clear_line(wrong: str, device: str) -> None:
    options, text = REFUSED[wrong]
    with pytest.raises(InputError) as caught:
        render(**({"points": POINTS, "device": device} | SMALL | options))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [10_000, (100, 20_000), (1, 10**12), 10**15, 1e30], ids=str)
def test_a_picture_above_the_budget_is_refused_before_anything_is_allocated(
    size: Any, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "50000000")
    read: list[int] = []

    def points() -> Iterator[Any]:
        read.append(1)
        yield POINTS

    with pytest.raises(BudgetError) as caught:
        render(points, size=size, dotsize=5, area=UNIT, device=device)
    text = str(caught.value)
    assert "needs " in text
    assert " of memory and 50 MB may be used" in text
    assert "GPUHEAT_MAX_BYTES" in text
    assert len(read) <= 1, "no more than the first chunk was looked at"


def test_the_budget_counts_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", str(10**9))
    assert render(POINTS, **SMALL, device="cpu").size
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "1000")
    with pytest.raises(BudgetError, match=r"pixels needs .* and 1 kB may be used"):
        render(POINTS, **SMALL, device="cpu")


@pytest.mark.parametrize("rubbish", ["much", "-5", "0", "1e9", ""])
def test_rubbish_for_the_budget_is_told(rubbish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", rubbish)
    with pytest.raises(InputError, match=r"GPUHEAT_MAX_BYTES is .*; give a positive number of"):
        render(POINTS, **SMALL, device="cpu")


def test_a_failing_source_or_falloff_raises_its_own_error(device: str) -> None:
    def broken() -> Iterator[Any]:
        yield POINTS
        raise RuntimeError("the wire was cut")

    with pytest.raises(RuntimeError, match="the wire was cut"):
        render(broken(), **SMALL, area=UNIT, device=device)
    with pytest.raises(RuntimeError, match="the wire was cut"):
        render(broken, **SMALL, device=device)
    with pytest.raises(InputError, match="falloff failed on an array"):
        render(POINTS, **SMALL, falloff=lambda t: 1 / 0, device=device)


def test_nothing_is_warned_of_where_nothing_is_wrong(device: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        render(POINTS, **SMALL, device=device)
        render(POINTS * 1e-30, **SMALL, device=device)
        render(POINTS.astype(np.float32) * 1e30, **SMALL, device=device)
