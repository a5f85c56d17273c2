"""Score: how far a density is from the truth, in the levels that the eye gets to see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from gpuheat import Tone

LEVELS = 255
# What DESIGN promises: levels beyond the 3 x 3 range, percent of pixels off.
MOST_EXCESS, MOST_PERCENT = 4, 0.1
# A level is a floor: what lies on its edge must not fall below it by a rounding.
_ROUNDING = 1e-9
_FITTED = ("linear", "sqrt", "log")


@dataclass(frozen=True)
class Score:
    """One comparison.

    Parameters
    ----------
    excess : float
        Levels that the worst pixel lies outside the truth's range over the 3 x 3 pixels
        around it, classic tone.
    classic : float
        Percent of pixels off by more than 1 level in the classic tone.
    linear, sqrt, log : float
        Percent of pixels off by more than 2 levels, the tone fitted on the truth.
    """

    excess: float
    classic: float
    linear: float
    sqrt: float
    log: float

    def kept(self, *, coincident: bool) -> bool:
        """Whether the promise is kept."""
        return not self.broken(coincident=coincident)

    def broken(self, *, coincident: bool) -> list[str]:
        """Say which parts of the promise are broken.

        Parameters
        ----------
        coincident : bool
            Whether many points share a place: rims are steeper then than any grid, and only
            the 3 x 3 range holds in the classic tone.
        """
        found = [f"excess {self.excess:.0f}"] if self.excess > MOST_EXCESS else []
        if self.classic > MOST_PERCENT and not coincident:
            found.append(f"classic {self.classic:.2f} %")
        for name in _FITTED:
            percent = getattr(self, name)
            if percent > MOST_PERCENT:
                found.append(f"{name} {percent:.2f} %")
        return found


def score(density: NDArray[np.floating], truth: NDArray[np.float64]) -> Score:
    """Compare a density with the truth."""
    values = density.astype(np.float64)
    mine, right = _classic(values), _classic(truth)
    low, high = minimum_filter(right, 3), maximum_filter(right, 3)
    excess = float(np.maximum(low - mine, mine - high).max())
    percents = [_percent(np.abs(mine - right) > 1)]
    for name in _FITTED:
        tone = Tone(name).fit(truth)
        off = np.abs(_levels(tone(values)) - _levels(tone(truth)))
        percents.append(_percent(off > 2))
    return Score(max(excess, 0.0), *percents)


def _classic(density: NDArray[np.float64]) -> NDArray[np.float64]:
    return _levels(1 - np.exp(-density))


def _levels(t: NDArray[np.float64]) -> NDArray[np.float64]:
    levels: NDArray[np.float64] = np.floor(LEVELS * (1 - t) + _ROUNDING)
    return levels


def _percent(off: NDArray[np.bool_]) -> float:
    return float(100 * np.mean(off))
