"""The land outline: closed rings on the map, with the right places on land and at sea."""

from __future__ import annotations

import numpy as np
import pytest

from gpuheat.geo.land import rings


def is_land(lon: float, lat: float) -> bool:
    """Count the edges that a ray to the east crosses: odd is inside (even-odd rule)."""
    crossings = 0
    for ring in rings():
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        spans = (y0 > lat) != (y1 > lat)
        with np.errstate(divide="ignore", invalid="ignore"):
            x = x0 + (lat - y0) / (y1 - y0) * (x1 - x0)
        crossings += int(np.count_nonzero(spans & (x > lon)))
    return crossings % 2 == 1


def test_every_ring_is_closed_and_on_the_map() -> None:
    assert len(rings()) > 100
    for ring in rings():
        assert ring.dtype == np.float64
        assert ring.shape[1] == 2
        assert len(ring) >= 4
        assert (ring[0] == ring[-1]).all()
        assert (np.abs(ring) <= (180, 90)).all()


def test_no_ring_jumps_across_the_map() -> None:
    # Antarctica's edge along the south pole is the one edge that long.
    for ring in rings():
        steps = np.abs(np.diff(ring[:, 0]))
        at_pole = (ring[:-1, 1] == -90) & (ring[1:, 1] == -90)
        assert (steps[~at_pole] < 30).all()


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (2.35, 48.86, True),  # Paris
        (-100, 40, True),  # Kansas
        (134, -25, True),  # Australia
        (0, -89.5, True),  # Antarctica, at the pole
        (-179, -89.5, True),
        (179, -89.5, True),
        (-175, 67, True),  # Chukotka, beyond 180 degrees
        (175, 67.5, True),  # and before
        (51, 42, False),  # the Caspian Sea, a hole
        (-30, 30, False),  # the Atlantic
        (180, 0, False),  # the Pacific
        (0, 90, False),  # the north pole
    ],
)
def test_land_is_land_and_sea_is_sea(lon: float, lat: float, expected: bool) -> None:
    assert is_land(lon, lat) == expected


def test_the_rings_are_read_once_and_cannot_be_written_to() -> None:
    assert rings() is rings()
    with pytest.raises(ValueError, match="read-only"):
        rings()[0][0, 0] = 0
