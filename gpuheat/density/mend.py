"""Mend: what counting got wrong at the rims of lone dots, pixel by pixel.

A bilinear deposit draws a dot as four, around its place; the difference to the dot itself is
large only where the falloff bends or breaks: at its rim, and at a pointed centre. It is a
short list of pixels for each of the few positions a place can have within its pixel.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from gpuheat.density.cells import FRACTIONS, Cells
from gpuheat.density.dot import Dot
from gpuheat.density.kernel import sharpens
from gpuheat.density.places import Places
from gpuheat.density.rims import Amounts, Pixels, rims
from gpuheat.density.scatter import scatter
from gpuheat.density.sharing import at_once

# Where so many points share a place, the same error is made again and again.
_POINTS_TO_PLACE = 4
# To mend all pixels of dots takes time with their number, and memory for each position that a
# place can have in its pixel; a falloff that is wider hardly bends but at its rim.
_MOST_PIXELS, _MOST_PIXELS_OF_DOT = 1 << 24, 1 << 16
# Additions at a time: indices and amounts stay in a second-level cache.
_BATCH = 1 << 15
# Threads that add: a fixed number, for one order of sums.
_THREADS, _SHARED_PLACES = 2, 4096


class Mender:
    """The lone dots of a picture.

    Parameters
    ----------
    places : Places
    cells : Cells
        What was counted into, bilinearly.
    dot : Dot
    """

    def __init__(self, places: Places, cells: Cells, dot: Dot) -> None:
        self._rims = rims(cells.fineness, sharpens(cells, dot), dot, _are_alike(places, dot))
        self._reach = dot.reach + 2
        # Counted positions from the first node on: the nodes are the cells' centres.
        pixel, phase = np.divmod(places.counted - FRACTIONS // 2, cells.fineness * FRACTIONS)
        tile, member = np.divmod(phase, self._rims.side)
        number = tile[:, 1] * self._rims.tiles + tile[:, 0]
        # By tile, and within it by place: all is added in one order.
        order = np.argsort(number, kind="stable")
        self._pixel = pixel[order].astype(np.int32)
        self._member = (member[:, 1] * self._rims.side + member[:, 0])[order]
        self._within = places.pixels(cells.fineness)[order] - self._pixel
        self._weight = places.steps[order] * cells.step
        numbers, starts = np.unique(number[order], return_index=True)
        ends = [*starts.tolist()[1:], len(order)]
        self._groups = [
            (divmod(number, self._rims.tiles), slice(start, end))
            for number, start, end in zip(numbers.tolist(), starts.tolist(), ends, strict=True)
        ]

    def mend(self, top: int, left: int, shape: tuple[int, int]) -> tuple[Amounts, Amounts]:
        """Return what is missing from a window of the picture, and how it is bent.

        Parameters
        ----------
        top, left : int
            The window's first pixel.
        shape : (rows, columns)

        Returns
        -------
        (rows, columns) float64
            To be added to the convolved counts.
        (rows, columns) float64
            The 5-point laplacian of what counting made of these dots, where it is mended;
            empty where nothing is sharpened.
        """
        # A second thread adds to pixels of its own, which is not worth it for a few.
        n_threads = _THREADS if len(self._weight) > _SHARED_PLACES else 1

        def some(number: int) -> tuple[_Canvas, _Canvas]:
            missing, bent = _Canvas(shape), _Canvas(shape if self._rims.bends else (0, 0))
            for tile, group in self._groups[number::n_threads]:
                self._add(missing, bent, tile, group, (left, top))
            return missing, bent

        (missing, bent), *others = at_once([partial(some, number) for number in range(n_threads)])
        for more_missing, more_bent in others:
            missing.values += more_missing.values
            bent.values += more_bent.values
        return missing.inner, bent.inner

    def _add(
        self,
        missing: _Canvas,
        bent: _Canvas,
        tile: tuple[int, int],
        group: slice,
        corner: tuple[int, int],
    ) -> None:
        """Add the dots of one tile of a pixel."""
        pixel = self._pixel[group] - np.array(corner, np.int32)
        size = np.array(missing.shape[::-1])
        near = ((pixel >= -self._reach) & (pixel < size + self._reach)).all(axis=1)
        if not near.any():
            return
        whole = ((pixel >= self._reach) & (pixel < size - self._reach)).all(axis=1)
        rim = self._rims.of(*tile)
        n = max(1, _BATCH // max(len(rim.pixels), 1))
        for inside, chosen in ((True, near & whole), (False, near & ~whole)):
            numbers = np.flatnonzero(chosen)
            for batch in (numbers[first : first + n] for first in range(0, len(numbers), n)):
                weight, member = self._weight[group][batch, None], self._member[group][batch]
                missing.add(pixel[batch], rim.pixels, weight * rim.missing[member], inside)
                if self._rims.bends:
                    bent.add(pixel[batch], rim.pixels, weight * rim.bent[member], inside)
                if len(rim.edge):
                    gained = self._rims.gained(rim, member, self._within[group][batch])
                    missing.add(pixel[batch], rim.edge, weight * gained, inside)


def _are_alike(places: Places, dot: Dot) -> bool:
    """Tell whether many points share a place, and to mend all pixels of the dots is not much."""
    n_places, n_pixels = len(places.steps), np.pi * dot.radius**2
    crowded = places.n_points >= _POINTS_TO_PLACE * n_places
    return crowded and n_places * n_pixels < _MOST_PIXELS and n_pixels < _MOST_PIXELS_OF_DOT


class _Canvas:
    """Pixels of a window, and one more around, where whatever lies beyond is left."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.values = np.zeros((shape[0] + 2, shape[1] + 2))

    @property
    def inner(self) -> Amounts:
        return self.values[1:-1, 1:-1]

    def add(self, pixel: Pixels, offsets: Pixels, amounts: Amounts, inside: bool) -> None:
        """Add (N, M) amounts at (M, 2) offsets from (N, 2) pixels; inside: none is beyond."""
        width = self.values.shape[1]
        if inside:
            own = (pixel[:, 1] + 1) * width + pixel[:, 0] + 1
            index = own[:, None] + (offsets[:, 1] * width + offsets[:, 0])
        else:
            column = (pixel[:, 0, None] + offsets[:, 0]).clip(-1, self.shape[1])
            row = (pixel[:, 1, None] + offsets[:, 1]).clip(-1, self.shape[0])
            index = (row + 1) * width + column + 1
        scatter()(self.values.reshape(-1), index.reshape(-1), amounts.reshape(-1))
