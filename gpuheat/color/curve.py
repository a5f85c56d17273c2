"""Curve: how a tone runs from density to 0..1 between its knots."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

# Densities and the t that they map to, rising in both.
Knots = tuple[tuple[float, float], ...]
Percentile = tuple[float, float]


class Curve(ABC):
    """One shape of tone; it holds no numbers of its own."""

    # The knots that an unfitted tone has already, and how many a fitted one has at least.
    at_first: ClassVar[Knots] = ()
    n_knots: ClassVar[int] = 2
    # Why it has no span, if it has none.
    no_span: ClassVar[str] = ""
    # The palette's entry for pixels without density, which is clear.
    blank: ClassVar[int] = 255

    @abstractmethod
    def fit(
        self, values: NDArray[Any], knots: Knots, percentile: Percentile | None, *, covered: bool
    ) -> Knots:
        """Lay the knots by finite densities; by rule where nothing is to be seen.

        Covered: by values of any sign and offset, of which 0 is one as any other.
        """

    @abstractmethod
    def forward(self, values: NDArray[Any], knots: Knots) -> NDArray[Any]:
        """Map densities to 0..1."""

    @abstractmethod
    def backward(self, t: NDArray[np.float64], knots: Knots) -> NDArray[np.float64]:
        """Return the densities that map to t."""

    def given(self, knots: Knots) -> Knots:
        """Return the knots that were there before the tone was fitted."""
        return ()

    def between(self, low: float, high: float, knots: Knots) -> Knots:
        """Lay the knots by a span that is given.

        Raises
        ------
        InputError
            If the span does not suit the curve.
        """
        return (low, 0.0), (high, 1.0)

    def arguments(self, knots: Knots) -> list[str]:
        """Write what rebuilds the tone, as arguments of its constructor."""
        return [repr(density) for density, _ in knots]
