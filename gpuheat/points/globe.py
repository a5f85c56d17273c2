"""Globe: longitudes and latitudes that must have changed places."""

from __future__ import annotations

import threading

from gpuheat.errors import InputError
from gpuheat.geo.area import DATE_LINE, POLE
from gpuheat.points.points import Points


class Globe:
    """Watches how far x and y reach, where they are degrees.

    Any thread may add to it.

    Parameters
    ----------
    x_name, y_name : str
        The columns' names, for the message.
    """

    def __init__(self, x_name: str, y_name: str) -> None:
        self._names = x_name, y_name
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin again."""
        self._farthest = [0.0, 0.0]

    def add(self, points: Points) -> None:
        """Take in a chunk."""
        if not len(points):
            return
        reach = [max(-float(c.min()), float(c.max())) for c in (points.x, points.y)]
        with self._lock:
            self._farthest = list(map(max, self._farthest, reach))

    def check(self, label: str) -> None:
        """Refuse latitudes beyond the poles that would do as longitudes.

        Farther ones are faults in single rows, such as 999 for a missing value.

        Raises
        ------
        InputError
            If the longitudes would do as latitudes, too.
        """
        (x_name, y_name), (x_reach, y_reach) = self._names, self._farthest
        if POLE < y_reach <= DATE_LINE and x_reach <= POLE:
            raise InputError(
                f'{label}: y is "{y_name}", which reaches {y_reach:g} degrees and no latitude '
                f'does; x is "{x_name}" and stays within {POLE:g}: they look swapped; give '
                f'x="{y_name}", y="{x_name}"'
            )
