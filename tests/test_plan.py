"""Plan: the expected way for clear cases, forced ways, and what it says of itself."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.density.cells import COUNT_FROM, FINENESS, Cells, cells_for
from gpuheat.density.costs import (
    HARDWARE_GL,
    HOST,
    HOST_NUMPY,
    ONE_THREAD_GL,
    SOFTWARE_GL,
    Costs,
)
from gpuheat.density.dot import Dot
from gpuheat.density.plan import MANY_POINTS, Plan, Work, make_plan
from gpuheat.errors import InputError
from gpuheat.geo.area import Area, Grid

SQUARE = Area(0, 0, 1, 1)
# GL and host costs, as `choose` pairs them.
MACHINES: dict[str, tuple[Costs | None, Costs | None]] = {
    "hardware": (HARDWARE_GL, None),
    "software": (SOFTWARE_GL, HOST),
    "software, no SciPy": (SOFTWARE_GL, HOST_NUMPY),
    "egl by name": (SOFTWARE_GL, None),
    "osmesa by name": (ONE_THREAD_GL, None),
    "host": (None, HOST),
    "host, no SciPy": (None, HOST_NUMPY),
}


def work(n_points: int | None, dotsize: float, side: int = 1024, falloff: str = "classic") -> Work:
    return Work(Grid(SQUARE, side, side), Dot.of(dotsize, falloff), n_points)


def planned(job: Work, machine: str = "software", method: str = "auto") -> Plan:
    gl, host = MACHINES[machine]
    return make_plan(job, gl=gl, host=host, method=method)


# --- Clear cases. ---


@pytest.mark.parametrize("falloff", ["classic", "gaussian"])
@pytest.mark.parametrize(
    ("n_points", "dotsize", "machine", "expected"),
    [
        (10, 150, "hardware", ("splat", "gl")),
        (10, 150, "egl by name", ("splat", "gl")),
        (10, 150, "osmesa by name", ("splat", "gl")),
        (10, 150, "software", ("splat", "gl")),
        (1, 3, "host", ("stencil", "host")),
        (10, 150, "host", ("stencil", "host")),
        (1_000_000, 1, "software", ("stencil", "host")),
        (1_000_000, 3, "software", ("stencil", "host")),
        (1_000_000, 3, "host, no SciPy", ("stencil", "host")),
        (1_000_000, 3, "egl by name", ("splat", "gl")),
        (1_000_000, 150, "software", ("count", "host")),
        (1_000_000, 150, "software, no SciPy", ("count", "gl")),
        (1_000_000, 150, "host", ("count", "host")),
        (1_000_000, 150, "egl by name", ("count", "gl")),
        (1_000_000, 150, "osmesa by name", ("count", "gl")),
        (100_000_000, 150, "hardware", ("count", "gl")),
        (None, 150, "software", ("count", "host")),
        (None, 150, "hardware", ("count", "gl")),
    ],
)
def test_a_clear_case_goes_the_expected_way(
    n_points: int, dotsize: float, machine: str, expected: tuple[str, str], falloff: str
) -> None:
    chosen = planned(work(n_points, dotsize, falloff=falloff), machine).chosen
    assert (chosen.method, chosen.device) == expected


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("dotsize", [0.5, 3, 15.9])
def test_dots_too_small_to_be_counted_are_not(machine: str, dotsize: float) -> None:
    for n_points in (1, 10**6, 10**10, None):
        plan = planned(work(n_points, dotsize), machine)
        assert plan.chosen.method != "count"
        refused = [other.refused for other in plan.others if other.method == "count"]
        assert set(refused) == {"too coarse for so small a dot"}


@pytest.mark.parametrize("machine", MACHINES)
def test_dots_that_stand_alone_are_not_counted(machine: str) -> None:
    plan = planned(work(1000, 40, side=4096), machine)
    assert plan.chosen.method != "count"
    refused = {other.refused for other in plan.others if other.method == "count"}
    assert all(re.fullmatch(r"dots lie 0\.039 deep, counting is for \d+ up", r) for r in refused)


@given(
    st.integers(1, MANY_POINTS),
    st.floats(0.5, 2000),
    st.integers(1, 9000),
    st.sampled_from(["classic", "gaussian", "disk", "quartic"]),
    st.sampled_from(list(MACHINES)),
)
def test_what_is_exact_is_chosen_where_it_is_quick_else_the_quickest(
    n_points: int, dotsize: float, side: int, falloff: str, machine: str
) -> None:
    plan = planned(work(n_points, dotsize, side, falloff), machine)
    assert {each.method for each in (plan.chosen, *plan.others)} <= {"splat", "stencil", "count"}
    assert not plan.chosen.refused
    assert plan.chosen.seconds > 0
    seconds = [other.seconds for other in plan.others]
    assert seconds == sorted(seconds)
    allowed = [plan.chosen, *(other for other in plan.others if not other.refused)]
    exact = [option for option in allowed if option.cells is None and option.seconds <= 0.15]
    assert plan.chosen.seconds == min(option.seconds for option in exact or allowed)


# --- Streams. ---


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("falloff", ["classic", "gaussian"])
def test_any_number_above_many_is_planned_like_an_unknown_one(machine: str, falloff: str) -> None:
    """So that an array and a stream of the same points are drawn alike, to the last bit."""
    unlike = []
    for side in (256, 1024, 8192):
        for dotsize in (1, 3, 8, 16, 24, 30, 40, 85, 150, 400):
            unknown = planned(work(None, dotsize, side, falloff), machine).chosen
            for n_points in (MANY_POINTS + 1, 3_000_000, 10**7, 10**8, 10**9):
                known = planned(work(n_points, dotsize, side, falloff), machine).chosen
                if (known.method, known.device, known.cells) != (
                    unknown.method,
                    unknown.device,
                    unknown.cells,
                ):
                    unlike.append(
                        f"{n_points:,} dots of {dotsize} px on {side}^2: {known.method}, "
                        f"as a stream: {unknown.method}"
                    )
    assert not unlike, "\n".join(unlike)


def test_cells_depend_on_no_point() -> None:
    for dotsize in (3, 24, 40, 150):
        cells = {planned(work(n, dotsize), "host", "count").chosen.cells for n in (1, 10**8, None)}
        assert len(cells) == 1


# --- Cells. ---


def test_cells_are_finer_for_smaller_dots() -> None:
    grid = Grid(SQUARE, 100, 80)
    by_dotsize = {d: cells_for(grid, Dot.of(d)).fineness for d in (300, 85, 84.9, 45, 30, 24, 16)}
    assert by_dotsize == {300: 1, 85: 1, 84.9: 2, 45: 2, 30: 3, 24: 4, 16: 6}
    sizes = [dotsize for dotsize, _ in FINENESS]
    finer = [fineness for _, fineness in FINENESS]
    assert sizes == sorted(sizes, reverse=True)
    assert finer == sorted(finer)
    assert cells_for(grid, Dot.of(1)).fineness > max(finer)


@given(st.floats(0.5, 500), st.sampled_from(["classic", "gaussian"]))
def test_the_gutter_holds_every_dot_that_reaches_in(dotsize: float, falloff: str) -> None:
    dot = Dot.of(dotsize, falloff)
    cells = cells_for(Grid(SQUARE, 10, 10), dot, step=0.25)
    assert cells == Cells(Grid(SQUARE, 10, 10), cells.fineness, dot.reach + 1, "bilinear", 0.25)


# --- Forced. ---


@pytest.mark.parametrize(
    ("machine", "method", "device"),
    [
        ("hardware", "splat", "gl"),
        ("hardware", "count", "gl"),
        ("egl by name", "splat", "gl"),
        ("egl by name", "count", "gl"),
        ("software", "splat", "gl"),
        ("software", "stencil", "host"),
        ("host", "stencil", "host"),
        ("host", "count", "host"),
    ],
)
def test_a_method_that_is_named_is_taken(machine: str, method: str, device: str) -> None:
    for job in (work(1, 3), work(10**6, 150), work(None, 3), work(1000, 400, side=20)):
        chosen = planned(job, machine, method).chosen
        assert (chosen.method, chosen.device) == (method, device)


@pytest.mark.parametrize(
    ("machine", "method", "text"),
    [
        (
            "host",
            "splat",
            "method 'splat' needs a GL device, and this device does count or stencil; "
            "take another device, or method auto",
        ),
        (
            "egl by name",
            "stencil",
            "method 'stencil' needs the host, and this device does count or splat; "
            "take another device, or method auto",
        ),
    ],
)
def test_a_method_that_cannot_be_had_is_an_error(machine: str, method: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        planned(work(10, 10), machine, method)
    assert str(caught.value) == text


# --- What it says. ---


def test_a_plan_explains_itself_in_lines() -> None:
    lines = planned(work(1_234_567, 150)).explain().splitlines()
    assert lines[0] == "1,234,567 points, 1024 x 1024 pixels, classic dots of radius 54.36 px"
    assert re.fullmatch(
        r"chosen: count on the host, bilinear, 1 x 1 cells a pixel: "
        r"about \d+ ms, error up to \d\.\d levels",
        lines[1],
    )
    assert len(lines) == 5
    assert all(line.startswith("other:  ") for line in lines[2:])
    assert any("splat on the GL device: about" in line for line in lines)
    assert any("stencil on the host: about" in line for line in lines)


def test_a_plan_says_why_a_way_was_refused() -> None:
    text = planned(work(None, 3), "host").explain()
    assert text.startswith("many points, ")
    assert "(too coarse for so small a dot)" in text
    assert re.search(
        r"\(dots lie 0\.\d+ deep, counting is for \d+ up\)",
        planned(work(10, 40)).explain(),
    )


@pytest.mark.parametrize("falloff", ["classic", "gaussian", "cone", "disk"])
def test_the_estimated_error_falls_with_the_dotsize(falloff: str) -> None:
    def levels(dotsize: float) -> float:
        return planned(work(1000, dotsize, falloff=falloff), "host", "count").chosen.levels

    # At equal fineness; finer cells make up for smaller dots.
    within = [levels(dotsize) for dotsize in np.linspace(85, 500, 20)]
    assert within == sorted(within, reverse=True)
    assert levels(COUNT_FROM) > 0
    assert planned(work(1000, 40, falloff=falloff), "host", "stencil").chosen.levels == 0


def test_the_kinds_of_machines_differ() -> None:
    """No machine is planned for with another's costs by accident."""
    costs: list[Any] = [HOST, HOST_NUMPY, SOFTWARE_GL, ONE_THREAD_GL, HARDWARE_GL]
    assert len(set(costs)) == len(costs)
