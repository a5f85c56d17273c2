"""Page: one HTML file with a map to move, which asks for nothing from outside.

The page holds the picture's levels, one byte a pixel, not its colors: page.js looks the colors up
in a scheme's table, and the density in a table of levels. It also brings the rows of a picture in
plate carree to Mercator, so that the levels stay those of the picture.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpuheat.color.layers import Layers
from gpuheat.color.paint import palette
from gpuheat.color.scheme import N_COLORS, Scheme, schemes
from gpuheat.color.steps import Steps
from gpuheat.color.tone import Tone
from gpuheat.errors import GpuheatError
from gpuheat.export.leaflet import Leaflet
from gpuheat.export.levels import Levels
from gpuheat.export.scale import ticks
from gpuheat.geo import land

_FILES = Path(__file__).parent

# The whole page stays below 500 kB, and there is some room for what users name.
_MOST_BYTES = 490_000
# Of mixed colors, which no table holds: a lossy picture whose longer side is this at the most.
_MIXED_SIDE, _MIXED_QUALITY = 1024, 70
# What is left is for the levels; they are worth nothing below this.
_LEAST_BYTES = 20_000


@dataclass(frozen=True, eq=False)
class Heat:
    """What a page is drawn from.

    Parameters
    ----------
    layers : Layers
    tone : Tone
        Fitted. Only its inverse is asked for.
    scheme : Scheme
    opacity : int
        0..255, where the slider stands at first.
    mixed : (height, width, 4) uint8, optional
        The colors of categories, at full opacity, in place of the palette.
    colors : dict of category to (red, green, blue)
        The legend's, of categories.
    """

    layers: Layers
    tone: Tone
    scheme: Scheme
    opacity: int
    mixed: NDArray[np.uint8] | None
    colors: Mapping[Any, tuple[int, int, int]]

    @property
    def index(self) -> NDArray[np.uint8]:
        """Each pixel's entry in the palette, whatever is mixed or faded: (height, width)."""
        density = self.layers.density
        return Steps.of(self.tone, covered=self.layers.is_covered).index(density.values)

    @property
    def alpha(self) -> NDArray[np.uint8]:
        """Of each of the palette's entries at full opacity, without the scheme's own: (256,)."""
        opaque = Scheme(self.scheme.name, np.full((N_COLORS, 4), 255, np.uint8))
        return palette(opaque, self.tone, 255, covered=self.layers.is_covered)[:, 3]

    @property
    def cover(self) -> NDArray[np.uint8] | None:
        """How far each pixel is painted, where it may be in part: (height, width)."""
        cover = self.layers.cover
        if cover is None or cover.dtype == np.bool_:
            return None
        faded: NDArray[np.uint8] = np.rint(cover * 255).astype(np.uint8)
        return faded


def write(stream: IO[bytes], heat: Heat, *, title: str, degrees: bool) -> None:
    """Write the page.

    Parameters
    ----------
    stream : binary file object
    heat : Heat
    title : str
        The heading.
    degrees : bool
        Whether x, y are longitude and latitude, and the heat lies on land.

    Raises
    ------
    MissingPackageError
        If the package that brings Leaflet is not installed.
    """
    from gpuheat import __version__  # the package imports this module itself

    leaflet = Leaflet.read()
    data = _described(heat, title, degrees)
    parts = {
        "title": html.escape(title),
        "version": __version__,
        "licence": leaflet.licence.replace("--", "- -"),
        "leaflet-style": leaflet.style,
        "style": (_FILES / "page.css").read_text(encoding="utf-8"),
        "leaflet-script": leaflet.script,
        "places": (_FILES / "place.js").read_text(encoding="utf-8"),
        "script": (_FILES / "page.js").read_text(encoding="utf-8"),
        "heat": "",
    }
    page = (_FILES / "page.html").read_text(encoding="utf-8")
    taken = len(_filled(page, parts).encode()) + len(_json(data).encode())
    levels = Levels.of(
        heat.index,
        heat.layers.density.values,
        heat.cover,
        # Three bytes become four letters; the tables of values and errors come besides.
        max(_LEAST_BYTES, (_MOST_BYTES - taken) * 3 // 4 - 6_000),
    )
    data |= {
        "every": levels.every,
        "levels": _text(levels.packed),
        "cover": None if levels.cover is None else _text(levels.cover),
        "shape": levels.shape,
        "values": levels.values,
        "errors": levels.errors,
    }
    stream.write(_filled(page, parts | {"heat": _json(data)}).encode())


def _described(heat: Heat, title: str, degrees: bool) -> dict[str, Any]:
    """Tell everything but the levels."""
    density = heat.layers.density
    grid = density.grid
    (west, north), (east, south) = grid.to_world(0, 0), grid.to_world(grid.width, grid.height)
    known = {name: Scheme.of(name) for name in schemes()} | {heat.scheme.name: heat.scheme}
    return {
        "title": title,
        "unit": density.unit,
        "map": (grid.projection or "flat") if degrees else "none",
        "area": [west, south, east, north],
        "size": [grid.width, grid.height],
        "opacity": heat.opacity,
        "scheme": heat.scheme.name,
        "schemes": {} if heat.colors else {n: _text(s.colors.tobytes()) for n, s in known.items()},
        "alpha": heat.alpha.tolist(),
        "ticks": [] if heat.colors else ticks(heat.tone),
        "categories": [[str(name), list(color)] for name, color in heat.colors.items()],
        "mixed": None if heat.mixed is None else _picture(heat.mixed),
        "land": _land() if degrees else None,
    }


def _land() -> str:
    rings = [ring.tolist() for ring in land.rings()]
    return _text(zlib.compress(json.dumps(rings, separators=(",", ":")).encode(), 9))


def _picture(rgba: NDArray[np.uint8]) -> str:
    image, stream = Image.fromarray(rgba), io.BytesIO()
    image.thumbnail((_MIXED_SIDE, _MIXED_SIDE))
    image.save(stream, "WEBP", quality=_MIXED_QUALITY, alpha_quality=_MIXED_QUALITY)
    return f"data:image/webp;base64,{_text(stream.getvalue())}"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _json(data: Mapping[str, Any]) -> str:
    """Write JSON that no script element ends in, whatever the texts in it."""
    try:
        text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    except ValueError as problem:
        raise GpuheatError(f"the page cannot hold a number of the picture: {problem}") from problem
    return text.replace("<", "\\u003c")


def _filled(page: str, parts: Mapping[str, str]) -> str:
    """Put each part where its name stands; what is put there is not looked at again."""
    return re.sub(r"\{\{([a-z-]+)\}\}", lambda found: parts[found[1]], page)
