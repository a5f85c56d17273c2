"""Color maps: those of the package cmap (matplotlib's, colorcet's, cmocean's ...), by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

COMMAND = 'pip install "gpuheat[color]"'


def find(name: str) -> Callable[[Any], Any] | None:
    """Find a color map by its name, case ignored.

    Parameters
    ----------
    name : str
        "viridis", "cmocean:thermal".

    Returns
    -------
    callable or None
        Of an array of 0..1 to (N, 4) RGBA of 0..1; None where there is none of that name, or
        cmap is not installed.
    """
    try:
        from cmap import Colormap
    except ImportError:
        return None
    try:
        # Resolved first: several packages have an RdBu, which cmap would warn of.
        found: Callable[[Any], Any] = Colormap(Colormap.catalog().resolve(name))
    except (KeyError, ValueError):
        return None
    return found


def names() -> list[str]:
    """Return the names of all color maps, without those of their packages; none without cmap."""
    try:
        from cmap import Colormap
    except ImportError:
        return []
    return sorted(Colormap.catalog().short_keys())
