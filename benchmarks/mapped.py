"""Mapped: draw a memory-mapped file a few times in a process of its own; print JSON.

python -m benchmarks.mapped FILE REPEAT [MINX MINY MAXX MAXY]
"""

from __future__ import annotations

import json
import statistics
import sys

import numpy as np

import gpuheat
from benchmarks.process import AnonymousMemory
from benchmarks.timing import timed


def main() -> None:
    path, repeat, *edges = sys.argv[1:]
    area = [float(edge) for edge in edges] or None
    points = np.load(path, mmap_mode="r")
    engines = []

    def draw() -> None:
        picture = gpuheat.render(points, area=area, dotsize=150, falloff="classic", tone="linear")
        engines.append(picture.engine)

    with AnonymousMemory() as memory:
        draw()
        seconds = [timed(draw) for _ in range(int(repeat))]
    print(
        json.dumps(
            {
                "seconds": statistics.median(seconds),
                "runs": seconds,
                "points_per_second": len(points) / statistics.median(seconds),
                "anonymous_mb": memory.megabytes,
                "engine": engines[-1],
            }
        )
    )


if __name__ == "__main__":
    main()
