"""Crs: the coordinate reference system that a file says its picture is in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from gpuheat.errors import FileError, InputError
from gpuheat.resources import folder

_EXPECTED = 'give an EPSG code such as "EPSG:4326", "EPSG:25832" or 25832'


@dataclass(frozen=True)
class Crs:
    """A system of the EPSG dataset.

    Parameters
    ----------
    code : int
    geographic : bool
        Whether coordinates in it are longitude and latitude, else they are on a plane.
    """

    code: int
    geographic: bool

    @classmethod
    def of(cls, given: Any) -> Crs:
        """Check a system given by the user.

        Parameters
        ----------
        given : str, int or Crs
            "EPSG:25832", "25832" or 25832.

        Raises
        ------
        InputError
            If it is none of the EPSG codes of geographic and projected systems.
        """
        if isinstance(given, Crs):
            return given
        found = re.fullmatch(r"\s*(?:epsg:+)?(\d{1,9})\s*", str(given), re.IGNORECASE)
        if found is None or isinstance(given, (bool, float)):
            raise InputError(f"crs is {given!r}; {_EXPECTED}")
        code = int(found[1])
        for kind, runs in _kinds().items():
            if any(first <= code <= last for first, last in runs):
                return cls(code, kind == "geographic")
        raise InputError(
            f"crs is {given!r}, which is no geographic or projected system of the EPSG "
            f"dataset that a GeoTIFF can name; {_EXPECTED}"
        )

    def __str__(self) -> str:
        return f"EPSG:{self.code}"


@cache
def _kinds() -> dict[str, list[tuple[int, int]]]:
    path = folder("data") / "epsg.json"
    try:
        kinds: dict[str, list[tuple[int, int]]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise FileError(f"cannot read the EPSG codes {path}: {problem}") from problem
    return kinds


DEGREES, WEB_MERCATOR = Crs(4326, True), Crs(3857, False)
