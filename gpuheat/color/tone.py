"""Tone: density -> 0..1, as a value that can be fitted once and used everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.errors import InputError, unknown

# In the order of the shader's cases (colorize.frag).
NAMES = ("classic", "linear", "sqrt", "log")


@dataclass(frozen=True)
class Tone:
    """A monotone map from density to 0..1; immutable, equal by value.

    Parameters
    ----------
    name : str
        "classic": 1 - exp(-density), heatmap.py's darkness, which needs no span.
        "linear", "sqrt": the position between low and high, or its square root.
        "log": the position between their logarithms.
    low, high : float or None
        The densities that map to 0 and 1; None until fitted.
    """

    name: str
    low: float | None = None
    high: float | None = None

    @classmethod
    def classic(cls) -> Tone:
        """heatmap.py's own: 1 - exp(-density), for the classic falloff."""
        return cls("classic")

    @classmethod
    def linear(cls, low: float | None = None, high: float | None = None) -> Tone:
        """Proportional to the density."""
        return cls("linear")._spanning(low, high)

    @classmethod
    def sqrt(cls, low: float | None = None, high: float | None = None) -> Tone:
        """Proportional to the square root: lifts what is thin."""
        return cls("sqrt")._spanning(low, high)

    @classmethod
    def log(cls, low: float | None = None, high: float | None = None) -> Tone:
        """Proportional to the logarithm: for densities over several powers of ten."""
        return cls("log")._spanning(low, high)

    @classmethod
    def of(cls, tone: str | Tone, span: Sequence[float] | None = None) -> Tone:
        """Check a tone given by name or as a value, with an optional span (low, high).

        Raises
        ------
        InputError
            If the name is unknown or the span is no pair of rising finite numbers.
        """
        if not isinstance(tone, Tone):
            if tone not in NAMES:
                raise unknown("tone", tone, NAMES)
            tone = cls(tone)
        if span is None:
            return tone
        try:
            low, high = (float(end) for end in span)
        except (TypeError, ValueError):
            raise InputError(f"span is {span!r}; give two numbers, (low, high)") from None
        return tone._spanning(low, high)

    @property
    def is_fitted(self) -> bool:
        """Whether it can be applied as it is."""
        return self.name == "classic" or (self.low is not None and self.high is not None)

    def fit(self, density: ArrayLike) -> Tone:
        """Return this tone with the span of a density where it has none of its own.

        Parameters
        ----------
        density : array_like of any shape
            NaN is left out. The span is 0..max; for log it is the smallest positive..max.
            Where nothing is positive it is 0..1 (log: 1..2), so that a blank stays blank.
        """
        if self.is_fitted:
            return self
        values = np.asarray(density)
        high = float(np.fmax.reduce(values, axis=None, initial=-np.inf))
        if not high > 0:
            return replace(self, low=1.0, high=2.0) if self.name == "log" else self._ends(0.0, 1.0)
        if self.name != "log":
            return self._ends(0.0, high)
        low = float(values[values > 0].min())
        # A single level is the top of the scale: one step of it below is the bottom.
        return self._ends(low if low < high else high / math.e, high)

    def __call__(self, density: ArrayLike) -> NDArray[Any]:
        """Map densities to 0..1; NaN stays NaN. Float32 arrays stay float32."""
        given = np.asarray(density)
        values: NDArray[Any] = np.atleast_1d(given)
        if values.dtype.kind != "f":
            values = values.astype(np.float64)
        return self._map(values).reshape(given.shape)

    def _map(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.name == "classic":
            t: NDArray[Any] = 1 - np.exp(-np.maximum(values, 0))
            return t
        low, high = self._span()
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if self.name == "log":
                ratio = np.maximum(values, low) / low
                t = np.log(ratio, out=ratio) / math.log(high / low)
            else:
                t = (values - low) / (high - low)
            t = np.clip(t, 0.0, 1.0)
        if self.name == "sqrt":
            np.sqrt(t, out=t)
        return t

    def inverse(self, t: ArrayLike) -> NDArray[Any]:
        """Return the densities that map to t in 0..1."""
        position = np.asarray(t, np.float64)
        if self.name == "classic":
            with np.errstate(divide="ignore"):
                return -np.log1p(-position)
        low, high = self._span()
        if self.name == "log":
            return low * np.exp(position * math.log(high / low))
        if self.name == "sqrt":
            position = position * position
        return low + position * (high - low)

    def __repr__(self) -> str:
        span = "" if self.low is None else f"{self.low!r}, {self.high!r}"
        return f"Tone.{self.name}({span})"

    def _span(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            raise InputError(f"{self!r} has no span yet; fit it to a density first: .fit(density)")
        return self.low, self.high

    def _ends(self, low: float, high: float) -> Tone:
        return replace(
            self,
            low=low if self.low is None else self.low,
            high=high if self.high is None else self.high,
        )

    def _spanning(self, low: float | None, high: float | None) -> Tone:
        """Return this tone with a span, checked."""
        if low is None and high is None:
            return self
        if self.name == "classic":
            raise InputError("the classic tone has no span: it shows optical density as it is")
        if low is None or high is None:
            raise InputError(f"span is ({low}, {high}); give both ends, or none")
        try:
            low, high = float(low), float(high)
        except (TypeError, ValueError):
            raise InputError(
                f"span is ({low!r}, {high!r}); give two numbers, (low, high)"
            ) from None
        if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(high - low)):
            raise InputError(f"span is ({low}, {high}); give two finite numbers")
        if low >= high:
            raise InputError(f"span is ({low:g}, {high:g}); the low end must be below the high one")
        if self.name == "log" and low <= 0:
            raise InputError(f"span begins at {low:g}; a log tone needs a low end above 0")
        return replace(self, low=low, high=high)
