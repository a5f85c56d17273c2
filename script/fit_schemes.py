"""Write the scheme files whose colors are published as tables of 256 entries.

    pip install matplotlib cmap && python script/fit_schemes.py

Each table becomes a few gradient stops; straight lines between them meet every
entry within 2 levels of 255. Position 0 is the densest, the table's last entry.
"""

from __future__ import annotations

import json
from pathlib import Path

import cmap
import matplotlib
import numpy as np
from numpy.typing import NDArray

# A scheme's error, in levels of 255: no eye sees 2, and it saves most stops.
TOLERANCE = 2

SCHEMES = Path(__file__).resolve().parent.parent / "schemes"

_VIRIDIS_FAMILY = (
    "color maps for matplotlib (2015) by Stefan van der Walt and Nathaniel J. Smith, "
    "viridis with Eric Firing; stops fitted to the published table"
)
PUBLISHED = {
    "viridis": (_VIRIDIS_FAMILY, "CC0-1.0"),
    "magma": (_VIRIDIS_FAMILY, "CC0-1.0"),
    "inferno": (_VIRIDIS_FAMILY, "CC0-1.0"),
    "cividis": (
        "Jamie R. Nunez, Christopher R. Anderton and Ryan S. Renslow, Optimizing colormaps with "
        "consideration for color vision deficiency, PLoS ONE 13(7): e0199239 (2018); "
        "stops fitted to the published table",
        "CC0-1.0",
    ),
    "turbo": (
        "Anton Mikhailov, Turbo, An Improved Rainbow Colormap for Visualization, "
        "Google (2019); stops fitted to the published table",
        "Apache-2.0",
    ),
    "rdbu": (
        "RdBu of ColorBrewer: color specifications and designs developed by Cynthia Brewer "
        "(https://colorbrewer.org/), copyright 2002 Cynthia Brewer, Mark Harrower and The "
        "Pennsylvania State University; blue is the denser end, as published; stops fitted to "
        "the published colors",
        "Apache-2.0",
    ),
    "vik": (
        "Fabio Crameri, Scientific colour maps, https://doi.org/10.5281/zenodo.1243862: safe for "
        "the color-blind, even in its steps; stops fitted to the published table",
        "MIT",
    ),
}
# Not matplotlib's own, or its own in another way: where cmap has it.
AT_CMAP = {"rdbu": "colorbrewer:RdBu", "vik": "crameri:vik"}


def fit(table: NDArray[np.int64]) -> list[int]:
    """Choose positions so that straight lines between them stay within TOLERANCE."""
    stops = [0]
    while stops[-1] < len(table) - 1:
        start = stops[-1]
        # The farthest entry that one line from here reaches; the next one always does.
        for end in range(len(table) - 1, start, -1):
            along = np.linspace(0, 1, end - start + 1)[:, None]
            line = table[start] + along * (table[end] - table[start])
            if np.abs(line - table[start : end + 1]).max() <= TOLERANCE:
                break
        stops.append(end)
    return stops


def write(name: str, origin: str, licence: str, stops: list[tuple[int, str]]) -> None:
    """Write one scheme file, one stop a line."""
    lines = ",\n".join(f'    [{position}, "{color}"]' for position, color in stops)
    (SCHEMES / f"{name}.json").write_text(
        f'{{\n  "origin": {json.dumps(origin)},\n  "licence": {json.dumps(licence)},\n'
        f'  "stops": [\n{lines}\n  ]\n}}\n',
        encoding="utf-8",
    )


def main() -> None:
    for name, (origin, licence) in PUBLISHED.items():
        if name in AT_CMAP:
            colors = np.asarray(cmap.Colormap(AT_CMAP[name])(np.linspace(0, 1, 256)))
        else:
            colors = np.asarray(matplotlib.colormaps[name](np.arange(256)))
        colors = colors[::-1, :3]
        table = np.rint(colors * 255).astype(np.int64)
        stops = [(p, "#{:02x}{:02x}{:02x}".format(*table[p])) for p in fit(table)]
        write(name, origin, licence, stops)
        print(f"{name}: {len(stops)} stops")


if __name__ == "__main__":
    main()
