"""Count in bands: dots whose size follows the latitude, each band convolved with its own dot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gpuheat.density.bands import PARTS, Bands
from gpuheat.density.bound import Bound
from gpuheat.density.cells import Cells, cells_for
from gpuheat.density.copies import Copies
from gpuheat.density.count_host import HostCounter
from gpuheat.density.counts import Counts
from gpuheat.density.density import Density
from gpuheat.density.sharing import share, workers
from gpuheat.density.sums import Sums
from gpuheat.points.points import Points
from gpuheat.points.source import Source


def count_bands(
    source: Source, cells: Cells, bands: Bands, progress: Callable[[], None] = lambda: None
) -> Density:
    """Draw dots whose size follows the latitude, on the host.

    Parameters
    ----------
    source : Source
        On the grid's plane, with sizes (`Source.onto`).
    cells : Cells
        Of the largest dot; its grid and its step are those of all bands.
    bands : Bands
    progress : callable
        Called after each chunk.

    Returns
    -------
    Density
        As exact as `Counts.density`, but for what `bands` says.

    Raises
    ------
    InputError
        If the weights' sum could leave 64 bits.
    """
    numbers = range(bands.first, bands.last + 1)
    # Whole weights are parted exactly; the steps of others are fine enough.
    step = 1 / PARTS if cells.step == 1.0 else cells.step
    cells_of = {n: cells_for(cells.grid, bands.dot_of(n), step=step) for n in numbers}
    bound, copies = Bound(cells_of[bands.first]), Copies(cells_of[bands.first])
    # A band without points takes no memory: tables are made when they are added to.
    tables = {n: Sums(of.shape[0] * of.shape[1]) for n, of in cells_of.items()}

    def add(counters: dict[int, HostCounter], chunk: Points) -> None:
        bound.grow(chunk)
        n_outside = -copies.take(chunk)
        for band, lower, upper in bands.parted(chunk):
            if band not in bands or band + 1 not in bands:
                n_outside += len(lower)  # too far to the north or south to be seen
                continue
            for number in (band, band + 1):
                if number not in counters:
                    counters[number] = HostCounter(cells_of[number], tables[number])
            n_outside += counters[band].add(lower)
            counters[band + 1].add(upper)
        source.tally.add_outside(n_outside)

    n_cells = cells.shape[0] * cells.shape[1]
    n_threads = workers(n_cells * Sums.NARROW_BYTES, 2)
    parts: list[dict[int, HostCounter]] = share(
        source, dict, add, n_workers=n_threads, progress=progress
    )
    total = np.zeros(cells.grid.shape)
    for band in sorted(set().union(*parts)):
        of, dot = cells_of[band], bands.dot_of(band)
        n_points = sum(counters[band].n_points for counters in parts if band in counters)
        values = tables.pop(band).values(passing=True).reshape(of.shape)
        drawn = Counts(of, values, 0, n_points).density(dot).values.astype(np.float64)
        # As in `placed.measure`: a dot's integral grows with the square of its size.
        total += drawn / bands.size(band) ** 2 if dot.keeps == "area" else drawn
    with np.errstate(over="ignore"):  # weights too large for float32 are told by the pipeline
        return Density(total.astype(np.float32), cells.grid)
