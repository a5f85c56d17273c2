"""Heatmap: heatmap.py 2.2.1's class, same call and same picture, over `render`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from gpuheat.color.scheme import schemes
from gpuheat.errors import InputError
from gpuheat.geo.area import Area, Grid
from gpuheat.picture import Picture
from gpuheat.pipeline import render
from gpuheat.points.source import Source

# heatmap.py measures from a pixel's upper left corner, `render` from its centre.
_HALF_A_PIXEL = 0.5


class Heatmap:
    """The drop-in successor of heatmap.py's class: ``import gpuheat as heatmap``.

    Parameters
    ----------
    libpath : str, optional
        Where heatmap.py looked for its C library. Ignored.

    Attributes
    ----------
    img : PIL.Image.Image or None
        The last picture.
    """

    def __init__(self, libpath: str | None = None) -> None:
        self.img: Image.Image | None = None
        self._picture: Picture | None = None

    def heatmap(
        self,
        points: Iterable[Any],
        dotsize: float = 150,
        opacity: float = 128,
        size: Sequence[int] = (1024, 1024),
        scheme: str | Sequence[Any] = "classic",
        area: Sequence[Any] | None = None,
    ) -> Image.Image:
        """Draw a heatmap as heatmap.py did.

        Parameters
        ----------
        points : iterable of pairs, or array_like
            (N, 2) x, y.
        dotsize : float
            Nominal diameter in pixels.
        opacity : int
            Of the painted pixels, 0..255.
        size : (width, height)
            Pixels. Each axis scales by itself.
        scheme : str or sequence of colours
            A name of `schemes`, or up to 256 colours, densest first.
        area : ((min x, min y), (max x, max y)), optional
            Default: from the points' least to their greatest, which lie at the corners.

        Returns
        -------
        PIL.Image.Image
            RGBA; also kept in `img`.
        """
        source = Source(points)
        if area is not None:
            shown = Area.of(area)
        else:
            source.need_twice()
            shown = Area.around(*source.extent(), margin=0.0)
        grid = replace(Grid.of(shown, size), shift=_HALF_A_PIXEL)
        self._picture = render(
            source,
            dotsize=dotsize,
            falloff="classic",
            tone="classic",
            opacity=opacity,
            scheme=scheme,
            area=grid,
        )
        self.img = self._picture.image
        return self.img

    @property
    def picture(self) -> Picture | None:
        """The last picture with its density, engine and times."""
        return self._picture

    def schemes(self) -> list[str]:
        """Return the names of the schemes."""
        return schemes()

    def saveKML(self, kmlFile: str | os.PathLike[str]) -> None:  # noqa: N802, N803
        """Write the last picture as KML, and its PNG beside it; or both as one .kmz.

        Parameters
        ----------
        kmlFile : path
            The points must have been longitude, latitude.

        Raises
        ------
        InputError
            If there is no picture yet.
        """
        if self._picture is None:
            raise InputError("there is no picture yet; call heatmap(points) before saveKML")
        suffix = Path(kmlFile).suffix.lower()
        self._picture.save(kmlFile, format="kmz" if suffix == ".kmz" else "kml")
