"""Report: what became of the points and how long it took, for warnings and `Picture.stats`."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gpuheat.errors import EmptyAreaWarning, GpuheatWarning
from gpuheat.geo import mercator
from gpuheat.geo.area import POLE, Grid
from gpuheat.points.source import Source


class Clock:
    """How long each stage took, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time what stands in a ``with``."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


def warn_of(source: Source, grid: Grid, *, given: bool, blank: bool = False) -> None:
    """Warn of rows left out, of an area without points, and of weights that are all 0.

    Parameters
    ----------
    source : Source
        Read to its end.
    grid : Grid
    given : bool
        Whether the user chose the area.
    blank : bool
        Whether the density is 0 everywhere.
    """
    tally = source.tally
    if tally.dropped:
        warnings.warn(
            f"{tally.dropped} of {tally.read} rows hold NaN or infinity"
            f"{', or no category,' if source.by else ''} and were left out",
            GpuheatWarning,
            stacklevel=3,
        )
    if tally.clipped:
        warnings.warn(
            f"{tally.clipped} of {tally.read} points lie beyond {mercator.MAX_LATITUDE:.4f} "
            "degrees of latitude, where Mercator ends, and were drawn there",
            GpuheatWarning,
            stacklevel=3,
        )
    if given and tally.outside == tally.read - tally.dropped:
        text = f"none of the {tally.outside} points lies inside the area ({grid.area})"
        if source.rereadable:
            (xmin, ymin), (xmax, ymax) = source.extent()
            text += f"; they range over x {xmin:g} to {xmax:g}, y {ymin:g} to {ymax:g}"
            if max(abs(ymin), abs(ymax)) > POLE >= max(abs(xmin), abs(xmax)):
                text += ": are x and y swapped?"
        warnings.warn(text, EmptyAreaWarning, stacklevel=3)
    elif blank and source.weighted:
        warnings.warn(
            "the picture is blank: its density is 0 everywhere, for the weights are 0 or cancel "
            "each other out",
            GpuheatWarning,
            stacklevel=3,
        )


def stats(source: Source, clock: Clock) -> dict[str, Any]:
    """Collect the figures of `Picture.stats`."""
    tally = source.tally
    return {
        "read": tally.read,
        "dropped": tally.dropped,
        "outside": tally.outside,
        "clipped": tally.clipped,
        "columns": source.columns,
        "seconds": clock.seconds,
    }
