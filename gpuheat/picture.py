"""Picture: the result, an image with the density and the tone it came from."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
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
from gpuheat.export import geotiff, kml, page, png
from gpuheat.export.crs import DEGREES, Crs
from gpuheat.export.replacing import replacing
from gpuheat.export.saving import Saving, check_suffix
from gpuheat.export.warp import flat_rows
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
        grid = self.density.grid
        column, row = grid.to_pixels([grid.turned(x)], [y])
        if grid.projection is not None:
            if not grid.area.ymin <= y <= grid.area.ymax:  # clipped by the projection
                return float("nan")
            row = np.clip(row, 0, grid.height)  # its edge, but for rounding
        width, height = self.size
        # The area's far edges belong to its last pixels.
        if not (0 <= column[0] <= width and 0 <= row[0] <= height):
            return float("nan")
        inner = min(int(row[0]), height - 1), min(int(column[0]), width - 1)
        return float(self.density.values[inner])

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
        suffix = format or (check_suffix(path) if isinstance(path, (str, os.PathLike)) else "png")
        saving = Saving.of(suffix, density=density, crs=crs)
        settled = saving.settled(degrees=self.degrees, projection=self.projection)
        title = Path(path).stem if isinstance(path, (str, os.PathLike)) else "heatmap"
        write = self._writer(saving, settled, title)
        if not isinstance(path, (str, os.PathLike)):
            write(path)
            return
        if saving.format == "kml":
            beside = Path(path).with_suffix(".png")
            if beside == Path(path):
                raise InputError(f"{os.fspath(path)} is where the KML's picture goes; name it .kml")
            text = kml.document(self.area, beside.name)
            with replacing(beside) as stream:
                self._write_flat_png(stream)
            with replacing(path) as stream:
                stream.write(text.encode())
            return
        with replacing(path) as stream:
            write(stream)

    def _writer(self, saving: Saving, crs: Crs | None, title: str) -> Callable[[IO[bytes]], None]:
        def write_tif(stream: IO[bytes]) -> None:
            pixels = self.density.values if saving.density else self.image
            geotiff.write(stream, pixels, self.density.grid, crs)

        def write_html(stream: IO[bytes]) -> None:
            degrees = self.projection is not None or crs == DEGREES
            page.write(stream, self._heat(), self.density, title=title, degrees=degrees)

        return {
            "png": self._write_png,
            "webp": self._write_webp,
            "jpg": self._write_jpg,
            "tif": write_tif,
            "kml": self._write_kml,
            "kmz": self._write_kmz,
            "html": write_html,
            "npz": self._write_npz,
        }[saving.format]

    def _write_png(self, stream: IO[bytes]) -> None:
        index, palette = self.colored.index, self.colored.palette
        if self.background is None and index is not None and palette is not None:
            png.write_indexed(stream, index, palette)
        else:
            png.write_rgba(stream, self.image)

    def _write_flat_png(self, stream: IO[bytes]) -> None:
        """Write the PNG that a viewer lays onto the globe: in plate carree."""
        if self.projection is None:
            self._write_png(stream)
            return
        index, palette, rows = (
            self.colored.index,
            self.colored.palette,
            flat_rows(self.density.grid),
        )
        if self.background is None and index is not None and palette is not None:
            png.write_indexed(stream, index[rows], palette)
        else:
            png.write_rgba(stream, Image.fromarray(np.asarray(self.image)[rows]))

    def _write_webp(self, stream: IO[bytes]) -> None:
        self._check_side("webp", 16383)
        self.image.save(stream, "WEBP", lossless=True, exact=True)

    def _write_jpg(self, stream: IO[bytes]) -> None:
        self._check_side("jpg", 65500)
        white = Image.new("RGBA", self.size, "white")
        Image.alpha_composite(white, self.image).convert("RGB").save(stream, "JPEG", quality=92)

    def _check_side(self, name: str, longest: int) -> None:
        """Refuse a picture whose sides are too long for a format's encoder."""
        width, height = self.size
        if max(width, height) > longest:
            raise InputError(
                f"{name} holds pictures of up to {longest} pixels a side, this one is "
                f"{width} x {height}; save it as png"
            )

    def _write_kml(self, stream: IO[bytes]) -> None:
        raise InputError("a KML stands beside its picture, so it needs a path; or write kmz")

    def _write_kmz(self, stream: IO[bytes]) -> None:
        picture = io.BytesIO()
        self._write_flat_png(picture)
        kml.write_kmz(stream, self.area, picture.getvalue())

    def _heat(self) -> page.Heat:
        """Return what a page is drawn from, at full opacity."""
        cover = None if self.cover is None else self.cover > 0
        # Colored by the palette alone, whatever is faded or mixed.
        single = replace(self, layers=Layers(self.density, cover), ramp=self.scheme)
        plain = single.recolor(opacity=255).colored
        index = plain.index if self.colored.index is None else self.colored.index
        if index is None or plain.palette is None:
            raise InputError("this picture was colored without a scheme; save it as png")
        # The page multiplies a scheme's own alpha in again.
        own = np.maximum(self.scheme.colors[:, 3].astype(np.float64), 1)
        alpha = np.minimum(np.rint(plain.palette[:, 3] / own * 255), 255).astype(np.uint8)
        faded = self.cover is not None and self.cover.dtype != np.bool_
        return page.Heat(
            index,
            alpha,
            self.scheme,
            self.tone,
            self.opacity,
            np.rint(np.asarray(self.cover) * 255).astype(np.uint8) if faded else None,
            self.recolor(opacity=255).colored.rgba if self.densities else None,
            self.colors,
        )

    def _write_npz(self, stream: IO[bytes]) -> None:
        span = [np.nan if end is None else end for end in (self.tone.low, self.tone.high)]
        arrays: dict[str, Any] = {
            "density": self.density.values,
            "area": self.area.corners,
            "projection": self.projection or "none",
            "unit": self.density.unit,
            "scheme": self.scheme.colors,
            "scheme_name": self.scheme.name,
            "tone": self.tone.name,
            "span": span,
            "knots": np.array(self.tone.knots).reshape(-1, 2),
        }
        if self.densities:
            arrays["categories"] = [str(name) for name in self.densities]
            arrays["densities"] = [part.values for part in self.densities.values()]
            arrays["colors"] = np.array(list(self.colors.values()), np.uint8)
        np.savez_compressed(stream, **arrays)

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self._write_png(stream)
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
