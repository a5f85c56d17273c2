"""Put dots together by any aggregate on any device, and the rims that float32 may misjudge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from drawing import RIM, source_of
from numpy.typing import NDArray

from gpuheat.density.aggregate import Aggregate
from gpuheat.density.aggregated import Aggregated, aggregated
from gpuheat.density.dot import Dot
from gpuheat.drawing import choose_for
from gpuheat.geo.area import Grid
from gpuheat.points.points import Points
from gpuheat.points.source import Source


def together(
    device: str,
    points: Points | Sequence[Points] | Source,
    grid: Grid,
    a_dot: Dot,
    what: Aggregate,
    method: str = "auto",
) -> Aggregated:
    """Put dots together as `gpuheat.render` does; "exact" is a device's splat or stencil."""
    if isinstance(points, Source):
        source = points
    else:
        source = source_of([points] if isinstance(points, Points) else points)
    if what.name == "count":
        source = source.unweighted()
    if method == "exact":
        method = "stencil" if device == "cpu" else "splat"
    plan, context = choose_for(what, source, grid, what.dot(a_dot), device, method)
    return aggregated(what, plan, source, context)


def values(*given: object, method: str = "exact") -> NDArray[np.float32]:
    """Return what `together` says of the pixels."""
    return together(*given, method=method).density.values  # type: ignore[arg-type]


def near_a_rim(points: Points, grid: Grid, a_dot: Dot) -> NDArray[np.bool_]:
    """Tell which pixels lie so near to a dot's rim that float32 may see the other side of it."""
    near = np.zeros(grid.shape, bool)
    columns, rows = np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5
    for column, row in zip(*grid.to_pixels(points.x, points.y), strict=True):
        distance = np.hypot(rows[:, None] - row, columns - column)
        near |= np.abs(distance - a_dot.radius) <= RIM
    return near
