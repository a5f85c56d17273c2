"""Draw densities for tests, and the bound that every way has to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gpu import open_or_skip
from numpy.typing import NDArray

from gpuheat.density import reference
from gpuheat.density.density import Density
from gpuheat.density.dot import PROFILES, Dot
from gpuheat.density.splat import splat
from gpuheat.density.stencil import stencil
from gpuheat.geo.area import Area, Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source

# DESIGN section 7: of the peak, while up to 500 dots overlap. Float32 blending rounds each of
# 500 sums by 2^-24 at most (3e-5 in the worst case; 500 random roundings give 1e-6), and
# distances are off by 6e-7 of the peak.
BOUND = 1e-5
# Two orders of float32 sums, or one rounded once more.
ROUNDING = 2e-6
# Where float32 may see the other side of a falloff's jump, in pixels (DESIGN section 7).
RIM = 1e-4

FALLOFFS = (*PROFILES, "callable")


def dot(dotsize: float, falloff: str) -> Dot:
    """Make a dot; "callable" stands for a profile that is none of ours and jumps at its end."""
    return Dot.of(dotsize, wave if falloff == "callable" else falloff)


def wave(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.75 + 0.25 * np.cos(5 * t)


def pixel_grid(width: int, height: int) -> Grid:
    """Return a grid whose world units are pixels."""
    return Grid(Area(0, 0, width, height), width, height)


def at(grid: Grid, column: Any, row: Any, weights: Any = None) -> Points:
    """Put points at pixel coordinates of a `pixel_grid`, rows downwards."""
    x, y = (
        np.atleast_1d(np.asarray(column, float)),
        grid.height - np.atleast_1d(np.asarray(row, float)),
    )
    return Points(x, y, None if weights is None else np.atleast_1d(np.asarray(weights, float)))


def draw(
    device: str,
    points: Points | Sequence[Points],
    grid: Grid,
    a_dot: Dot,
) -> NDArray[np.float32]:
    """Sum dots on a device: by splat where it has GL, else by stencil."""
    return draw_density(device, points, grid, a_dot).values


def draw_density(
    device: str,
    points: Points | Sequence[Points],
    grid: Grid,
    a_dot: Dot,
) -> Density:
    source = source_of([points] if isinstance(points, Points) else points)
    context = open_or_skip(device)
    assert context.device.partition(":")[0] == device
    if context.has_gl:
        return splat(source, grid, a_dot, context=context, tally=source.tally)
    return stencil(source, grid, a_dot)


def source_of(chunks: Sequence[Points]) -> Source:
    """Make a source of chunks, as a stream of tables."""
    weighted = any(chunk.weights is not None for chunk in chunks)
    tables = []
    for chunk in chunks:
        table = {"x": chunk.x, "y": chunk.y}
        if weighted:
            table["w"] = np.ones(len(chunk)) if chunk.weights is None else chunk.weights
        tables.append(table)
    return Source(tables, x="x", y="y", weights="w" if weighted else None)


def rim_allowance(points: Points, grid: Grid, a_dot: Dot) -> NDArray[np.float64]:
    """Say by how much each pixel may be off because it lies on the rim of dots that jump there.

    A pixel centre within `RIM` of a dot's radius may fall on either side of the jump. It is
    found by the distance in float64, so that no other pixel gets off.
    """
    allowance = np.zeros(grid.shape)
    jump = abs(float(a_dot.at(np.array([a_dot.radius]))[0]))
    if jump == 0:
        return allowance
    columns, rows = np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5
    weights = np.ones(len(points)) if points.weights is None else points.weights
    for column, row, weight in zip(*grid.to_pixels(points.x, points.y), weights, strict=True):
        distance = np.hypot(rows[:, None] - row, columns - column)
        allowance += (np.abs(distance - a_dot.radius) <= RIM) * (jump * abs(float(weight)))
    return allowance


def peak(points: Points, grid: Grid, a_dot: Dot) -> float:
    """Return the largest density there would be if no weight were negative."""
    weights = None if points.weights is None else np.abs(points.weights)
    return float(reference.density(Points(points.x, points.y, weights), grid, a_dot).max())


def assert_true(
    values: NDArray[np.float32], points: Points, grid: Grid, a_dot: Dot, bound: float = BOUND
) -> None:
    """Hold a density to the float64 reference."""
    expected = reference.density(points, grid, a_dot)
    error = np.abs(values - expected)
    excess = error - rim_allowance(points, grid, a_dot)
    worst = float(excess.max(initial=0.0))
    allowed = bound * peak(points, grid, a_dot)
    assert worst <= allowed, f"off by {worst:.3g}, {allowed:.3g} is allowed ({a_dot})"
