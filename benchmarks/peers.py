"""Peers: what people use today, doing the same work; each may be missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A gaussian dot's sigma is dotsize/6, and it ends at three of them.
SIGMAS_A_DOTSIZE, SIGMAS = 6.0, 3.0
LEVELS = 255
Array = NDArray[Any]


class MissingPeerError(Exception):
    """A peer is not installed; the text names what cannot be imported."""


def palette() -> Array:
    """Return 256 colours, for the look-up that every peer gets too."""
    ramp = np.arange(256, dtype=np.uint8)
    return np.stack([ramp, ramp // 2, 255 - ramp, np.full(256, 255, np.uint8)], axis=1)


def datashader(points: Array, size: int) -> Callable[[], Array]:
    """Count points and shade linearly: datashader draws no dots at all.

    The data frame is made beforehand, as its users have one.
    """
    try:
        import datashader
        import pandas
        from datashader import transfer_functions
    except ImportError as error:
        raise MissingPeerError(error.name or str(error)) from error
    frame = pandas.DataFrame({"x": points[:, 0], "y": points[:, 1]})

    def draw() -> Array:
        canvas = datashader.Canvas(size, size)
        image = transfer_functions.shade(canvas.points(frame, "x", "y"), how="linear")
        return np.asarray(image.data)

    return draw


# The whole process: what a user of datashader would write to turn a file into a picture.
DATASHADER_SCRIPT = """
import sys
import datashader, numpy, pandas
from datashader import transfer_functions
points = numpy.load(sys.argv[1])
frame = pandas.DataFrame({"x": points[:, 0], "y": points[:, 1]})
counted = datashader.Canvas(1024, 1024).points(frame, "x", "y")
image = transfer_functions.shade(counted, how="linear")
image.to_pil().save(sys.argv[2])
"""

# The same from a table; of Parquet only the columns that are drawn are read.
DATASHADER_FILE_SCRIPT = """
import sys
import datashader, pandas
from datashader import transfer_functions
path, names = sys.argv[1], ["lon", "lat"]
read = pandas.read_parquet if path.endswith(".parquet") else pandas.read_csv
frame = read(path, **{"columns" if read is pandas.read_parquet else "usecols": names})
counted = datashader.Canvas(1024, 512).points(frame, "lon", "lat")
transfer_functions.shade(counted, how="linear").to_pil().save(sys.argv[2])
"""


def fast_histogram(points: Array, size: int, dotsize: float) -> Callable[[], Array]:
    """Histogram, gaussian filter, colour look-up: the quick way by hand.

    x and y are contiguous float64 columns beforehand, the quickest it can be given.
    """
    try:
        from fast_histogram import histogram2d
        from scipy.ndimage import gaussian_filter
    except ImportError as error:
        raise MissingPeerError(error.name or str(error)) from error
    x, y = (np.ascontiguousarray(column, np.float64) for column in points.T)
    colors = palette().view(np.uint32)[:, 0]

    def draw() -> Array:
        ends = [[y.min(), y.max()], [x.min(), x.max()]]
        counted = histogram2d(y, x, size, ends)
        density = gaussian_filter(counted, dotsize / SIGMAS_A_DOTSIZE, truncate=SIGMAS)
        density *= LEVELS / density.max()
        return colors.take(density.astype(np.uint8)).view(np.uint8).reshape(size, size, 4)

    return draw


def kdepy(points: Array, size: int, dotsize: float) -> Callable[[], Array]:
    """Evaluate KDEpy's FFTKDE on the picture's grid, colour look-up."""
    try:
        from KDEpy import FFTKDE
    except ImportError as error:
        raise MissingPeerError(error.name or str(error)) from error
    low, high = points.min(axis=0), points.max(axis=0)
    # Its one bandwidth is for both axes: the points come in pixels.
    placed = (points - low) * ((size - 1) / (high - low))
    colors = palette().view(np.uint32)[:, 0]
    # Its grid must lie beyond all points.
    axis = np.linspace(-1, size, size)
    grid = np.stack([side.ravel() for side in np.meshgrid(axis, axis, indexing="ij")], axis=1)

    def draw() -> Array:
        kde = FFTKDE(kernel="gaussian", bw=dotsize / SIGMAS_A_DOTSIZE)
        density = kde.fit(placed).evaluate(grid)
        density *= LEVELS / density.max()
        return colors.take(density.astype(np.uint8)).view(np.uint8).reshape(size, size, 4)

    return draw
