"""Draw: carry a plan out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gpuheat.density.bands import Bands
from gpuheat.density.count_bands import count_bands
from gpuheat.density.count_host import count_source
from gpuheat.density.density import Density
from gpuheat.density.plan import Plan
from gpuheat.density.scatter import has_scipy
from gpuheat.density.splat import splat
from gpuheat.density.stencil import stencil
from gpuheat.gl.context import Context
from gpuheat.points.points import Points
from gpuheat.points.source import Source


def draw(
    plan: Plan, source: Source, context: Context, progress: Callable[[], None] = lambda: None
) -> tuple[Density, str]:
    """Sum the dots as planned.

    Parameters
    ----------
    plan : Plan
    source : Source
    context : Context
        The GL device, where the plan takes one.
    progress : callable
        Called after each chunk.

    Returns
    -------
    Density
    str
        What was done, and by what: "count + convolve, SciPy".
    """
    grid, dot, chosen = plan.work.grid, plan.work.dot, plan.chosen
    source.onto(grid, dot.reach, ground=dot.sizing == "ground")
    if chosen.method == "splat":
        points = watched(source, progress)
        density = splat(points, grid, dot, context=context, tally=source.tally)
        return density, f"splat, {context.name}"
    if chosen.method == "stencil" or chosen.cells is None:
        return stencil(source, grid, dot, progress=progress), "stencil, NumPy"
    if dot.varies:
        bands = Bands.of(grid, dot)
        density = count_bands(source, chosen.cells, bands, progress)
        library = "SciPy" if has_scipy() else "NumPy"
        return density, f"count + convolve in {len(bands)} bands, {library}"
    if chosen.device == "gl":
        from gpuheat.density.count_gl import count_source_gl

        counts = count_source_gl(source, chosen.cells, context, progress)
        return counts.density(dot), f"count + convolve, {context.name}"
    counts = count_source(source, chosen.cells, progress, passing=True)
    return counts.density(dot), f"count + convolve, {'SciPy' if has_scipy() else 'NumPy'}"


def watched(source: Source, progress: Callable[[], None]) -> Iterator[Points]:
    """Read a source, telling after each chunk."""
    for points in source:
        yield points
        progress()
