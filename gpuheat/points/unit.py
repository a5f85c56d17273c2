"""Unit: what weights are held in whole multiples of."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

# So many points may come in a stream of unknown length.
_ENDLESS = 1 << 34

# float64 has no smaller powers of two that are exact in all digits.
_LEAST_EXPONENT = -1000


def magnitude(weights: NDArray[Any]) -> float:
    """Return the sum of the finite weights' magnitudes."""
    with np.errstate(over="ignore"):
        total = np.abs(weights[np.isfinite(weights)], dtype=np.float64).sum()
    return min(float(total), sys.float_info.max)


def endless_magnitude(first: NDArray[Any], n_first: int) -> float:
    """Guess the sum of all weights: as if the rest weighed like the first so many.

    Or 1 each where those are all 0.
    """
    return (magnitude(first[:n_first]) / n_first or 1.0) * _ENDLESS


def unit(total: float, parts: float) -> float:
    """Return the power of two that a sum holds so many times, or the next above.

    Of a sum of 0 as if it were 1: later weights may be fractions.
    """
    exponent = math.ceil(math.log2(total or 1.0) - math.log2(parts))
    return 2.0 ** max(exponent, _LEAST_EXPONENT)
