"""Cover: how far each pixel is painted where its value does not tell: of means and extremes.

A sum is pale where there is little of it. A mean is not: 15 degrees are as much there as 20, and 0
degrees are too. So alpha comes from how far the dots cover the pixel, and the coldest place is
painted as fully as the warmest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.paint import Colored

# 0..1, or whether; 0 where the value is NaN.
Cover = NDArray[np.float32] | NDArray[np.bool_]


def fade(colored: Colored, cover: Cover) -> Colored:
    """Multiply the opacity of what is painted by its cover.

    Parameters
    ----------
    colored : Colored
        As `paint` makes it with ``covered=True``.
    cover : (height, width) bool or float32, 0..1

    Returns
    -------
    Colored
        With its indices where no pixel is covered in part.
    """
    if cover.dtype == np.bool_:
        return colored
    rgba = colored.rgba.copy()
    rgba[..., 3] = np.rint(rgba[..., 3] * cover)
    return Colored(rgba)
