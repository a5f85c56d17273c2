"""Drawing: each source of points planned and drawn, with all else the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuheat.color.layers import Layers
from gpuheat.density.aggregate import Aggregate, too_large
from gpuheat.density.aggregated import aggregated
from gpuheat.density.bands import Bands
from gpuheat.density.cells import COUNT_FROM
from gpuheat.density.choose import choose
from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.density.per_area import per_area
from gpuheat.density.plan import MANY_POINTS, Plan, Work, check_method
from gpuheat.errors import GpuheatWarning
from gpuheat.geo.area import Grid
from gpuheat.gl.context import Context
from gpuheat.points.categories import Categories
from gpuheat.points.source import Source
from gpuheat.report import Clock

if TYPE_CHECKING:
    import moderngl

Progress = Callable[[int, int | None], None]

# The sum of all weights is held in at most so many units, which a bilinear deposit splits by
# 2^8: 2^60 in all, and sums have 62 bits.
_WEIGHT_PARTS = 2.0**52


class Drawing:
    """One plan and one drawing for each source, with all else the same.

    Parameters
    ----------
    what : Aggregate
    grid : Grid
    dot : Dot
        As ``what.dot`` makes it.
    device, method, progress
        As in `gpuheat.render`.
    clock : Clock
        Told of the stages "plan" and "density".

    Attributes
    ----------
    plan : Plan
        The last one.
    context : Context
        Where that was carried out.
    engine : str
        All that drew.
    """

    def __init__(
        self,
        what: Aggregate,
        grid: Grid,
        dot: Dot,
        device: str | Context | moderngl.Context,
        method: str,
        clock: Clock,
        progress: Progress | None,
    ) -> None:
        self._what, self._grid, self._dot = what, grid, dot
        self._device, self._method = device, method
        self._clock, self._progress = clock, progress
        self._engines: dict[str, None] = {}

    @property
    def engine(self) -> str:
        """What drew, each once."""
        return " + ".join(self._engines)

    def layers(self, source: Source) -> Layers:
        """Draw a source."""
        return self._drawn(source, 0, source)

    def categories(self, parts: Categories) -> Layers:
        """Draw each category's source."""
        densities, n_read = {}, 0
        for category, source in parts.sources.items():
            densities[category] = self._drawn(source, n_read, parts.whole).density
            n_read += source.tally.read
        layers = Layers.of(densities)
        _check_range(layers.density)
        return layers

    def _drawn(self, source: Source, n_before: int, whole: Source) -> Layers:
        """Draw one source of a whole, so many of whose rows have been drawn before."""

        def told() -> None:
            if self._progress is not None:
                self._progress(n_before + source.tally.read, whole.n_points)

        with self._clock("plan"):
            self.plan, self.context = choose_for(
                self._what, source, self._grid, self._dot, self._device, self._method
            )
        with self._clock("density"):
            drawn = aggregated(self._what, self.plan, source, self.context, told)
            density = drawn.density
            if self._dot.keeps == "area":
                density = per_area(density, self._dot, degrees=source.degrees)
            if drawn.cover is None:
                _check_range(density)
        self._engines[drawn.engine] = None
        return Layers(density, drawn.cover)


def choose_for(
    what: Aggregate,
    source: Source,
    grid: Grid,
    dot: Dot,
    device: str | Context | moderngl.Context,
    method: str,
) -> tuple[Plan, Context]:
    """Choose how a source is drawn, reading ahead in it where its length is unknown."""
    n_points = source.settle(MANY_POINTS)
    step = source.step(_WEIGHT_PARTS, MANY_POINTS)
    # A mean of dots that differ in size would need two counts for each size.
    countable = not what.is_extreme and not (what.name == "mean" and dot.varies)
    return choose(Work(grid, dot, n_points, step, countable), device, method)


def source_for(
    what: Aggregate, method: str, points: Any, normalize: str = "peak", **columns: Any
) -> Source:
    """Open the door, with the weights that an aggregate needs and no others."""
    source = Source.of(points, **columns).for_picture()
    what.check(
        weighted=source.weighted, by=source.by, method=check_method(method), normalize=normalize
    )
    return source.unweighted() if what.name == "count" else source


def warn_of_coarse(plan: Plan, method: str) -> None:
    """Warn whoever called the caller that counting is too coarse for dots so small."""
    grid, dot = plan.work.grid, plan.work.dot
    smallest = Bands.of(grid, dot).ends[0].dotsize if dot.sizing == "ground" else dot.dotsize
    if method == "count" and smallest < COUNT_FROM:
        warnings.warn(
            f"counting is too coarse for dots of {smallest:.3g} pixels: up to "
            f"{plan.chosen.levels:.1f} of 255 levels off at their rims, from {COUNT_FROM:g} "
            "pixels up it is exact; leave the method to auto",
            GpuheatWarning,
            stacklevel=3,
        )


def _check_range(density: Density) -> None:
    values = density.values
    # The sum is finite if all are; all are looked at only if it is not.
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(values.sum(dtype=np.float64))
    if not finite:
        raise too_large()
