"""KML and KMZ: the picture as an overlay on the globe, where it lies in plate carree."""

from __future__ import annotations

import io
import os
from pathlib import Path, PurePath
from typing import IO

from gpuheat.color.paint import Colored
from gpuheat.errors import InputError
from gpuheat.export import png
from gpuheat.export.replacing import replacing
from gpuheat.export.warp import flat_rows
from gpuheat.geo.area import Area, Grid

_DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2">
  <Folder>
    <GroundOverlay>
      <name>{name}</name>
      <Icon>
        <href>{href}</href>
      </Icon>
      <LatLonBox>
        <north>{north!r}</north>
        <south>{south!r}</south>
        <east>{east!r}</east>
        <west>{west!r}</west>
      </LatLonBox>
    </GroundOverlay>
  </Folder>
</kml>
"""
_PICTURE_IN_KMZ = "heat.png"


def document(area: Area, href: str, name: str = "gpuheat") -> str:
    """Write the KML of one ground overlay.

    Parameters
    ----------
    area : Area
        In degrees: x is longitude, y is latitude.
    href : str
        Where the picture is, relative to the KML.
    name : str
        What a viewer lists it as.

    Raises
    ------
    InputError
        If the area leaves the globe.
    """
    if area.ymin < -90 or area.ymax > 90 or area.xmin < -360 or area.xmax > 360:
        raise InputError(
            f"KML lies on the globe, and the area is {area}; give points as longitude, latitude "
            "in degrees, or save as png"
        )
    # Slow to import, and few pictures become KML.
    from html import escape
    from urllib.parse import quote

    return _DOCUMENT.format(
        name=escape(name, quote=False),
        href=escape(quote(PurePath(href).name)),
        north=float(area.ymax),
        south=float(area.ymin),
        east=float(area.xmax),
        west=float(area.xmin),
    )


def beside(path: str | os.PathLike[str]) -> Path:
    """Return where a KML's picture is written: beside it, as PNG."""
    return Path(path).with_suffix(".png")


def write(path: str | os.PathLike[str], colored: Colored, grid: Grid) -> None:
    """Write a KML and, beside it, its picture.

    Parameters
    ----------
    path : path
    colored : Colored
    grid : Grid
        Where the picture lies: an area in degrees, row 0 in the north.

    Raises
    ------
    InputError
        If the area leaves the globe, or the path is the picture's own.
    FileError
        If one of the two cannot be written.
    """
    picture = beside(path)
    if picture == Path(path):
        raise InputError(f"{os.fspath(path)} is where the KML's picture goes; name it .kml")
    text = document(grid.area, picture.name)
    with replacing(picture) as stream:
        _write_flat(stream, colored, grid)
    with replacing(path) as stream:
        stream.write(text.encode())


def write_kmz(stream: IO[bytes], colored: Colored, grid: Grid) -> None:
    """Write a KMZ: the KML and its picture in one file; as `write` does it."""
    import zipfile

    picture = io.BytesIO()
    _write_flat(picture, colored, grid)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", document(grid.area, _PICTURE_IN_KMZ))
        # PNG is packed already.
        archive.writestr(_PICTURE_IN_KMZ, picture.getvalue(), zipfile.ZIP_STORED)


def _write_flat(stream: IO[bytes], colored: Colored, grid: Grid) -> None:
    """Write the PNG that a viewer lays onto the globe: in plate carree."""
    png.write(stream, colored.rows(flat_rows(grid)))
