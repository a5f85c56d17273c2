"""KML and KMZ: the picture as an overlay on the globe."""

from __future__ import annotations

from pathlib import PurePath
from typing import IO

from gpuheat.errors import InputError
from gpuheat.geo.area import Area

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


def write_kmz(stream: IO[bytes], area: Area, png: bytes) -> None:
    """Write a KMZ: the KML and its picture in one file."""
    import zipfile

    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", document(area, _PICTURE_IN_KMZ))
        # PNG is packed already.
        archive.writestr(_PICTURE_IN_KMZ, png, zipfile.ZIP_STORED)
