"""Render: the whole job. Points -> density -> tone -> colour -> picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from gpuheat.color.background import background as make_background
from gpuheat.color.colorize import check_opacity
from gpuheat.color.scheme import Scheme
from gpuheat.color.swatches import Swatches
from gpuheat.color.tone import Tone
from gpuheat.density.aggregate import Aggregate
from gpuheat.density.cells import FLOAT_STEP
from gpuheat.density.choose import check_budget, painter
from gpuheat.density.count_host import count_source
from gpuheat.density.counts import Counts
from gpuheat.density.dotsize import Dotsize
from gpuheat.density.plan import Plan, cells_for, check_method
from gpuheat.drawing import Drawing, Progress, choose_for, warn_of_coarse
from gpuheat.errors import InputError
from gpuheat.frame import check_layers, frame
from gpuheat.geo.area import Area, Grid
from gpuheat.geo.projection import check_projection
from gpuheat.gl.context import Context
from gpuheat.picture import Picture
from gpuheat.points.categories import Categories, split
from gpuheat.points.source import Source
from gpuheat.report import Clock, stats, warn_of

if TYPE_CHECKING:
    import moderngl


_SCHEME = "inferno"


def render(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    aggregate: str = "sum",
    by: Any = None,
    support: float = 0,
    size: int | Sequence[int] = 1024,
    area: Area | Grid | Sequence[Any] | None = None,
    margin: float = 0.05,
    projection: str | None = None,
    dotsize: Any = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    normalize: str = "peak",
    tone: str | Tone = "sqrt",
    span: Sequence[float] | None = None,
    scheme: Any = None,
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
    aggregate : str
        What a pixel says of the dots that reach it, each of weight w and falloff k there: sum,
        sum(w k); mean, sum(w k) / sum(k); max, min, the largest or smallest w k; count, how
        many there are. Where there is none, mean, max and min are NaN and nothing is painted.
    by : str or (N,) array_like, optional
        A column of up to 16 categories, text or numbers. Each has a colour; a pixel's is mixed
        by their shares of its density, and its opacity is that of the total. Rows without a
        category are left out.
    support : float
        For a mean: where sum(k), about the number of dots that it rests on, is less, it fades
        in proportion.
    size : int or (width, height)
        Pixels; one number is the longer side, and the other follows the area's shape.
    area : ((min x, min y), (max x, max y)), optional
        What the picture shows, y upwards. Default: the range of the points. A Grid settles the
        size too.
    margin : float
        Around that range, as a fraction of it. Not used where an area is given.
    projection : "mercator", optional
        Draw longitude and latitude in Web Mercator, as web maps do. The area stays in degrees,
        and may cross 180: from 170 to -170, or to 190. Latitudes beyond 85.0511 are drawn there.
        Default: none, which is plate carree for degrees.
    dotsize : float, str or (N,) array_like
        Diameter of a dot in pixels, or of each point's own. Or on the ground, "250m", "1.5km",
        for degrees: in Mercator right at every latitude; in plate carree, where the ground is
        stretched from west to east, right from south to north. Or "auto": Scott's rule, 6 sigma
        with sigma = n ** (-1/6) * sqrt((var(column) + var(row)) / 2) pixels over the points in
        the picture and, with weights, n = sum(|w|)**2 / sum(w**2); 40 where they all coincide.
    falloff : str or callable
        A dot's profile: gaussian, classic, cone, quartic, epanechnikov, disk, or a function
        of t (0 at the centre, 1 at the rim) that takes and returns an array.
    normalize : str
        peak: a dot of weight 1 has the falloff's own value at its center, mostly 1. area: the
        density's integral over the ground is the sum of the weights, and the density is per km2
        for degrees, else per square unit of the points; ``density.unit`` says which.
    tone : str or Tone
        Density to brightness: sqrt, linear, log, classic.
    span : (low, high), optional
        The densities at the ends of the scale. Default: fitted to the picture, from 0 or,
        for mean, max and min, from the least value.
    scheme : str, path, sequence of colours or mapping, optional
        A name of `gpuheat.schemes()`, a scheme file, or up to 256 colours, densest first.
        Default: inferno. With `by`: a mapping of category to colour, colours in the order of
        the categories, or a name to take even steps of. Default: 16 that are told apart easily.
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
        If rows held NaN or infinity and were left out, or points lie nearer to a pole than
        the projection goes; EmptyAreaWarning if no point lies inside the area that was given.

    Examples
    --------
    >>> import gpuheat
    >>> picture = gpuheat.render([(0, 0), (1, 1), (1, 0)], size=64, dotsize=20)
    >>> picture.size
    (64, 64)
    """
    clock = Clock()
    with clock("points"):
        what, opaque = Aggregate.of(aggregate, support), check_opacity(opacity)
        sized, fit = Dotsize.of(dotsize, falloff).measured(normalize), Tone.of(tone, span)
        source = _source(what, method, points, normalize, x=x, y=y, weights=weights, by=by)
        sized.give(source)
        parts = split(source) if source.by else None
        colors = _colors(scheme, parts)
        whole = parts.whole if parts else source
        grid = frame(whole, size, area, margin, check_projection(projection))
        check_layers(grid, what.channels, len(parts.sources) if parts else 0)
        dot = what.dot(sized.on(grid, whole))
    with clock("background"):
        under = None
        if background is not None:
            under = make_background(background, grid, degrees=source.degrees)
    drawing = Drawing(what, grid, dot, device, method, clock, progress)
    layers = drawing.categories(parts) if parts else drawing.layers(source)
    if parts:
        source.tally = parts.tally
    told = stats(source, clock)
    warn_of_coarse(drawing.plan, method)
    warn_of(source, grid, given=area is not None)
    with clock("tone"):
        fit = layers.fit(fit)
    with clock("color"):
        context = painter(drawing.context, device)
        colored = layers.color(tone=fit, scheme=colors, opacity=opaque, context=context)
    return Picture.of(layers, colored, fit, colors, opaque, drawing.engine, told, under)


