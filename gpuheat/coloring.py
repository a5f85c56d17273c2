"""Coloring: a density that is there already -> picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpuheat.color.background import background as make_background
from gpuheat.color.layers import Layers
from gpuheat.color.paint import check_opacity
from gpuheat.color.scheme import Scheme
from gpuheat.color.tone import Tone
from gpuheat.density.density import Density
from gpuheat.errors import InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.gl.opening import open_context
from gpuheat.picture import Picture


def colorize(
    density: Density | ArrayLike,
    *,
    area: Area | Sequence[Any] | None = None,
    tone: str | Tone = "sqrt",
    span: Sequence[float] | None = None,
    percentile: Sequence[float] | None = None,
    center: float | None = None,
    scheme: Any = "inferno",
    opacity: float = 255,
    background: Any = None,
    covered: bool = False,
) -> Picture:
    """Color a density: a difference of two, one that was kept, or any array.

    Parameters
    ----------
    density : Density or (height, width) array_like
        ``a.density - b.density`` of two pictures of the same size and area, or numbers, row 0
        at the top. NaN and 0 become transparent.
    area : ((min x, min y), (max x, max y)), optional
        What an array shows, y upwards. Default: x from 0 to its width, y from 0 to its height.
        A Density has its own.
    tone, span, percentile, center, scheme, opacity, background
        As in `gpuheat.render`.
    covered : bool
        Whether 0 is a value as any other, as in a mean: only NaN is transparent, and the scale
        runs from the least value.

    Returns
    -------
    Picture

    Raises
    ------
    InputError
        If the density is no picture of numbers, or an option does not suit.

    Examples
    --------
    >>> import gpuheat
    >>> options = {"size": 64, "dotsize": 20, "area": (0, 0, 1, 1)}
    >>> before = gpuheat.render([(0.3, 0.5), (0.6, 0.5)], **options)
    >>> after = gpuheat.render([(0.4, 0.5), (0.6, 0.5)], **options)
    >>> change = after.density - before.density
    >>> gpuheat.colorize(change, tone="diverging", scheme="vik").size
    (64, 64)
    """
    fit = Tone.of(tone, span, percentile=percentile, center=center)
    ramp, alpha = Scheme.of(scheme), check_opacity(opacity)
    placed = density if isinstance(density, Density) else _placed(density, area)
    if placed is density and area is not None and Area.of(area) != placed.grid.area:
        raise InputError(f"this density has an area of its own ({placed.grid.area}); give no other")
    under = None
    if background is not None:
        # The area of an array that has none is no place on earth.
        degrees = placed is density or area is not None
        under = make_background(background, placed.grid, degrees=degrees)
    layers = Layers(placed, np.isfinite(placed.values) if covered else None)
    fit = layers.fit(fit)
    # The host colors a million pixels in 3 ms: no device is worth the way there.
    host = open_context("cpu")
    colored = layers.color(tone=fit, ramp=ramp, opacity=alpha, context=host)
    return Picture(layers, colored, fit, ramp, alpha, f"colorize, {host.name}", {}, under)


def _placed(density: ArrayLike, area: Area | Sequence[Any] | None) -> Density:
    """Check an array of densities and lay it over its area."""
    values = np.asarray(density)
    if values.dtype.kind not in "biuf" or values.ndim != 2 or not values.size:
        raise InputError(
            f"density is {type(density).__name__} of shape {values.shape} and {values.dtype}; "
            "give (height, width) numbers, or a picture's .density"
        )
    with np.errstate(over="ignore"):
        single: NDArray[np.float32] = np.ascontiguousarray(values, np.float32)
    if (np.isinf(single) & np.isfinite(values)).any():
        raise InputError("the density leaves the range of float32 (3e38); divide it by a constant")
    height, width = values.shape
    shown = Area(0.0, 0.0, float(width), float(height)) if area is None else Area.of(area)
    return Density(single, Grid(shown, width, height))
