"""Saving: which format a picture is written in, and what a format can hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpuheat.errors import InputError
from gpuheat.export.crs import DEGREES, WEB_MERCATOR, Crs
from gpuheat.export.leaflet import Leaflet
from gpuheat.geo.projection import Projection

FORMATS = ("png", "webp", "jpg", "tif", "kml", "kmz", "html", "npz")
_ALIASES = {"jpeg": "jpg", "tiff": "tif", "htm": "html"}
# On the globe: longitude and latitude, or nothing.
_GLOBE_FORMATS = ("kml", "kmz")
_CRS_FORMATS = ("tif", "kml", "kmz", "html")


@dataclass(frozen=True)
class Saving:
    """How a picture is to be saved.

    Parameters
    ----------
    format : str
        One of `FORMATS`.
    density : bool
        Whether to write the densities in place of the colors.
    crs : Crs or None
        What the user says x, y are in.
    """

    format: str
    density: bool = False
    crs: Crs | None = None

    @classmethod
    def of(cls, format: str, *, density: bool = False, crs: Any = None) -> Saving:
        """Check what was asked for.

        Raises
        ------
        InputError
            If the format is unknown or does not go with the rest.
        MissingPackageError
            If it needs a package that is not installed.
        """
        name = known_format(format)
        if density and name != "tif":
            raise InputError(f"density is for tif, not for {name}; npz holds it as well")
        if crs is not None and name not in _CRS_FORMATS:
            listed = ", ".join(_CRS_FORMATS)
            raise InputError(
                f"crs is {crs!r}, which {name} cannot hold; leave it out, or save as {listed}"
            )
        if name == "html":
            Leaflet.read()
        return cls(name, density, None if crs is None else Crs.of(crs))

    def settled(self, *, degrees: bool | None, projection: Projection) -> Crs | None:
        """Settle what the picture's plane is in.

        Parameters
        ----------
        degrees : bool or None
            Whether x, y are longitude and latitude, by their format or their names; None where
            nothing tells.
        projection : "mercator" or None

        Returns
        -------
        Crs or None
            None where nobody knows.

        Raises
        ------
        InputError
            If the format needs degrees and these are none, or the user's crs cannot be.
        """
        name, crs = self.format, self.crs
        if projection is not None:
            if crs not in (None, WEB_MERCATOR):
                raise self._not("a picture in mercator is in EPSG:3857", "leave crs out")
            return WEB_MERCATOR
        if crs is None:
            if name in _GLOBE_FORMATS and degrees is False:
                raise InputError(
                    f"{name} lies on the globe, and x, y are no longitude and latitude by their "
                    'names; call them lon and lat, say so with crs="EPSG:4326", or save as png'
                )
            return DEGREES if degrees else None
        if name != "tif" and crs != DEGREES:
            raise self._not(f"{name} knows only {DEGREES}", "leave crs out, or save as tif")
        if degrees and not crs.geographic:
            raise self._not("x, y are longitude and latitude by their names", "leave crs out")
        return crs

    def _not(self, reason: str, remedy: str) -> InputError:
        return InputError(f"crs is {self.crs}, but {reason}; {remedy}")


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
    return known_format(suffix[1:])


def known_format(suffix: str) -> str:
    """Return a format by its ending, case ignored, without a dot."""
    name = _ALIASES.get(suffix.lower(), suffix.lower())
    if name not in FORMATS:
        raise InputError(f"unknown format {suffix!r}; known are {_listed()}")
    return name


def _listed() -> str:
    return ", ".join("." + name for name in FORMATS)
