"""Render: the whole job. Points -> density -> tone -> colour -> picture."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import moderngl
import numpy as np

from gpuheat import budget
from gpuheat.color.background import background as make_background
from gpuheat.color.colorize import check_opacity, colorize
from gpuheat.color.scheme import Scheme
from gpuheat.color.tone import Tone
from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.density.splat import splat
from gpuheat.density.stencil import stencil
from gpuheat.errors import EmptyAreaWarning, GpuheatWarning, InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.gl.context import Context
from gpuheat.gl.opening import check_device, open_context
from gpuheat.picture import Picture
from gpuheat.points.points import Points
from gpuheat.points.source import Source

# What a picture's pixel takes at the peak: density as float32 and float64 and a copy of each,
# RGBA twice, index, and the driver's own.
_BYTES_A_PIXEL = 48

Progress = Callable[[int, int | None], None]


def render(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    size: int | Sequence[int] = 1024,
    area: Area | Sequence[Any] | None = None,
    margin: float = 0.05,
    dotsize: float = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    tone: str | Tone = "sqrt",
    span: Sequence[float] | None = None,
    scheme: Any = "inferno",
    opacity: float = 255,
    background: Any = None,
    device: str | Context | moderngl.Context = "auto",
    progress: Progress | None = None,
) -> Picture:
    """Draw a heatmap of points.

    Parameters
    ----------
    points : array_like, table, path, iterable or callable
        (N, 2) x, y or (N, 3) x, y, weight in world units; an iterable of pairs; a mapping or
        file with columns; or a stream: chunks of these as a list, a generator, or a callable
        that returns an iterator.
    x, y : str or (N,) array_like, optional
        Names of columns, or the coordinates themselves in place of points. Columns called
        x/y, lon/lat or ending so are found without.
    weights : str or (N,) array_like, optional
        The mass of each point, of any sign. Default 1.
    size : int or (width, height)
        Pixels; one number is the longer side, and the other follows the area's shape.
    area : ((min x, min y), (max x, max y)), optional
        What the picture shows, y upwards. Default: the range of the points.
    margin : float
        Around that range, as a fraction of it. Not used where an area is given.
    dotsize : float
        Diameter of a dot in pixels.
    falloff : str or callable
        A dot's profile: gaussian, classic, cone, quartic, epanechnikov, disk, or a function
        of t (0 at the centre, 1 at the rim) that takes and returns an array.
    tone : str or Tone
        Density to brightness: sqrt, linear, log, classic.
    span : (low, high), optional
        The densities at the ends of the scale. Default: fitted to the picture.
    scheme : str, path or sequence of colours
        A name of `gpuheat.schemes()`, a scheme file, or up to 256 colours, densest first.
    opacity : int
        Of the painted pixels, 0..255.
    background : colour, picture or "land", optional
        What lies under the heat.
    device : str, Context or moderngl.Context
        auto, egl, egl:1, osmesa, cpu; see `gpuheat.open_context`.
    progress : callable, optional
        Called with the points read so far and their number (None while unknown).

    Returns
    -------
    Picture
        Image, density, tone, and how it was made.

    Raises
    ------
    GpuheatError
        InputError, ColumnError, FileError, BudgetError, DeviceError: the text says what was
        given, what was expected and what to do.

    Warns
    -----
    GpuheatWarning
        If rows held NaN or infinity and were left out; EmptyAreaWarning if no point lies
        inside the area that was given.

    Examples
    --------
    >>> import gpuheat
    >>> picture = gpuheat.render([(0, 0), (1, 1), (1, 0)], size=64, dotsize=20)
    >>> picture.size
    (64, 64)
    """
    clock = _Clock()
    with clock("points"):
        dot, fit = Dot.of(dotsize, falloff), Tone.of(tone, span)
        ramp, alpha = Scheme.of(scheme), check_opacity(opacity)
        source = Source.of(points, x=x, y=y, weights=weights)
        grid = _grid(source, size, area, margin)
    with clock("device"):
        context = open_context(device if not isinstance(device, str) else check_device(device))
    with clock("density"):
        density, engine = _draw(_watched(source, progress), source, grid, dot, context)
    _report(source, grid, given=area is not None)
    with clock("tone"):
        fit = fit.fit(density.values)
    with clock("color"):
        colored = colorize(density.values, tone=fit, scheme=ramp, opacity=alpha, context=context)
        under = None
        if background is not None:
            under = make_background(background, grid, degrees=source.degrees)
    stats = _stats(source, clock)
    return Picture(colored, density, fit, ramp, alpha, engine, stats, under)


def _grid(
    source: Source, size: int | Sequence[int], area: Area | Sequence[Any] | None, margin: float
) -> Grid:
    """Lay the grid, over the area given or around the points, if memory allows it."""
    shown = None if area is None else Area.of(area)
    margin = _check_margin(margin)
    # Its shape is not known before the points are read, its longest side is: refuse early.
    _check_budget(Grid.of(shown or Area(0, 0, 1, 1), size))
    if shown is None:
        if not source.rereadable:
            source.keep()
        shown = Area.around(*source.extent(), margin)
    return Grid.of(shown, size)


def _check_budget(grid: Grid) -> None:
    budget.check(
        grid.width * grid.height * _BYTES_A_PIXEL,
        f"a picture of {grid.width} x {grid.height} pixels",
        "draw a smaller size",
    )


def _check_margin(margin: float) -> float:
    try:
        value = float(margin)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"margin is {margin!r}; give a fraction of the range, 0 or more")
    return value


def _draw(
    points: Iterable[Points], source: Source, grid: Grid, dot: Dot, context: Context
) -> tuple[Density, str]:
    """Sum the dots, and say what did it."""
    if context.has_gl:
        density = splat(points, grid, dot, context=context, tally=source.tally)
        engine = f"splat, {context.name}"
    else:
        density = stencil(points, grid, dot, tally=source.tally)
        engine = f"stencil, {context.name}"
    if not np.isfinite(density.values).all():
        raise InputError(
            "the weights are too large: their sum leaves the range of float32 (3e38); "
            "divide them by a constant"
        )
    return density, engine


def _watched(source: Source, progress: Progress | None) -> Iterator[Points]:
    """Read the source and tell how far it got."""
    for points in source:
        yield points
        if progress is not None:
            progress(source.tally.read, source.n_points)


def _report(source: Source, grid: Grid, *, given: bool) -> None:
    """Warn of rows left out, and of an area without points."""
    tally = source.tally
    if tally.dropped:
        warnings.warn(
            f"{tally.dropped} of {tally.read} rows hold NaN or infinity and were left out",
            GpuheatWarning,
            stacklevel=3,
        )
    if given and tally.outside == tally.read - tally.dropped:
        text = f"none of the {tally.outside} points lies inside the area ({grid.area})"
        if source.rereadable:
            (xmin, ymin), (xmax, ymax) = source.extent()
            text += f"; they range over x {xmin:g} to {xmax:g}, y {ymin:g} to {ymax:g}"
            if max(abs(ymin), abs(ymax)) > 90 >= max(abs(xmin), abs(xmax)):
                text += ": are x and y swapped?"
        warnings.warn(text, EmptyAreaWarning, stacklevel=3)


def _stats(source: Source, clock: _Clock) -> dict[str, Any]:
    tally = source.tally
    return {
        "read": tally.read,
        "dropped": tally.dropped,
        "outside": tally.outside,
        "columns": source.columns,
        "seconds": clock.seconds,
    }


class _Clock:
    """How long each stage took, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - start
