"""Scheme: a named colour ramp, sampled to a table of 256 colours."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from gpuheat.color import colormaps
from gpuheat.errors import FileError, InputError, unknown
from gpuheat.resources import folder

N_COLORS = 256
# A folder of the user's own schemes, looked into before ours.
VARIABLE = "GPUHEAT_SCHEMES"
SUFFIX = ".json"
# Behind any name: the other way round.
REVERSED = "_r"


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
    def of(cls, scheme: Any) -> Scheme:
        """Find or make a scheme.

        Parameters
        ----------
        scheme : str, path, Scheme, sequence of colours, mapping or color map
            A name: a file in the folder ``GPUHEAT_SCHEMES`` names, one of ours, or one of the
            package cmap; with ``_r`` behind it reversed. The path of a scheme file. 1 to 256
            colours, RGB or RGBA of 0..255 or names, densest first; fewer than 256 are spread
            evenly with linear steps between them. Stops ``{0: "white", 1: "#f00"}``, 1 =
            densest. A color map of matplotlib or cmap, or any function like them: of an array
            of 0..1 (1 = densest) to RGBA of 0..1.

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
        if callable(scheme):
            return cls(str(getattr(scheme, "name", "custom")), _called(scheme))
        if isinstance(scheme, Mapping):
            return cls("custom", _stopped(scheme))
        return cls("custom", _table(scheme))

    @classmethod
    def _named(cls, name: str) -> Scheme:
        base = name.removesuffix(REVERSED)
        places = (
            (_ours, name),
            (_ours, base),
            (_at_path, name),
            (_of_cmap, name),
            (_of_cmap, base),
        )
        for find, wanted in places:
            if (table := find(wanted)) is not None:
                table = table if wanted == name else np.ascontiguousarray(table[::-1])
                return cls(Path(name).stem if find is _at_path else name, table)
        more = colormaps.names()
        hint = f"{len(more):,} of the package cmap" if more else f"more with: {colormaps.COMMAND}"
        raise unknown("scheme", name, schemes(), more=more, hint=hint)


def _ours(name: str) -> NDArray[np.uint8] | None:
    """Read one of the folders' schemes."""
    for place in _folders():
        if name in _names(place):
            return _read(place / (name + SUFFIX))
    return None


def _at_path(name: str) -> NDArray[np.uint8] | None:
    """Read a scheme file."""
    path = Path(name)
    if path.suffix == SUFFIX or os.sep in name or os.path.isfile(name):
        return _read(path)
    return None


def _of_cmap(name: str) -> NDArray[np.uint8] | None:
    """Sample one of the package cmap's, where that is installed."""
    found = colormaps.find(name)
    return None if found is None else _called(found)


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


def _called(function: Callable[[Any], Any]) -> NDArray[np.uint8]:
    """Sample a color map; it runs from the thinnest to the densest, a table the other way."""
    try:
        colors = np.asarray(function(np.linspace(1, 0, N_COLORS)), np.float64)
    except Exception as error:  # whatever the user's function raises
        raise InputError(f"scheme {function!r} failed on an array of 0..1: {error}") from error
    if (
        colors.shape not in ((N_COLORS, 3), (N_COLORS, 4))
        or not ((colors >= 0) & (colors <= 1)).all()
    ):
        raise InputError(
            f"scheme {function!r} is no color map: of {N_COLORS} numbers it makes {colors.shape}; "
            f"expected ({N_COLORS}, 4) numbers of 0..1, RGBA"
        )
    return _table(colors * 255)


def _stopped(stops: Mapping[Any, Any]) -> NDArray[np.uint8]:
    """Sample a mapping of stops; before the first and behind the last its color goes on."""
    try:
        given = sorted((float(position), _channels(color)) for position, color in stops.items())
    except (TypeError, ValueError):
        given = []
    if not given or not 0 <= given[0][0] <= given[-1][0] <= 1:
        raise InputError(
            "scheme is neither a name nor a sequence of colours; give stops as "
            '{0: "white", 1: "#f00"}: positions of 0..1, 1 = densest, and a colour for each'
        )
    # Position 1 is the densest, entry 0.
    positions = (N_COLORS - 1) * (1 - np.array([position for position, _ in given]))
    return _sampled(positions[::-1], _within([color for _, color in given[::-1]]))


def _channels(color: Any) -> list[float]:
    """Read a colour's name, "#rrggbb", or 3 or 4 numbers, as RGBA."""
    given = ImageColor.getrgb(color) if isinstance(color, str) else color
    channels = [float(channel) for channel in given]
    if len(channels) not in (3, 4):
        raise ValueError(color)
    return [*channels, 255.0][:4]


def _table(colors: Any) -> NDArray[np.uint8]:
    """Check a sequence of colours and spread it over the table."""
    try:
        given = [_channels(color) for color in colors]
    except (TypeError, ValueError):
        given = []
    if not 0 < len(given) <= N_COLORS:
        raise InputError(
            "scheme is neither a name nor a sequence of colours; give a name of "
            f"gpuheat.schemes(), or 1 to {N_COLORS} RGB or RGBA colours, densest first"
        )
    return _sampled(np.linspace(0, N_COLORS - 1, len(given)), _within(given))


def _within(colors: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    given = np.array(colors, np.float64)
    if not np.isfinite(given).all() or given.min() < 0 or given.max() > 255:
        raise InputError("the scheme's colours leave 0..255; give whole numbers in that range")
    return given


def _sampled(positions: NDArray[np.float64], colors: NDArray[np.float64]) -> NDArray[np.uint8]:
    at = np.arange(N_COLORS)
    channels = [np.interp(at, positions, channel) for channel in colors.T]
    table: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return table
