"""Tally: what became of the points, for `Picture.stats`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from gpuheat.errors import InputError


@dataclass(slots=True)
class Tally:
    """How many points were read, and how many of them were left out or lie elsewhere.

    Any thread may add to it.

    Parameters
    ----------
    read : int
        Rows that arrived.
    dropped : int
        Rows of these with a NaN or an infinity.
    outside : int
        Points of these beyond the area; their dots may still reach in.
    clipped : int
        Points of these nearer to a pole than the projection goes, drawn at its edge.
    """

    read: int = 0
    dropped: int = 0
    outside: int = 0
    clipped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def reset(self) -> None:
        """Begin again: the points are about to be read from the start."""
        self.read = self.dropped = self.outside = self.clipped = 0

    def add(self, n_read: int, n_dropped: int) -> None:
        """Take in a chunk of rows."""
        with self._lock:
            self.read += n_read
            self.dropped += n_dropped

    def add_outside(self, n_points: int) -> None:
        """Take in points beyond the area."""
        with self._lock:
            self.outside += n_points

    def add_clipped(self, n_points: int) -> None:
        """Take in points nearer to a pole than the projection goes."""
        with self._lock:
            self.clipped += n_points

    def check(self, label: str, columns: Sequence[str]) -> None:
        """Tell, after all was read, whether anything was left.

        Raises
        ------
        InputError
            If there were no rows, or none without NaN or infinity.
        """
        if self.read == 0:
            raise InputError(f"{label} holds no points; expected at least one row")
        if self.read == self.dropped:
            raise InputError(
                f"all {self.read} rows of {label} hold NaN or infinity "
                f"in {', '.join(columns)}; nothing is left to draw"
            )