def explain(
    points: Any = None,
    *,
    x: Any = None,
    y: Any = None,
    weights: Any = None,
    aggregate: str = "sum",
    size: int | Sequence[int] = 1024,
    area: Area | Grid | Sequence[Any] | None = None,
    margin: float = 0.05,
    projection: str | None = None,
    dotsize: Any = 40,
    falloff: str | Callable[[Any], Any] = "gaussian",
    method: str = "auto",
    device: str | Context | moderngl.Context = "auto",
) -> Plan:
    """Tell how `render` would draw these points, without drawing them.

    Parameters
    ----------
    points, x, y, weights, aggregate, size, area, margin, projection
    dotsize, falloff, method, device
        As in `render`.

    Returns
    -------
    Plan
        ``plan.chosen`` and ``plan.others`` with estimated times and errors; ``explain()``
        writes them in lines.
    """
    what, sized = Aggregate.of(aggregate), Dotsize.of(dotsize, falloff)
    source = _source(what, method, points, x=x, y=y, weights=weights)
    grid = frame(source, size, area, margin, check_projection(projection))
    plan, _ = choose_for(what, source, grid, what.dot(sized.on(grid, source)), device, method)
    warn_of_coarse(plan, method)
    return plan


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
    source = copy(Source.of(points, x=x, y=y, weights=weights))
    grid = frame(source, size, area, margin, check_projection(projection))
    dot = sized.on(grid, source)
    if dot.varies:
        raise InputError(
            f"dotsize is {sized.said}, and such dots differ in size; counts are drawn with one "
            "dot for all: give its size in pixels"
        )
    weighted = len(source.columns) > 2
    cells = cells_for(grid, dot, step=step or (FLOAT_STEP if weighted else 1.0))
    check_budget(cells)
    return count_source(source, cells)


def _source(
    what: Aggregate, method: str, points: Any, normalize: str = "peak", **columns: Any
) -> Source:
    """Open the door, with the weights that an aggregate needs and no others."""
    source = copy(Source.of(points, **columns))  # it is read onto this picture's plane
    what.check(
        weighted=source.weighted, by=source.by, method=check_method(method), normalize=normalize
    )
    return source.unweighted() if what.name == "count" else source


def _colors(scheme: Any, parts: Categories | None) -> Scheme | Swatches:
    if parts is not None:
        return Swatches.of(scheme, parts.sources)
    return Scheme.of(_SCHEME if scheme is None else scheme)
