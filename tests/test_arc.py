"""The short way around the world."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.geo.arc import Arc


def ends(*chunks: list[float]) -> tuple[float, float]:
    arc = Arc()
    for chunk in chunks:
        arc.add(np.array(chunk))
    return arc.ends


@pytest.mark.parametrize(
    ("lon", "expected"),
    [
        ([5], (5, 5)),
        ([10, 20, -30], (-30, 20)),
        ([177, -177], (177, 183)),  # Fiji
        ([180, -180], (180, 180)),
        ([177, 183], (177, 183)),  # counted so already
        ([358, 2], (-2, 2)),  # counted from 0, on both sides of Greenwich
        ([-90, 0, 90], (-90, 90)),
        ([-100, 0, 100], (-100, 100)),  # no half turn holds them: as the numbers are
        ([0, 120, 240], (0, 240)),
        ([-170, 540], (180, 190)),
        ([-180, -60, 60, 300], (-180, 60)),
        ([-150, 100], (100, 210)),
    ],
)
def test_by_hand(lon: list[float], expected: tuple[float, float]) -> None:
    assert ends(lon) == pytest.approx(expected)
    assert ends(*([value] for value in lon)) == pytest.approx(expected)


@given(st.floats(-180, 180), st.lists(st.floats(0, 179), min_size=1))
def test_points_within_half_a_turn_are_found_to_be(west: float, offsets: list[float]) -> None:
    lon = (west + np.array(offsets) + 180) % 360 - 180
    low, high = ends(lon.tolist())
    assert high - low == pytest.approx(max(offsets) - min(offsets), abs=1e-9)
    assert abs((low - (west + min(offsets)) + 180) % 360 - 180) < 1e-9
