"""Count in a compute shader: integer atomics add points into cells (OpenGL 4.3)."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import Cells
from gpuheat.density.counts import Counts
from gpuheat.density.positions import Positions, side_by_side, whole_steps
from gpuheat.gl.context import Context
from gpuheat.gl.program import set_uniforms
from gpuheat.points.points import Points

# Points at a time: 2 MB of float64 coordinates. Their number is even, as one turn of the
# shader takes two, and needs far fewer groups than the 65,535 that any driver starts.
BATCH_POINTS = 1 << 17
_POINTS_PER_GROUP = 512  # count.comp: 256 turns of two points
_COORDINATE_BYTES = 16  # a point's x and y in float64
_STEP_BYTES = 8
_WORD_BYTES = 4
# No driver of OpenGL 4.3 may refuse a storage block of this size.
_LEAST_BLOCK_BYTES = 1 << 24
# A low word holds less than this; while all there is to count is less, no high word is used.
_WORD = 1 << 32

# Before the cells there are two more sums (count.comp): of what lies beyond all cells, and of
# points outside the area.
_BORDER, _OUTSIDE, _CELLS = 0, 1, 2


class ComputeCounter:
    """Counts chunk after chunk into cells on the GPU.

    Parameters
    ----------
    cells : Cells
    context : Context
        With compute shaders. Borrowed; `release` frees what was allocated on it.
    """

    def __init__(self, cells: Cells, context: Context) -> None:
        self._cells, self._context = cells, context
        self._positions = Positions.of(cells)
        self._n_sums = _CELLS + cells.shape[0] * cells.shape[1]
        self._n_points = 0
        self._needs_high = False
        self._buffers: list[moderngl.Buffer] = []
        # Low and high words of the sums, band by band.
        self._bands: list[tuple[moderngl.Buffer, moderngl.Buffer]] = []
        try:
            context.run(self._allocate)
        except BaseException:
            self.release()
            raise

    def add(self, points: Points) -> None:
        """Count a chunk."""
        for start in range(0, len(points), BATCH_POINTS):
            part = slice(start, start + BATCH_POINTS)
            coordinates = _coordinates(points.x[part], points.y[part])
            steps = None
            if points.weights is not None:
                steps = whole_steps(points.weights[part], self._cells.step)
            self._add(coordinates, steps)

    def counts(self) -> tuple[Counts, int]:
        """Return what has been counted, and how many of the points lie outside the area."""
        sums = self._context.run(self._read)
        values = sums[_CELLS:].reshape(self._cells.shape)
        return Counts(self._cells, values, int(sums[_BORDER]), self._n_points), int(sums[_OUTSIDE])

    def release(self) -> None:
        """Free the GL objects; a context that was closed meanwhile has taken them along."""
        buffers, self._buffers, self._bands = self._buffers, [], []

        def free(_: moderngl.Context) -> None:
            for buffer in buffers:
                buffer.release()

        if buffers and self._context.is_open:
            self._context.run(free)

    def _allocate(self, gl: moderngl.Context) -> None:
        def buffer(n_bytes: int) -> moderngl.Buffer:
            self._buffers.append(gl.buffer(reserve=n_bytes, dynamic=True))
            return self._buffers[-1]

        self._band_size = min(_most_words(gl), self._n_sums)
        for start in range(0, self._n_sums, self._band_size):
            n_bytes = min(self._band_size, self._n_sums - start) * _WORD_BYTES
            low, high = buffer(n_bytes), buffer(n_bytes)
            low.clear()
            high.clear()
            self._bands.append((low, high))
        self._coordinates = buffer(BATCH_POINTS * _COORDINATE_BYTES)
        self._steps = buffer(BATCH_POINTS * _STEP_BYTES)

    def _add(self, coordinates: NDArray[Any], steps: NDArray[np.int64] | None) -> None:
        """Count one batch."""
        n_points = len(coordinates) // 2
        self._n_points += n_points
        if steps is not None or self._n_points * self._cells.units >= _WORD:
            self._needs_high = True

        def job(gl: moderngl.Context) -> None:
            # All is set anew for each batch: other jobs may have come in between.
            shader = self._context.compute("count")
            at = self._positions
            set_uniforms(
                shader,
                n_points=n_points,
                wide=coordinates.dtype == np.float64,
                weighted=steps is not None,
                origin=at.origin,
                scale=at.scale,
                offset=at.offset,
                shown_end=at.shown_end,
                first=float(at.first),
                end=at.end,
                fraction_bits=at.fraction_bits,
                columns=self._cells.shape[1],
            )
            # New storage each time, so that the driver need not wait for the batch before.
            self._coordinates.orphan()
            self._coordinates.write(coordinates)
            if steps is not None:
                self._steps.orphan()
                self._steps.write(steps)
            self._coordinates.bind_to_storage_buffer(2)
            self._steps.bind_to_storage_buffer(3)
            for number, (low, high) in enumerate(self._bands):
                set_uniforms(
                    shader,
                    band_start=number * self._band_size,
                    band_size=low.size // _WORD_BYTES,
                )
                low.bind_to_storage_buffer(0)
                high.bind_to_storage_buffer(1)
                shader.run(-(-n_points // _POINTS_PER_GROUP))

        self._context.run(job)

    def _read(self, gl: moderngl.Context) -> NDArray[np.int64]:
        """Join the words of all sums."""
        gl.memory_barrier()
        sums = np.zeros(self._n_sums, np.int64)
        for number, (low, high) in enumerate(self._bands):
            start = number * self._band_size
            band = sums[start : start + low.size // _WORD_BYTES]
            words = np.empty(len(band), np.uint32)
            if self._needs_high:
                high.read_into(words)
                band += words.view(np.int32)  # signed: this word holds the sign
                band <<= 32
            low.read_into(words)
            band += words
        return sums


def _most_words(gl: moderngl.Context) -> int:
    """Return how many words one storage block can hold."""
    n_bytes = max(int(gl.info["GL_MAX_SHADER_STORAGE_BLOCK_SIZE"]), _LEAST_BLOCK_BYTES)
    return n_bytes // _WORD_BYTES


def _coordinates(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Return x0, y0, x1, ... in float32 where both are, else float64; without a copy if it can."""
    single = x.dtype == y.dtype == np.float32
    dtype = np.dtype(np.float32 if single else np.float64)
    pairs = side_by_side(x, y)
    if pairs is not None and pairs.dtype == dtype:
        return pairs
    packed = np.empty(2 * len(x), dtype)
    packed[0::2], packed[1::2] = x, y
    return packed
