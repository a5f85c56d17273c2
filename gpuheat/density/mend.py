"""Mend: what counting got wrong at the rims of lone dots, pixel by pixel.

A bilinear deposit draws a dot as four, around its place; the difference to the dot itself is
large only where the falloff bends or breaks: at its rim, and at a pointed centre. It is a
short list of pixels for each of the few positions a place can have within its pixel.
"""

from __future__ import annotations

from functools import cached_property, lru_cache, partial
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import FRACTIONS, Cells
from gpuheat.density.dot import Dot
from gpuheat.density.kernel import SHARPEN, sharpens
from gpuheat.density.places import Places
from gpuheat.density.scatter import scatter
from gpuheat.density.sharing import at_once

# Differences below this part of the dot's peak are left: at different places they average out.
# Where many points share few places they do not, and next to all of the dots' pixels are mended.
_LEAST, _LEAST_OF_ALIKE = 3e-4, 1e-6
_POINTS_TO_PLACE, _MOST_PIXELS = 4, 1 << 24
# So far from its end, in cells, a falloff that fades out is faint.
_FAINT = 0.5
# Additions at a time: indices and amounts stay in a second-level cache.
_BATCH = 1 << 15
# Where a falloff bends is looked for in steps of this, in pixels.
_RADIAL_STEP = 1 / 8

# Threads that add: a fixed number, for one order of sums.
_THREADS, _SHARED_PLACES = 2, 4096

Pixels = NDArray[np.int32]
Amounts = NDArray[np.float64]


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
        self._rims = _rims(cells.fineness, sharpens(cells, dot), dot, _are_alike(places, dot))
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
    """Tell whether many points share a place, and the places' dots have few pixels."""
    n_places = len(places.steps)
    crowded = places.n_points >= _POINTS_TO_PLACE * n_places
    return crowded and n_places * np.pi * dot.radius**2 < _MOST_PIXELS


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


class _Rim(NamedTuple):
    """The pixels where counting draws lone dots wrong, as offsets (x, y) from their own pixel.

    For the K counted positions of a tile.

    Parameters
    ----------
    pixels : (M, 2) int32
    missing : (K, M)
        The dot less what was counted.
    bent : (K, M)
        The laplacian of what was counted.
    edge : (E, 2) int32
        Pixels on the dot's very edge.
    taken : (K, E)
        What the dot was taken to be there.
    """

    pixels: Pixels
    missing: Amounts
    bent: Amounts
    edge: Pixels
    taken: Amounts


