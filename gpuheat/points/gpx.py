"""GPX: track, route and way points, read in one pass however long the file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import FileError, GpuheatError, InputError
from gpuheat.points.cells import not_a_number
from gpuheat.points.clock import epoch_seconds
from gpuheat.points.content import Content
from gpuheat.points.table import CHUNK_ROWS

_BLOCK_BYTES = 1 << 16

_POINTS = frozenset({"trkpt", "rtept", "wpt"})


class GpxTable:
    """The points of a GPX file of any version.

    Columns are lon and lat in degrees, ele in metres and time in seconds since 1970.

    Parameters
    ----------
    content : Content
        Read block by block; nothing of a point is kept but its numbers.
    """

    names: tuple[str, ...] = ("lon", "lat", "ele", "time")
    degrees = True
    n_rows: int | None = None

    def __init__(self, content: Content) -> None:
        self.label = content.label
        self.rereadable = content.rereadable
        self._content = content

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[np.float64]]]:
        """Read the named columns in chunks of `CHUNK_ROWS` rows or a few more.

        Raises
        ------
        FileError
            If it is not XML, or cut short.
        InputError
            If it is not GPX, declares entities, or a point has no position.
        """
        reader = _Reader(self.label, wanted=frozenset(names))
        with self._content.open() as file:
            while block := file.read(_BLOCK_BYTES):
                reader.feed(block)
                if len(reader.columns["lon"]) >= CHUNK_ROWS:
                    yield reader.take(names)
            reader.feed(b"", last=True)
        if reader.columns["lon"]:
            yield reader.take(names)


class _Reader:
    """The numbers of the points that the parser has passed since they were last taken.

    The parser is used as it is, not through ElementTree: a document type, the way in for
    entities that multiply or point elsewhere, can then be refused where it begins.
    """

    def __init__(self, label: str, wanted: frozenset[str]) -> None:
        self.columns: dict[str, list[float]] = {name: [] for name in GpxTable.names}
        self._label = label
        self._details = wanted & {"ele", "time"}
        self._root = ""
        self._depth = 0
        self._point_depth = 0
        self._point: dict[str, float] = {}
        self._text: list[str] | None = None
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, block: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(block, last)
        except expat.ExpatError as error:
            raise FileError(
                f"{self._label} line {error.lineno} is not XML: "
                f"{expat.errors.messages[error.code]}; expected GPX, see whether it is cut short"
            ) from error
        except GpuheatError:
            raise
        except (LookupError, ValueError) as error:  # As pyexpat says it.
            raise FileError(
                f"{self._label} is in an encoding that cannot be read ({error}); save it as UTF-8"
            ) from error

    def take(self, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        taken = {name: np.array(self.columns[name], np.float64) for name in names}
        for values in self.columns.values():
            values.clear()
        return taken

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._depth += 1
        if not self._root:
            self._root = name
            if name != "gpx":
                raise InputError(f"{self._label} is <{name}>, expected GPX: <gpx>")
        if name in _POINTS:
            self._point_depth = self._depth
            lon, lat = self._degrees(attributes, "lon"), self._degrees(attributes, "lat")
            self._point = {"lon": lon, "lat": lat, "ele": math.nan, "time": math.nan}
        elif name in self._details and self._depth == self._point_depth + 1:
            self._text = []

    def _data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        if self._text is not None and self._depth == self._point_depth + 1:
            name, text = tag.rpartition(":")[2], "".join(self._text).strip()
            self._text = None
            if text:
                self._point[name] = self._detail(name, text)
        if self._depth == self._point_depth:
            self._point_depth = 0
            for name, value in self._point.items():
                self.columns[name].append(value)
        self._depth -= 1

    def _degrees(self, attributes: dict[str, str], name: str) -> float:
        given = attributes.get(name)
        if given is None:
            raise InputError(f'{self._where()}: a point has no "{name}"; expected lat and lon')
        return self._number(name, given)

    def _detail(self, name: str, text: str) -> float:
        if name == "ele":
            return self._number(name, text)
        try:
            return epoch_seconds(text)
        except ValueError as error:
            raise InputError(f"{self._where()}, time: {error}") from error

    def _number(self, name: str, text: str) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise not_a_number(text, self._where(), name) from error

    def _doctype(self, *_: Any) -> NoReturn:
        raise InputError(
            f"{self._where()} declares a document type, which GPX has none of and which could "
            "hide entities that multiply; remove the <!DOCTYPE ...>"
        )

    def _where(self) -> str:
        return f"{self._label} line {self._parser.CurrentLineNumber}"
