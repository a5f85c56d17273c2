"""Aggregate: what a pixel says of the dots that reach it: their sum, mean, extremes or number."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.dot import PROFILES, Dot
from gpuheat.errors import InputError, unknown

AGGREGATES = ("sum", "mean", "max", "min", "count")

# What a pixel holds before any dot: the number that leaves the first one as it is.
_STARTS = {"max": -math.inf, "min": math.inf}
_COMBINE: dict[str, np.ufunc] = {"max": np.maximum, "min": np.minimum}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """How the dots that reach a pixel, each of weight w and falloff k there, are put together.

    Parameters
    ----------
    name : str
        sum: sum(w k); mean: sum(w k) / sum(k); max, min: the largest or smallest w k;
        count: how many there are.
    support : float
        For the mean: below so much sum(k) it fades, in proportion.
    """

    name: str = "sum"
    support: float = 0.0

    @classmethod
    def of(cls, name: str, support: float = 0.0) -> Aggregate:
        """Check an aggregate given by the user.

        Raises
        ------
        InputError
            If there is none of that name, or the support is no number of 0 or more, or not
            for this aggregate.
        """
        if name not in AGGREGATES:
            raise unknown("aggregate", name, AGGREGATES)
        try:
            least = math.nan if isinstance(support, bool) else float(support)
        except (TypeError, ValueError):
            least = math.nan
        if not (math.isfinite(least) and least >= 0):
            raise InputError(f"support is {support!r}; give a number of dots, 0 or more")
        if least and name != "mean":
            raise InputError(
                f"support={least:g} is for aggregate='mean', which rests on few dots in places; "
                f"leave it out with {name!r}"
            )
        return cls(name, least)

    def check(self, *, weighted: bool, by: str | None, method: str, normalize: str) -> None:
        """Check it against what it is to be made of, and how.

        Raises
        ------
        InputError
            For a mean without weights, an extreme that is to be counted, and all but sums per
            area; and by category for what has no shares.
        """
        if by is not None and self.name not in ("sum", "count"):
            raise InputError(
                f"aggregate={self.name!r} has no shares to mix the colors of by={by!r} by; take "
                "aggregate sum or count, or leave by out"
            )
        if normalize == "area" and self.name != "sum":
            raise InputError(
                f"normalize='area' is for sums, and aggregate is {self.name!r}; leave one of them "
                "out"
            )
        if self.name == "mean" and not weighted:
            raise InputError(
                "aggregate='mean' needs weights=...: the mean of what each point weighs is 1 "
                "everywhere without them; name their column, or take aggregate='count'"
            )
        if self.is_extreme and method == "count":
            raise InputError(
                f"aggregate={self.name!r} cannot be counted into cells, which hold sums; take "
                "method splat, stencil or auto"
            )

    @property
    def is_extreme(self) -> bool:
        """Whether it is the largest or smallest, which no sum can tell."""
        return self.name in _STARTS

    @property
    def channels(self) -> int:
        """How many numbers a pixel holds: sum(w k) and sum(k) for a mean, else one."""
        return 2 if self.name == "mean" else 1

    @property
    def start(self) -> float:
        """What a pixel holds that no dot reaches."""
        return _STARTS.get(self.name, 0.0)

    @property
    def combine(self) -> np.ufunc:
        """What puts two numbers of a pixel together."""
        return _COMBINE.get(self.name, np.add)

    def dot(self, dot: Dot) -> Dot:
        """Return the dot to draw: for a count one that is 1 wherever the given one reaches."""
        return replace(dot, name="disk", profile=PROFILES["disk"]) if self.name == "count" else dot

    def finish(
        self, held: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | NDArray[np.bool_] | None]:
        """Turn what the pixels hold into values.

        Parameters
        ----------
        held : (channels, height, width)

        Returns
        -------
        values : (height, width) float32
            NaN where no dot reaches; 0 there for a sum and a count.
        cover : (height, width), optional
            How far each pixel is painted, 0..1; None where its value tells.

        Raises
        ------
        InputError
            If numbers leave the range of float32.
        """
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            if self.name == "mean":
                if not np.isfinite(held[0]).all():
                    raise too_large()
                values = np.where(held[1] > 0, held[0] / held[1], np.nan)
            else:
                values = np.where(held[0] == self.start, np.nan, held[0])
            values = values.astype(np.float32)
        if np.isinf(values).any():
            raise too_large()
        if not self.support:
            return values, np.isfinite(values)
        return values, np.clip(held[1] / self.support, 0.0, 1.0).astype(np.float32)


SUM = Aggregate()


def too_large() -> InputError:
    """Build the error for weights that float32 cannot hold."""
    return InputError(
        "the weights are too large: their sum leaves the range of float32 (3e38); "
        "divide them by a constant"
    )
