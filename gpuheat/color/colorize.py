"""Colorize: density -> palette index -> RGBA, on the GPU or on the host."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import moderngl
import numpy as np
from numpy.typing import NDArray

from gpuheat.color.scheme import N_COLORS, Scheme
from gpuheat.color.tone import NAMES, Tone
from gpuheat.density.sharing import at_once
from gpuheat.errors import InputError
from gpuheat.gl.context import Context
from gpuheat.gl.program import set_uniforms
from gpuheat.gl.target import Target

# The entry of what is not painted: no density, or NaN.
CLEAR = N_COLORS - 1
# heatmap.py paints a pixel from darkness 252 down, with one opacity.
_CLASSIC_PALEST = 252
# Elsewhere alpha rises over the first twentieth of the tone, so that dots have soft rims.
_FADE = 0.05

# The host colors so many pixels at a time, which stay in the cache, on so many threads.
_BAND_PIXELS, _THREADS = 1 << 17, 2

_RGBA8, _R8 = (4, "f1"), (1, "f1")


@dataclass(frozen=True, eq=False)
class Colored:
    """A picture's pixels, twice: as colours and as indices into their palette.

    Parameters
    ----------
    rgba : (height, width, 4) uint8
        Straight alpha.
    index : (height, width) uint8, optional
        ``rgba`` is ``palette[index]``. None where colors are mixed or faded: no palette
        holds them all.
    palette : (256, 4) uint8, optional
    """

    rgba: NDArray[np.uint8]
    index: NDArray[np.uint8] | None
    palette: NDArray[np.uint8] | None


def check_opacity(opacity: float) -> int:
    """Check an opacity: a whole number, 0..255.

    Raises
    ------
    InputError
        If it is not; 0.6 is answered with "0.6 would be 153".
    """
    try:
        value = float(opacity)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 255 or value != int(value) or isinstance(opacity, bool):
        hint = f": {opacity} would be {round(value * 255)}" if 0 < value < 1 else ""
        raise InputError(f"opacity is {opacity!r}; give a whole number from 0 to 255{hint}")
    return int(value)


def palette(scheme: Scheme, tone: Tone, opacity: int) -> NDArray[np.uint8]:
    """Give each colour of a scheme its alpha.

    Returns
    -------
    (256, 4) uint8
        classic: `opacity` up to darkness 252, else 0. Other tones: alpha rises linearly over
        t = 0..0.05. The last entry is always clear.
    """
    index = np.arange(N_COLORS)
    if tone.name == "classic":
        alpha = np.where(index <= _CLASSIC_PALEST, 1.0, 0.0)
    else:
        alpha = np.minimum((CLEAR - index) / CLEAR / _FADE, 1.0)
    table = scheme.colors.copy()
    table[:, 3] = np.rint(scheme.colors[:, 3] * alpha * (opacity / 255))
    return table


def colorize(
    values: NDArray[np.float32],
    *,
    tone: Tone,
    scheme: Scheme,
    opacity: int,
    context: Context,
) -> Colored:
    """Turn densities into colours.

    Parameters
    ----------
    values : (height, width) float32
        NaN and 0 become transparent.
    tone : Tone
        Fitted.
    scheme : Scheme
    opacity : int
        0..255.
    context : Context
        Where to do it: a GL device, or the host.
    """
    colors = palette(scheme, tone, opacity)
    if context.has_gl:
        rgba, index = context.run(lambda gl: _on_gl(gl, context, values, tone, colors))
        return Colored(rgba, index, colors)
    index = np.empty(values.shape, np.uint8)
    rgba = np.empty((*values.shape, 4), np.uint8)
    words = colors.view(np.uint32)[:, 0]
    n_rows = max(1, _BAND_PIXELS // max(values.shape[1], 1))

    def paint(first: int) -> None:
        for start in range(first * n_rows, len(values), _THREADS * n_rows):
            band = slice(start, start + n_rows)
            index[band] = host_index(values[band], tone)
            # One look-up of 4 bytes a pixel.
            rgba[band].view(np.uint32)[..., 0] = words.take(index[band])

    at_once([partial(paint, number) for number in range(_THREADS)])
    return Colored(rgba, index, colors)


def host_index(values: NDArray[np.float32], tone: Tone) -> NDArray[np.uint8]:
    """Return each pixel's entry in the palette: floor(255 * (1 - t))."""
    t = tone(values)
    blank = (values == 0) | np.isnan(t)
    np.subtract(1, t, out=t)
    t *= CLEAR
    t[blank] = CLEAR
    index: NDArray[np.uint8] = t.astype(np.uint8)
    return index


def _on_gl(
    gl: moderngl.Context,
    context: Context,
    values: NDArray[np.float32],
    tone: Tone,
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    height, width = values.shape
    program = context.program("colorize")
    low, high = (tone.low, tone.high) if tone.low is not None else (0.0, 1.0)
    set_uniforms(program, density=0, palette=1, tone=NAMES.index(tone.name), low=low, high=high)
    with Target(gl, width, height, [_RGBA8, _R8]) as target:
        density = gl.texture((width, height), 1, np.ascontiguousarray(values), dtype="f4")
        table = gl.texture((N_COLORS, 1), 4, colors.tobytes())
        triangle = gl.vertex_array(program, [])
        try:
            density.use(0)
            table.use(1)
            target.use()
            triangle.render(moderngl.TRIANGLES, vertices=3)
        finally:
            for made in (density, table, triangle):
                made.release()
        return target.read(0).view(np.uint8), target.read(1).view(np.uint8)
