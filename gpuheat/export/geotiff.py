"""GeoTIFF: the picture or its densities, with where on earth they lie.

OGC GeoTIFF 1.1: two tags place the upper left corner and the size of a pixel, a third one is a
list of keys that names the system. Pillow writes them as it writes any tag.
"""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from gpuheat.errors import InputError
from gpuheat.export.crs import Crs
from gpuheat.geo.area import Grid

_PREDICTOR = 317
_PIXEL_SCALE, _TIEPOINT, _GEO_KEYS = 33550, 33922, 34735
_GDAL_NODATA = 42113
_SHORT, _DOUBLE, _ASCII = 3, 12, 2
# Keys, and what they may be set to.
_MODEL_TYPE, _RASTER_TYPE, _GEOGRAPHIC_TYPE, _PROJECTED_TYPE = 1024, 1025, 2048, 3072
_PROJECTED, _GEOGRAPHIC, _PIXEL_IS_AREA = 1, 2, 1
# Differences of neighbours compress better: of whole numbers, of floating ones.
_OF_INTEGERS, _OF_FLOATS = 2, 3
# A TIFF's offsets have 32 bits; some room for the tags.
_MOST_BYTES = (1 << 32) - (1 << 20)


def write(
    stream: IO[bytes], pixels: Image.Image | NDArray[np.float32], grid: Grid, crs: Crs | None
) -> None:
    """Write a GeoTIFF, packed without loss.

    Parameters
    ----------
    stream : binary file object
    pixels : PIL.Image.Image or (height, width) float32
        RGBA, whose alpha is what is not painted; or densities, of which NaN is no data.
    grid : Grid
        Where they lie: on its plane, row 0 in the north.
    crs : Crs or None
        What the plane is in.

    Raises
    ------
    InputError
        If the picture is larger than a TIFF can be.
    """
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if isinstance(pixels, Image.Image):
        image, predictor = pixels, _OF_INTEGERS
    else:
        image, predictor = Image.fromarray(np.ascontiguousarray(pixels)), _OF_FLOATS
        _set(tags, _GDAL_NODATA, _ASCII, "nan")
    if grid.width * grid.height * 4 > _MOST_BYTES:
        raise InputError(
            f"tif holds up to 4 GB, and this picture has {grid.width} x {grid.height} pixels; "
            "draw a smaller size"
        )
    # A picture that was shifted by half a pixel lies half a pixel beside its area.
    plane, (width, height) = grid.plane, grid.cell
    left, top = plane.xmin - grid.shift * width, plane.ymax + grid.shift * height
    _set(tags, _PIXEL_SCALE, _DOUBLE, (width, height, 0.0))
    _set(tags, _TIEPOINT, _DOUBLE, (0.0, 0.0, 0.0, left, top, 0.0))
    if crs is not None:  # readers take keys without a system for a local one
        _set(tags, _GEO_KEYS, _SHORT, _keys(crs))
    tags[_PREDICTOR] = predictor
    image.save(stream, "TIFF", compression="tiff_adobe_deflate", tiffinfo=tags)


def _set(tags: TiffImagePlugin.ImageFileDirectory_v2, tag: int, kind: int, value: Any) -> None:
    tags.tagtype[tag] = kind
    tags[tag] = value


def _keys(crs: Crs) -> tuple[int, ...]:
    """Write the list of keys: its version and length, then each key, 0, 1, its value."""
    keys = {
        _MODEL_TYPE: _GEOGRAPHIC if crs.geographic else _PROJECTED,
        _RASTER_TYPE: _PIXEL_IS_AREA,
        _GEOGRAPHIC_TYPE if crs.geographic else _PROJECTED_TYPE: crs.code,
    }
    entries = [number for key in sorted(keys) for number in (key, 0, 1, keys[key])]
    return (1, 1, 1, len(keys), *entries)
