"""A million points of a strange attractor: an array, small dots, a scale of one's own.

python examples/attractor.py
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import gpuheat

# Steps after which a path has come to the attractor from wherever it began.
SETTLE = 20


def clifford(n_points: int, *, n_paths: int = 1000, seed: int = 1) -> NDArray[np.float64]:
    """Follow many paths at once on Clifford Pickover's attractor: (n_points, 2) x, y."""
    a, b, c, d = -1.4, 1.6, 1.0, 0.7
    x, y = np.random.default_rng(seed).uniform(-1, 1, (2, n_paths))
    points = np.empty((n_points // n_paths, n_paths, 2))
    for step in range(-SETTLE, len(points)):
        x, y = np.sin(a * y) + c * np.cos(a * x), np.sin(b * x) + d * np.cos(b * y)
        if step >= 0:
            points[step] = np.stack([x, y], axis=1)
    return points.reshape(-1, 2)


def main() -> None:
    points = clifford(1_000_000)
    # The span cuts off the few bright edges, so that the veils in between show.
    picture = gpuheat.render(points, dotsize=4, tone="sqrt", span=(0, 30), background="black")
    picture.save("attractor.png")
    print(f"attractor.png: {len(points):,} points, drawn by {picture.engine}")


if __name__ == "__main__":
    main()
