"""Dot: what one point adds to the density, a radial profile with an end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError, unknown

Profile = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Sizing = Literal["same", "own", "ground"]

# heatmap.py 2.2.1: a dot multiplies the canvas by v/255 with v = min(255, 200 * d/r + 50) and
# r = dotsize / (2 * sqrt(2)). It ends where v reaches 255, at d = 1.025 * r.
CLASSIC_CENTRE, CLASSIC_SLOPE, CLASSIC_WHITE = 50.0, 200.0, 255.0
_CLASSIC_END = (CLASSIC_WHITE - CLASSIC_CENTRE) / CLASSIC_SLOPE
CLASSIC_REACH = _CLASSIC_END / (2 * math.sqrt(2))

# The gaussian's sigma is dotsize/6: three of them fit into the radius, where it is cut.
_GAUSSIAN_EXPONENT = 4.5

# So that a sprite's side, 2 * reach + 1 pixels, fits into a shader's integer.
LARGEST = 1e9

# Samples of a callable's profile in the shader's table, read with linear interpolation: for
# a profile whose second derivative stays below 30 the error is 30 / 8 / 4095^2 = 2.2e-7.
TABLE_SIZE = 4096
# Rings that a falloff is integrated over, by the midpoint rule: right to 1e-9 where it is smooth.
_VOLUME_RINGS = 1 << 14


def _classic(t: NDArray[np.float64]) -> NDArray[np.float64]:
    span = CLASSIC_WHITE - CLASSIC_CENTRE
    # The rounding of 1.0 * span + 50 must not make the rim negative.
    return -np.log(np.minimum((span * t + CLASSIC_CENTRE) / CLASSIC_WHITE, 1.0))


# Each takes t = distance / radius in [0, 1]. The order is the shader's (splat.frag).
PROFILES: dict[str, Profile] = {
    "classic": _classic,
    "cone": lambda t: 1 - t,
    "gaussian": lambda t: np.exp(-_GAUSSIAN_EXPONENT * t * t),
    "quartic": lambda t: (1 - t * t) ** 2,
    "epanechnikov": lambda t: 1 - t * t,
    "disk": np.ones_like,
}


@dataclass(frozen=True)
class Dot:
    """One point's contribution: ``profile(distance / radius)`` up to the radius, else 0.

    Parameters
    ----------
    name : str
        The falloff's name; "callable" for the caller's own.
    radius : float
        Pixels from the centre to where the falloff ends.
    profile : callable
        Takes t in [0, 1] as a float64 array and returns as many numbers.
    sizing : "same", "own" or "ground"
        Whether all dots are alike, or `Points.sizes` multiply the radius: the caller's own, or
        what a projection makes of a size on the ground.
    largest : float
        The largest of those sizes that may occur.
    keeps : "peak" or "area"
        Whether a dot of another size has the same value at its centre, or the same integral.
    """

    name: str
    radius: float
    profile: Profile
    sizing: Sizing = "same"
    largest: float = 1.0
    keeps: Literal["peak", "area"] = "peak"

    @classmethod
    def of(cls, dotsize: float, falloff: str | Callable[[Any], Any] = "gaussian") -> Dot:
        """Check a dot given by the user.

        Parameters
        ----------
        dotsize : float
            Nominal diameter in pixels.
        falloff : str or callable
            A name of `PROFILES`, or a function of t in [0, 1] (0 at the centre, 1 at
            ``dotsize / 2``) that takes and returns an array.

        Raises
        ------
        InputError
            If dotsize is not a positive number up to `LARGEST`, or the falloff is unknown or does
            not return one finite number for each t.
        """
        try:
            diameter = float(dotsize)
        except (TypeError, ValueError):
            diameter = math.nan
        if not (math.isfinite(diameter) and diameter > 0) or isinstance(dotsize, bool):
            raise InputError(f"dotsize is {dotsize!r}; give a positive number of pixels")
        if diameter > LARGEST:
            raise InputError(f"dotsize is {dotsize!r}; give at most {LARGEST:g} pixels")
        if callable(falloff):
            return cls("callable", diameter / 2, _checked_profile(falloff))
        if not isinstance(falloff, str) or falloff not in PROFILES:
            raise unknown("falloff", falloff, PROFILES)
        reach = CLASSIC_REACH if falloff == "classic" else 0.5
        return cls(falloff, diameter * reach, PROFILES[falloff])

    def at(
        self, distance: NDArray[np.float64], radius: float | NDArray[Any] | None = None
    ) -> NDArray[np.float64]:
        """Evaluate the falloff at distances in pixels, in float64; for a radius of one's own."""
        t = distance / (self.radius if radius is None else radius)
        return np.where(t <= 1, self.profile(np.minimum(t, 1.0)), 0.0)

    @property
    def dotsize(self) -> float:
        """Nominal diameter in pixels."""
        return self.radius / (CLASSIC_REACH if self.name == "classic" else 0.5)

    @property
    def edge(self) -> tuple[float, float]:
        """The profile's value at its end, and its largest."""
        values = self.profile(np.linspace(0.0, 1.0, TABLE_SIZE))
        return float(values[-1]), float(np.abs(values).max())

    @property
    def least(self) -> float:
        """The profile's smallest value: no pixel that one dot reaches has less."""
        return float(self.profile(np.linspace(0.0, 1.0, TABLE_SIZE)).min())

    @property
    def edge_slope(self) -> float:
        """How steeply the profile runs into its end, per pixel."""
        last = self.profile(np.array([1 - 1 / TABLE_SIZE, 1.0]))
        return float(abs(last[1] - last[0])) * TABLE_SIZE / self.radius

    @property
    def reach(self) -> int:
        """How many whole pixels beyond the point's own a pixel centre can be reached.

        The centre of pixel j lies ``j + 1/2 - point`` away and the point lies within its own
        pixel, so that is within the radius only up to ``radius + 1/2`` pixels on. Of dots
        that differ in size this is the largest one's.
        """
        return math.floor(self.radius * self.largest + 0.5)

    @property
    def varies(self) -> bool:
        """Whether dots differ in size: each is drawn by itself then, none can be convolved."""
        return self.sizing != "same"

    @property
    def volume(self) -> float:
        """The falloff's integral over the plane, in pixels squared."""
        t = (np.arange(_VOLUME_RINGS) + 0.5) / _VOLUME_RINGS
        mean = float((self.profile(t) * t).sum()) / _VOLUME_RINGS
        return 2 * math.pi * self.radius**2 * mean

    def table(self) -> NDArray[np.float32]:
        """Sample the profile at `TABLE_SIZE` even steps of t from 0 to 1."""
        return self.profile(np.linspace(0.0, 1.0, TABLE_SIZE)).astype(np.float32)


def _checked_profile(falloff: Callable[[Any], Any]) -> Profile:
    """Wrap a callable so that it always returns float64, and try it once."""

    def profile(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(falloff(t), np.float64)

    t = np.linspace(0.0, 1.0, TABLE_SIZE)
    try:
        values = profile(t)
    except Exception as error:
        raise InputError(
            f"falloff failed on an array of t from 0 to 1: {error!r}; "
            "give a function that takes and returns an array"
        ) from error
    if values.shape != t.shape or not np.isfinite(values).all():
        raise InputError(
            f"falloff returned an array of shape {values.shape} for t of shape {t.shape}"
            f"{'' if values.shape != t.shape else ' with numbers that are not finite'}; "
            "give a function that returns one finite number for each t"
        )
    return profile
