"""Scheme: a named colour ramp, sampled to a table of 256 colours."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import FileError, InputError, unknown
from gpuheat.resources import folder

N_COLORS = 256
# A folder of the user's own schemes, looked into before ours.
VARIABLE = "GPUHEAT_SCHEMES"
SUFFIX = ".json"


@dataclass(frozen=True, eq=False)
class Scheme:
    """256 colours; index 0 is the densest, as in heatmap.py.

    Parameters
    ----------
    name : str
    colors : (256, 4) uint8
        Straight RGBA in sRGB.
    """

    name: str
    colors: NDArray[np.uint8]

    @classmethod
    def of(cls, scheme: str | os.PathLike[str] | Scheme | Sequence[Any] | NDArray[Any]) -> Scheme:
        """Find or make a scheme.

        Parameters
        ----------
        scheme : str, path, Scheme or sequence of colours
            A name (a file in the folder ``GPUHEAT_SCHEMES`` names, or one of ours), the path
            of a scheme file, or 1 to 256 RGB or RGBA colours of 0..255, densest first; fewer
            than 256 are spread evenly with linear steps between them.

        Raises
        ------
        InputError
            If there is no such name, or the colours are none.
        FileError
            If a scheme file cannot be read.
        """
        if isinstance(scheme, Scheme):
            return scheme
        if isinstance(scheme, (str, os.PathLike)):
            return cls._named(os.fspath(scheme))
        return cls("custom", _table(scheme))

    @classmethod
    def _named(cls, name: str) -> Scheme:
        for place in _folders():
            if name in _names(place):
                return cls(name, _read(place / (name + SUFFIX)))
        path = Path(name)
        if path.suffix == SUFFIX or os.sep in name or os.path.isfile(name):
            return cls(path.stem, _read(path))
        raise unknown("scheme", name, schemes())


def schemes() -> list[str]:
    """Return the names of all schemes, those in ``GPUHEAT_SCHEMES`` included, sorted."""
    return sorted({name for place in _folders() for name in _names(place)})


def _folders() -> list[Path]:
    own = os.environ.get(VARIABLE)
    if own and not Path(own).is_dir():
        raise FileError(f"{VARIABLE} names {own!r}, which is no folder; name one, or unset it")
    return ([Path(own)] if own else []) + [folder("schemes")]


def _names(place: Path) -> list[str]:
    return [path.stem for path in place.glob("*" + SUFFIX)]


def _read(path: Path) -> NDArray[np.uint8]:
    """Sample a scheme file's gradient at 0..255."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"scheme {path} cannot be read: {error}") from None
    stops = content.get("stops") if isinstance(content, Mapping) else None
    try:
        positions = [float(position) for position, _ in stops or ()]
        colors = [_hex(color) for _, color in stops or ()]
    except (TypeError, ValueError):
        positions = []
    rising = all(a < b for a, b in pairwise(positions))
    if len(positions) < 2 or not rising or (positions[0], positions[-1]) != (0, N_COLORS - 1):
        raise FileError(
            f'scheme {path} is not in order; expected {{"stops": [[0, "#rrggbb"], ..., '
            f'[{N_COLORS - 1}, "#rrggbb"]]}} with rising positions, 0 = densest'
        )
    return _sampled(np.array(positions), np.array(colors, np.float64))


def _hex(color: str) -> list[int]:
    """Read "#rrggbb" or "#rrggbbaa"."""
    if not re.fullmatch(r"#([0-9a-fA-F]{2}){3,4}", color):
        raise ValueError(color)
    return [*bytes.fromhex(color[1:]), 255][:4]


def _table(colors: Any) -> NDArray[np.uint8]:
    """Check a sequence of colours and spread it over the table."""
    try:
        given = np.asarray(colors, np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.ndim != 2 or given.shape[1] not in (3, 4) or not 0 < len(given) <= N_COLORS:
        raise InputError(
            "scheme is neither a name nor a sequence of colours; give a name of "
            f"gpuheat.schemes(), or 1 to {N_COLORS} RGB or RGBA colours, densest first"
        )
    if not np.isfinite(given).all() or given.min() < 0 or given.max() > 255:
        raise InputError("the scheme's colours leave 0..255; give whole numbers in that range")
    if given.shape[1] == 3:
        given = np.column_stack([given, np.full(len(given), 255.0)])
    return _sampled(np.linspace(0, N_COLORS - 1, len(given)), given)


def _sampled(positions: NDArray[np.float64], colors: NDArray[np.float64]) -> NDArray[np.uint8]:
    at = np.arange(N_COLORS)
    channels = [np.interp(at, positions, channel) for channel in colors.T]
    table: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return table
