"""Sweep: time against the number of points, the dotsize and the picture's size, for the plots."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.counting import DOTSIZE, MILLION, SIZE, draw
from benchmarks.patterns import uniform
from benchmarks.peers import MissingPeerError
from benchmarks.row import Bench, Result, row
from benchmarks.timing import interleaved

NUMBERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DOTSIZES = (1, 3, 8, 16, 24, 40, 85, 150, 300, 600)
SIZES = (128, 256, 512, 1024, 2048, 4096, 8192)


@row("sweep")
def sweep(bench: Bench) -> list[Result]:
    """Time against N, d and P."""
    # A peer's gaussian filter or a picture of 8192 pixels takes seconds: fewer runs do here.
    repeat = min(bench.repeat, 3) if bench.quick else bench.repeat
    rng = np.random.default_rng(30)
    numbers = NUMBERS[:-2] if bench.quick else NUMBERS
    sizes = SIZES[:-2] if bench.quick else SIZES
    points = uniform(bench.number(MILLION), rng)
    found = {
        "n_points": [_point(n, uniform(n, rng), SIZE, DOTSIZE, repeat) for n in numbers],
        "dotsize": [_point(d, points, SIZE, d, repeat) for d in DOTSIZES],
        "size": [_point(size, points, size, DOTSIZE, repeat, alone=True) for size in sizes],
    }
    slowest = max(entry["seconds"]["gpuheat"] for part in found.values() for entry in part)
    work = "the slowest of the sweep over N, d and P"
    return [Result(work, slowest, "s", note="plotted by benchmarks.plots", detail=found)]


def _point(
    at: float, points: Any, size: int, dotsize: float, repeat: int, *, alone: bool = False
) -> dict[str, Any]:
    """Measure one point of a curve, and the peers that can do it."""
    works: dict[str, Callable[[], Any]] = {
        "gpuheat": draw(points, tone="linear", size=size, dotsize=dotsize, area=(0, 0, 1, 1))
    }
    if not alone and len(points) > 1:
        for name, make in _rivals(points, size, dotsize).items():
            try:
                works[name] = make()
            except MissingPeerError:
                continue
    runs = interleaved(works, repeat)
    seconds = {name: statistics.median(times) for name, times in runs.items()}
    return {"at": at, "seconds": seconds}


def _rivals(points: Any, size: int, dotsize: float) -> Mapping[str, Callable[[], Any]]:
    return {
        "fast-histogram + gaussian_filter": lambda: peers.fast_histogram(points, size, dotsize),
        "datashader (no dots)": lambda: peers.datashader(points, size),
    }
