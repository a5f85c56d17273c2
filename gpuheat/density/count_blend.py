"""Count by blending: each point a pixel, added into a float target (OpenGL 3.3)."""

from __future__ import annotations

from functools import partial
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.counts import Counts
from gpuheat.density.positions import SHIFT, Positions, whole_steps
from gpuheat.gl.context import Context
from gpuheat.gl.program import set_uniforms
from gpuheat.gl.target import Target
from gpuheat.points.points import Points

VERTEX = np.dtype([("cell", "<i4", 2), ("amount", "<f4")])
R32F = (1, "f4")

# Float32 counts exactly below this, in any order.
_EXACT = 1 << 24
# Larger amounts are cut into limbs of so many bits, each drawn into a target of its own: the
# largest bilinear part of weight 1, which is 256, still fits in one.
_LIMB_BITS = 9
_LIMB = (1 << _LIMB_BITS) - 1
# Amounts drawn at a time, at most; they wait until they are so many. Only where all are 1
# could there be more.
_BATCH = 1 << 17


class BlendCounter:
    """Counts chunk after chunk into cells, where the driver has no compute shaders.

    The host finds each point's cell, GL sums. Between two chunks nothing is held on the GPU.

    Parameters
    ----------
    cells : Cells
    context : Context
        Borrowed.
    """

    def __init__(self, cells: Cells, context: Context) -> None:
        self._cells, self._context = cells, context
        self._positions = Positions.of(cells)
        self._sums = np.zeros(cells.shape, np.int64)
        self._beyond = self._outside = self._n_points = 0
        self._waiting: list[tuple[NDArray[np.int32], NDArray[np.int64]]] = []
        self._n_waiting = 0

    def add(self, points: Points) -> None:
        """Count a chunk."""
        at = self._positions
        positions = at.place(points.x, points.y)
        steps = np.ones(len(points), np.int64)
        if points.weights is not None:
            steps = whole_steps(points.weights, self._cells.step)
        shown = ((positions >= at.offset) & (positions <= at.shown_end)).all(axis=1)
        ours = ((positions >= at.first) & (positions < at.end)).all(axis=1)
        self._n_points += len(points)
        self._outside += len(points) - int(np.count_nonzero(shown))
        self._beyond += int(steps[~ours].sum()) * self._cells.units
        self._deposit(positions[ours].astype(np.int32), steps[ours])

    def counts(self) -> tuple[Counts, int]:
        """Return what has been counted, and how many of the points lie outside the area."""
        self._draw_waiting()
        return Counts(self._cells, self._sums, self._beyond, self._n_points), self._outside

    def release(self) -> None:
        """Free nothing: what `counts` draws with is gone already."""

    def _deposit(self, whole: NDArray[np.int32], steps: NDArray[np.int64]) -> None:
        """Split points at whole positions over cells; draw them once they are many."""
        bits = self._positions.fraction_bits
        cell = (whole >> bits) - SHIFT
        if bits == 0:
            self._put(cell, steps)
            return
        # The four cells around, the part of each growing with nearness.
        fraction = whole & ((1 << bits) - 1)
        corner = fraction[:, 0] * fraction[:, 1]
        right = (fraction[:, 0] << bits) - corner
        down = (fraction[:, 1] << bits) - corner
        stays = self._cells.units - right - down - corner
        for shift, part in (((0, 0), stays), ((1, 0), right), ((0, 1), down), ((1, 1), corner)):
            self._put(cell + np.array(shift, np.int32), part * steps)

    def _put(self, cell: NDArray[np.int32], amounts: NDArray[np.int64]) -> None:
        self._waiting.append((cell, amounts))
        self._n_waiting += len(cell)
        if self._n_waiting >= _BATCH:
            self._draw_waiting()

    def _draw_waiting(self) -> None:
        """Draw what waits and add it to the sums."""
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        if not waiting:
            return
        cell = np.concatenate([cell for cell, _ in waiting])
        amounts = np.concatenate([amounts for _, amounts in waiting])
        magnitudes, signs = np.abs(amounts), np.sign(amounts)
        if magnitudes.max(initial=0) <= 1:
            self._draw(cell, amounts)
            return
        for shift in range(0, 64, _LIMB_BITS):
            limb = magnitudes >> shift
            if not limb.any():
                break
            self._draw(cell, (limb & _LIMB) * signs, shift)

    def _draw(self, cell: NDArray[np.int32], amounts: NDArray[np.int64], shift: int = 0) -> None:
        """Draw whole amounts, in batches whose sums float32 holds, and add them, shifted."""
        used = amounts != 0
        vertices = np.empty(np.count_nonzero(used), VERTEX)
        if not len(vertices):
            return
        vertices["cell"], vertices["amount"] = cell[used], amounts[used]
        size = min(_EXACT // int(np.abs(amounts).max()), _BATCH)
        for start in range(0, len(vertices), size):
            batch = vertices[start : start + size]
            sums = self._context.run(partial(self._blend, vertices=batch))
            self._sums += sums.astype(np.int64) << shift

    def _blend(self, gl: moderngl.Context, vertices: NDArray[np.void]) -> NDArray[Any]:
        """Blend one batch on the GL thread and read the sums back."""
        rows, columns = self._cells.shape
        program = self._context.program("count")
        set_uniforms(program, size=(columns, rows))
        buffer = gl.buffer(vertices)
        array = gl.vertex_array(program, [(buffer, "2i 1f", "cell", "amount")])
        try:
            with Target(gl, columns, rows, [R32F]) as target:
                target.clear()
                target.use()
                gl.enable(moderngl.BLEND | moderngl.PROGRAM_POINT_SIZE)
                gl.blend_func = moderngl.ONE, moderngl.ONE
                gl.blend_equation = moderngl.FUNC_ADD, moderngl.FUNC_ADD
                array.render(moderngl.POINTS, len(vertices))
                sums = target.read()
        finally:
            gl.disable(moderngl.BLEND | moderngl.PROGRAM_POINT_SIZE)
            gl.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
            array.release()
            buffer.release()
        return sums
