"""Levels: densities in one byte a pixel, packed, and how far off each level can be."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.scheme import N_COLORS

_Number = TypeVar("_Number", np.uint8, np.float32)

# A browser's canvas holds more, but no page needs to: beyond, every second pixel is taken.
_MOST_PIXELS = 1 << 22
# Digits of what is written; the errors are measured behind the rounding.
_VALUE_DIGITS, _ERROR_DIGITS = 7, 3


@dataclass(frozen=True, eq=False)
class Levels:
    """A picture's levels; where all would be too large, of the middle one of so many pixels.

    Parameters
    ----------
    every : int
        How many pixels there are to one level, each way.
    shape : (height, width)
        Of the levels.
    packed : bytes
        Row by row, each minus the one above it, modulo 256: that deflates by a fourth better.
    cover : bytes or None
        Packed likewise: how far each is painted, 0..255.
    values : list of float or None
        For each level the density in the middle of those that it stands for.
    errors : list of float or None
        How far at most the density of a pixel with that level lies from it. Of what was left
        out nothing is said. None where no pixel has the level.
    """

    every: int
    shape: tuple[int, int]
    packed: bytes
    cover: bytes | None
    values: list[float | None]
    errors: list[float | None]

    @classmethod
    def of(
        cls,
        index: NDArray[np.uint8],
        densities: NDArray[np.float32],
        cover: NDArray[np.uint8] | None,
        most_bytes: int,
    ) -> Levels:
        """Pack levels into so many bytes, with as many pixels as that allows.

        Parameters
        ----------
        index : (height, width) uint8
            The levels: indices into the palette.
        densities : (height, width) float32
            What they stand for; NaN is no density.
        cover : (height, width) uint8 or None
        most_bytes : int
        """
        first = max(1, math.ceil(math.sqrt(index.size / _MOST_PIXELS)))
        for every in count(first):
            few = _thinned(index, every)
            packed = _packed(few)
            painted = None if cover is None else _packed(_thinned(cover, every))
            if len(packed) + len(painted or b"") <= most_bytes or few.size == 1:
                break
        values, errors = _measured(few, _thinned(densities, every))
        return cls(every, few.shape, packed, painted, values, errors)


def _thinned(plane: NDArray[_Number], every: int) -> NDArray[_Number]:
    """Take the middle one of every so many pixels, each way."""
    rows, columns = (
        np.minimum(np.arange(0, side, every) + every // 2, side - 1) for side in plane.shape
    )
    thinned: NDArray[_Number] = plane[rows[:, None], columns]
    return thinned


def _packed(plane: NDArray[np.uint8]) -> bytes:
    steps = plane.copy()
    steps[1:] -= plane[:-1]
    return zlib.compress(steps.tobytes(), 9)


def _measured(
    levels: NDArray[np.uint8], densities: NDArray[np.float32]
) -> tuple[list[float | None], list[float | None]]:
    """Find, for each level, the middle of the densities it stands for and how far they reach."""
    told, flat = levels.ravel(), densities.ravel()
    finite = np.isfinite(flat)
    told, flat = told[finite], flat[finite].astype(np.float64)
    low, high = np.full(N_COLORS, np.inf), np.full(N_COLORS, -np.inf)
    np.minimum.at(low, told, flat)
    np.maximum.at(high, told, flat)
    values: list[float | None] = []
    errors: list[float | None] = []
    for least, most in zip(low.tolist(), high.tolist(), strict=True):
        if least > most:
            values.append(None)
            errors.append(None)
            continue
        value = float(f"{least + (most - least) / 2:.{_VALUE_DIGITS}g}")
        values.append(value)
        errors.append(_up(max(most - value, value - least)))
    return values, errors


def _up(error: float) -> float:
    """Round an error up, to a few digits."""
    if error == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(error)) - _ERROR_DIGITS + 1)
    return float(f"{math.ceil(error / step) * step:.{_VALUE_DIGITS}g}") if step else error
