"""Tally: what became of the points, for `Picture.stats`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """How many points were read, and how many of them were left out or lie elsewhere.

    Parameters
    ----------
    read : int
        Rows that arrived.
    dropped : int
        Rows of these with a NaN or an infinity.
    outside : int
        Points of these beyond the area; their dots may still reach in.
    """

    read: int = 0
    dropped: int = 0
    outside: int = 0

    def reset(self) -> None:
        """Begin again: the points are about to be read from the start."""
        self.read = self.dropped = self.outside = 0
