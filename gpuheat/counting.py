"""Counting: points into cells, to be added up and drawn later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gpuheat.density.cells import FLOAT_STEP, cells_for
from gpuheat.density.choose import check_budget
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.density.dotsize import Dotsize
from gpuheat.errors import InputError
from gpuheat.frame import frame
from gpuheat.geo.area import Area, Grid
from gpuheat.geo.projection import check_projection
from gpuheat.points.source import Source


def count(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    size: int | Sequence[int] = 1024,
    area: Area | Grid | Sequence[Any] | None = None,
    margin: float = 0.05,
    projection: str | None = None,
    dotsize: Any = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    step: float | None = None,
) -> Counts:
    """Count points into cells, to be added to other counts or drawn later.

    Parameters
    ----------
    points, x, y, weights, size, area, margin, projection
        As in `render`.
    dotsize, falloff
        The dot that is going to be drawn: cells and gutter are made for it, and for no larger.
        One for all points.
    step : float, optional
        What weights are held in whole multiples of. Default 1 where there are none, else
        2^-16. Counts add up only with equal steps, so it never depends on the weights.

    Returns
    -------
    Counts
        ``counts.density(dot)`` convolves them; ``a + b`` and ``a - b`` are exact.
    """
    sized = Dotsize.of(dotsize, falloff)
    source = Source.of(points, x=x, y=y, weights=weights).for_picture()
    grid = frame(source, size, area, margin, check_projection(projection))
    dot = sized.on(grid, source)
    if dot.varies:
        raise InputError(
            f"dotsize is {sized.said}, and such dots differ in size; counts are drawn with one "
            "dot for all: give its size in pixels"
        )
    if step is None:
        step = FLOAT_STEP if source.weighted else 1.0
    cells = cells_for(grid, dot, step=step)
    check_budget(cells)
    return count_source(source, cells)
