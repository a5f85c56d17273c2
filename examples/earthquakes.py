"""A week of earthquakes over the land: a CSV file, weights from a column, a log scale.

python examples/earthquakes.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import gpuheat

DATA = Path(__file__).resolve().parent / "data" / "earthquakes.csv"


def main() -> None:
    # Longitude and latitude are found by their names, and "land" lies under the heat.
    picture = gpuheat.render(
        DATA,
        weights="magnitude",
        area=((-180, -90), (180, 90)),
        size=1440,
        dotsize=26,
        tone="log",
        background="land",
    )
    picture.save("earthquakes.png")

    # The density is an array, row 0 in the north.
    row, column = np.unravel_index(picture.density.values.argmax(), picture.density.values.shape)
    lon, lat = picture.density.grid.to_world(column + 0.5, row + 0.5)
    print(f"earthquakes.png: {picture.stats['read']} earthquakes, drawn by {picture.engine}")
    print(f"densest at longitude {lon:.1f}, latitude {lat:.1f}")


if __name__ == "__main__":
    main()
