"""Span: the numbers that a tone is given, checked at the door; all errors are `InputError`."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.color.curve import Knots, Percentile
from gpuheat.errors import InputError

_ALL = 100  # percent


def check_density(density: ArrayLike) -> NDArray[Any]:
    """Check that densities are real numbers; those that are no floats become float64."""
    values = np.asarray(density)
    if values.dtype.kind == "f":
        return values
    if values.dtype.kind not in "biu" and values.size:
        raise InputError(f"density is an array of {values.dtype}; give numbers")
    return values.astype(np.float64)


def check_center(center: Any) -> float:
    """Check a diverging tone's center: a finite number."""
    try:
        center = float(center)
    except (TypeError, ValueError):
        center = math.nan
    if not math.isfinite(center):
        raise InputError(f"center is {center!r}; give a finite number")
    return float(center)


def check_span(low: Any, high: Any) -> tuple[float, float]:
    """Check the densities at the ends of a scale: finite, the low end below the high one."""
    if low is None or high is None:
        raise InputError(f"span is ({low}, {high}); give both ends, or none")
    try:
        low, high = float(low), float(high)
    except (TypeError, ValueError):
        raise InputError(f"span is ({low!r}, {high!r}); give two numbers, (low, high)") from None
    if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(high - low)):
        raise InputError(f"span is ({low}, {high}); give two finite numbers")
    if low >= high:
        raise InputError(f"span is ({low:g}, {high:g}); the low end must be below the high one")
    return low, high


def check_percentile(percentile: Any) -> Percentile:
    """Check a pair of percentiles: 0..100, the lower one first."""
    try:
        low, high = (float(end) for end in percentile)
    except (TypeError, ValueError):
        raise InputError(
            f"percentile is {percentile!r}; give two numbers, (low, high), such as (1, 99)"
        ) from None
    if not 0 <= low < high <= _ALL:
        raise InputError(
            f"percentile is ({low:g}, {high:g}); give two of 0 to 100, the lower one first"
        )
    return low, high


def check_knots(knots: Any) -> Knots:
    """Check an equalized tone's knots: pairs (density, t), rising in both, t from 0 to 1."""
    try:
        checked = tuple((float(density), float(t)) for density, t in knots)
    except (TypeError, ValueError):
        checked = ()
    rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(checked))
    ends = [t for _, t in (*checked[:1], *checked[-1:])]
    if not rising or ends != [0, 1] or not math.isfinite(checked[-1][0] - checked[0][0]):
        raise InputError(
            "these are no knots of an equalized tone; give pairs (density, t), rising in both, "
            "t from 0 to 1"
        )
    return checked
