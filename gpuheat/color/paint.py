"""Paint: density -> index into the palette -> RGBA, on the GPU or on the host."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import moderngl
import numpy as np
from numpy.typing import NDArray

from gpuheat.color.scheme import N_COLORS, Scheme
from gpuheat.color.steps import LAST, Steps
from gpuheat.color.tone import Tone
from gpuheat.density.sharing import at_once
from gpuheat.errors import InputError
from gpuheat.gl.context import Context
from gpuheat.gl.program import set_uniforms
from gpuheat.gl.target import Target

# heatmap.py paints a pixel from darkness 252 down, with one opacity.
_CLASSIC_PALEST = 252
# Elsewhere alpha rises over the first twentieth of the way from the clear entry to the ends of
# the tone, so that dots have soft rims.
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
    index: NDArray[np.uint8] | None = None
    palette: NDArray[np.uint8] | None = None

    def rows(self, numbers: NDArray[np.intp]) -> Colored:
        """Return these rows, in this order, of the picture."""
        index = None if self.index is None else self.index[numbers]
        return Colored(self.rgba[numbers], index, self.palette)


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


def fitted(tone: Tone, values: NDArray[np.float32], *, covered: bool = False) -> Tone:
    """Fit a tone to what is going to be painted; a picture of NaN alone is as a blank one."""
    if not tone.is_fitted and not np.isfinite(values).any():
        return tone.fit(np.zeros(1, np.float32))
    return tone.fit(values, covered=covered)


def palette(
    scheme: Scheme, tone: Tone, opacity: int, *, covered: bool = False
) -> NDArray[np.uint8]:
    """Give each colour of a scheme its alpha.

    Returns
    -------
    (256, 4) uint8
        classic: `opacity` up to darkness 252, else 0. Other tones: alpha rises linearly over
        t = 0..0.05; diverging: over the first twentieth to either side of the center. The entry
        of pixels without density is always clear. Covered: `opacity`, but for the last entry.
    """
    index, blank = np.arange(N_COLORS), tone.curve.blank
    if covered:
        alpha = np.where(index < LAST, 1.0, 0.0)
    elif tone.name == "classic":
        alpha = np.where(index <= _CLASSIC_PALEST, 1.0, 0.0)
    else:
        alpha = np.minimum(np.abs(blank - index) / blank / _FADE, 1.0)
    table = scheme.colors.copy()
    table[:, 3] = np.rint(scheme.colors[:, 3] * alpha * (opacity / 255))
    return table


def paint(
    values: NDArray[np.float32],
    *,
    tone: Tone,
    scheme: Scheme,
    opacity: int,
    context: Context,
    covered: bool = False,
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
    covered : bool
        Whether 0 is a value as any other and only NaN is transparent: of means and extremes.
    """
    colors = palette(scheme, tone, opacity, covered=covered)
    steps = Steps.of(tone, covered=covered)
    if context.has_gl:
        rgba, index = context.run(lambda gl: _on_gl(gl, context, values, steps, colors))
        return Colored(rgba, index, colors)
    index = np.empty(values.shape, np.uint8)
    rgba = np.empty((*values.shape, 4), np.uint8)
    words = colors.view(np.uint32)[:, 0]
    n_rows = max(1, _BAND_PIXELS // max(values.shape[1], 1))

    def paint_bands(first: int) -> None:
        for start in range(first * n_rows, len(values), _THREADS * n_rows):
            band = slice(start, start + n_rows)
            index[band] = steps.index(values[band])
            # One look-up of 4 bytes a pixel.
            rgba[band].view(np.uint32)[..., 0] = words.take(index[band])

    at_once([partial(paint_bands, number) for number in range(_THREADS)])
    return Colored(rgba, index, colors)


def _on_gl(
    gl: moderngl.Context,
    context: Context,
    values: NDArray[np.float32],
    steps: Steps,
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    height, width = values.shape
    program = context.program("colorize")
    set_uniforms(program, density=0, palette=1)
    set_uniforms(program, steps=steps.values, blank=steps.blank, covered=steps.covered)
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
