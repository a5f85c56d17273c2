"""Curves: the shapes of tone there are, one class each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.curve import Curve, Knots, Percentile
from gpuheat.errors import InputError

# An equalized tone has a knot for every step of the 256 colors, and ranks so many densities:
# sorting a million takes 30 ms. Of a million, a rank is off by less than one color (0.37 %).
_MOST_KNOTS, _MOST_RANKED = 256, 1 << 17


# Of a large single value, half the span around it: eight steps of a float32 or more.
_FLOAT32_SEEN = 2.0**-20


class Classic(Curve):
    """heatmap.py's darkness, 1 - exp(-density)."""

    n_knots = 0
    no_span = "it shows optical density as it is"

    def fit(
        self, values: NDArray[Any], knots: Knots, percentile: Percentile | None, *, covered: bool
    ) -> Knots:
        """Leave it: optical density is shown as it is."""
        return knots

    def forward(self, values: NDArray[Any], knots: Knots) -> NDArray[Any]:
        """Return the share of light that is taken away."""
        t: NDArray[Any] = 1 - np.exp(-np.maximum(values, 0))
        return t

    def backward(self, t: NDArray[np.float64], knots: Knots) -> NDArray[np.float64]:
        """Return the optical density; that of full darkness is infinite."""
        with np.errstate(divide="ignore"):
            return -np.log1p(-t)


@dataclass(frozen=True)
class Root(Curve):
    """The position between low and high, or a root of it.

    Parameters
    ----------
    root : numpy.ufunc
        Taken of the position 0..1.
    power : int
        Undoes it.
    """

    root: np.ufunc
    power: int

    def fit(
        self, values: NDArray[Any], knots: Knots, percentile: Percentile | None, *, covered: bool
    ) -> Knots:
        """From 0 to the greatest density; covered, from the least value."""
        if covered:
            return self.between(*_apart(*_ends(values, percentile)), knots)
        high = float(values.max())
        if not high > 0:
            return self.between(0.0, 1.0, knots)
        if percentile is None:
            return self.between(0.0, high, knots)
        low, high = _ends(values[values > 0], percentile)
        return self.between(low if low < high else 0.0, high, knots)

    def forward(self, values: NDArray[Any], knots: Knots) -> NDArray[Any]:
        """Return the root of the position."""
        (low, _), (high, _) = knots
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            position: NDArray[Any] = np.clip((values - low) / (high - low), 0.0, 1.0)
        self.root(position, out=position)
        return position

    def backward(self, t: NDArray[np.float64], knots: Knots) -> NDArray[np.float64]:
        """Raise to the power."""
        (low, _), (high, _) = knots
        density: NDArray[np.float64] = low + t**self.power * (high - low)
        return density


class Log(Curve):
    """The position between the logarithms of low and high."""

    def fit(
        self, values: NDArray[Any], knots: Knots, percentile: Percentile | None, *, covered: bool
    ) -> Knots:
        """From the smallest positive density to the greatest."""
        positive = values[values > 0]
        if not positive.size:
            return self.between(1.0, 2.0, knots)
        low, high = _ends(positive, percentile)
        # A single level is the top of the scale: one step of it below is the bottom.
        return self.between(low if low < high else high / math.e, high, knots)

    def forward(self, values: NDArray[Any], knots: Knots) -> NDArray[Any]:
        """Return the position of the logarithm."""
        (low, _), (high, _) = knots
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            ratio = np.maximum(values, low) / low
            t: NDArray[Any] = np.log(ratio, out=ratio) / _log_ratio(low, high)
        return t.clip(0.0, 1.0)

    def backward(self, t: NDArray[np.float64], knots: Knots) -> NDArray[np.float64]:
        """Raise to the power of e."""
        (low, _), (high, _) = knots
        # In two halves, neither of which leaves float64.
        half: NDArray[np.float64] = np.exp(t * (_log_ratio(low, high) / 2))
        return low * half * half

    def between(self, low: float, high: float, knots: Knots) -> Knots:
        """Check that the span has logarithms."""
        if low <= 0:
            raise InputError(f"span begins at {low:g}; a log tone needs a low end above 0")
        return super().between(low, high, knots)


