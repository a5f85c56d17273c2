"""Pair: weights and points counted in one reading, whose densities' ratio is a mean."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gpuheat.density.bound import Bound
from gpuheat.density.cells import Cells
from gpuheat.density.copies import Copies
from gpuheat.density.count_host import HostCount, HostCounter
from gpuheat.density.counts import Counts
from gpuheat.density.dot import Dot
from gpuheat.density.sharing import share
from gpuheat.gl.context import Context
from gpuheat.points.points import Points
from gpuheat.points.source import Source


class Pair:
    """What the weights of points sum to in each cell, and how many points there are.

    Parameters
    ----------
    cells : Cells
        Where weights are counted; points are, in whole numbers, into the same.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells, self._ones = cells, replace(cells, step=1.0)
        self._bound, self._copies = Bound(cells), Copies(cells)
        # No mean lies beyond the least and the largest weight.
        self._least, self._most = np.inf, -np.inf
        self._lock = threading.Lock()
        self._counts: tuple[Counts, Counts] | None = None

    def count_on_host(self, source: Source, progress: Callable[[], None]) -> Pair:
        """Count a source's points on all cores."""
        source.onto(self._cells.grid, self._cells.gutter)

        counts = HostCount(self._cells), HostCount(self._ones)

        def begin() -> tuple[HostCounter, HostCounter]:
            return counts[0].begin(), counts[1].begin()

        def add(counters: tuple[HostCounter, HostCounter], points: Points) -> None:
            n_outside = counters[0].add(points)
            counters[1].add(Points(points.x, points.y))
            source.tally.add_outside(n_outside - self._take(points))

        parts = share(source, begin, add, n_workers=counts[0].n_workers, progress=progress)
        weights = counts[0].counts([part[0] for part in parts])
        ones = counts[1].counts([part[1] for part in parts], passing=True)
        self._counts = self._copies.off(weights), ones
        return self

    def count_on_gl(self, source: Source, context: Context, progress: Callable[[], None]) -> Pair:
        """Count a source's points on a GL device."""
        from gpuheat.density.count_gl import counter_of

        source.onto(self._cells.grid, self._cells.gutter)
        n_outside, counters = 0, []
        try:
            for cells in (self._cells, self._ones):
                counters.append(counter_of(cells, context))
            for points in source:
                n_outside -= self._take(points)
                counters[0].add(points)
                counters[1].add(Points(points.x, points.y))
                progress()
            (weights, n_counted), (ones, _) = (counter.counts() for counter in counters)
        finally:
            for counter in counters:
                counter.release()
        source.tally.add_outside(n_counted + n_outside)
        self._counts = self._copies.off(weights), ones
        return self

    def held(self, dot: Dot) -> NDArray[np.float64]:
        """Convolve both: (2, height, width), sum(w k) and sum(k) at each pixel.

        Where dots only just reach, both are as small as rounding is, and their ratio could be
        anything: it is kept within the range of the weights.
        """
        assert self._counts is not None  # for mypy: both ways of counting end with them
        weighted, falloffs = (
            counts.density(dot).values.astype(np.float64) for counts in self._counts
        )
        if dot.least >= 0:
            np.clip(weighted, self._least * falloffs, self._most * falloffs, out=weighted)
        return np.stack([weighted, falloffs])

    def _take(self, points: Points) -> int:
        """Take a chunk's weights into account; return how many of its copies lie outside."""
        self._bound.grow(points)
        if points.weights is not None and len(points):
            least, most = float(points.weights.min()), float(points.weights.max())
            with self._lock:
                self._least, self._most = min(self._least, least), max(self._most, most)
        return self._copies.take(points)
