"""Choose: devices and methods by name, streams that equal arrays, and what is refused."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from counting import without_scipy, workers
from gpu import open_or_skip

import gpuheat
from gpuheat import BudgetError, ColumnError, GpuheatWarning, InputError, explain, render
from gpuheat.density import choose as choose_module
from gpuheat.density.cells import COUNT_FROM
from gpuheat.density.costs import HARDWARE_GL
from gpuheat.density.dot import Dot
from gpuheat.density.plan import MANY_POINTS, Work
from gpuheat.geo.area import Area, Grid
from gpuheat.gl import devices, opening

RNG = np.random.default_rng(90)
POINTS = RNG.random((4000, 2))
UNIT = ((0, 0), (1, 1))
SMALL: dict[str, Any] = {"size": 60, "area": UNIT, "dotsize": 40}
METHODS = ("splat", "stencil", "count")


def engine(**options: Any) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GpuheatWarning)
        return render(POINTS, **(SMALL | options)).engine


# --- No stand-ins. ---


@pytest.mark.parametrize("method", ["auto", "splat", "count"])
@pytest.mark.parametrize("dotsize", [3, 40, 90])
def test_a_device_with_gl_that_is_named_does_the_work(
    method: str, dotsize: float, gl_device: str
) -> None:
    name = open_or_skip(gl_device).name
    options: dict[str, Any] = {"dotsize": dotsize, "method": method, "device": gl_device}
    assert engine(**options).endswith(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GpuheatWarning)
        plan = explain(POINTS, **(SMALL | options))
    assert {each.device for each in (plan.chosen, *plan.others)} == {"gl"}


@pytest.mark.parametrize("method", ["auto", "stencil", "count"])
def test_the_host_that_is_named_does_the_work(method: str) -> None:
    assert re.fullmatch(
        r"(stencil, NumPy|count \+ convolve, (SciPy|NumPy))", engine(device="cpu", method=method)
    )


def test_the_host_does_not_splat() -> None:
    with pytest.raises(InputError) as caught:
        render(POINTS, **SMALL, method="splat", device="cpu")
    assert str(caught.value) == (
        "method 'splat' needs a GL device, and this device does count or stencil; "
        "take another device, or method auto"
    )


def test_a_device_with_gl_that_is_named_does_not_stencil(gl_device: str) -> None:
    with pytest.raises(InputError, match=r"method 'stencil' needs the host.* does count or splat"):
        render(POINTS, **SMALL, method="stencil", device=gl_device)


def test_the_environments_device_is_named_too(
    gl_device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUHEAT_DEVICE", gl_device)
    assert engine().endswith(open_or_skip(gl_device).name)
    monkeypatch.setenv("GPUHEAT_DEVICE", "cpu")
    with pytest.raises(InputError, match="method 'splat' needs a GL device"):
        engine(method="splat")


def test_a_context_that_is_handed_over_counts_as_named(gl_device: str) -> None:
    context = open_or_skip(gl_device)
    for method in ("auto", "splat", "count"):
        assert engine(device=context, method=method).endswith(context.name)
    with pytest.raises(InputError, match="method 'stencil' needs the host"):
        engine(device=context, method="stencil")


def test_a_moderngl_context_that_is_handed_over_counts_as_named() -> None:
    open_or_skip("egl")
    gpuheat.close_context()
    library = devices.LIBRARY
    own = moderngl.create_context(standalone=True, backend="egl", libgl=library, libegl=library)
    try:
        renderer = gpuheat.open_context(own).name
        for method in ("auto", "splat", "count"):
            assert engine(device=own, method=method).endswith(renderer)
        with pytest.raises(InputError, match="method 'stencil' needs the host"):
            engine(device=own, method="stencil")
    finally:
        opening._borrowed.pop(own).close()
        own.release()


@pytest.mark.parametrize("method", METHODS)
def test_auto_takes_any_device_for_a_method(method: str) -> None:
    open_or_skip("egl")
    assert engine(device="auto", method=method).startswith(method)


def test_auto_takes_no_host_beside_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    """A software driver plays the hardware's part."""
    open_or_skip("egl")
    monkeypatch.setattr(choose_module, "_only_software", lambda: False)
    context = gpuheat.open_context("auto")
    monkeypatch.setattr(context, "software", False)
    assert choose_module.gl_costs(context) is HARDWARE_GL
    for dotsize in (3, 40, 90):
        plan = explain(POINTS, **(SMALL | {"dotsize": dotsize}))
        assert {each.device for each in (plan.chosen, *plan.others)} == {"gl"}
    with pytest.raises(InputError, match="method 'stencil' needs the host"):
        explain(POINTS, **SMALL, method="stencil")


