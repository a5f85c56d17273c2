"""Count on the GPU: points -> exact sums per cell, in a compute shader or by blending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gpuheat.density.bound import Bound
from gpuheat.density.cells import Cells
from gpuheat.density.copies import Copies
from gpuheat.density.count_blend import BlendCounter
from gpuheat.density.count_compute import ComputeCounter
from gpuheat.density.counts import Counts
from gpuheat.errors import DeviceError
from gpuheat.gl.context import Context
from gpuheat.points.source import Source


def count_source_gl(
    points: Any,
    cells: Cells,
    context: Context,
    progress: Callable[[], None] = lambda: None,
    *,
    compute: bool | None = None,
) -> Counts:
    """Count points on the GPU.

    Parameters
    ----------
    points : Source, or anything `gpuheat.render` takes
        Read on the caller's thread, so that the context serves others in between.
    cells : Cells
        Where, and how.
    context : Context
        One with GL. Borrowed, not closed; nothing allocated here outlives the call.
    progress : callable
        Called after each chunk.
    compute : bool, optional
        Whether to count in a compute shader, or by blending as OpenGL 3.3 can; default: the
        former where the driver can.

    Returns
    -------
    Counts
        The same to the last bit as `count_host.count_source` makes, for any order and chunk
        size.

    Raises
    ------
    InputError
        If the weights' sum could leave 64 bits.
    DeviceError
        If a compute shader is asked for and the driver has none, or, without one, the cells
        are more than it can draw into.
    """
    source = Source.of(points).onto(cells.grid, cells.gutter)
    bound, copies, n_outside = Bound(cells), Copies(cells), 0
    counter = counter_of(cells, context, compute)
    try:
        for chunk in source:
            bound.grow(chunk)
            counter.add(chunk)
            n_outside -= copies.take(chunk)
            progress()
        counts, n_counted_outside = counter.counts()
    finally:
        counter.release()
    source.tally.add_outside(n_counted_outside + n_outside)
    return copies.off(counts)


def counter_of(
    cells: Cells, context: Context, compute: bool | None = None
) -> ComputeCounter | BlendCounter:
    """Make a counter, which the caller releases; ``compute`` as in `count_source_gl`."""
    able = context.limits is not None and context.limits.compute
    if compute and not able:
        raise DeviceError(
            f"{context.name} has OpenGL {context.version / 100}, and compute shaders need 4.3; "
            "count with compute=False, or on another device"
        )
    return (BlendCounter if compute is False or not able else ComputeCounter)(cells, context)
