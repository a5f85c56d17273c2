"""The drop-in class is true to heatmap.py: pictures that its own C core drew.

``reference/`` holds points and the darkness (0..255, 255 = untouched) of heatmap.py 2.2.1. Its
integer arithmetic drops the fraction at each dot: that is the difference allowed here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compared import assert_alike
from gpu import open_or_skip
from numpy.typing import NDArray
from PIL import Image

import gpuheat

FOLDER = Path(__file__).resolve().parent / "reference"
CASES = {case["name"]: case for case in json.loads((FOLDER / "cases.json").read_text())}

# Each level of the ramp stands for itself: the picture's red is the darkness.
GREY_RAMP = [(level, level, level) for level in range(256)]
TRUE = {"mean": 1.6, "within": 16, "share": 0.999}

ENGINES = {"egl": ("EGL ",), "osmesa": ("OSMesa ",), "cpu": ("NumPy", "SciPy")}


def stored(case: dict[str, Any]) -> NDArray[np.uint8]:
    with Image.open(FOLDER / case["darkness"]) as picture:
        return np.asarray(picture.convert("L"))


@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_true_to_heatmap_py(
    name: str, device: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    case = CASES[name]
    monkeypatch.setenv("GPUHEAT_DEVICE", device)
    heatmap = gpuheat.Heatmap()
    image = heatmap.heatmap(
        np.load(FOLDER / case["points"]),
        dotsize=case["dotsize"],
        size=case["size"],
        area=case["area"],
        scheme=GREY_RAMP,
        opacity=255,
    )
    assert heatmap._picture is not None
    assert any(name in heatmap._picture.engine for name in ENGINES[device])
    assert open_or_skip("auto").device.partition(":")[0] == device
    expected = stored(case)
    rgba = np.asarray(image)
    assert_alike(rgba[..., 0], expected, tmp_path, **TRUE)
    # It paints where heatmap.py paints: darkness 252 and below, all with one opacity.
    np.testing.assert_array_equal(rgba[..., 3], np.where(rgba[..., 0] <= 252, 255, 0))


WRONG = {
    "shifted by a pixel": lambda right: np.roll(right, 1, axis=1),
    "upside down": lambda right: right[::-1],
    "left to right": lambda right: right[:, ::-1],
    "two levels too dark": lambda right: np.clip(right.astype(int) - 2, 0, 255),
    "empty": lambda right: np.full_like(right, 255),
    "without its right edge": lambda right: np.where(np.arange(1024) < 900, right, 255),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_comparison_notices_a_wrong_picture(wrong: str, tmp_path: Path) -> None:
    right = stored(CASES["uniform-400"])
    assert_alike(right, right, tmp_path, **TRUE)
    assert not list(tmp_path.iterdir())
    with pytest.raises(AssertionError, match="mean difference"):
        assert_alike(WRONG[wrong](right).astype(np.uint8), right, tmp_path, **TRUE)
    assert {path.stem for path in tmp_path.iterdir()} == {"actual", "expected", "difference"}
