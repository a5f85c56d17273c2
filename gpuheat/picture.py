"""Picture: the result, an image with the density and the tone it came from."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpuheat.color.cover import Cover
from gpuheat.color.layers import Layers, Ramp, ramp_of
from gpuheat.color.paint import Colored, check_opacity
from gpuheat.color.scheme import Scheme
from gpuheat.color.swatches import Swatches
from gpuheat.color.tone import Tone
from gpuheat.density.density import Density
from gpuheat.errors import InputError
from gpuheat.export import geotiff, image, kml, npz, page, png
from gpuheat.export.crs import Crs
from gpuheat.export.replacing import replacing
from gpuheat.export.saving import Saving, check_suffix
from gpuheat.geo.area import Area
from gpuheat.geo.projection import Projection
from gpuheat.gl.opening import open_context


@dataclass(frozen=True, eq=False)
class Picture:
    """A heatmap.

    Made by `gpuheat.render`. It shows itself in notebooks, and ``numpy.asarray(picture)`` is
    its RGBA.

    Parameters
    ----------
    layers : Layers
        What is colored.
    colored : Colored
        The pixels without background: (height, width, 4) uint8 straight RGBA, indices, palette.
    tone : Tone
        Fitted; the same tone gives another density the same scale.
    ramp : Scheme or Swatches
        What the colors came from.
    opacity : int
        0..255.
    engine : str
        What drew it: "splat, EGL llvmpipe".
    stats : dict
        ``read``, ``dropped``, ``outside``, ``clipped`` (points), ``columns``, ``seconds`` per
        stage.
    background : PIL.Image.Image or None
        RGBA, as large as the picture.
    degrees : bool or None
        Whether x, y are longitude and latitude, by their format or their names; None where
        nothing tells.
    """

    layers: Layers
    colored: Colored
    tone: Tone
    ramp: Ramp
    opacity: int = 255
    engine: str = ""
    stats: Mapping[str, Any] = field(default_factory=dict)
    background: Image.Image | None = None
    degrees: bool | None = None

    @property
    def density(self) -> Density:
        """What was drawn, with its unit.

        ``density.values`` is (height, width) float32, row 0 at the top: the sum of
        weight * falloff at each pixel's centre, or what the aggregate makes of it.
        """
        return self.layers.density

    @property
    def cover(self) -> Cover | None:
        """How far each pixel is painted, 0..1, where its value does not tell: of mean, max, min."""
        return self.layers.cover

    @property
    def densities(self) -> Mapping[Any, Density]:
        """Each category's own density, in their order; empty without `by`."""
        return self.layers.densities

    @property
    def colors(self) -> Mapping[Any, tuple[int, int, int]]:
        """Each category's (red, green, blue), 0..255; empty without `by`."""
        return self.ramp.colors if isinstance(self.ramp, Swatches) else {}

    @property
    def scheme(self) -> Scheme:
        """The scheme; of categories their colors in equal bands."""
        return self.ramp.scheme if isinstance(self.ramp, Swatches) else self.ramp

    @cached_property
    def image(self) -> Image.Image:
        """The picture as a PIL image, RGBA with straight alpha, background included."""
        heat = Image.fromarray(self.colored.rgba)
        if self.background is None:
            return heat
        return Image.alpha_composite(self.background, heat)

    @property
    def area(self) -> Area:
        """What the picture shows, in world units: degrees where there is a projection."""
        return self.density.grid.area

    @property
    def projection(self) -> Projection:
        """How the area became the plane that pixels are even on: "mercator", or None."""
        return self.density.grid.projection

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(min x, max x, min y, max y), as matplotlib's imshow takes it.

        On the plane: in metres where there is a projection.
        """
        plane = self.density.grid.plane
        return plane.xmin, plane.xmax, plane.ymin, plane.ymax

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.density.grid.width, self.density.grid.height

    def value_at(self, x: float, y: float) -> float:
        """Return the density at a place.

        Parameters
        ----------
        x, y : float
            World units. On a map longitudes go around.

        Returns
        -------
        float
            The density of the pixel there; NaN outside the area.
        """
        return self.density.value_at(x, y)

    def recolor(
        self,
        *,
        scheme: Any = None,
        tone: str | Tone | None = None,
        opacity: float | None = None,
    ) -> Picture:
        """Color the same density anew; nothing is drawn again.

        Parameters
        ----------
        scheme, tone, opacity
            As in `gpuheat.render`; what is left out stays as it is. A tone given by name is
            fitted on this picture's density.
        """
        given = self.tone if tone is None else Tone.of(tone)
        ramp = ramp_of(self.ramp if scheme is None else scheme, self.densities, given)
        fitted = self.layers.fit(given)
        opaque = self.opacity if opacity is None else check_opacity(opacity)
        colored = self.layers.color(
            tone=fitted, ramp=ramp, opacity=opaque, context=open_context("cpu")
        )
        return replace(self, colored=colored, tone=fitted, ramp=ramp, opacity=opaque)

    def save(
        self,
        path: str | os.PathLike[str] | IO[bytes],
        format: str | None = None,
        *,
        density: bool = False,
        crs: Any = None,
    ) -> None:
        """Write the picture; the name's ending says how.

        Parameters
        ----------
        path : path or binary file object
            ``.png`` (indexed where there is no background), ``.webp`` (lossless), ``.jpg``
            (over white, for it holds no alpha), ``.tif`` (GeoTIFF), ``.kml`` (and its PNG
            beside it), ``.kmz``, ``.html`` (one page with a map to move, which asks for nothing
            from outside), ``.npz`` (density, its unit, area, projection, scheme, tone and its
            knots; categories as text, their densities and colors). An old file is replaced once
            the new one is whole.
        format : str, optional
            The ending, where `path` is a file object or ends otherwise; default "png".
        density : bool
            For ``.tif``: float32 densities in place of the colors.
        crs : str or int, optional
            The EPSG code of what x, y are in, where their names do not tell: for ``.tif`` any;
            for ``.kml``, ``.kmz`` and ``.html`` "EPSG:4326".

        Raises
        ------
        InputError
            If the ending is unknown, or the format cannot hold the picture.
        FileError
            If it cannot be written.
        MissingPackageError
            For ``.html`` without the package that brings Leaflet.
        """
        if isinstance(path, (str, os.PathLike)):
            suffix, title = format or check_suffix(path), Path(path).stem
        else:
            suffix, title = format or "png", "heatmap"
        saving = Saving.of(suffix, density=density, crs=crs)
        settled = saving.settled(degrees=self.degrees, projection=self.projection)
        if not isinstance(path, (str, os.PathLike)):
            self._write(path, saving, settled, title)
        elif saving.format == "kml":
            kml.write(path, self._painted, self.density.grid)
        else:
            with replacing(path) as stream:
                self._write(stream, saving, settled, title)

    def _write(self, stream: IO[bytes], saving: Saving, crs: Crs | None, title: str) -> None:
        grid, name = self.density.grid, saving.format
        match name:
            case "png":
                png.write(stream, self._painted)
            case "webp" | "jpg":
                image.write(stream, self.image, name)
            case "tif":
                geotiff.write(
                    stream, self.density.values if saving.density else self.image, grid, crs
                )
            case "kml":
                raise InputError(
                    "a KML stands beside its picture, so it needs a path; or write kmz"
                )
            case "kmz":
                kml.write_kmz(stream, self._painted, grid)
            case "html":
                # What is in any system that a page knows lies on the earth.
                page.write(stream, self._heat, title=title, degrees=crs is not None)
            case "npz":
                npz.write(
                    stream, self.layers, tone=self.tone, scheme=self.scheme, colors=self.colors
                )

    @property
    def _painted(self) -> Colored:
        """The pixels with background, with indices where there is none."""
        if self.background is None:
            return self.colored
        return Colored(np.asarray(self.image))

    @property
    def _heat(self) -> page.Heat:
        """What a page is drawn from."""
        mixed = self.recolor(opacity=255).colored.rgba if self.densities else None
        return page.Heat(self.layers, self.tone, self.scheme, self.opacity, mixed, self.colors)

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        png.write(stream, self._painted)
        return stream.getvalue()

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        if self.background is None and not copy and dtype is None:
            return self.colored.rgba
        return np.array(self.image, dtype=dtype)

    def __repr__(self) -> str:
        width, height = self.size
        return f"<Picture {width} x {height}, {self.area}, {self.tone}, {self.engine}>"
