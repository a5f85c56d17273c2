"""Mixing: the densities of several categories as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gpuheat.color.paint import Colored
from gpuheat.color.tone import Tone
from gpuheat.errors import InputError

# Pixels at a time: a band's shares in float64 stay in the cache.
_BAND_PIXELS = 1 << 15

# The transfer function of sRGB (IEC 61966-2-1): a line near black, a power above it.
_LINE_END, _LINE_SLOPE, _OFFSET, _POWER = 0.0031308, 12.92, 0.055, 2.4


def check_mixing(tone: Tone) -> None:
    """Check that a tone can say how opaque a mixture is.

    Raises
    ------
    InputError
        If it goes both ways: neither end is where there is nothing.
    """
    if tone.name == "diverging":
        raise InputError(
            "the categories of by=... are opaque by their total, and the diverging tone has no "
            "end where there is nothing; take another, such as sqrt"
        )


def mix(
    densities: Sequence[NDArray[np.float32]],
    colors: NDArray[np.uint8],
    *,
    total: NDArray[np.float32],
    tone: Tone,
    opacity: int,
) -> Colored:
    """Mix each pixel's color by the share that each category has of it.

    Parameters
    ----------
    densities : sequence of (height, width) float32
        One per category. What is negative has no share.
    colors : (n_categories, 3) uint8
        sRGB. They are mixed as light is, not as the numbers of sRGB: else mixtures darken.
    total : (height, width) float32
        What the tone is applied to; NaN and 0 become transparent.
    tone : Tone
        Fitted; it gives the opacity.
    opacity : int
        0..255, where the tone is 1.
    """
    rgba = np.zeros((*total.shape, 4), np.uint8)
    light = to_light(colors)
    n_rows = max(1, _BAND_PIXELS // max(total.shape[1], 1))
    for start in range(0, len(total), n_rows):
        band = slice(start, start + n_rows)
        mixed = np.zeros((*total[band].shape, 3))
        whole = np.zeros(total[band].shape)
        for density, color in zip(densities, light, strict=True):
            part = np.maximum(density[band], 0).astype(np.float64)
            mixed += part[..., None] * color
            whole += part
        t = np.nan_to_num(tone(total[band]))
        shown = (whole > 0) & (total[band] != 0) & (t > 0)
        mixed[shown] /= whole[shown, None]
        rgba[band, :, :3][shown] = to_srgb(mixed[shown])
        rgba[band, :, 3][shown] = np.rint(opacity * t[shown])
    return Colored(rgba)


def to_light(srgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Turn sRGB of 0..255 into amounts of light, 0..1."""
    value = srgb / 255
    bent = ((value + _OFFSET) / (1 + _OFFSET)) ** _POWER
    return np.where(value <= _LINE_END * _LINE_SLOPE, value / _LINE_SLOPE, bent)


def to_srgb(light: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Turn amounts of light, 0..1, into sRGB of 0..255."""
    bent = (1 + _OFFSET) * np.maximum(light, 0) ** (1 / _POWER) - _OFFSET
    value = np.where(light <= _LINE_END, light * _LINE_SLOPE, bent)
    srgb: NDArray[np.uint8] = np.rint(np.clip(value, 0, 1) * 255).astype(np.uint8)
    return srgb