def test_auto_opens_no_driver_for_what_the_host_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_module, "_only_software", lambda: True)
    opened: list[Any] = []

    def watched(device: Any = None) -> Any:
        opened.append(device)
        return opening.open_context(device)

    monkeypatch.setattr(choose_module, "open_context", watched)
    plan = explain(LARGE[:, :2], **(SMALL | {"dotsize": 90}))
    assert plan.chosen.device == "host"
    assert set(opened) == {"cpu"}


def test_auto_without_any_driver_is_drawn_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planned for a software driver that then does not open."""
    monkeypatch.setattr(choose_module, "_only_software", lambda: True)
    monkeypatch.setattr(
        choose_module, "open_context", lambda device=None: gpuheat.open_context("cpu")
    )
    few = explain([(0.2, 0.3), (0.5, 0.5)], **SMALL)
    assert few.chosen.device == "host"
    with pytest.raises(InputError, match="method 'splat' needs a GL device"):
        explain(POINTS, **SMALL, method="splat")


@pytest.mark.parametrize(("method", "near"), [("splatt", "splat"), ("Count", "count")])
def test_an_unknown_method_is_answered_with_the_nearest(method: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        render(POINTS, **SMALL, method=method)
    assert str(caught.value) == (
        f"unknown method {method!r}; did you mean {near!r}? "
        "(there are: auto, splat, stencil, count)"
    )
    for rubbish in (None, 3, ["count"]):
        with pytest.raises(InputError, match="unknown method"):
            render(POINTS, **SMALL, method=rubbish)  # type: ignore[arg-type]


# --- What it tells. ---


def test_explain_draws_nothing_and_agrees_with_render(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = {}
    for dotsize in (3, 40, 90):
        options = SMALL | {"dotsize": dotsize, "device": device}
        plans[dotsize] = explain(POINTS, **options)
        assert render(POINTS, **options).engine.startswith(plans[dotsize].chosen.method)
    monkeypatch.setattr("gpuheat.drawing.aggregated", None)
    for dotsize, plan in plans.items():
        again = explain(POINTS, **(SMALL | {"dotsize": dotsize, "device": device}))
        assert again.explain() == plan.explain()
        assert f"4,000 points, 60 x 60 pixels, gaussian dots of radius {dotsize / 2:g} px" in (
            plan.explain()
        )


@pytest.mark.parametrize("dotsize", [3, 20, COUNT_FROM - 0.01])
@pytest.mark.parametrize("call", [render, explain])
def test_counting_dots_too_small_for_it_is_warned_of(
    dotsize: float, call: Callable[..., Any]
) -> None:
    with pytest.warns(GpuheatWarning) as caught:
        call(POINTS, **(SMALL | {"dotsize": dotsize}), method="count", device="cpu")
    assert len(caught) == 1
    assert caught[0].filename == __file__, "the warning points at the call"
    assert re.fullmatch(
        rf"counting is too coarse for dots of {dotsize:.3g} pixels: up to \d+\.\d of 255 levels "
        r"off at their rims, from 32 pixels up it is exact; leave the method to auto",
        str(caught[0].message),
    )


@pytest.mark.parametrize("dotsize", [COUNT_FROM, 150])
def test_counting_dots_large_enough_is_not_warned_of(dotsize: float) -> None:
    render(POINTS, **(SMALL | {"dotsize": dotsize}), method="count", device="cpu")


def test_without_scipy_it_is_planned_and_drawn_by_numpy() -> None:
    options = SMALL | {"dotsize": 90, "device": "cpu", "method": "count"}
    with_scipy = render(POINTS, **options)
    with without_scipy():
        alone = render(POINTS, **options)
        plan = explain(POINTS, **options)
    assert alone.engine == "count + convolve, NumPy"
    assert plan.chosen.seconds > explain(POINTS, **options).chosen.seconds
    np.testing.assert_allclose(alone.density.values, with_scipy.density.values, rtol=1e-6)


# --- Budget. ---


def test_cells_above_the_budget_are_refused_with_both_figures(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "30000000")
    options = SMALL | {"size": 400, "dotsize": 32, "device": device}
    with pytest.raises(BudgetError) as caught:
        render(POINTS, **options, method="count")
    cells = (400 + 2 * (Dot.of(32).reach + 1)) * 3
    assert re.fullmatch(
        rf"counting into {cells} x {cells} cells for 400 x 400 pixels needs \d+(\.\d+)? MB of "
        r"memory and 30 MB may be used; draw a smaller size or larger dots, or raise "
        r"GPUHEAT_MAX_BYTES",
        str(caught.value),
    )


def test_dots_beyond_all_memory_are_drawn_exactly_or_refused() -> None:
    """The stencil cuts them at the picture; cells for them would need a gutter as wide."""
    points = [(0, 0), (1, 1)]
    for method in ("auto", "stencil"):
        picture = render(points, size=50, dotsize=1e7, method=method, device="cpu")
        np.testing.assert_allclose(picture.density.values, 2, rtol=1e-6)
    with pytest.raises(BudgetError, match=r"needs .* of memory and .* may be used"):
        render(points, size=50, dotsize=1e7, method="count", device="cpu")


# --- Streams. ---


def stream_of(rows: Any, n_chunks: int) -> Callable[[], Iterator[Any]]:
    return lambda: iter(np.array_split(rows, n_chunks))


def assert_drawn_alike(rows: Any, streams: list[Any], **options: Any) -> None:
    expected = render(rows, **options)
    for stream in streams:
        found = render(stream, **options)
        assert found.engine == expected.engine
        np.testing.assert_array_equal(found.density.values, expected.density.values)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("dotsize", [3, 40, 90])
@pytest.mark.parametrize("columns", [2, 3])
def test_a_small_stream_is_drawn_like_the_array(dotsize: float, columns: int, device: str) -> None:
    """It is read ahead, and planned for as many points as there are."""
    rows = RNG.normal(0.5, 0.3, (3000, columns))
    many = stream_of(rows, 7)
    options = SMALL | {"dotsize": dotsize, "device": device}
    assert_drawn_alike(rows, [many, many(), list(many()), [rows]], **options)
    plan = explain(many(), **options)
    assert plan.work.n_points == 3000


@pytest.mark.parametrize("columns", [2, 3])
def test_without_an_area_a_stream_is_read_twice(columns: int, device: str) -> None:
    rows = RNG.normal(0.5, 0.3, (3000, columns))
    many = stream_of(rows, 7)
    assert_drawn_alike(rows, [many, list(many())], size=60, dotsize=90, device=device)


LARGE = np.column_stack(
    [RNG.normal(0.5, 0.2, (MANY_POINTS + 60_000, 2)), RNG.exponential(1, MANY_POINTS + 60_000)]
)
LARGE[-1, 2] = 500.0  # far above the largest of those that are read ahead
LARGE_WHOLE = LARGE.copy()
LARGE_WHOLE[:, 2] = np.floor(LARGE[:, 2] * 100)


@pytest.mark.parametrize("dotsize", [2, 90])
@pytest.mark.parametrize("rows", [LARGE[:, :2], LARGE], ids=["plain", "weighted"])
@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_large_stream_is_drawn_like_the_array(rows: Any, dotsize: float, device: str) -> None:
    many = stream_of(rows, 9)
    options: dict[str, Any] = {"size": 90, "area": UNIT, "dotsize": dotsize, "device": device}
    assert explain(many, **options).work.n_points is None
    assert_drawn_alike(rows, [many, many()], **options)


def test_a_large_stream_of_whole_weights_is_drawn_like_the_array() -> None:
    def columns(rows: Any) -> dict[str, Any]:
        return {"x": rows[:, 0], "y": rows[:, 1], "mass": rows[:, 2].astype(np.int64)}

    options: dict[str, Any] = {"size": 90, "area": UNIT, "dotsize": 90, "device": "cpu"}
    chunks = [columns(rows) for rows in np.array_split(LARGE_WHOLE, 5)]
    assert_drawn_alike(columns(LARGE_WHOLE), [chunks, iter(chunks)], weights="mass", **options)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("area", [None, UNIT])
def test_a_file_is_drawn_like_the_array(suffix: str, area: Any, tmp_path: Path) -> None:
    """Weights well below 1: whoever takes them for whole numbers draws nothing."""
    rows = np.column_stack([POINTS, RNG.uniform(0, 0.3, len(POINTS))])
    path = tmp_path / f"points.{suffix}"
    options: dict[str, Any] = {"size": 60, "area": area, "dotsize": 90, "device": "cpu"}
    if suffix == "npy":
        np.save(path, rows)
    else:
        np.savez(path, x=rows[:, 0], y=rows[:, 1], w=rows[:, 2])
        options["weights"] = "w"
    table = rows if suffix == "npy" else {"x": rows[:, 0], "y": rows[:, 1], "w": rows[:, 2]}
    assert render(table, **options).density.values.max() > 10
    assert_drawn_alike(table, [path], **options)


def test_weights_that_begin_with_zeros_are_not_taken_for_whole() -> None:
    rows = LARGE.copy()
    rows[: MANY_POINTS + 10, 2] = 0
    rows[MANY_POINTS + 10 :, 2] = 0.3
    options: dict[str, Any] = {"size": 50, "area": UNIT, "dotsize": 90, "device": "cpu"}
    found = render(rows, **options).density.values.max()
    expected = render(rows[MANY_POINTS + 10 :], **options).density.values.max()
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_generator_without_an_area_is_told_how_to_give_one() -> None:
    with pytest.raises(InputError) as caught:
        render(iter([POINTS, POINTS]), size=50, device="cpu")
    assert str(caught.value) == (
        "a generator of chunks can be read only once, and its range must be known before it is "
        "drawn; give an area, or a list of chunks, or a function that returns an iterator"
    )


@pytest.mark.parametrize("dotsize", [3, 90])
def test_chunks_that_disagree_are_an_error(dotsize: float, device: str) -> None:
    options = SMALL | {"dotsize": dotsize, "device": device}
    good, other = {"x": [0.1], "y": [0.2]}, {"x": [0.1], "z": [0.2]}
    for chunks in ([good, other], [np.zeros((4, 3)), np.zeros((4, 2))]):
        with pytest.raises(ColumnError, match="the chunks disagree: chunk 1"):
            render(chunks, **options)
    large = [LARGE[:, :2], np.zeros((4, 1))]
    with pytest.raises(InputError, match=r"shape \(4, 1\)"):
        render(large, **options)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_call_gives_the_same_bits(method: str) -> None:
    rows = RNG.normal(0.5, 0.3, (400_000, 3))
    device = "egl" if method == "splat" else "cpu"
    open_or_skip(device)
    options: dict[str, Any] = {"size": 70, "area": UNIT, "method": method, "device": device}
    options["dotsize"] = 90 if method == "count" else 4
    first = render(rows, **options).density.values
    for n_workers in (2, 1, 5):
        with workers(n_workers):
            np.testing.assert_array_equal(render(rows, **options).density.values, first)


def test_a_source_that_was_settled_is_still_read_whole() -> None:
    work = Work(Grid(Area.of(UNIT), 9, 9), Dot.of(3), None)
    plan, context = choose_module.choose(work, "cpu")
    assert plan.chosen.method == "stencil"
    assert not context.has_gl
    stats = render(stream_of(LARGE[:, :2], 5)(), size=30, area=UNIT, device="cpu").stats
    assert stats["read"] == len(LARGE)


@pytest.mark.parametrize("dotsize", [20, 90])
def test_one_thread_draws_the_same_bits_as_two(dotsize: float) -> None:
    """One thread's 32-bit sums go straight to the convolution, several threads' are widened."""
    points = np.random.default_rng(9).uniform(0, 64, (3000, 2))
    drawn = []
    for n_workers in (1, 2):
        with workers(n_workers), pytest.warns(GpuheatWarning) if dotsize < 32 else nullcontext():
            drawn.append(
                gpuheat.render(points, dotsize=dotsize, size=64, method="count", device="cpu")
            )
    assert drawn[0].engine.startswith("count")
    np.testing.assert_array_equal(drawn[0].density.values, drawn[1].density.values)