class _Rims:
    """What is wrong with a lone dot, by its counted position within its pixel.

    Attributes
    ----------
    tiles : int
        Into how many tiles a pixel's side is cut: positions of one tile share a `_Rim`.
    side : int
        How many counted positions there are to a tile's side.
    bends : bool
        Whether what was counted is going to be sharpened.
    """

    def __init__(self, fineness: int, bends: bool, dot: Dot, alike: bool) -> None:
        self._fineness, self._dot = fineness, dot
        self._end, peak = dot.edge
        self._least = (_LEAST_OF_ALIKE if alike else _LEAST) * peak
        # Small tiles have short lists, few tiles few calls.
        self.side = FRACTIONS // (4 if fineness == 1 else 2 if fineness == 2 else 1)
        self.tiles = fineness * FRACTIONS // self.side
        self.bends = bends
        self._node = lru_cache(maxsize=None)(self._node_made)
        self.of = lru_cache(maxsize=None)(self._made)

    def _made(self, down: int, right: int) -> _Rim:
        """Return a tile's rim.

        Parameters
        ----------
        down, right : int
            The tile, from its pixel's first node.
        """
        pixels, parts = self._candidates, self._fineness * FRACTIONS
        inner = np.arange(self.side)
        y = np.repeat(inner + down * self.side, self.side)
        x = np.tile(inner + right * self.side, self.side)
        place = (np.stack([x, y], axis=1) + FRACTIONS // 2) / parts
        apart = pixels + 0.5 - place[:, None]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        exact = self._dot.at(distance)
        # The four nodes around the tile, and the part of each.
        low, far = y % FRACTIONS / FRACTIONS, x % FRACTIONS / FRACTIONS
        upper, left = int(y[0]) // FRACTIONS, int(x[0]) // FRACTIONS
        parts_of = np.stack([(1 - low) * (1 - far), (1 - low) * far, low * (1 - far), low * far], 1)
        nodes = [self._node(upper + i, left + j) for i, j in product((0, 1), (0, 1))]
        counted = parts_of @ np.stack([values for values, _ in nodes])
        bent = parts_of @ np.stack([laplacian for _, laplacian in nodes])
        missing = exact - counted
        # Beyond the rim nothing may be left, however little.
        used = (np.abs(missing) > self._least) | (np.abs(bent) * SHARPEN > self._least)
        used |= (exact == 0) & ((counted != 0) | (bent != 0))
        # Where rounding to 1/16 of a cell is felt: a step lies on this or the other side of a
        # pixel; a falloff that fades out is as nothing to a log tone's eye, or not.
        band = 1 / parts if self._end else _FAINT / self._fineness
        edge = (distance > self._dot.radius - band) & (distance < self._dot.radius + 1 / parts)
        some, on_edge = used.any(axis=0), edge.any(axis=0)
        taken = exact[:, on_edge]
        return _Rim(pixels[some], missing[:, some], bent[:, some], pixels[on_edge], taken)

    def gained(self, rim: _Rim, member: NDArray[np.int64], within: Amounts) -> Amounts:
        """Return what the edge's pixels gain where places (N, 2) are not rounded to 1/16."""
        square = np.square(rim.edge[:, 0] + 0.5 - within[:, :1])
        square += np.square(rim.edge[:, 1] + 0.5 - within[:, 1:])
        gained = self._dot.at(np.sqrt(square, out=square))
        gained -= rim.taken[member]
        return gained

    @cached_property
    def _candidates(self) -> Pixels:
        """Offsets at which the falloff is not smooth enough for counting."""
        dot, cell = self._dot, 1 / self._fineness
        distance = np.arange(0, dot.radius + 3, _RADIAL_STEP)
        # From cell to cell, along the radius and across it.
        along = dot.at(distance + cell) + dot.at(np.abs(distance - cell)) - 2 * dot.at(distance)
        across = 2 * (dot.at(np.hypot(distance, cell)) - dot.at(distance))
        # Interpolating errs by an eighth of that, each way.
        rough = (np.abs(along) + np.abs(across)) / 8 > self._least
        # However softly it ends, nothing may be left beyond.
        rough |= np.abs(distance - dot.radius) <= _RADIAL_STEP
        # A place may lie anywhere in its pixel, its nodes a cell's diagonal from it.
        spread = round((1 + cell) / _RADIAL_STEP)
        near = np.convolve(rough, np.ones(2 * spread + 1), "same") > 0
        whole = np.arange(-dot.reach - 2, dot.reach + 3, dtype=np.int32)
        apart = np.hypot(whole[:, None], whole)
        rows, columns = np.nonzero(np.interp(apart, distance, near, right=0.0) > 0)
        return np.stack([whole[columns], whole[rows]], axis=1)

    def _node_made(self, down: int, right: int) -> tuple[Amounts, Amounts]:
        """Return a cell's dot at the candidates, and its laplacian from pixel to pixel."""
        x, y = (self._candidates + 0.5 - (np.array([right, down]) + 0.5) / self._fineness).T
        values = self._dot.at(np.hypot(x, y))
        if not self.bends:
            return values, np.zeros(len(values))
        around = ((-1, 0), (1, 0), (0, -1), (0, 1))
        beside = sum(self._dot.at(np.hypot(x + i, y + j)) for i, j in around)
        return values, beside - 4 * values


@lru_cache(maxsize=2)
def _rims(fineness: int, bends: bool, dot: Dot, alike: bool) -> _Rims:
    """Return the rims of the picture before, where they are the same."""
    return _Rims(fineness, bends, dot, alike)
