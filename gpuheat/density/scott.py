"""Scott's rule: how wide dots are to be for the points there are."""

from __future__ import annotations

import numpy as np

from gpuheat.density.dot import Dot
from gpuheat.density.placed import place
from gpuheat.geo.area import Grid
from gpuheat.points.source import Source
from gpuheat.points.tally import Tally

# Scott's exponent -1 / (dimensions + 4), in two.
_EXPONENT = -1 / 6


def bandwidth(source: Source, grid: Grid) -> float:
    """Return the sigma of a gaussian that suits the points in the picture, in pixels.

    Scott's rule (D. W. Scott, Multivariate Density Estimation, 1992, section 6.3)::

        sigma = n ** (-1 / 6) * sqrt((var(column) + var(row)) / 2)
        n = sum(|weight|) ** 2 / sum(weight ** 2)

    with the variances in pixels, weighted. Dots are round, so the two axes share one sigma,
    made of their mean variance (B. W. Silverman, Density Estimation, 1986, section 4.3).

    Parameters
    ----------
    source : Source
        Read once.
    grid : Grid
        Only points inside its area tell.

    Returns
    -------
    float
        0 where the points inside do not differ, or there are none.

    Raises
    ------
    InputError
        If the points can be read only once.
    """
    source.need_twice()
    source.onto(grid, reach=0)
    total = squares = 0.0
    first, second = np.zeros(2), np.zeros(2)
    # From the middle of the picture: large coordinates would lose the digits that matter.
    middle = np.array([[grid.width], [grid.height]]) / 2 + grid.shift
    for points in source:
        own = points.rows(slice(points.n_own))
        placed = place(own, grid, Dot.of(1, "disk"), Tally())
        places = np.stack([placed.column, placed.row]) - middle
        inside = (np.abs(places) <= middle - grid.shift).all(axis=0)
        places = places[:, inside]
        masses = np.ones(places.shape[1])
        if placed.weights is not None:
            masses = np.abs(placed.weights[inside], dtype=np.float64)
        total += float(masses.sum())
        squares += float(np.square(masses).sum())
        first += places @ masses
        second += np.square(places) @ masses
    if not total > 0:
        return 0.0
    variances = np.maximum(second / total - np.square(first / total), 0.0)
    return float((total**2 / squares) ** _EXPONENT * np.sqrt(variances.mean()))
