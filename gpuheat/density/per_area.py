"""Per area: a density whose integral over the ground is the sum of the weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.density import Density
from gpuheat.density.dot import Dot
from gpuheat.errors import InputError, unknown
from gpuheat.geo import mercator
from gpuheat.geo.area import POLE, Grid

Normalize = Literal["peak", "area"]
NORMALIZE = ("peak", "area")
PER_KM2, PER_SQUARE_UNIT = "per km2", "per square unit"

_SQUARE_METRES_A_KM2 = 1e6


def check_normalize(given: object, dot: Dot) -> Dot:
    """Check what densities are to be measured in, and return the dot that suits it.

    Parameters
    ----------
    given : "peak" or "area"
    dot : Dot

    Raises
    ------
    InputError
        If it is none of these, or no area holds the falloff's integral.
    """
    if given == "peak":
        return dot
    if given != "area":
        raise unknown("normalize", given, NORMALIZE)
    if not dot.volume > 0:
        raise InputError(
            f'the falloff\'s integral is {dot.volume:g}, and normalize="area" divides by it; give '
            'a falloff that is positive in the mean, or normalize="peak"'
        )
    return replace(dot, keeps="area")


def per_area(density: Density, dot: Dot, *, degrees: bool) -> Density:
    """Divide a density so that its integral is the sum of the weights.

    What a dot adds is spread over its falloff's integral in the plane, and each pixel's share is
    divided by the pixel's own area on the ground.

    Parameters
    ----------
    density : Density
        Drawn with `dot`.
    dot : Dot
        One that ``keeps`` its area, where dots differ in size.
    degrees : bool
        Whether x, y are longitude and latitude: areas are in km2 then, on the sphere of
        Web Mercator, else in square units of the points.
    """
    grid = density.grid
    on_globe = degrees or grid.projection is not None
    if on_globe:
        areas = _row_areas(grid)
    else:
        width, height = grid.cell
        areas = np.full(grid.height, width * height)
    # Rows beyond a pole have no area, and nothing can be said of them.
    factors = np.divide(1.0, areas * dot.volume, out=np.zeros(len(areas)), where=areas > 0)
    with np.errstate(over="ignore"):  # what float32 cannot hold is told by the pipeline
        values = (density.values * factors[:, None]).astype(np.float32)
    return replace(density, values=values, unit=PER_KM2 if on_globe else PER_SQUARE_UNIT)


def _row_areas(grid: Grid) -> NDArray[np.float64]:
    """Return the area on the ground of a pixel of each row, in km2.

    Of a sphere, the strip between two latitudes has the area of its shadow on the cylinder
    around it (Archimedes): radius^2 * longitudes * difference of the latitudes' sines. On any
    projection whose rows are parallels.
    """
    plane, rows = grid.plane, np.arange(grid.height + 1)
    y = plane.ymax - (rows - grid.shift) * grid.cell[1]
    if grid.projection is None:
        sines = np.sin(np.radians(np.clip(y, -POLE, POLE)))
    else:
        sines = np.tanh(y / mercator.EARTH_RADIUS)  # sin of the latitude at y
    longitudes = np.radians(grid.area.width / grid.width)
    strips = -np.diff(sines) * longitudes * mercator.EARTH_RADIUS**2
    areas: NDArray[np.float64] = strips / _SQUARE_METRES_A_KM2
    return areas
