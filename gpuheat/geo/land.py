"""The outlines of the world's land, for maps to lie on."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import FileError
from gpuheat.resources import folder


@cache
def rings() -> list[NDArray[np.float64]]:
    """Read the land's outlines, once.

    Returns
    -------
    list of (N, 2) float64
        Closed rings of longitude and latitude in degrees, the last point equal to
        the first, within -180..180 and -90..90. Outlines run counterclockwise,
        holes (the Caspian Sea) clockwise, so that filling by either rule leaves
        the holes open. Read-only, as every caller gets the same ones.

    Raises
    ------
    FileError
        If the file is not there or cannot be read.

    Notes
    -----
    Land that crosses 180 degrees is cut there, and Antarctica is closed along
    latitude -90: Web Mercator has to clamp the latitude, and a stroked outline
    shows the cuts. Source: Natural Earth 1:110m, see ``data/README.md``.
    """
    path = folder("data") / "land-110m.json"
    try:
        outlines = json.loads(path.read_text(encoding="utf-8"))["rings"]
    except (OSError, ValueError, KeyError) as problem:
        raise FileError(f"cannot read the land outline {path}: {problem}") from problem
    found = [np.array(outline, dtype=np.float64) for outline in outlines]
    for ring in found:
        ring.flags.writeable = False
    return found
