"""Rims: the pixels where a bilinear deposit draws a dot wrong, by its position within its pixel."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.cells import FRACTIONS
from gpuheat.density.dot import Dot
from gpuheat.density.kernel import SHARPEN

# Differences below this part of the dot's peak are left: at different places they average out.
# Where many points share few places they do not, and next to all of the dots' pixels are mended.
LEAST, _LEAST_OF_ALIKE = 3e-4, 1e-6
# So far from its end, in cells, a falloff that fades out is faint.
_FAINT = 0.5
# Where a falloff bends is looked for in steps of this, in pixels.
_RADIAL_STEP = 1 / 8

Pixels = NDArray[np.int32]
Amounts = NDArray[np.float64]


class Rim(NamedTuple):
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


class Rims:
    """What is wrong with a lone dot, by its counted position within its pixel.

    Attributes
    ----------
    tiles : int
        Into how many tiles a pixel's side is cut: positions of one tile share a `Rim`.
    side : int
        How many counted positions there are to a tile's side.
    bends : bool
        Whether what was counted is going to be sharpened.
    """

    def __init__(self, fineness: int, bends: bool, dot: Dot, alike: bool) -> None:
        self._fineness, self._dot = fineness, dot
        self._end, peak = dot.edge
        self._least = (_LEAST_OF_ALIKE if alike else LEAST) * peak
        # Small tiles have short lists, few tiles few calls.
        self.side = FRACTIONS // (4 if fineness == 1 else 2 if fineness == 2 else 1)
        self.tiles = fineness * FRACTIONS // self.side
        self.bends = bends
        self._node = lru_cache(maxsize=None)(self._node_made)
        self.of = lru_cache(maxsize=None)(self._made)

    def _made(self, down: int, right: int) -> Rim:
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
        return Rim(pixels[some], missing[:, some], bent[:, some], pixels[on_edge], taken)

    def gained(self, rim: Rim, member: NDArray[np.int64], within: Amounts) -> Amounts:
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
def rims(fineness: int, bends: bool, dot: Dot, alike: bool) -> Rims:
    """Return the rims of the picture before, where they are the same."""
    return Rims(fineness, bends, dot, alike)
