"""What a pixel says, from `render` and the command line: aggregates and categories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import call
from PIL import Image

import gpuheat
from gpuheat import InputError
from gpuheat.density import reference
from gpuheat.density.dot import Dot
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points

RNG = np.random.default_rng(70)
N = 400
XY = np.column_stack([RNG.uniform(0, 60, N), RNG.uniform(0, 40, N)])
TEMPERATURE = 15 + XY[:, 0] / 12 + RNG.normal(0, 0.2, N)
KIND = np.array(["bar", "museum", "bakery"])[RNG.integers(0, 3, N)]
AREA = ((0, 0), (60, 40))
SMALL: dict[str, Any] = {"size": (60, 40), "area": AREA, "dotsize": 9}
GRID = Grid(Area(0, 0, 60, 40), 60, 40)


# --- Means and extremes. ---


def test_a_mean_is_painted_wherever_a_dot_reaches_the_coldest_too(device: str) -> None:
    lone = np.concatenate([XY[XY[:, 0] < 40], [[58, 20]]])
    heat = np.concatenate([TEMPERATURE[XY[:, 0] < 40], [3.0]])
    picture = gpuheat.render(
        lone, weights=heat, aggregate="mean", tone="linear", opacity=200, device=device, **SMALL
    )
    values = picture.density.values
    assert np.isnan(values).any()
    assert values[20, 57] == pytest.approx(3, rel=1e-5)
    np.testing.assert_array_equal(picture.colored.rgba[..., 3], np.where(np.isnan(values), 0, 200))
    assert (picture.tone.low, picture.tone.high) == (np.nanmin(values), np.nanmax(values))
    assert picture.value_at(58, 20) == pytest.approx(3, rel=1e-5)
    assert np.isnan(picture.value_at(50, 1))


def test_a_mean_of_few_fades_where_its_support_is_less(device: str) -> None:
    options = SMALL | {"weights": TEMPERATURE, "aggregate": "mean", "device": device}
    picture = gpuheat.render(XY, support=3, **options)
    points = Points(XY[:, 0], XY[:, 1])
    falloffs = reference.density(points, GRID, Dot.of(9))
    expected = 255 * np.clip(falloffs / 3, 0, 1)
    np.testing.assert_allclose(picture.colored.rgba[..., 3], expected, atol=0.51)
    again = gpuheat.render(XY, **options)
    np.testing.assert_array_equal(picture.density.values, again.density.values)


@pytest.mark.parametrize("name", ["mean", "max", "min", "count"])
def test_chunks_and_an_array_say_the_same(name: str, device: str) -> None:
    rows = np.column_stack([XY, TEMPERATURE])
    options = SMALL | {"aggregate": name, "device": device}
    whole = gpuheat.render(rows, **options).density.values
    chunks = gpuheat.render([rows[:150], rows[150:]], **options).density.values
    once = gpuheat.render((part for part in (rows[:150], rows[150:])), **options)
    np.testing.assert_allclose(chunks, whole, rtol=1e-4)
    np.testing.assert_allclose(once.density.values, whole, rtol=1e-4)


def test_a_count_takes_no_notice_of_weights_and_is_0_where_there_is_none(device: str) -> None:
    options = SMALL | {"aggregate": "count", "device": device, "dotsize": 2}
    plain = gpuheat.render(XY, **options)
    weighted = gpuheat.render(XY, weights=TEMPERATURE, **options)
    values = plain.density.values
    np.testing.assert_array_equal(values, weighted.density.values)
    np.testing.assert_array_equal(values, np.rint(values))
    assert values.min() == 0
    np.testing.assert_array_equal(plain.colored.rgba[..., 3] == 0, values == 0)


def test_max_without_weights_is_the_falloff_of_the_nearest_dot(device: str) -> None:
    picture = gpuheat.render([(30.5, 20.5)], aggregate="max", device=device, **SMALL)
    assert picture.value_at(30.5, 20.5) == 1
    assert np.isnan(picture.value_at(5, 5))


def test_recoloring_keeps_what_is_covered() -> None:
    picture = gpuheat.render(XY, weights=TEMPERATURE, aggregate="mean", support=2, **SMALL)
    again = picture.recolor(tone="linear", scheme="gray", opacity=100)
    assert again.tone == gpuheat.Tone.linear(
        float(np.nanmin(picture.density.values)), float(np.nanmax(picture.density.values))
    )
    alpha = np.rint(np.clip(np.asarray(picture.cover), 0, 1) * 100)
    np.testing.assert_array_equal(again.colored.rgba[..., 3], alpha)


@pytest.mark.parametrize("support", [0, 2])
def test_a_saved_mean_is_the_picture(support: float, tmp_path: Path) -> None:
    picture = gpuheat.render(XY, weights=TEMPERATURE, aggregate="mean", support=support, **SMALL)
    picture.save(tmp_path / "mean.png")
    with Image.open(tmp_path / "mean.png") as saved:
        assert saved.mode == ("RGBA" if support else "P")
        np.testing.assert_array_equal(np.asarray(saved.convert("RGBA")), picture.colored.rgba)


def test_explain_tells_that_extremes_are_not_counted() -> None:
    points = np.random.default_rng(71).random((300_000, 2))
    assert gpuheat.explain(points, dotsize=150).chosen.method == "count"
    plan = gpuheat.explain(points, dotsize=150, aggregate="max")
    assert {option.method for option in (plan.chosen, *plan.others)} <= {"splat", "stencil"}


def test_a_map_has_means_too(device: str) -> None:
    lonlat = {"lon": XY[:, 0], "lat": XY[:, 1], "t": np.full(N, 288.0)}
    picture = gpuheat.render(
        lonlat, weights="t", aggregate="mean", projection="mercator", dotsize="500km",
        size=50, device=device,
    )  # fmt: skip
    values = picture.density.values
    np.testing.assert_allclose(values[np.isfinite(values)], 288, rtol=1e-5)


# --- Categories. ---


@pytest.mark.parametrize("method", ["auto", "count"])
def test_each_category_has_the_density_that_it_has_alone(method: str, device: str) -> None:
    options = SMALL | {"dotsize": 40, "method": method, "device": device}
    picture = gpuheat.render(XY, weights=TEMPERATURE, by=KIND, **options)
    assert list(picture.densities) == ["bakery", "bar", "museum"]
    for kind, density in picture.densities.items():
        chosen = kind == KIND
        alone = gpuheat.render(XY[chosen], weights=TEMPERATURE[chosen], **options).density.values
        np.testing.assert_allclose(density.values, alone, atol=1e-5 * alone.max())
    total = sum(density.values for density in picture.densities.values())
    np.testing.assert_allclose(picture.density.values, total, rtol=1e-6)
    peak = picture.density.values.max()
    assert picture.colored.rgba[..., 3].max() == 255
    assert picture.tone == gpuheat.Tone.sqrt(0.0, float(peak))


def test_colors_are_those_of_the_category_and_mixed_where_they_meet(device: str) -> None:
    points = [(10, 20), (30, 20), (30, 20), (50, 20)]
    picture = gpuheat.render(
        points, by=["a", "a", "b", "b"], scheme={"a": "red", "b": "lime"}, device=device, **SMALL
    )
    row = picture.colored.rgba[20]
    assert picture.colors == {"a": (255, 0, 0), "b": (0, 255, 0)}
    assert [row[x, :3].tolist() for x in (10, 30, 50)] == [[255, 0, 0], [188, 188, 0], [0, 255, 0]]
    assert row[20].tolist() == [0, 0, 0, 0]
    blue = picture.recolor(scheme=["blue", "white"], opacity=100)
    assert blue.colors == {"a": (0, 0, 255), "b": (255, 255, 255)}
    assert blue.colored.rgba[20, 10].tolist()[:3] == [0, 0, 255]
    assert blue.colored.rgba[..., 3].max() == 100
    again = picture.recolor(tone="linear")
    assert (again.colors, again.scheme.name) == (picture.colors, picture.scheme.name)
    plain = gpuheat.render(points, by=["a", "a", "b", "b"], device=device, **SMALL)
    assert plain.recolor(opacity=9).scheme.name == plain.scheme.name == "categories"


def test_rows_without_a_category_are_left_out_and_told() -> None:
    kinds = [*KIND[:-2], None, ""]
    told: list[tuple[int, int | None]] = []
    with pytest.warns(gpuheat.GpuheatWarning, match="2 of 400 rows hold NaN or infinity, or no"):
        picture = gpuheat.render(
            XY, by=kinds, progress=lambda *each: told.append(each), device="cpu", **SMALL
        )
    assert (picture.stats["read"], picture.stats["dropped"]) == (400, 2)
    assert told[-1] == (398, 398)
    assert told == sorted(told)


def test_chunks_and_files_have_the_categories_of_the_array(tmp_path: Path) -> None:
    options = SMALL | {"device": "cpu"}
    whole = gpuheat.render(XY, by=KIND, **options)
    chunks = [{"x": XY[i::2, 0], "y": XY[i::2, 1], "kind": KIND[i::2]} for i in (0, 1)]
    rows = zip(XY.tolist(), KIND, strict=True)
    file = tmp_path / "a.csv"
    file.write_text("x,y,kind\n" + "".join(f"{x!r},{y!r},{kind}\n" for (x, y), kind in rows))
    for given in (chunks, file, lambda: iter(chunks)):
        picture = gpuheat.render(given, by="kind", **options)
        assert picture.colors == whole.colors
        np.testing.assert_allclose(picture.density.values, whole.density.values, rtol=1e-5)
        difference = picture.colored.rgba.astype(int) - whole.colored.rgba
        assert np.abs(difference).max() <= 1


def test_dots_of_their_own_sizes_go_with_their_category() -> None:
    sizes = np.where(KIND == "bar", 20.0, 3.0)
    options = SMALL | {"dotsize": sizes, "device": "cpu"}
    picture = gpuheat.render(XY, by=KIND, **options)
    whole = gpuheat.render(XY, **options)
    np.testing.assert_allclose(picture.density.values, whole.density.values, rtol=1e-5)


def test_a_picture_of_categories_is_saved_in_every_format(tmp_path: Path) -> None:
    picture = gpuheat.render(XY, by=KIND, background="white", **SMALL)
    for name in ("by.png", "by.webp", "by.jpg", "by.kmz", "by.npz"):
        picture.save(tmp_path / name)
    plain = gpuheat.render(XY, by=KIND, **SMALL)
    plain.save(tmp_path / "plain.png")
    with Image.open(tmp_path / "plain.png") as saved:
        np.testing.assert_array_equal(np.asarray(saved), plain.colored.rgba)


def test_counts_of_categories_are_those_of_all(device: str) -> None:
    options = SMALL | {"aggregate": "count", "device": device}
    picture = gpuheat.render(XY, by=KIND, **options)
    np.testing.assert_array_equal(
        picture.density.values, gpuheat.render(XY, **options).density.values
    )


# --- Bad input. ---

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown aggregate": ({"aggregate": "median"}, "unknown aggregate 'median'"),
    "a mean without weights": ({"aggregate": "mean"}, "aggregate='mean' needs weights=..."),
    "a support below 0": ({"aggregate": "mean", "support": -2}, "support is -2"),
    "a support for a sum": ({"support": 2}, "support=2 is for aggregate='mean'"),
    "an extreme that is counted": (
        {"aggregate": "max", "method": "count"},
        "aggregate='max' cannot be counted into cells, which hold sums",
    ),
    "categories of a mean": (
        {"aggregate": "mean", "weights": TEMPERATURE, "by": KIND},
        "aggregate='mean' has no shares",
    ),
    "a mean per area": (
        {"aggregate": "mean", "weights": TEMPERATURE, "normalize": "area"},
        "normalize='area' is for sums",
    ),
    "too many categories": ({"by": np.arange(N)}, "by has 400 categories, and 16 can be told"),
    "too few labels": ({"by": KIND[:5]}, "by has 5 values for 400 points"),
    "too few colors": ({"by": KIND, "scheme": ["red"]}, "scheme has 1 colors for 3 categories"),
    "weights of text": ({"weights": KIND}, "expected real numbers"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input_is_one_clear_line(wrong: str) -> None:
    options, text = WRONG[wrong]
    with pytest.raises(InputError) as caught:
        gpuheat.render(XY, **SMALL, **options)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_categories_that_do_not_fit_into_memory_are_refused_with_both_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", str(60 * 40 * 48 + 5000))
    gpuheat.render(XY, device="cpu", **SMALL)
    with pytest.raises(gpuheat.BudgetError, match=r"of 3 categories needs .* and .* may be used"):
        gpuheat.render(XY, by=KIND, device="cpu", **SMALL)


# --- The command line. ---


def test_the_command_line_draws_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = zip(XY.tolist(), TEMPERATURE, KIND, strict=True)
    text = "".join(f"{x},{y},{t},{kind}\n" for (x, y), t, kind in rows)
    Path("a.csv").write_text("x,y,t,kind\n" + text)
    size = ["--size", "60x40", "--device", "cpu"]
    mean = ["--weights", "t", "--aggregate", "mean", "--support", "2", "--tone", "linear"]
    called = call("render", "a.csv", *mean, *size, "--json")
    assert called.status == 0, called.err
    low, high = json.loads(called.out)["tone"]["span"]
    assert 14 < low < high < 21
    called = call("render", "a.csv", "--by", "kind", *size, "-o", "by.png")
    assert called.status == 0, called.err
    with Image.open("by.png") as picture:
        assert picture.mode == "RGBA"
    called = call("render", "a.csv", "--explain", "--aggregate", "max", "--by", "kind", *size)
    assert "chosen: stencil" in called.out


MISTAKES = {
    "--by kin": 'did you mean "kind"?',
    "--by x": "has 400 categories, and 16 can be told apart",
    "--aggregate mean": "needs weights=",
    "--aggregate avg": "unknown aggregate 'avg'",
    "--aggregate mean --weights t --support -1": "support is -1",
    "--aggregate mean --weights t --support few": "'few' is no number",
    "--aggregate max --method count": "cannot be counted",
    "--weights kind": "expected a number",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_on_the_command_line_is_one_clear_line(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = zip(XY.tolist(), TEMPERATURE, KIND, strict=True)
    text = "".join(f"{x},{y},{t},{kind}\n" for (x, y), t, kind in rows)
    Path("a.csv").write_text("x,y,t,kind\n" + text)
    called = call("render", "a.csv", *words.split(), "--size", "60x40", "--quiet")
    assert called.status != 0
    assert MISTAKES[words] in called.error
    assert not Path("a.png").exists()
