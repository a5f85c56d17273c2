"""Render: the whole job. Points -> density -> tone -> colour -> picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gpuheat.color.background import background as make_background
from gpuheat.color.layers import ramp_of
from gpuheat.color.paint import check_opacity
from gpuheat.color.tone import Tone
from gpuheat.density.aggregate import Aggregate
from gpuheat.density.choose import painter
from gpuheat.density.dotsize import Dotsize
from gpuheat.drawing import Drawing, Progress, source_for, warn_of_coarse
from gpuheat.frame import check_layers, frame
from gpuheat.geo.area import Area, Grid
from gpuheat.geo.projection import check_projection
from gpuheat.gl.context import Context
from gpuheat.picture import Picture
from gpuheat.points.categories import split
from gpuheat.report import Clock, stats, warn_of

if TYPE_CHECKING:
    import moderngl


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
    percentile: Sequence[float] | None = None,
    center: float | None = None,
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
        Density to brightness: sqrt, linear, cbrt, log, equalize, diverging, classic.
    span : (low, high), optional
        The densities at the ends of the scale. Default: fitted to the picture, from 0 or,
        for mean, max and min, from the least value.
    percentile : (low, high), optional
        In place of a span: it is fitted to these percentiles of the picture, such as (1, 99).
    center : float, optional
        Of the diverging tone: the density half way up. Default 0.
    scheme : str, path, sequence of colours, mapping or color map, optional
        A name of `gpuheat.schemes()` or of the package cmap, reversed by an ``_r`` behind it;
        a scheme file; up to 256 colours, densest first; stops ``{0: "white", 1: "#f00"}``,
        1 = densest; or a color map of matplotlib or cmap. Default: inferno. With `by`: a mapping
        of category to colour, colours in the order of the categories, or any of these to take
        even steps of. Default: 16 that are told apart easily.
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
        sized = Dotsize.of(dotsize, falloff).measured(normalize)
        fit = Tone.of(tone, span, percentile=percentile, center=center)
        source = source_for(what, method, points, normalize, x=x, y=y, weights=weights, by=by)
        sized.give(source)
        parts = split(source) if source.by else None
        ramp = ramp_of(scheme, parts.sources if parts else (), fit)
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
    warn_of(source, grid, given=area is not None, blank=layers.is_blank)
    with clock("tone"):
        fit = layers.fit(fit)
    with clock("color"):
        context = painter(drawing.context, device)
        colored = layers.color(tone=fit, ramp=ramp, opacity=opaque, context=context)
    engine, degrees = drawing.engine, whole.known_degrees
    return Picture(layers, colored, fit, ramp, opaque, engine, told, under, degrees)
