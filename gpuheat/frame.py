"""Frame: the grid that a source's points are drawn on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gpuheat import budget
from gpuheat.errors import InputError
from gpuheat.geo import mercator
from gpuheat.geo.area import DATE_LINE, FULL_TURN, POLE, Area, Grid
from gpuheat.geo.projection import Projection
from gpuheat.points.plane import check_degrees
from gpuheat.points.source import Source

# What a picture's pixel takes at the peak: density as float32 and float64 and a copy of each,
# RGBA twice, index, and the driver's own.
_BYTES_A_PIXEL = 48
# What one more channel takes: float64 on two threads, and read back. A category's density.
_BYTES_A_CHANNEL, _BYTES_A_DENSITY = 24, 4


def frame(
    source: Source,
    size: int | Sequence[int],
    area: Area | Grid | Sequence[Any] | None,
    margin: float,
    projection: Projection = None,
) -> Grid:
    """Lay the grid, over the area given or around the points, if memory allows it.

    Parameters
    ----------
    source : Source
        Read once for its range, where no area is given.
    size, area, margin, projection
        As in `gpuheat.render`. A Grid for the area settles the size too, and the projection.

    Raises
    ------
    InputError
        If one of them cannot be used, or the points can be read only once and no area is
        given.
    BudgetError
        If the picture would not fit into memory.
    """
    if isinstance(area, Grid):
        if projection not in (None, area.projection):
            raise InputError(
                f"the grid given as area has the projection {area.projection!r}, and projection is "
                f"{projection!r}; give it to Grid.of alone"
            )
        check_layers(area)
        return area
    shown = None if area is None else Area.of(area, turning=projection is not None)
    margin = _check_margin(margin)
    # Its shape is not known before the points are read, its longest side is: refuse early.
    check_layers(Grid.of(shown or Area(0, 0, 1, 1), size, projection))
    if shown is None:
        source.need_twice()
        low, high = source.extent(turning=projection is not None)
        if projection is not None:
            shown = _on_map(low, high, margin)
        else:
            shown = Area.around(low, high, margin)
            if source.degrees:
                shown = _on_globe(shown, low, high)
    return Grid.of(shown, size, projection)


def _on_map(low: tuple[float, float], high: tuple[float, float], margin: float) -> Area:
    """Frame degrees: not beyond where Mercator ends, and nothing twice."""
    check_degrees(low, high)
    last = mercator.MAX_LATITUDE
    (west, south), (east, north) = ((x, min(max(y, -last), last)) for x, y in (low, high))
    area = Area.around((west, south), (east, north), margin)
    xmin, xmax, ymin, ymax = area.xmin, area.xmax, max(area.ymin, -last), min(area.ymax, last)
    if west >= -DATE_LINE and east <= DATE_LINE:
        xmin, xmax = max(xmin, -DATE_LINE), min(xmax, DATE_LINE)
    if xmax - xmin > FULL_TURN:
        middle = (xmin + xmax) / 2
        xmin, xmax = middle - FULL_TURN / 2, middle + FULL_TURN / 2
    return Area(xmin, ymin, xmax, ymax)


def _on_globe(area: Area, low: tuple[float, float], high: tuple[float, float]) -> Area:
    """Let a margin end at the poles and the date line, unless the points themselves do not."""
    (xmin, ymin), (xmax, ymax) = low, high
    if xmin < -DATE_LINE or xmax > DATE_LINE or ymin < -POLE or ymax > POLE:
        return area
    return Area(
        max(area.xmin, -DATE_LINE),
        max(area.ymin, -POLE),
        min(area.xmax, DATE_LINE),
        min(area.ymax, POLE),
    )


def _check_margin(margin: float) -> float:
    try:
        value = float(margin)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"margin is {margin!r}; give a fraction of the range, 0 or more")
    return value


def check_layers(grid: Grid, channels: int = 1, n_categories: int = 0) -> None:
    """Refuse a picture that would not fit into memory.

    Parameters
    ----------
    grid : Grid
    channels : int
        Numbers that a pixel holds while it is drawn.
    n_categories : int
        Densities that are kept.

    Raises
    ------
    BudgetError
        Its text names both figures.
    """
    each = _BYTES_A_PIXEL + (channels - 1) * _BYTES_A_CHANNEL + n_categories * _BYTES_A_DENSITY
    what = f" of {n_categories} categories" if n_categories else ""
    budget.check(
        grid.width * grid.height * each,
        f"a picture of {grid.width} x {grid.height} pixels{what}",
        "draw a smaller size" + (" or fewer categories" if n_categories else ""),
    )
