"""NPZ: the densities and what made colors of them, as NumPy's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from gpuheat.color.layers import Layers
from gpuheat.color.scheme import Scheme
from gpuheat.color.tone import Tone


def write(
    stream: IO[bytes],
    layers: Layers,
    *,
    tone: Tone,
    scheme: Scheme,
    colors: Mapping[Any, tuple[int, int, int]],
) -> None:
    """Write an archive of arrays, which NumPy reads without pickle.

    Parameters
    ----------
    stream : binary file object
    layers : Layers
    tone : Tone
        Fitted.
    scheme : Scheme
    colors : dict of category to (red, green, blue)
        As many as there are densities of categories.
    """
    density = layers.density
    span = [np.nan if end is None else end for end in (tone.low, tone.high)]
    arrays: dict[str, Any] = {
        "density": density.values,
        "area": density.grid.area.corners,
        "projection": density.grid.projection or "none",
        "unit": density.unit,
        "scheme": scheme.colors,
        "scheme_name": scheme.name,
        "tone": tone.name,
        "span": span,
        "knots": np.array(tone.knots).reshape(-1, 2),
    }
    if layers.densities:
        arrays["categories"] = [str(name) for name in layers.densities]
        arrays["densities"] = [part.values for part in layers.densities.values()]
        arrays["colors"] = np.array(list(colors.values()), np.uint8)
    np.savez_compressed(stream, **arrays)