class Straight(Curve):
    """Straight lines from knot to knot."""

    def forward(self, values: NDArray[Any], knots: Knots) -> NDArray[Any]:
        """Interpolate."""
        densities, t = zip(*knots, strict=True)
        mapped: NDArray[Any] = np.interp(values, densities, t).astype(values.dtype)
        return mapped

    def backward(self, t: NDArray[np.float64], knots: Knots) -> NDArray[np.float64]:
        """Interpolate the other way."""
        densities, positions = zip(*knots, strict=True)
        return np.asarray(np.interp(t, positions, densities))


class Diverging(Straight):
    """From low to high with one half on either side of a center."""

    at_first = ((0.0, 0.5),)
    n_knots = 3
    blank = 127

    def fit(
        self, values: NDArray[Any], knots: Knots, percentile: Percentile | None, *, covered: bool
    ) -> Knots:
        """As far to either side of the center as the farthest density that is to be seen."""
        ((center, _),) = knots
        shown = values if covered else values[values != 0]
        reach = 0.0
        if shown.size:
            reach = max(abs(end - center) for end in _ends(shown, percentile))
        # However small, it must be seen beside the center in a float64.
        reach = max(reach, 4 * math.ulp(center)) if reach else 1.0
        return self.between(center - reach, center + reach, knots)

    def given(self, knots: Knots) -> Knots:
        """Return the center."""
        return tuple(knot for knot in knots if knot[1] == 1 / 2)

    def between(self, low: float, high: float, knots: Knots) -> Knots:
        """Put the center between the two ends."""
        ((center, _),) = knots
        if not low < center < high:
            raise InputError(
                f"span is ({low:g}, {high:g}) and the center {center:g}; "
                "the center must lie between the ends"
            )
        return (low, 0.0), (center, 0.5), (high, 1.0)

    def arguments(self, knots: Knots) -> list[str]:
        """Write the center first."""
        densities = super().arguments(knots)
        return densities if len(densities) == 1 else [densities[1], densities[0], densities[2]]


class Equalize(Straight):
    """Each color for as many pixels as any other: t is the share of those with less."""

    no_span = "it goes by the ranks of the densities"

    def fit(
        self, values: NDArray[Any], knots: Knots, percentile: Percentile | None, *, covered: bool
    ) -> Knots:
        """Rank the densities to be seen; equal ones share the middle of their ranks."""
        shown = values if covered else values[values > 0]
        if not shown.size:
            return (0.0, 0.0), (1.0, 1.0)
        if shown.size > _MOST_RANKED:
            # A sample, and the densities at the scale's ends.
            every = -(-shown.size // _MOST_RANKED)
            shown = np.append(shown[::every], _ends(shown, None)).astype(shown.dtype)
        levels, counts = np.unique(shown, return_counts=True)
        if covered and len(levels) == 1:
            return self.between(*_apart(*_ends(levels, None)), knots)
        t = np.cumsum(counts) - counts / 2
        least = 0.0
        if covered:  # the least value is where the scale begins
            least, t = float(levels[0]), t - t[0]
        t /= t[-1]
        # Evenly over t, not over the levels; with few of them it is all.
        chosen = np.unique(np.searchsorted(t, np.arange(1, _MOST_KNOTS) / (_MOST_KNOTS - 1)))
        rising = zip(levels[chosen].tolist(), t[chosen].tolist(), strict=True)
        return (least, 0.0), *rising

    def arguments(self, knots: Knots) -> list[str]:
        """Write all the knots."""
        return [repr(list(knots))] if knots else []


CURVES: dict[str, Curve] = {
    "classic": Classic(),
    "linear": Root(np.positive, 1),
    "sqrt": Root(np.sqrt, 2),
    "cbrt": Root(np.cbrt, 3),
    "log": Log(),
    "equalize": Equalize(),
    "diverging": Diverging(),
}


def _log_ratio(low: float, high: float) -> float:
    ratio = high / low
    return math.log(ratio) if math.isfinite(ratio) else math.log(high) - math.log(low)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Lay a single value in the middle of a span of its own."""
    if low < high:
        return low, high
    # As wide as numpy.histogram makes it; but large enough to be seen in a float32.
    half = max(0.5, abs(low) * _FLOAT32_SEEN)
    return low - half, high + half


def _ends(values: NDArray[Any], percentile: Percentile | None) -> tuple[float, float]:
    """Return the least and the greatest of the values, or two percentiles of them."""
    if percentile is None:
        return float(values.min()), float(values.max())
    low, high = np.percentile(values, percentile)
    return float(low), float(high)
