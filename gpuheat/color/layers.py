"""Layers: what is colored as one picture: a density, with its cover or with its categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gpuheat.color.colorize import Colored, colorize
from gpuheat.color.cover import Cover, fit_covered, paint_covered
from gpuheat.color.mixing import mix
from gpuheat.color.scheme import Scheme
from gpuheat.color.swatches import Swatches
from gpuheat.color.tone import Tone
from gpuheat.density.density import Density
from gpuheat.gl.context import Context


@dataclass(frozen=True, eq=False)
class Layers:
    """A density, and what else its colors depend on.

    Parameters
    ----------
    density : Density
        Of all points.
    cover : (height, width) bool or float32, optional
        How far each pixel is painted, where its value does not tell.
    densities : dict of category to Density
        What each adds to the density; empty where there are no categories.
    """

    density: Density
    cover: Cover | None = None
    densities: Mapping[Any, Density] = field(default_factory=dict)

    @classmethod
    def of(cls, densities: Mapping[Any, Density]) -> Layers:
        """Lay the densities of categories over each other."""
        first, *others = densities.values()
        total = first.values.astype(np.float64)
        for other in others:
            total += other.values
        with np.errstate(over="ignore"):  # an infinite sum is refused where it is read
            return cls(replace(first, values=total.astype(np.float32)), None, densities)

    def fit(self, tone: Tone) -> Tone:
        """Fit a tone where it has no span of its own."""
        values = self.density.values
        return tone.fit(values) if self.cover is None else fit_covered(tone, values)

    def color(
        self, *, tone: Tone, scheme: Scheme | Swatches, opacity: int, context: Context
    ) -> Colored:
        """Turn the values into colors: on the context where there is a density alone.

        Parameters
        ----------
        tone : Tone
            Fitted.
        scheme : Scheme or Swatches
            Swatches for categories.
        opacity : int
            0..255.
        context : Context
        """
        values = self.density.values
        if isinstance(scheme, Swatches):
            parts = [density.values for density in self.densities.values()]
            return mix(parts, scheme.table, total=values, tone=tone, opacity=opacity)
        if self.cover is not None:
            return paint_covered(values, self.cover, tone=tone, scheme=scheme, opacity=opacity)
        return colorize(values, tone=tone, scheme=scheme, opacity=opacity, context=context)
