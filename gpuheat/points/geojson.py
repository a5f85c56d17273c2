"""GeoJSON: points with their properties, whole or a feature in each line."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError
from gpuheat.points.content import Content
from gpuheat.points.documents import read_documents
from gpuheat.points.table import parts

# The lines, polygons and collections of RFC 7946. Drawing lines as tracks comes later.
_NOT_POINTS = (
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)

# A property with more different texts than these is no label, and its texts are let go.
_MOST_LABELS, _ONE_OF_MANY = 1000, "..."


class GeoJsonTable:
    """The points of a GeoJSON file and the numbers among their properties.

    What the columns are is known at the end only: they are kept, the text is not. A
    feature without a geometry is a row whose lon and lat are missing.

    Parameters
    ----------
    content : Content
        A FeatureCollection, Feature, Point or MultiPoint, or one of them in each line.

    Raises
    ------
    InputError
        If it holds other geometry than points, or JSON that is not GeoJSON.
    FileError
        If it is not JSON, or cut short.
    """

    rereadable = True

    def __init__(self, content: Content) -> None:
        self.label = content.label
        self.degrees = True
        self._lon, self._lat = array("d"), array("d")
        self._properties: dict[str, array[float]] = {}
        self._text: dict[str, tuple[int, object]] = {}
        self._labels: dict[str, _LabelColumn] = {}
        self._n_features = 0
        self._read(content.read().decode("utf-8-sig", errors="replace"))
        x, y = ("lon", "lat") if self.degrees else ("x", "y")
        self._columns = {x: self._lon, y: self._lat}
        for name, values in self._properties.items():
            if name not in self._columns:
                self._columns[name] = values
        self.names = tuple(self._columns)
        self.label_names = tuple(dict.fromkeys((*self._columns, *self._labels)))
        self.n_rows: int | None = len(self._lon)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[np.float64]]]:
        """Read the named columns; a property that a feature lacks is NaN."""
        columns = {}
        for name in names:
            if name in self._text and name in self._properties:
                feature, value = self._text[name]
                raise ColumnError(
                    f'{self.label} feature {feature}, property "{name}": expected a number, '
                    f"got {_shown(value)}; mend the feature or take another property"
                )
            values = np.full(len(self._lon), np.nan)
            given = self._columns[name]
            values[: len(given)] = given
            columns[name] = values
        for part in parts(self.n_rows):
            yield {name: values[part] for name, values in columns.items()}

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[np.float64]], NDArray[Any]]]:
        """Read the named columns, and one more property as it stands: text or numbers."""
        labels: NDArray[Any] = np.full(len(self._lon), None, object)
        if by in self._columns:
            given = np.asarray(self._columns[by])
            there = np.flatnonzero(~np.isnan(given))
            labels[there] = given[there]
        if by in self._labels:
            for row, label in enumerate(self._labels[by].values):
                if label is not None:
                    labels[row] = label
        for columns, part in zip(self.chunks(names), parts(self.n_rows), strict=True):
            yield columns, labels[part]

    def _read(self, text: str) -> None:
        if not text.strip():
            raise FileError(f"{self.label} is blank; expected GeoJSON")
        n_before = 0
        try:
            for document in read_documents(text, self._add_feature):
                self._add_document(document, has_features=self._n_features > n_before)
                n_before = self._n_features
        except GpuheatError:
            raise
        except RecursionError as error:
            raise FileError(
                f"{self.label} is nested too deeply for GeoJSON; expected points"
            ) from error
        except ValueError as error:  # JSONDecodeError, or a number of more than 4,300 digits.
            raise FileError(
                f"{self.label} is not JSON: {error}; expected GeoJSON, see whether it is cut short"
            ) from error

    def _add_document(self, document: object, *, has_features: bool) -> None:
        if not isinstance(document, dict):
            raise InputError(
                f"{self.label} holds a JSON {type(document).__name__}, expected GeoJSON: an object "
                'with a "type" such as FeatureCollection'
            )
        self.degrees = self.degrees and _is_degrees(document)
        is_collection = document.get("type") == "FeatureCollection"
        if is_collection and not isinstance(document.get("features"), list):
            raise InputError(f'{self.label}: a FeatureCollection needs a list of "features"')
        if has_features and not is_collection:
            raise InputError(
                f'{self.label} has "features" in an object of type '
                f"{_shown(document.get('type'))}, expected FeatureCollection"
            )
        if not is_collection:
            self._add_feature(document)

    def _add_feature(self, feature: object) -> None:
        """Add a feature's points, or a bare geometry's, each with the feature's numbers."""
        self._n_features += 1
        where = f"{self.label} feature {self._n_features}"
        if not isinstance(feature, dict):
            raise InputError(f"{where} is {_shown(feature)}, expected an object")
        bare = feature.get("type") != "Feature"
        geometry = feature if bare else feature.get("geometry")
        points = _points_of(geometry, where)
        first = len(self._lon)
        for lon, lat in points:
            self._lon.append(lon)
            self._lat.append(lat)
        properties = None if bare else feature.get("properties")
        if isinstance(properties, dict) and points:
            for name, value in properties.items():
                self._add_property(name, value, first, len(points))

    def _add_property(self, name: str, value: object, first: int, n_points: int) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            if value is not None:
                self._text.setdefault(name, (self._n_features, value))
                self._labels.setdefault(name, _LabelColumn()).add(value, first, n_points)
            return
        values = self._properties.setdefault(name, array("d"))
        # Features before this one that had no such property are missing values.
        values.extend([math.nan] * (first - len(values)))
        values.extend([_as_float(value)] * n_points)


class _LabelColumn:
    """A property's text, each word of it kept once."""

    def __init__(self) -> None:
        self.values: list[str | None] = []
        self._known: dict[str, str] = {}

    def add(self, value: object, first: int, n_points: int) -> None:
        """Take a feature's value for the points from the first on."""
        text = value if isinstance(value, str) else json.dumps(value)
        if len(self._known) > _MOST_LABELS:
            text = _ONE_OF_MANY
        self.values.extend([None] * (first - len(self.values)))
        self.values.extend([self._known.setdefault(text, text)] * n_points)


def _points_of(geometry: object, where: str) -> list[tuple[float, float]]:
    """Return the positions of a Point or MultiPoint; NaN where there is no geometry."""
    if geometry is None:
        return [(math.nan, math.nan)]
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Point", "MultiPoint"):
        what = f"a {kind}, not points" if kind in _NOT_POINTS else f"of type {_shown(kind)}"
        raise InputError(
            f"{where} is {what}; expected Point or MultiPoint: convert it, "
            "to its vertices or centroids for instance"
        )
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        raise InputError(f"{where} has no list of coordinates; expected [lon, lat]")
    if kind == "MultiPoint":
        return [_position(each, where) for each in coordinates]
    return [_position(coordinates, where) if coordinates else (math.nan, math.nan)]


def _position(coordinates: object, where: str) -> tuple[float, float]:
    if isinstance(coordinates, list) and len(coordinates) > 1:
        lon, lat = coordinates[:2]
        if _is_real(lon) and _is_real(lat):
            return _as_float(lon), _as_float(lat)
    raise InputError(f"{where}: expected coordinates [lon, lat], got {_shown(coordinates)}")


def _is_real(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_float(value: float) -> float:
    """Return a JSON number as a float; integers beyond all floats are infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _is_degrees(document: Mapping[str, Any]) -> bool:
    """Say whether coordinates are degrees: always, but for the "crs" of older files."""
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return not isinstance(name, str) or name.upper().endswith(("CRS84", "4326"))


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "..."
