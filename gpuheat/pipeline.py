"""Render: the whole job. Points -> density -> tone -> colour -> picture."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuheat.color.background import background as make_background
from gpuheat.color.colorize import check_opacity, colorize
from gpuheat.color.scheme import Scheme
from gpuheat.color.tone import Tone
from gpuheat.density.cells import FLOAT_STEP
from gpuheat.density.choose import check_budget, choose, painter
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.density.draw import draw
from gpuheat.density.plan import COUNT_FROM, MANY_POINTS, Plan, Work, cells_for, check_method
from gpuheat.errors import GpuheatWarning, InputError
from gpuheat.frame import frame
from gpuheat.geo.area import Area, Grid
from gpuheat.gl.context import Context
from gpuheat.picture import Picture
from gpuheat.points.source import Source
from gpuheat.report import Clock, stats, warn_of

if TYPE_CHECKING:
    import moderngl

Progress = Callable[[int, int | None], None]

# The sum of all weights is held in at most so many units, which a bilinear deposit splits by
# 2^8: 2^60 in all, and sums have 62 bits.
_WEIGHT_PARTS = 2.0**52


def render(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    size: int | Sequence[int] = 1024,
    area: Area | Grid | Sequence[Any] | None = None,
    margin: float = 0.05,
    dotsize: float = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    tone: str | Tone = "sqrt",
    span: Sequence[float] | None = None,
    scheme: Any = "inferno",
    opacity: float = 255,
    background: Any = None,
    method: str = "auto",
    device: str | Context | moderngl.Context = "auto",
    progress: Progress | None = None,
) -> Picture:
    """Draw a heatmap of points.

    Parameters
    ----------
    points : array_like, table, path, iterable or callable
        (N, 2) x, y or (N, 3) x, y, weight in world units; an iterable of pairs; a mapping or
        file with columns; a table of pandas, polars, Arrow, DuckDB, geopandas or xarray, or
        whatever else streams Arrow's batches; or a stream: chunks of these as a list, a
        generator, or a callable that returns an iterator.
    x, y : str or (N,) array_like, optional
        Names of columns, or the coordinates themselves in place of points. Columns called
        x/y, lon/lat or ending so are found without.
    weights : str or (N,) array_like, optional
        The mass of each point, of any sign. Default 1.
    size : int or (width, height)
        Pixels; one number is the longer side, and the other follows the area's shape.
    area : ((min x, min y), (max x, max y)), optional
        What the picture shows, y upwards. Default: the range of the points. A Grid settles the
        size too.
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
    method : str
        auto (the quickest that keeps the promised error), splat (a sprite per dot, on a GL
        device), stencil (the same on the host) or count (count into cells, convolve once).
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
    clock = Clock()
    with clock("points"):
        dot, fit = Dot.of(dotsize, falloff), Tone.of(tone, span)
        ramp, alpha = Scheme.of(scheme), check_opacity(opacity)
        source = Source.of(points, x=x, y=y, weights=weights)
        grid = frame(source, size, area, margin)
    with clock("background"):
        under = None
        if background is not None:
            under = make_background(background, grid, degrees=source.degrees)
    with clock("plan"):
        way, context = _choose(source, grid, dot, device, method)
    with clock("density"):
        density, engine = draw(way, source, context, _told(source, progress))
        _check_range(density)
    warn_of(source, grid, given=area is not None)
    with clock("tone"):
        fit = fit.fit(density.values)
    with clock("color"):
        colored = colorize(
            density.values,
            tone=fit,
            scheme=ramp,
            opacity=alpha,
            context=painter(context, device),
        )
    return Picture(colored, density, fit, ramp, alpha, engine, stats(source, clock), under)


def explain(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    size: int | Sequence[int] = 1024,
    area: Area | Grid | Sequence[Any] | None = None,
    margin: float = 0.05,
    dotsize: float = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    method: str = "auto",
    device: str | Context | moderngl.Context = "auto",
) -> Plan:
    """Tell how `render` would draw these points, without drawing them.

    Parameters
    ----------
    points, x, y, weights, size, area, margin, dotsize, falloff, method, device
        As in `render`.

    Returns
    -------
    Plan
        ``plan.chosen`` and ``plan.others`` with estimated times and errors; ``explain()``
        writes them in lines.
    """
    dot = Dot.of(dotsize, falloff)
    source = Source.of(points, x=x, y=y, weights=weights)
    return _choose(source, frame(source, size, area, margin), dot, device, method)[0]


def count(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    size: int | Sequence[int] = 1024,
    area: Area | Grid | Sequence[Any] | None = None,
    margin: float = 0.05,
    dotsize: float = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    step: float | None = None,
) -> Counts:
    """Count points into cells, to be added to other counts or drawn later.

    Parameters
    ----------
    points, x, y, weights, size, area, margin
        As in `render`.
    dotsize, falloff
        The dot that is going to be drawn: cells and gutter are made for it, and for no larger.
    step : float, optional
        What weights are held in whole multiples of. Default 1 where there are none, else
        2^-16. Counts add up only with equal steps, so it never depends on the weights.

    Returns
    -------
    Counts
        ``counts.density(dot)`` convolves them; ``a + b`` and ``a - b`` are exact.
    """
    dot = Dot.of(dotsize, falloff)
    source = Source.of(points, x=x, y=y, weights=weights)
    grid = frame(source, size, area, margin)
    weighted = len(source.columns) > 2
    cells = cells_for(grid, dot, step=step or (FLOAT_STEP if weighted else 1.0))
    check_budget(cells)
    return count_source(source, cells)


def _choose(
    source: Source,
    grid: Grid,
    dot: Dot,
    device: str | Context | moderngl.Context,
    method: str,
) -> tuple[Plan, Context]:
    check_method(method)
    n_points = source.settle(MANY_POINTS)
    work = Work(grid, dot, n_points, source.step(_WEIGHT_PARTS, MANY_POINTS))
    way, context = choose(work, device, method)
    if method == "count" and dot.dotsize < COUNT_FROM:
        warnings.warn(
            f"counting is too coarse for dots of {dot.dotsize:.3g} pixels: up to "
            f"{way.chosen.levels:.1f} of 255 levels off at their rims, from {COUNT_FROM:g} pixels "
            "up it is exact; leave the method to auto",
            GpuheatWarning,
            stacklevel=3,
        )
    return way, context


def _told(source: Source, progress: Progress | None) -> Callable[[], None]:
    """Tell after each chunk how far the reading got."""
    if progress is None:
        return lambda: None
    return lambda: progress(source.tally.read, source.n_points)


def _check_range(density: Density) -> None:
    values = density.values
    # The sum is finite if all are; all are looked at only if it is not.
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(values.sum(dtype=np.float64))
    if not finite:
        raise InputError(
            "the weights are too large: their sum leaves the range of float32 (3e38); "
            "divide them by a constant"
        )
