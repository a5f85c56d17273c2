"""Cover: paint wherever a dot reaches, the coldest place too, for means and extremes.

A sum is pale where there is little of it. A mean is not: 15 degrees are as much there as 20. So
alpha does not come from the value but from how far the pixel is covered.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.colorize import CLEAR, Colored
from gpuheat.color.scheme import Scheme
from gpuheat.color.tone import Tone

# The tones whose scale runs from the least to the largest value where it is not told. A
# logarithm begins above 0; the others have no span, or find it their own way.
_FROM_LEAST = ("linear", "sqrt", "cbrt")
# A single value lies in the middle of a span as wide as the two halves (as numpy.histogram).
_HALF = 0.5

Cover = NDArray[np.float32] | NDArray[np.bool_]


def fit_covered(tone: Tone, values: NDArray[np.float32]) -> Tone:
    """Fit a tone to values of any sign and offset.

    Parameters
    ----------
    tone : Tone
        A linear or root tone without a span gets the least and the largest value there is; any
        other is fitted its own way.
    values : (height, width) float32
        NaN is left out.
    """
    finite = values[np.isfinite(values)]
    if tone.name not in _FROM_LEAST or tone.is_fitted or not len(finite):
        return tone.fit(values)
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - _HALF, high + _HALF
    return Tone.of(tone, (low, high))


def paint_covered(
    values: NDArray[np.float32], cover: Cover, *, tone: Tone, scheme: Scheme, opacity: int
) -> Colored:
    """Turn values into colors, on the host.

    Parameters
    ----------
    values : (height, width) float32
        NaN becomes transparent.
    cover : (height, width) bool or float32, 0..1
        What opacity is multiplied with.
    tone : Tone
        Fitted.
    scheme : Scheme
    opacity : int
        0..255.

    Returns
    -------
    Colored
        With indices where no pixel is half covered.
    """
    t = tone(values)
    blank = np.isnan(t) | (cover == 0)
    # The palette's last entry is clear, so the coldest color is the one before it.
    index = np.minimum(CLEAR * (1 - np.where(blank, 0, t)), CLEAR - 1).astype(np.uint8)
    index[blank] = CLEAR
    palette = scheme.colors.copy()
    palette[:, 3] = np.rint(scheme.colors[:, 3] * (opacity / 255))
    palette[CLEAR, 3] = 0
    rgba = palette[index]
    if cover.dtype == np.bool_:
        return Colored(rgba, index, palette)
    rgba[..., 3] = np.rint(rgba[..., 3] * cover)
    return Colored(rgba, None, palette)
