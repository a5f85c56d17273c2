"""Warp: rows of pixels moved from Mercator to plate carree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpuheat.geo.area import Grid


def flat_rows(grid: Grid) -> NDArray[np.intp]:
    """Return which of a picture's rows each row of the same area in plate carree shows.

    Meridians are as far apart in either, so columns stay where they are. Each row is taken
    as it is, from where its middle lies: no color is made that the picture does not have.

    Parameters
    ----------
    grid : Grid
        Of the picture. Without a projection its rows stay where they are.

    Returns
    -------
    (height,) intp
    """
    rows = np.arange(grid.height)
    if grid.projection is None:
        return rows
    area = grid.area
    lat = area.ymax - (rows + 0.5) * (area.height / grid.height)
    _, source = grid.to_pixels(np.full(grid.height, area.xmin), lat)
    return np.clip(np.floor(source).astype(np.intp), 0, grid.height - 1)
