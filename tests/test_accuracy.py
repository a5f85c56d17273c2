"""Whatever the plan chooses, the picture is true: DESIGN's promise on a seeded sample.

``benchmarks/accuracy.py`` holds the whole of N x dotsize x shape to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compared import assert_alike
from drawing import pixel_grid
from numpy.typing import NDArray
from PIL import Image

import gpuheat
from gpuheat.density import reference
from gpuheat.density.cells import COUNT_FROM
from gpuheat.density.dot import Dot
from gpuheat.density.stencil import stencil
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source

GRID = pixel_grid(256, 224)
AREA = ((0, 0), (GRID.width, GRID.height))

# Of 255 levels: any pixel beyond the range of the reference's 3 x 3 pixels around it; the
# share of pixels that must be near the reference itself, in the classic tone and fitted ones.
WORST, SHARE = 4.0, 0.999
NEAR, FITTED_NEAR = 1.0, 2.0
FITTED = ("linear", "sqrt", "log")

Positions = NDArray[np.float64]
Shape = Callable[[np.random.Generator, int], Positions]


def uniform(rng: np.random.Generator, n_points: int) -> Positions:
    """Anywhere, and around the picture as far as dots may reach in."""
    return rng.uniform(-40, (GRID.width + 40, GRID.height + 40), (n_points, 2))


def clustered(rng: np.random.Generator, n_points: int) -> Positions:
    """Five towns and open country between them."""
    towns = rng.uniform(20, (GRID.width - 20, GRID.height - 20), (5, 2))
    spread = np.array([2.0, 4.0, 8.0, 16.0, 32.0])
    town = rng.integers(0, 5, n_points)
    return towns[town] + rng.normal(0, 1, (n_points, 2)) * spread[town, None]


def lattice(rng: np.random.Generator, n_points: int) -> Positions:
    """Rounded, as GPS data are: to 7.9 pixels, so that many coincide."""
    return np.round(uniform(rng, n_points) / 7.9) * 7.9 + 0.137


def one_pixel(rng: np.random.Generator, n_points: int) -> Positions:
    return rng.uniform((100, 90), (101, 91), (n_points, 2))


def one_place(rng: np.random.Generator, n_points: int) -> Positions:
    return np.tile([100.3, 90.8], (n_points, 1))


SHAPES: dict[str, Shape] = {
    "uniform": uniform,
    "clustered": clustered,
    "lattice": lattice,
    "one pixel": one_pixel,
    "one place": one_place,
}
# In these, points lie as if they coincided: their rims are steeper than any grid.
COINCIDENT = ("lattice", "one pixel", "one place")
DOTSIZES = (1, 3, 8, 24, 40, 85, 150, 300)
NUMBERS = (1, 30, 1_000, 100_000)


def points_of(shape: str, n_points: int, seed: int = 74) -> Positions:
    return SHAPES[shape](np.random.default_rng([seed, n_points, *shape.encode()]), n_points)


def exact(positions: Positions, grid: Grid, dot: Dot, *, slowly: bool) -> NDArray[np.float64]:
    """Sum the dots in float64: the reference, where points are many by way of the stencil.

    The stencil is off by 1e-7 of a dot's peak (test_stencil.py).
    """
    places, n_there = np.unique(positions, axis=0, return_counts=True)
    points = Points(places[:, 0], places[:, 1], n_there.astype(np.float64))
    if slowly or len(places) < 3_000:
        return reference.density(points, grid, dot)
    rows = np.column_stack([places, n_there])
    return stencil(Source(rows), grid, dot).values.astype(np.float64)


def levels(density: NDArray[Any], tone: gpuheat.Tone) -> NDArray[np.float64]:
    return 255 * tone(np.asarray(density, np.float64))


def neighbourhood(values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the least and the greatest of the 3 x 3 pixels around each."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(values, 1, mode="edge"), (3, 3))
    return around.min(axis=(2, 3)), around.max(axis=(2, 3))


def failures(
    found: NDArray[np.float32],
    expected: NDArray[np.float64],
    *,
    coincident: bool,
) -> list[str]:
    """Say where a density breaks the promise; an empty list is right."""
    broken = []
    classic = gpuheat.Tone.classic()
    actual, true = levels(found, classic), levels(expected, classic)
    low, high = neighbourhood(true)
    beyond = float(np.maximum(low - actual, actual - high).max())
    if beyond > WORST:
        broken.append(f"a pixel is {beyond:.2f} levels beyond its neighbours ({WORST} allowed)")
    if not coincident:
        broken += _far(actual, true, NEAR, "classic")
    for name in FITTED:
        tone = gpuheat.Tone.of(name).fit(expected)
        broken += _far(levels(found, tone), levels(expected, tone), FITTED_NEAR, name)
    return broken


def _far(actual: NDArray[Any], true: NDArray[Any], near: float, name: str) -> list[str]:
    error = np.abs(actual - true)
    share = float((error <= near).mean())
    if share >= SHARE:
        return []
    return [
        f"{name}: {share:.3%} within {near:g} levels ({SHARE:.1%} promised), "
        f"the {SHARE:.1%} quantile is {np.quantile(error, SHARE):.2f}, the worst {error.max():.2f}"
    ]


def drawn(positions: Positions, dotsize: float, falloff: str, device: str) -> gpuheat.Picture:
    return gpuheat.render(
        positions,
        size=(GRID.width, GRID.height),
        area=AREA,
        dotsize=dotsize,
        falloff=falloff,
        tone="classic",
        device=device,
    )


def _affordable(case: tuple[str, int, float]) -> bool:
    """Leave out what only the benchmark has the time for: a reference of billions of pixels."""
    shape, n_points, dotsize = case
    apart = {"one place": 1, "lattice": min(n_points, 2000)}.get(shape, n_points)
    return apart * dotsize**2 <= 1.7e8


CASES = [case for case in product(SHAPES, NUMBERS, DOTSIZES) if _affordable(case)]


# A point that misses the area is no fault here.
@pytest.mark.filterwarnings("ignore::gpuheat.EmptyAreaWarning")
@pytest.mark.parametrize("falloff", ["classic", "gaussian"])
@pytest.mark.parametrize(("shape", "n_points", "dotsize"), CASES, ids=str)
def test_the_plan_keeps_the_promise(
    shape: str, n_points: int, dotsize: float, falloff: str
) -> None:
    positions, dot = points_of(shape, n_points), Dot.of(dotsize, falloff)
    expected = exact(positions, GRID, dot, slowly=n_points * dotsize**2 < 1e5)
    broken, engines = [], []
    for device in ("auto", "cpu"):
        picture = drawn(positions, dotsize, falloff, device)
        if picture.engine in engines:
            continue
        engines.append(picture.engine)
        found = failures(picture.density.values, expected, coincident=shape in COINCIDENT)
        found += _beyond_reach(picture, expected)
        broken += [f"{picture.engine}: {each}" for each in found]
    assert not broken, "\n".join(broken)


def _beyond_reach(picture: gpuheat.Picture, expected: NDArray[np.float64]) -> list[str]:
    """Say which pixels are not 0 though no dot reaches them.

    A count moves parts of a point by up to a cell each way: two pixels at the most, diagonally.
    """
    reached = expected
    if picture.engine.startswith("count"):
        for _ in range(2):
            _, reached = neighbourhood(reached)
    wrong = np.abs(picture.density.values[reached == 0])
    if not wrong.any():
        return []
    return [f"{np.count_nonzero(wrong)} pixels beyond reach, up to {wrong.max():.2g}"]


@pytest.mark.parametrize("outlier", [1e3, 1e6, 1e9, 1e12])
def test_one_heavy_point_does_not_take_the_weight_of_all_others(outlier: float) -> None:
    """Fixed point has 62 bits: the step must not swallow a weight of 1 beside the largest."""
    rng = np.random.default_rng(73)
    positions = rng.uniform((60, 0), (GRID.width, GRID.height), (30_000, 2))
    positions[0] = -10, 100
    weights = np.full(len(positions), 0.02)
    weights[0] = outlier
    dot = Dot.of(90, "cone")
    picture = gpuheat.render(
        np.column_stack([positions, weights]),
        size=(GRID.width, GRID.height),
        area=AREA,
        dotsize=90,
        falloff="cone",
        tone="classic",
        device="cpu",
    )
    assert picture.engine.startswith("count")
    points = Points(*positions.T, weights)
    far = np.s_[:, 60:]
    expected = reference.density(points, GRID, dot)[far]
    error = np.abs(picture.density.values[far] / expected - 1)
    assert error.max() < 0.02


# --- Pictures: heatmap.py's own, drawn by counting. ---

FOLDER = Path(__file__).resolve().parent / "reference"
LARGE_DOTS = [
    case
    for case in json.loads((FOLDER / "cases.json").read_text())
    if case["dotsize"] >= COUNT_FROM
]
GREY_RAMP = [(level, level, level) for level in range(256)]


@pytest.mark.filterwarnings("ignore::gpuheat.EmptyAreaWarning")
@pytest.mark.parametrize("case", LARGE_DOTS, ids=lambda case: case["name"])
def test_counting_is_true_to_heatmap_py(case: dict[str, Any], tmp_path: Path) -> None:
    """As tests/test_reference.py holds the drop-in class, whichever way it is drawn."""
    points = np.load(FOLDER / case["points"])
    area = Area.of(case["area"]) if case["area"] else Area.around(*Source(points).extent(), 0.0)
    grid = Grid.of(area, case["size"])
    picture = gpuheat.render(
        points,
        dotsize=case["dotsize"],
        falloff="classic",
        tone="classic",
        scheme=GREY_RAMP,
        area=replace(grid, shift=0.5),  # heatmap.py measures from a pixel's corner
        method="count",
        device="cpu",
    )
    assert picture.engine.startswith("count + convolve")
    with Image.open(FOLDER / case["darkness"]) as stored:
        expected = np.asarray(stored.convert("L"))
    actual = np.asarray(picture.image)[..., 0]
    assert_alike(actual, expected, tmp_path, mean=1.6, within=16, share=0.999)


# --- The judge itself. ---


def test_the_judge_notices_what_is_wrong() -> None:
    rng = np.random.default_rng(71)
    true = rng.uniform(0.2, 1.5, GRID.shape)
    judge = partial(failures, expected=true, coincident=False)
    assert judge(true.astype(np.float32)) == []
    one = true.copy()
    one[30, 40] += 3
    assert "levels beyond its neighbours" in judge(one)[0]
    brighter = " ".join(judge(true * 1.03))
    assert all(f"{name}: " in brighter for name in ("classic", "linear", "sqrt", "log"))
