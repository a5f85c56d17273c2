"""A program written for heatmap.py: only its import is new.

python examples/migration.py
"""

from __future__ import annotations

import random

import gpuheat as heatmap  # was: import heatmap


def main() -> None:
    # Longitude and latitude of 100 places around Washington, D.C.
    dice = random.Random(1)
    points = [(dice.gauss(-77.04, 0.03), dice.gauss(38.9, 0.02)) for _ in range(100)]

    hm = heatmap.Heatmap()
    image = hm.heatmap(points, dotsize=90, opacity=200, size=(800, 600), scheme="classic")
    image.save("washington.webp", lossless=True)
    hm.saveKML("washington.kml")  # and washington.png beside it
    print(f"washington.kml and its picture, {image.width} x {image.height} pixels")
    print(f"schemes: {', '.join(hm.schemes())}")


if __name__ == "__main__":
    main()
