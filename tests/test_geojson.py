"""GeoJSON: geometry, properties, a feature in each line, and what is not points."""

import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError
from gpuheat.points.content import Content
from gpuheat.points.documents import read_documents
from gpuheat.points.geojson import GeoJsonTable

Coordinate = st.floats(-180, 180) | st.integers(-180, 180)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["type", "features", "crs"]) | st.text()
    return st.lists(inner) | st.dictionaries(names, inner)


def table(document: Any) -> GeoJsonTable:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    stream = io.BytesIO(data)
    stream.name = "quakes.geojson"  # type: ignore[attr-defined]
    return GeoJsonTable(Content(stream))


def column(opened: GeoJsonTable, name: str) -> list[float]:
    return [float(value) for chunk in opened.chunks([name]) for value in chunk[name]]


def point(lon: Any, lat: Any, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def same(values: list[float], expected: list[float | None]) -> bool:
    """Compare, with None for NaN."""
    return [None if math.isnan(value) else value for value in values] == expected


def test_points_and_their_numbers_are_columns() -> None:
    opened = table(
        collection(
            point(1, 2, mag=5, place="sea", depth=None),
            point(3.5, 4.5, felt=7, sure=True),
            point(5, 6, mag=6.5),
        )
    )
    assert opened.names == ("lon", "lat", "mag", "felt")
    assert (opened.degrees, opened.rereadable, opened.n_rows) == (True, True, 3)
    for _ in range(2):
        assert column(opened, "lon") == [1, 3.5, 5]
    assert column(opened, "lat") == [2, 4.5, 6]
    assert same(column(opened, "mag"), [5, None, 6.5])
    assert same(column(opened, "felt"), [None, 7, None])


def test_a_feature_or_a_geometry_may_stand_alone() -> None:
    assert column(table(point(1, 2, mag=3)), "mag") == [3]
    assert column(table({"type": "Point", "coordinates": [1, 2, 300]}), "lat") == [2]


def test_every_point_of_a_multipoint_has_the_properties() -> None:
    many = point(0, 0, mag=7)
    many["geometry"] = {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}
    opened = table(collection(point(9, 9), many, point(8, 8)))
    assert column(opened, "lon") == [9, 1, 3, 8]
    assert same(column(opened, "mag"), [None, 7, 7, None])


def test_a_feature_without_a_place_is_a_row_without_numbers() -> None:
    unlocated = {"type": "Feature", "geometry": None, "properties": {"mag": 1}}
    empty = {"type": "Feature", "geometry": {"type": "Point", "coordinates": []}}
    opened = table(collection(unlocated, empty, point(1, 2)))
    assert same(column(opened, "lon"), [None, None, 1])
    assert same(column(opened, "mag"), [1, None, None])


def test_a_feature_in_each_line_is_read() -> None:
    lines = [json.dumps(point(i, -i, n=i)).encode() for i in range(3)]
    for content in (
        b"\n".join(lines),
        b"\r\n\r\n".join(lines) + b"\n",
        b"".join(b"\x1e" + line + b"\n" for line in lines),
        b"\xef\xbb\xbf" + b"\n".join(lines),
    ):
        assert column(table(content), "lat") == [0, -1, -2]
    with pytest.raises(FileError, match=r"quakes\.geojson is not JSON: .* line 3 column"):
        table(b"\n".join(lines)[:-5])


def test_no_features_are_no_rows() -> None:
    assert column(table(collection()), "lon") == []


def test_other_crs_are_not_degrees() -> None:
    def in_crs(name: str) -> dict[str, Any]:
        crs = {"type": "name", "properties": {"name": name}}
        return {**collection(point(1e6, 2e6)), "crs": crs}

    assert table(in_crs("urn:ogc:def:crs:OGC:1.3:CRS84")).degrees
    opened = table(in_crs("urn:ogc:def:crs:EPSG::3857"))
    assert (opened.degrees, opened.names) == (False, ("x", "y"))


@pytest.mark.parametrize(
    "kind", ["LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]
)
def test_geometry_that_is_no_points_is_named_with_its_feature(kind: str) -> None:
    line = {"type": "Feature", "geometry": {"type": kind, "coordinates": [[0, 0], [1, 1]]}}
    with pytest.raises(InputError, match=f"feature 2 is a {kind}, not points; expected Point or"):
        table(collection(point(1, 2), line))


def test_text_in_a_column_of_numbers_is_told_where_the_column_is_read() -> None:
    opened = table(collection(point(1, 2, mag=5), point(3, 4, mag="big")))
    assert column(opened, "lon") == [1, 3]
    with pytest.raises(
        ColumnError, match='feature 2, property "mag": expected a number, got "big"'
    ):
        column(opened, "mag")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([1, 2], "JSON list, expected GeoJSON"),
        (7, "JSON int, expected GeoJSON"),
        ({}, "of type null; expected Point"),
        ({"type": "Topology"}, 'of type "Topology"; expected Point'),
        ({"type": "FeatureCollection"}, 'needs a list of "features"'),
        ({"type": "FeatureCollection", "features": {}}, 'needs a list of "features"'),
        ({"features": [point(1, 2)]}, '"features" in an object of type null'),
        (collection(3), "feature 1 is 3, expected an object"),
        ({"type": "Feature", "geometry": [1, 2]}, "of type null"),
        ({"type": "Point"}, "no list of coordinates"),
        (point("1", 2), r'expected coordinates \[lon, lat\], got \["1", 2\]'),
        (point(True, 2), "expected coordinates"),
        ({"type": "Point", "coordinates": [1]}, "expected coordinates"),
        ({"type": "MultiPoint", "coordinates": [1, 2]}, "expected coordinates"),
    ],
)
def test_json_that_is_no_geojson_is_told_what_was_expected(document: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table(document)


@pytest.mark.parametrize(
    "content",
    [b"{", b'{"type": ', b"lon,lat", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"\xff\xfe"],
)
def test_what_is_no_json_is_our_error(content: bytes) -> None:
    with pytest.raises(GpuheatError):
        table(content)


def test_numbers_beyond_all_floats_are_infinite_and_left_to_the_door() -> None:
    assert column(table(point(10**400, -(10**400))), "lat") == [-math.inf]


@given(st.lists(st.tuples(Coordinate, Coordinate, st.none() | st.floats(allow_nan=False))))
def test_what_is_written_reads_back_equal(rows: list[tuple[float, float, float | None]]) -> None:
    opened = table(collection(*(point(lon, lat, w=weight) for lon, lat, weight in rows)))
    assert column(opened, "lon") == [lon for lon, _, _ in rows]
    assert column(opened, "lat") == [lat for _, lat, _ in rows]
    if "w" in opened.names:
        assert same(column(opened, "w"), [weight for _, _, weight in rows])


@given(st.recursive(st.integers() | st.text() | st.none(), _nested, max_leaves=20), st.data())
def test_documents_are_what_the_json_module_reads(document: Any, data: st.DataObject) -> None:
    indent = data.draw(st.none() | st.integers(0, 2))
    text = json.dumps(document, indent=indent)
    features: list[object] = []
    (read,) = read_documents(text, features.append)
    if features:
        read["features"] = features  # type: ignore[index]
    assert read == document
    if text[:1] in '{["':
        with pytest.raises(json.JSONDecodeError):
            list(read_documents(text[: data.draw(st.integers(1, len(text) - 1))], features.append))


@pytest.mark.parametrize(
    "text",
    [
        *("{,}", '{"a" 1}', '{"a": 1,}', "{1: 2}", '{"a": 1 "b": 2}', "{'a': 1}", '{"a"', "}"),
        *('{"features": [1,]}', '{"features": [1 2]}', '{"features": [,]}', '{"features": [1}'),
    ],
)
def test_documents_that_the_json_module_refuses_are_refused(text: str) -> None:
    for read in (json.loads, lambda text: list(read_documents(text, lambda _: None))):
        with pytest.raises(json.JSONDecodeError):
            read(text)


@given(st.data())
def test_a_file_cut_short_is_our_error(data: st.DataObject) -> None:
    whole = json.dumps(collection(point(1, 2, mag=3), point(4, 5))).encode()
    with pytest.raises(GpuheatError):
        table(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "geometry", "coordinates", "features", "properties"]),
                inner | st.sampled_from(["Feature", "Point", "MultiPoint", "FeatureCollection"]),
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_table_or_our_error(document: Any) -> None:
    try:
        opened = table(document)
        for name in opened.names:
            column(opened, name)
    except GpuheatError:
        pass
