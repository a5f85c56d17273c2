"""Aggregated: a plan carried out for any aggregate, with how far each pixel is covered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.aggregate import Aggregate
from gpuheat.density.density import Density
from gpuheat.density.draw import draw, watched
from gpuheat.density.pair import Pair
from gpuheat.density.plan import Plan
from gpuheat.density.scatter import has_scipy
from gpuheat.density.splat import splat_held
from gpuheat.density.stencil import stencil_held
from gpuheat.gl.context import Context
from gpuheat.points.source import Source


@dataclass(frozen=True, eq=False)
class Aggregated:
    """What each pixel says, and how far it is painted.

    Parameters
    ----------
    density : Density
        For a mean and an extreme its values are NaN where no dot reaches.
    cover : (height, width) bool or float32, or None
        0..1; None where 0 is what is not painted.
    engine : str
        What was done, and by what.
    """

    density: Density
    cover: NDArray[np.float32] | NDArray[np.bool_] | None
    engine: str


def aggregated(
    aggregate: Aggregate,
    plan: Plan,
    source: Source,
    context: Context,
    progress: Callable[[], None] = lambda: None,
) -> Aggregated:
    """Put the dots together as planned.

    Parameters
    ----------
    aggregate : Aggregate
    plan : Plan
        Made for ``aggregate.dot(dot)``.
    source, context, progress
        As in `draw`.
    """
    grid, dot, method = plan.work.grid, plan.work.dot, plan.chosen.method
    if aggregate.name in ("sum", "count"):
        density, engine = draw(plan, source, context, progress)
        if aggregate.name == "count":  # whole numbers, however they were summed
            density = replace(density, values=np.rint(density.values))
        return Aggregated(density, None, engine)
    source.onto(grid, dot.reach, ground=dot.sizing == "ground")
    held: NDArray[np.floating]
    if method == "splat":
        held = splat_held(
            watched(source, progress),
            grid,
            dot,
            context=context,
            tally=source.tally,
            aggregate=aggregate,
        )
        engine = f"splat, {context.name}"
    elif method == "stencil" or plan.chosen.cells is None:
        held = stencil_held(source, grid, dot, aggregate=aggregate, progress=progress)
        engine = "stencil, NumPy"
    else:
        pair, engine = Pair(plan.chosen.cells), "count + convolve, "
        if plan.chosen.device == "gl":
            held = pair.count_on_gl(source, context, progress).held(dot)
            engine += context.name
        else:
            held = pair.count_on_host(source, progress).held(dot)
            engine += "SciPy" if has_scipy() else "NumPy"
    values, cover = aggregate.finish(held)
    return Aggregated(Density(values, grid), cover, engine)
