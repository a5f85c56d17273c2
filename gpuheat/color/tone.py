"""Tone: density -> 0..1, as a value that can be fitted once and used everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.color.curve import Curve, Knots, Percentile
from gpuheat.color.curves import CURVES
from gpuheat.color.span import (
    check_center,
    check_density,
    check_knots,
    check_percentile,
    check_span,
)
from gpuheat.errors import InputError, unknown

NAMES = tuple(CURVES)
End = float | None
Ends = Sequence[float] | None  # (low, high)


@dataclass(frozen=True)
class Tone:
    """A monotone map from density to 0..1; immutable, equal by value.

    Made by its constructors: `classic`, `linear`, `sqrt`, `cbrt`, `log`, `equalize` and
    `diverging`. One without a span is fitted to a density by `fit`; a fitted one serves any
    other density, so that the same color is the same number everywhere.

    Attributes
    ----------
    name : str
        The curve.
    knots : tuple of (density, t)
        What is fixed; both rise, and between them the curve runs. An unfitted tone has none,
        or the center alone.
    percentile : (low, high) or None
        What an unfitted tone's span is fitted to, of the densities above 0 (diverging: of
        those that are not 0).
    """

    name: str
    knots: Knots = ()
    percentile: Percentile | None = None

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise unknown("tone", self.name, NAMES)
        if not self.knots:
            object.__setattr__(self, "knots", self.curve.at_first)

    @classmethod
    def classic(cls) -> Tone:
        """heatmap.py's own: 1 - exp(-density), for the classic falloff."""
        return cls("classic")

    @classmethod
    def linear(cls, low: End = None, high: End = None, *, percentile: Ends = None) -> Tone:
        """Proportional to the density; fitted from 0 to the greatest."""
        return cls("linear")._spanning(low, high, percentile)

    @classmethod
    def sqrt(cls, low: End = None, high: End = None, *, percentile: Ends = None) -> Tone:
        """Proportional to the square root: lifts what is thin."""
        return cls("sqrt")._spanning(low, high, percentile)

    @classmethod
    def cbrt(cls, low: End = None, high: End = None, *, percentile: Ends = None) -> Tone:
        """Proportional to the cube root: lifts it more."""
        return cls("cbrt")._spanning(low, high, percentile)

    @classmethod
    def log(cls, low: End = None, high: End = None, *, percentile: Ends = None) -> Tone:
        """Proportional to the logarithm: for densities over several powers of ten."""
        return cls("log")._spanning(low, high, percentile)

    @classmethod
    def equalize(cls, knots: Sequence[Sequence[float]] | None = None) -> Tone:
        """Every color for as many pixels as any other, by the ranks of the densities.

        Parameters
        ----------
        knots : sequence of (density, t), optional
            A fitted tone's, to rebuild it: both rise, t from 0 to 1.
        """
        return cls("equalize", () if knots is None else check_knots(knots))

    @classmethod
    def diverging(
        cls, center: float = 0.0, low: End = None, high: End = None, *, percentile: Ends = None
    ) -> Tone:
        """Both ways from a center, which is half way up and stays clear: for differences.

        Fitted, it reaches as far below the center as above, so that equal colors on either side
        are equal distances; a span of its own may be lopsided.
        """
        return cls("diverging")._centered(center)._spanning(low, high, percentile)

    @classmethod
    def of(
        cls,
        tone: str | Tone,
        span: Ends = None,
        *,
        percentile: Ends = None,
        center: float | None = None,
    ) -> Tone:
        """Check a tone given by name or as a value, with an optional span.

        Parameters
        ----------
        tone : str or Tone
        span : (low, high), optional
            The densities that map to 0 and 1.
        percentile : (low, high), optional
            In place of a span: it is fitted to these percentiles, 0..100.
        center : float, optional
            Of a diverging tone.

        Raises
        ------
        InputError
            If the name is unknown, or what belongs to the tone does not suit it.
        """
        if not isinstance(tone, Tone):
            if tone not in NAMES:
                raise unknown("tone", tone, NAMES)
            tone = cls(tone)
        if center is not None:
            tone = tone._centered(center)
        if span is None:
            return tone if percentile is None else tone._spanning(None, None, percentile)
        try:
            low, high = (float(end) for end in span)
        except (TypeError, ValueError):
            raise InputError(f"span is {span!r}; give two numbers, (low, high)") from None
        return tone._spanning(low, high, percentile)

    @property
    def curve(self) -> Curve:
        """How it runs between its knots."""
        return CURVES[self.name]

    @property
    def is_fitted(self) -> bool:
        """Whether it can be applied as it is."""
        return len(self.knots) >= self.curve.n_knots

    @property
    def low(self) -> float | None:
        """The density that maps to 0; None until fitted, and for classic."""
        return self.knots[0][0] if self.is_fitted and self.knots else None

    @property
    def high(self) -> float | None:
        """The density that maps to 1; None until fitted, and for classic."""
        return self.knots[-1][0] if self.is_fitted and self.knots else None

    def fit(self, density: ArrayLike, *, covered: bool = False) -> Tone:
        """Return this tone with the span of a density where it has none of its own.

        Parameters
        ----------
        density : array_like of any shape
            NaN and infinity are left out. The span is 0..max; for log it is the smallest
            positive..max. Where nothing is positive it is 0..1 (log: 1..2), so that a blank stays
            blank. Equalize ranks the positive densities; diverging reaches as far to
            either side as the farthest one that is not 0.
        covered : bool
            Whether 0 is a value as any other, as for means and extremes: the span is then the
            least..max, and all values are ranked and count for percentiles. (Log begins above 0
            all the same.)

        Raises
        ------
        InputError
            If there is nothing to fit to: no finite number at all.
        """
        if self.is_fitted:
            return self
        values = check_density(density).ravel()
        # A sum is finite if all are; all are looked at only if it is not.
        with np.errstate(over="ignore", invalid="ignore"):
            if not np.isfinite(values.sum(dtype=np.float64)):
                values = values[np.isfinite(values)]
        if not values.size:
            raise InputError(
                f"{self!r} cannot be fitted to a density without a finite number; "
                "fit it to one that has some, or give it a span"
            )
        return Tone(self.name, self.curve.fit(values, self.knots, self.percentile, covered=covered))

    def __call__(self, density: ArrayLike) -> NDArray[Any]:
        """Map densities to 0..1; NaN stays NaN. Float32 arrays stay float32."""
        values = check_density(density)
        return self.curve.forward(np.atleast_1d(values), self._fitted()).reshape(values.shape)

    def inverse(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the densities that map to t in 0..1."""
        return self.curve.backward(np.asarray(t, np.float64), self._fitted())

    def __repr__(self) -> str:
        arguments = self.curve.arguments(self.knots)
        if self.percentile is not None:
            arguments.append(f"percentile={self.percentile!r}")
        return f"Tone.{self.name}({', '.join(arguments)})"

    def __str__(self) -> str:
        n_knots = len(self.knots)
        if n_knots <= self.curve.n_knots:
            return repr(self)
        return f"Tone.{self.name}({n_knots} knots from {self.low:g} to {self.high:g})"

    def _fitted(self) -> Knots:
        if not self.is_fitted:
            raise InputError(f"{self!r} has no span yet; fit it to a density first: .fit(density)")
        return self.knots

    def _centered(self, center: Any) -> Tone:
        """Return this tone around a center, without the span that it had, checked."""
        if self.name != "diverging":
            raise InputError(
                f'only the diverging tone has a center, not {self.name}; give tone="diverging"'
            )
        return replace(self, knots=((check_center(center), 0.5),))

    def _spanning(self, low: Any, high: Any, percentile: Any) -> Tone:
        """Return this tone with a span or a percentile in place of what it had, checked."""
        if low is None and high is None and percentile is None:
            return self
        curve = self.curve
        if curve.no_span:
            raise InputError(f"the {self.name} tone has no span: {curve.no_span}")
        if percentile is not None:
            if low is not None or high is not None:
                raise InputError("span and percentile are both given; give one of them")
            return replace(
                self, knots=curve.given(self.knots), percentile=check_percentile(percentile)
            )
        low, high = check_span(low, high)
        return Tone(self.name, curve.between(low, high, curve.given(self.knots)))
