"""Swatches: one color per category."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from gpuheat.color.scheme import N_COLORS, Scheme
from gpuheat.errors import InputError

# Masataka Okabe and Kei Ito, Color Universal Design (2008), without their black, then as far
# from all before as can be for every kind of sight: script/fit_swatches.py.
PALETTE = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#68ffff",
    "#882808",
    "#0000ff",
    "#90d0a8",
    "#5088ff",
    "#782868",
    "#0840b0",
    "#507068",
    "#a8f8b0",
)


@dataclass(frozen=True)
class Swatches:
    """The colors of categories, in their order.

    Parameters
    ----------
    colors : dict of category to (red, green, blue), 0..255
    name : str
        The scheme they came from; "categories" for our palette.
    """

    colors: dict[Any, tuple[int, int, int]]
    name: str = "categories"

    @classmethod
    def of(cls, scheme: Any, categories: Iterable[Any]) -> Swatches:
        """Give each category a color.

        Parameters
        ----------
        scheme : None, mapping, sequence of colors, str, Scheme or Swatches
            None: our palette. Swatches stay as they are. A mapping of category to color; at
            least as many colors as there are categories, in their order; or a scheme, of which
            even steps are taken, the first category's the palest. A color is a name, "#rrggbb"
            or three numbers of 0..255.
        categories : iterable

        Raises
        ------
        InputError
            If a category gets no color, or a color is none.
        """
        if isinstance(scheme, Swatches):
            return scheme
        names = list(categories)
        if scheme is None:
            return cls(dict(zip(names, map(_color, PALETTE), strict=False)))
        if isinstance(scheme, Mapping):
            return cls(_picked(scheme, names), "custom")
        if isinstance(scheme, (str, Scheme)) or hasattr(scheme, "__fspath__"):
            ramp = Scheme.of(scheme)
            steps = N_COLORS * (1 - (np.arange(len(names)) + 0.5) / max(len(names), 1))
            taken = ramp.colors[steps.astype(int), :3].tolist()
            return cls({name: _color(c) for name, c in zip(names, taken, strict=True)}, ramp.name)
        colors = [_color(color) for color in scheme] if isinstance(scheme, Iterable) else []
        if len(colors) < len(names):
            raise InputError(
                f"scheme has {len(colors)} colors for {len(names)} categories "
                f"({_listed(names)}); give one for each"
            )
        return cls(dict(zip(names, colors, strict=False)), "custom")

    @property
    def table(self) -> NDArray[np.uint8]:
        """(n_categories, 3) uint8."""
        return np.array(list(self.colors.values()), np.uint8).reshape(-1, 3)

    @property
    def scheme(self) -> Scheme:
        """The colors as a scheme of equal bands, the first category's at its densest end."""
        bands = np.arange(N_COLORS) * len(self.colors) // N_COLORS
        opaque = np.full((N_COLORS, 1), 255, np.uint8)
        return Scheme(self.name, np.hstack([self.table[bands], opaque]))


def _picked(scheme: Mapping[Any, Any], names: list[Any]) -> dict[Any, tuple[int, int, int]]:
    """Look every category up, as it is or as text: a file's numbers may be text."""
    as_text = {str(name): color for name, color in scheme.items()}
    missing = [name for name in names if name not in scheme and str(name) not in as_text]
    if missing:
        raise InputError(
            f"scheme has no color for {_listed(missing)} (it has: {_listed(list(scheme))}); "
            "give every category one"
        )
    return {name: _color(scheme[name] if name in scheme else as_text[str(name)]) for name in names}


def _color(given: Any) -> tuple[int, int, int]:
    """Read a color: a name, "#rrggbb", or three numbers of 0..255."""
    try:
        red, green, blue = ImageColor.getrgb(given)[:3] if isinstance(given, str) else given
        channels = int(red), int(green), int(blue)
        if channels == (red, green, blue) and all(0 <= each <= 255 for each in channels):
            return channels
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(
        f'{given!r} is no color; give a name such as "orange", "#e69f00", or three whole numbers '
        "of 0..255"
    )


def _listed(names: list[Any]) -> str:
    return ", ".join(str(name) for name in names) or "none"
