"""Layers: what is colored as one picture: a density, with its cover or with its categories."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from gpuheat.color.cover import Cover, fade
from gpuheat.color.mixing import check_mixing, mix
from gpuheat.color.paint import Colored, fitted, paint
from gpuheat.color.scheme import Scheme
from gpuheat.color.swatches import Swatches
from gpuheat.color.tone import Tone
from gpuheat.density.density import Density
from gpuheat.gl.context import Context

# What colors come from: a scheme, or a color for each category.
Ramp: TypeAlias = Scheme | Swatches
_SCHEME = "inferno"


def ramp_of(scheme: Any, categories: Collection[Any], tone: Tone) -> Ramp:
    """Check what layers are to be colored by.

    Parameters
    ----------
    scheme
        As `Swatches.of` takes it for categories, else as `Scheme.of` does; None: the default.
    categories : collection
        Empty where there are none.
    tone : Tone

    Raises
    ------
    InputError
        If it is none, does not serve all categories, or the tone cannot say how opaque these are.
    FileError
        If a scheme file cannot be read.
    """
    if not categories:
        return Scheme.of(_SCHEME if scheme is None else scheme)
    check_mixing(tone)
    return Swatches.of(scheme, categories)


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

    @property
    def is_covered(self) -> bool:
        """Whether 0 is a value as any other, as of means and extremes."""
        return self.cover is not None

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to be seen: no density but 0."""
        return not self.is_covered and not self.density.values.any()

    def fit(self, tone: Tone) -> Tone:
        """Fit a tone where it has no span of its own."""
        return fitted(tone, self.density.values, covered=self.is_covered)

    def color(self, *, tone: Tone, ramp: Ramp, opacity: int, context: Context) -> Colored:
        """Turn the values into colors; those of categories on the host.

        Parameters
        ----------
        tone : Tone
            Fitted.
        ramp : Scheme or Swatches
            As `ramp_of` makes it for these layers.
        opacity : int
            0..255.
        context : Context
        """
        values = self.density.values
        if isinstance(ramp, Swatches):
            parts = [density.values for density in self.densities.values()]
            return mix(parts, ramp.table, total=values, tone=tone, opacity=opacity)
        colored = paint(
            values,
            tone=tone,
            scheme=ramp,
            opacity=opacity,
            context=context,
            covered=self.is_covered,
        )
        return colored if self.cover is None else fade(colored, self.cover)
