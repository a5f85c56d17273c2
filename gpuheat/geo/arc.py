"""Arc: the longitudes that points range over, the short way around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.geo.area import FULL_TURN

_HALF_TURN = FULL_TURN / 2


@dataclass(slots=True)
class _Range:
    low: float = np.inf
    high: float = -np.inf

    def add(self, values: NDArray[Any]) -> None:
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))

    @property
    def width(self) -> float:
        return self.high - self.low


class Arc:
    """Longitudes chunk after chunk, and the range they lie in.

    Points on both sides of 180 degrees range over nearly the whole world by their numbers, and
    over a few degrees on the globe. An arc of half a turn at the most that contains one of the
    meridians 0 and 180 does not cross the other. So it is found by reading the longitudes in
    two ways: from 0 to 360, and from -180 to 180.
    """

    def __init__(self) -> None:
        self._plain, self._from_zero, self._from_date_line = _Range(), _Range(), _Range()

    def add(self, lon: NDArray[Any]) -> None:
        """Take in a chunk, not empty, all finite."""
        self._plain.add(lon)
        self._from_zero.add(np.remainder(lon, FULL_TURN, dtype=np.float64))
        turned = np.remainder(np.add(lon, _HALF_TURN, dtype=np.float64), FULL_TURN)
        turned -= _HALF_TURN
        self._from_date_line.add(turned)

    @property
    def ends(self) -> tuple[float, float]:
        """West and east: as the numbers are, unless half a turn or less holds them otherwise.

        East of 180 where the arc crosses it: 177, 183.
        """
        if self._plain.width > _HALF_TURN:
            for turned in (self._from_zero, self._from_date_line):
                if turned.width <= _HALF_TURN:
                    return turned.low, turned.high
        if self._plain.width > FULL_TURN:
            return self._from_date_line.low, self._from_date_line.high
        return self._plain.low, self._plain.high
