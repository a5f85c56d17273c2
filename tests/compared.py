"""Compare a picture with a stored one: by the mean and by the share of close pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def assert_alike(
    actual: NDArray[Any],
    expected: NDArray[Any],
    folder: Path,
    *,
    mean: float,
    within: float,
    share: float,
) -> None:
    """Hold two pictures of grey levels together.

    Parameters
    ----------
    actual, expected : (height, width) uint8
    folder : Path
        Where actual, expected and their difference are written if they are not alike.
    mean : float
        The largest mean absolute difference, in levels.
    within, share : float
        So many levels, and the share of pixels that must be that close.
    """
    assert actual.shape == expected.shape
    difference = np.abs(actual.astype(np.int16) - expected)
    found_mean, found_share = float(difference.mean()), float((difference <= within).mean())
    if found_mean <= mean and found_share >= share:
        return
    pictures = {"actual": actual, "expected": expected, "difference": difference}
    for name, pixels in pictures.items():
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{name}.png")
    raise AssertionError(
        f"mean difference {found_mean:.3f} (at most {mean}), {found_share:.3%} within {within} "
        f"(at least {share:.1%}); see {folder}"
    )
