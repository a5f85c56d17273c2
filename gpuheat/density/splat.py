"""Splat: one additively blended sprite per dot, on the GPU (OpenGL 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from gpuheat.density.aggregate import SUM, Aggregate, too_large
from gpuheat.density.density import Density
from gpuheat.density.dot import PROFILES, Dot
from gpuheat.density.placed import Placed, place
from gpuheat.geo.area import Grid
from gpuheat.gl.context import Context
from gpuheat.gl.program import set_uniforms
from gpuheat.gl.target import Target
from gpuheat.points.points import Points
from gpuheat.points.tally import Tally

# A dot's centre as whole pixel + fraction: float32 would be off by 5e-4 of the peak for dots
# of 1 px, this is within 6e-7 from 1 to 700 px (test_splat.py).
VERTEX = np.dtype(
    [("whole", "<i4", 2), ("fraction", "<f4", 2), ("radius", "<f4"), ("weight", "<f4")]
)
# With the 1 that a mean's second channel multiplies each falloff with.
TWO_CHANNELS = np.dtype([*VERTEX.descr, ("one", "<f4")])

# Dots drawn before the float32 target is read back and summed in float64. Blending drifts where
# dots coincide, by 1.4e-5 of the peak for 1,000, 1.3e-3 for 100,000, 1.5e-2 for a million: in
# batches of this size it stays below 1e-3 for any number (test_density.py).
BATCH_POINTS = 1 << 16
# Fragments between two rests: a quarter of a second on llvmpipe.
_MOST_FRAGMENTS = 1 << 26

_EQUATIONS = {"max": moderngl.MAX, "min": moderngl.MIN}


def splat(
    points: Iterable[Points], grid: Grid, dot: Dot, *, context: Context, tally: Tally
) -> Density:
    """Draw every point's dot into a new density.

    Parameters
    ----------
    points : iterable of Points
        Chunks in world units of ``grid.area``. Points up to one radius outside count too.
    grid : Grid
        Where to sum.
    dot : Dot
        Its radius is in pixels; dots may differ in size (`Points.sizes`).
    context : Context
        One with GL. Borrowed, not closed; nothing allocated here outlives the call.
    tally : Tally
        Its ``outside`` grows by the points beyond the area.

    Returns
    -------
    Density
        ``values`` is (height, width) float32, row 0 at the top, within 1e-5 of the peak of
        `reference.density` while up to 500 dots overlap, 1e-3 for any number.

    Raises
    ------
    DeviceError
        If the picture is beyond what the driver can draw into.
    """
    values = splat_held(points, grid, dot, context=context, tally=tally)[0]
    with np.errstate(over="ignore"):  # an infinite sum is refused where it is read
        return Density(values.astype(np.float32, copy=False), grid)


def splat_held(
    points: Iterable[Points],
    grid: Grid,
    dot: Dot,
    *,
    context: Context,
    tally: Tally,
    aggregate: Aggregate = SUM,
) -> NDArray[np.floating]:
    """Draw every point's dot, and return what the pixels hold of an aggregate then.

    Parameters
    ----------
    points, grid, dot, context, tally
        As in `splat`.
    aggregate : Aggregate
        How the target blends, and how many channels it has: one pass in any case.

    Returns
    -------
    (channels, height, width) float32 or float64
    """
    # The chunks are read on the context's thread, between one batch and the next.
    placed = (place(chunk, grid, dot, tally) for chunk in points)
    pixels = context.run(lambda gl: _draw(gl, context, placed, grid, dot, aggregate))
    return np.moveaxis(pixels.reshape(*grid.shape, aggregate.channels), -1, 0)


def _draw(
    gl: moderngl.Context,
    context: Context,
    chunks: Iterable[Placed],
    grid: Grid,
    dot: Dot,
    aggregate: Aggregate,
) -> NDArray[np.floating]:
    """Draw all chunks on the GL thread and read them back."""
    total: NDArray[np.float64] | None = None
    n_drawn = 0
    at_once = min(BATCH_POINTS, max(_MOST_FRAGMENTS // (2 * dot.reach + 1) ** 2, 1))
    layer = (aggregate.channels, "f4")
    with (
        Target(gl, grid.width, grid.height, [layer]) as target,
        _Sprites(gl, context, grid, dot, aggregate) as sprites,
    ):
        target.clear(aggregate.start)
        for placed in chunks:
            for start in range(0, len(placed), at_once):
                rows = slice(start, min(start + at_once, len(placed)))
                n_drawn += rows.stop - rows.start
                # Extremes do not drift: what was drawn stays where it is.
                if n_drawn > BATCH_POINTS and not aggregate.is_extreme:
                    drawn = np.asarray(target.read(), np.float64)
                    total = drawn if total is None else np.add(total, drawn, out=total)
                    target.clear()
                    n_drawn = rows.stop - rows.start
                sprites.draw(placed, rows, target)
                if rows.stop < len(placed):
                    context.rest()
        last: NDArray[Any] = target.read()
    return last if total is None else np.add(total, last, out=total)


class _Sprites:
    """The sprites of one dot: buffer, table and state, owned from first to last chunk."""

    def __init__(
        self,
        gl: moderngl.Context,
        context: Context,
        grid: Grid,
        dot: Dot,
        aggregate: Aggregate,
    ) -> None:
        assert context.limits is not None  # for mypy: a context with GL has limits
        side = 2 * dot.reach + 1
        # A point's sprite vanishes whole when its centre is outside the viewport, so the
        # viewport is wider than the target by the reach: nothing is drawn out there, and
        # nothing allocated. Quads need none, and have no largest size. Drivers silently shrink
        # a viewport beyond their limit.
        widest = max(grid.width, grid.height) + 2 * dot.reach
        self._quads = side > context.limits.point_size or widest > context.limits.viewport
        self._gutter = 0 if self._quads else dot.reach
        self._gl = gl
        program = context.program("splat")
        named = list(PROFILES)
        set_uniforms(
            program,
            size=(grid.width, grid.height),
            gutter=self._gutter,
            quads=self._quads,
            falloff=named.index(dot.name) if dot.name in named else len(named),
            table=0,
        )
        # Only the caller's own falloff gets a table. Where one is bound, llvmpipe samples it in
        # every fragment, whatever the falloff: 26 ms in place of 16 for 400 dots of 150 px.
        self._table: moderngl.Texture | None = None
        if dot.name not in named:
            samples = dot.table()
            self._table = gl.texture((len(samples), 1), 1, samples.tobytes(), dtype="f4")
        self._aggregate = aggregate
        self._vertex = TWO_CHANNELS if aggregate.channels > 1 else VERTEX
        self._buffer = gl.buffer(reserve=BATCH_POINTS * self._vertex.itemsize, dynamic=True)
        # Where there is one amount, GL sets the other to 0; a target of one channel drops it.
        layout = f"2i 2f 1f {aggregate.channels}f" + ("/i" if self._quads else "")
        self._array = gl.vertex_array(
            program, [(self._buffer, layout, "whole", "fraction", "radius", "amounts")]
        )
        self._radius = dot.radius
        self._viewport = (
            -self._gutter,
            -self._gutter,
            grid.width + 2 * self._gutter,
            grid.height + 2 * self._gutter,
        )

    def draw(self, placed: Placed, rows: slice, target: Target) -> None:
        """Add some of a chunk's dots, at most a batch, to the target."""
        gl = self._gl
        target.use(self._viewport)
        if self._table is not None:
            self._table.use(0)
        gl.enable(moderngl.BLEND | moderngl.PROGRAM_POINT_SIZE)
        gl.blend_func = moderngl.ONE, moderngl.ONE
        equation = _EQUATIONS.get(self._aggregate.name, moderngl.FUNC_ADD)
        gl.blend_equation = equation, equation
        try:
            vertices = _vertices(placed, rows, self._radius, self._vertex)
            if self._aggregate.is_extreme and not np.isfinite(vertices["weight"]).all():
                raise too_large()
            self._buffer.orphan()
            self._buffer.write(vertices)
            if self._quads:
                self._array.render(moderngl.TRIANGLE_STRIP, 4, instances=len(vertices))
            else:
                self._array.render(moderngl.POINTS, len(vertices))
        finally:
            gl.disable(moderngl.BLEND | moderngl.PROGRAM_POINT_SIZE)
            gl.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
            gl.blend_equation = moderngl.FUNC_ADD, moderngl.FUNC_ADD

    def release(self) -> None:
        """Free the GL objects."""
        self._array.release()
        self._buffer.release()
        if self._table is not None:
            self._table.release()

    def __enter__(self) -> _Sprites:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _vertices(
    placed: Placed, rows: slice, radius: float, vertex: np.dtype[np.void]
) -> NDArray[np.void]:
    """Split some points' pixel coordinates into whole and fraction, in float64.

    The radius is that of dots which have none of their own.
    """
    column, row = placed.column[rows], placed.row[rows]
    vertices = np.empty(len(column), vertex)
    if vertex == TWO_CHANNELS:
        vertices["one"] = 1.0
    for axis, position in enumerate((column, row)):
        whole = np.floor(position)
        vertices["whole"][:, axis] = whole
        vertices["fraction"][:, axis] = position - whole
    with np.errstate(over="ignore"):  # an infinite sum is refused where it is read
        vertices["weight"] = 1.0 if placed.weights is None else placed.weights[rows]
    vertices["radius"] = radius if placed.radii is None else placed.radii[rows]
    return vertices
