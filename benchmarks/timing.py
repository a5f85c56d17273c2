"""Timing: medians of warm runs, those of rivals in turns."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds one run takes."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(works: Mapping[str, Callable[[], Any]], repeat: int) -> dict[str, list[float]]:
    """Run each once to warm up, then all of them in turns.

    Parameters
    ----------
    works : mapping of name to callable
    repeat : int
        Rounds, the warm-up not among them.

    Returns
    -------
    dict of name to seconds of every run
    """
    for work in works.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeat):
        for name, work in works.items():
            seconds[name].append(timed(work))
    return seconds


def medians(works: Mapping[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Return the median seconds of each, run in turns."""
    runs = interleaved(works, repeat)
    return {name: statistics.median(seconds) for name, seconds in runs.items()}
