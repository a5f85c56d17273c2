"""Patterns: seeded points in the unit square, as real data come: spread, clustered, rounded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pattern = Callable[[int, np.random.Generator], Points]

# Points beyond the square, as a fraction of it: their dots reach in.
_BEYOND = 0.1
_CLUSTERS = 5
_NARROWEST, _WIDEST = 0.004, 0.05
# Positions along a side, where coordinates were rounded; no divisor of any picture's size.
_LATTICE = 97
# The one pixel, as a fraction of the square, and how large a part of the square it surely holds.
_PLACE, _PIXEL = 0.4571, 1 / 16384


def uniform(n: int, rng: np.random.Generator) -> Points:
    """Spread evenly, and a little beyond the square."""
    return rng.uniform(-_BEYOND, 1 + _BEYOND, (n, 2))


def clustered(n: int, rng: np.random.Generator) -> Points:
    """Five normal clusters of different widths."""
    centres = rng.uniform(0.15, 0.85, (_CLUSTERS, 2))
    widths = np.geomspace(_NARROWEST, _WIDEST, _CLUSTERS)
    mine = rng.integers(_CLUSTERS, size=n)
    return centres[mine] + rng.normal(size=(n, 2)) * widths[mine, None]


def lattice(n: int, rng: np.random.Generator) -> Points:
    """Rounded coordinates: many points share a place."""
    return np.round(clustered(n, rng) * _LATTICE) / _LATTICE


def one_pixel(n: int, rng: np.random.Generator) -> Points:
    """All within one pixel, at different places."""
    return _PLACE + rng.uniform(0, _PIXEL, (n, 2))


PATTERNS: dict[str, Pattern] = {
    "uniform": uniform,
    "clustered": clustered,
    "lattice": lattice,
    "one pixel": one_pixel,
}
