"""Planning: how points would be drawn, told without drawing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gpuheat.density.aggregate import Aggregate
from gpuheat.density.dotsize import Dotsize
from gpuheat.density.plan import Plan
from gpuheat.drawing import choose_for, source_for, warn_of_coarse
from gpuheat.frame import frame
from gpuheat.geo.area import Area, Grid
from gpuheat.geo.projection import check_projection
from gpuheat.gl.context import Context

if TYPE_CHECKING:
    import moderngl


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
    source = source_for(what, method, points, x=x, y=y, weights=weights)
    grid = frame(source, size, area, margin, check_projection(projection))
    plan, _ = choose_for(what, source, grid, what.dot(sized.on(grid, source)), device, method)
    warn_of_coarse(plan, method)
    return plan
