"""Splat: what only the GL way can get wrong: sprites' sizes, batches, limits, state."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from drawing import BOUND, assert_true, at, draw, pixel_grid
from gpu import open_or_skip

from gpuheat.density import splat as splat_module
from gpuheat.density.dot import Dot
from gpuheat.density.splat import splat
from gpuheat.errors import DeviceError
from gpuheat.gl.context import Context
from gpuheat.points.tally import Tally


@pytest.mark.parametrize("falloff", ["cone", "disk", "classic"])
@pytest.mark.parametrize("more", [-2, -1, -0.01, 0, 0.01, 1, 2])
def test_points_and_quads_draw_the_same_on_both_sides_of_the_largest_point(
    more: float, falloff: str, gl_device: str
) -> None:
    context = open_or_skip(gl_device)
    assert context.limits is not None
    largest = context.limits.point_size
    reach_of = Dot.of(1, falloff).radius
    # The dot whose sprite, 2 * floor(radius + 1/2) + 1 pixels wide, is as wide as a point can be.
    a_dot = Dot.of((largest / 2 + more) / reach_of, falloff)
    grid = pixel_grid(90, 70)
    points = at(grid, [-40.25, 10.5, 45, 88.9, 200], [-30, 35.5, 70, 3.25, 35])
    assert_true(draw(gl_device, points, grid, a_dot), points, grid, a_dot)


@pytest.mark.parametrize("dotsize", [1, 4, 31])
def test_quads_equal_points_to_the_last_bit(dotsize: float, gl_device: str) -> None:
    context = open_or_skip(gl_device)
    assert context.limits is not None
    rng = np.random.default_rng(30)
    grid, a_dot = pixel_grid(50, 40), Dot.of(dotsize, "gaussian")
    points = at(grid, rng.uniform(-20, 70, 300), rng.uniform(-20, 60, 300), rng.random(300))
    quads_only = dataclasses.replace(
        context, limits=dataclasses.replace(context.limits, point_size=0.5)
    )
    as_points = splat([points], grid, a_dot, context=context, tally=Tally())
    as_quads = splat([points], grid, a_dot, context=quads_only, tally=Tally())
    np.testing.assert_array_equal(as_points.values, as_quads.values)


@pytest.mark.parametrize("dotsize", [60, 200])
def test_a_picture_as_wide_as_the_driver_can_draws_dots_in_place(
    dotsize: float, gl_device: str
) -> None:
    """The gutter would widen the viewport beyond the driver's limit, which shrinks it silently."""
    context = open_or_skip(gl_device)
    assert context.limits is not None
    grid, a_dot = pixel_grid(context.limits.texture_size, 4), Dot.of(dotsize, "cone")
    points = at(grid, [-10, 3.3, grid.width / 2 + 0.2, grid.width - 3.6], [1, 2, 3, 3.5])
    assert_true(draw(gl_device, points, grid, a_dot), points, grid, a_dot)


def test_a_picture_beyond_the_driver_is_a_device_error(gl_device: str) -> None:
    context = open_or_skip(gl_device)
    assert context.limits is not None
    limit = context.limits.texture_size
    with pytest.raises(
        DeviceError, match=rf"{limit + 1} x 2 pixels is beyond this driver's {limit}"
    ):
        draw(gl_device, at(pixel_grid(3, 2), 1, 1), pixel_grid(limit + 1, 2), Dot.of(3))


@pytest.mark.parametrize("batch", [100, 7, 1])
def test_many_batches_equal_one(
    batch: int, gl_device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(31)
    grid, a_dot = pixel_grid(30, 20), Dot.of(7, "quartic")
    column, row, weights = rng.uniform(-5, 35, 333), rng.uniform(-5, 25, 333), rng.random(333)
    points = at(grid, column, row, weights)
    chunks = [
        at(grid, column[i : i + 40], row[i : i + 40], weights[i : i + 40])
        for i in range(0, 333, 40)
    ]
    whole = draw(gl_device, points, grid, a_dot)
    monkeypatch.setattr(splat_module, "BATCH_POINTS", batch)
    for given in (points, chunks):
        values = draw(gl_device, given, grid, a_dot)
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, whole, atol=BOUND * whole.max())
        assert_true(values, points, grid, a_dot)


def test_batches_are_summed_beyond_what_float32_can_count(
    gl_device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2^24 + 1 is no float32: blended one after the other, a million ones would be lost."""
    grid, a_dot = pixel_grid(3, 3), Dot.of(1, "disk")
    monkeypatch.setattr(splat_module, "BATCH_POINTS", 1)
    heavy = at(grid, 1.5, 1.5, 2.0**24)
    ones = [at(grid, 1.5, 1.5) for _ in range(100)]
    values = draw(gl_device, [heavy, *ones], grid, a_dot)
    assert values[1, 1] == 2.0**24 + 100


def test_a_source_that_fails_leaves_nothing_behind(gl_device: str) -> None:
    def failing() -> object:
        yield at(pixel_grid(8, 8), 3, 3)
        raise RuntimeError("the source broke")

    context = open_or_skip(gl_device)
    with pytest.raises(RuntimeError, match="the source broke"):
        splat(failing(), pixel_grid(8, 8), Dot.of(3), context=context, tally=Tally())  # type: ignore[arg-type]


def test_a_long_drawing_rests_between_its_draws(
    gl_device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that Ctrl-C is heard. What is drawn is the same, to the last bit."""
    rng = np.random.default_rng(32)
    grid, a_dot = pixel_grid(30, 20), Dot.of(7, "quartic")
    points = at(grid, rng.uniform(0, 30, 333), rng.uniform(0, 20, 333), rng.random(333))
    whole = draw(gl_device, points, grid, a_dot)
    rests = []
    rest = Context.rest
    monkeypatch.setattr(Context, "rest", lambda context: rests.append(rest(context)))
    draw(gl_device, points, grid, a_dot)
    assert not rests
    # A sprite is 9 x 9 fragments: ten to a draw.
    monkeypatch.setattr(splat_module, "_MOST_FRAGMENTS", 810)
    np.testing.assert_array_equal(draw(gl_device, points, grid, a_dot), whole)
    assert len(rests) == 33
