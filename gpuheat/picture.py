"""Picture: the result, an image with the density and the tone it came from."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpuheat.color.colorize import Colored, check_opacity
from gpuheat.color.cover import Cover
from gpuheat.color.layers import Layers
from gpuheat.color.scheme import Scheme
from gpuheat.color.swatches import Swatches
from gpuheat.color.tone import Tone
from gpuheat.density.density import Density
from gpuheat.errors import InputError
from gpuheat.export import kml, png
from gpuheat.export.replacing import replacing
from gpuheat.geo.area import Area
from gpuheat.geo.projection import Projection
from gpuheat.gl.opening import open_context


@dataclass(frozen=True, eq=False)
class Picture:
    """A heatmap.

    Made by `gpuheat.render`. It shows itself in notebooks, and ``numpy.asarray(picture)`` is
    its RGBA.

    Attributes
    ----------
    colored : Colored
        The pixels without background: (height, width, 4) uint8 straight RGBA, indices, palette.
    density : Density
        ``density.values`` is (height, width) float32, row 0 at the top: the sum of
        weight * falloff at each pixel's centre, in ``density.unit``; or what the aggregate
        makes of it.
    tone : Tone
        Fitted; the same tone gives another density the same scale.
    scheme : Scheme
    opacity : int
        0..255.
    engine : str
        What drew it: "splat, EGL llvmpipe".
    stats : dict
        ``read``, ``dropped``, ``outside``, ``clipped`` (points), ``columns``, ``seconds`` per
        stage.
    background : PIL.Image.Image or None
        RGBA, as large as the picture.
    cover : (height, width) bool or float32, or None
        How far each pixel is painted, 0..1, where its value does not tell: of a mean, max, min.
    densities : dict of category to Density
        Each category's own, in their order; empty without `by`.
    colors : dict of category to (red, green, blue)
        The legend's; empty without `by`.
    """

    colored: Colored
    density: Density
    tone: Tone
    scheme: Scheme
    opacity: int = 255
    engine: str = ""
    stats: Mapping[str, Any] = field(default_factory=dict)
    background: Image.Image | None = None
    cover: Cover | None = None
    densities: Mapping[Any, Density] = field(default_factory=dict)
    colors: Mapping[Any, tuple[int, int, int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        layers: Layers,
        colored: Colored,
        tone: Tone,
        scheme: Scheme | Swatches,
        opacity: int,
        engine: str,
        stats: Mapping[str, Any],
        background: Image.Image | None,
    ) -> Picture:
        """Make a picture of layers and their colors."""
        return cls(
            colored,
            layers.density,
            tone,
            scheme.scheme if isinstance(scheme, Swatches) else scheme,
            opacity,
            engine,
            stats,
            background,
            layers.cover,
            layers.densities,
            scheme.colors if isinstance(scheme, Swatches) else {},
        )

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
        layers = Layers(self.density, self.cover, self.densities)
        colors: Scheme | Swatches
        if self.densities:
            colors = Swatches.of(self.colors if scheme is None else scheme, self.densities)
        else:
            colors = self.scheme if scheme is None else Scheme.of(scheme)
        fitted = self.tone if tone is None else layers.fit(Tone.of(tone))
        opaque = self.opacity if opacity is None else check_opacity(opacity)
        context = open_context("cpu")
        colored = layers.color(tone=fitted, scheme=colors, opacity=opaque, context=context)
        return Picture.of(
            layers, colored, fitted, colors, opaque, self.engine, self.stats, self.background
        )

    def save(self, path: str | os.PathLike[str] | IO[bytes], format: str | None = None) -> None:
        """Write the picture; the name's ending says how.

        Parameters
        ----------
        path : path or binary file object
            ``.png`` (indexed where there is no background), ``.webp`` (lossless), ``.jpg``
            (over white, for it holds no alpha), ``.kml`` (and its PNG beside it), ``.kmz``,
            ``.npz`` (density, its unit, area, projection, scheme, tone). An old file is replaced
            once the new one is whole.
        format : str, optional
            The ending, where `path` is a file object or ends otherwise; default "png".

        Raises
        ------
        InputError
            If the ending is unknown, or the format cannot hold the picture.
        FileError
            If it cannot be written.
        """
        if not isinstance(path, (str, os.PathLike)):
            self._writer(format or "png")(path)
            return
        suffix = check_suffix(path) if format is None else _known_format(format)
        write = self._writer(suffix)
        if suffix == "kml":
            beside = Path(path).with_suffix(".png")
            if beside == Path(path):
                raise InputError(f"{os.fspath(path)} is where the KML's picture goes; name it .kml")
            text = kml.document(self.area, beside.name)
            with replacing(beside) as stream:
                self._write_png(stream)
            with replacing(path) as stream:
                stream.write(text.encode())
            return
        with replacing(path) as stream:
            write(stream)

    def _writer(self, suffix: str) -> Callable[[IO[bytes]], None]:
        writers = {
            "png": self._write_png,
            "webp": self._write_webp,
            "jpg": self._write_jpg,
            "kml": self._write_kml,
            "kmz": self._write_kmz,
            "npz": self._write_npz,
        }
        name = _known_format(suffix)
        if name in FLAT_FORMATS and self.projection is not None:
            raise InputError(not_flat(name, self.projection))
        return writers[name]

    def _write_png(self, stream: IO[bytes]) -> None:
        index, palette = self.colored.index, self.colored.palette
        if self.background is None and index is not None and palette is not None:
            png.write_indexed(stream, index, palette)
        else:
            png.write_rgba(stream, self.image)

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
        self._write_png(picture)
        kml.write_kmz(stream, self.area, picture.getvalue())

    def _write_npz(self, stream: IO[bytes]) -> None:
        span = [np.nan if end is None else end for end in (self.tone.low, self.tone.high)]
        np.savez_compressed(
            stream,
            density=self.density.values,
            area=np.array(self.area.corners),
            projection=self.projection or "none",
            unit=self.density.unit,
            scheme=self.scheme.colors,
            scheme_name=self.scheme.name,
            tone=self.tone.name,
            span=np.array(span),
        )

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
        return f"<Picture {width} x {height}, {self.area}, {self.tone!r}, {self.engine}>"


FORMATS = ("png", "webp", "jpg", "kml", "kmz", "npz")
# A viewer lays these onto the globe as plate carree.
FLAT_FORMATS = ("kml", "kmz")


def not_flat(format: str, projection: Projection) -> str:
    """Say why a projected picture cannot be written in one of `FLAT_FORMATS`."""
    return (
        f"a viewer lays {format} onto the globe as plate carree, and this picture is in "
        f"{projection}; draw it without projection, or save it as png"
    )


def check_suffix(path: str | os.PathLike[str]) -> str:
    """Return the format a name asks for by its ending.

    Raises
    ------
    InputError
        If it is none of `FORMATS`.
    """
    suffix = Path(path).suffix
    if not suffix:
        raise InputError(f"{os.fspath(path)!r} has no ending; give one of {_listed()}")
    return _known_format(suffix[1:])


def _known_format(suffix: str) -> str:
    name = {"jpeg": "jpg"}.get(suffix.lower(), suffix.lower())
    if name not in FORMATS:
        raise InputError(f"unknown format {suffix!r}; known are {_listed()}")
    return name


def _listed() -> str:
    return ", ".join("." + name for name in FORMATS)
