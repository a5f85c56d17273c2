"""What PROJ says of an EPSG code, by rasterio, which brings it."""

from __future__ import annotations

from rasterio.crs import CRS
from rasterio.errors import CRSError


def is_geographic(code: int) -> bool | None:
    """Say whether a code is a geographic system in two dimensions or a projected one, or None."""
    try:
        crs = CRS.from_epsg(code)
    except CRSError:
        return None
    text = crs.to_wkt(version="WKT2_2019")
    if text.startswith("PROJCRS"):
        return False
    return True if text.startswith("GEOGCRS") and "CS[ellipsoidal,2]" in text else None
