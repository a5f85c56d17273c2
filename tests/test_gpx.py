"""GPX: the points of tracks, routes and ways, and documents that mean harm."""

import contextlib
import io
import math
import sys
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError
from gpuheat.points import gpx
from gpuheat.points.clock import epoch_seconds
from gpuheat.points.content import Content
from gpuheat.points.gpx import GpxTable
from gpuheat.points.table import CHUNK_ROWS

NAMES = ("lon", "lat", "ele", "time")

RIDE = """<?xml version="1.0"?>
<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">
  <metadata><time>2001-01-01T00:00:00Z</time></metadata>
  <wpt lat="1" lon="2"><ele>10.5</ele><name>Hut</name></wpt>
  <trk><trkseg>
    <trkpt lat="-3.25" lon="4"><ele>20</ele><time>1970-01-02T00:00:00Z</time></trkpt>
    <trkpt lon="6" lat="5"><extensions><ele>99</ele></extensions><time> </time></trkpt>
  </trkseg></trk>
  <rte><rtept lat="7" lon="8"/></rte>
</gpx>
"""


def table(content: str | bytes) -> GpxTable:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    stream.name = "ride.gpx"  # type: ignore[attr-defined]
    return GpxTable(Content(stream))


def read(content: str | bytes, *names: str) -> list[list[float | None]]:
    """Return the named columns, with None for NaN."""
    chunks = list(table(content).chunks(names))
    return [
        [None if math.isnan(v) else float(v) for chunk in chunks for v in chunk[name]]
        for name in names
    ]


def test_all_points_are_read_in_the_order_of_the_file() -> None:
    assert read(RIDE, *NAMES) == [
        [2, 4, 6, 8],
        [1, -3.25, 5, 7],
        [10.5, 20, None, None],
        [None, 86400, None, None],
    ]


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.topografix.com/GPX/1/0"'])
def test_any_version_and_prefix_is_read(namespace: str) -> None:
    bare = RIDE.replace(' xmlns="http://www.topografix.com/GPX/1/1"', namespace)
    assert read(bare, "lon") == [[2, 4, 6, 8]]
    prefixed = '<g:gpx xmlns:g="any"><g:wpt lat="1" lon="2"><g:ele>3</g:ele></g:wpt></g:gpx>'
    assert read(prefixed, "lon", "ele") == [[2], [3]]


def test_other_encodings_are_read() -> None:
    latin = RIDE.replace('"1.0"', '"1.0" encoding="latin-1"', 1).replace("Hut", "Hütte")
    assert read(latin.encode("latin-1"), "lon") == [[2, 4, 6, 8]]
    assert read(RIDE.encode("utf-16"), "lon") == [[2, 4, 6, 8]]
    with pytest.raises(FileError, match="multi-byte encodings"):
        read(RIDE.replace('"1.0"', '"1.0" encoding="shift-jis"', 1), "lon")
    with pytest.raises(FileError, match="unknown encoding: klingon"):
        read(RIDE.replace('"1.0"', '"1.0" encoding="klingon"', 1), "lon")


def test_no_points_are_no_rows() -> None:
    assert read("<gpx/>", "lon", "time") == [[], []]


def test_long_tracks_arrive_in_chunks() -> None:
    n_points = CHUNK_ROWS + 10_000
    points = "".join(f'<trkpt lat="{i % 90}" lon="{i % 180}"/>' for i in range(n_points))
    chunks = list(table(f"<gpx><trk><trkseg>{points}</trkseg></trk></gpx>").chunks(["lat"]))
    assert len(chunks) == 2
    assert [v for chunk in chunks for v in chunk["lat"]] == [i % 90 for i in range(n_points)]


def test_a_point_may_lie_across_blocks_and_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(RIDE, *NAMES)
    monkeypatch.setattr(gpx, "CHUNK_ROWS", 1)
    for n_bytes in range(1, 60):
        monkeypatch.setattr(gpx, "_BLOCK_BYTES", n_bytes)
        assert read(RIDE, *NAMES) == whole


def test_a_point_without_a_position_is_told_with_its_line() -> None:
    with pytest.raises(InputError, match=r'ride\.gpx line 2: a point has no "lat"'):
        read('<gpx>\n<wpt lon="1"/></gpx>', "lon")
    with pytest.raises(ColumnError, match=r'line 1, column "lat": expected a number, got "north"'):
        read('<gpx><wpt lon="1" lat="north"/></gpx>', "lon")


def test_faults_in_columns_that_are_not_read_do_not_matter() -> None:
    odd = '<gpx>\n<wpt lon="1" lat="2"><ele>high</ele>\n<time>noon</time></wpt></gpx>'
    assert read(odd, "lon") == [[1]]
    with pytest.raises(ColumnError, match='line 2, column "ele": expected a number, got "high"'):
        read(odd, "ele")
    with pytest.raises(InputError, match=r'line 3, time: expected a moment as .*, got "noon"'):
        read(odd, "time")


def test_xml_that_is_not_gpx_is_named() -> None:
    with pytest.raises(InputError, match="is <kml>, expected GPX"):
        read("<kml/>", "lon")


def test_broken_xml_is_told_with_its_line() -> None:
    with pytest.raises(FileError, match=r"ride\.gpx line 3 is not XML: mismatched tag"):
        read('<gpx>\n<wpt lat="1" lon="2">\n</gpx>', "lon")


def test_entities_are_refused_before_they_multiply() -> None:
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 40))
    laughs = f'<!DOCTYPE gpx [<!ENTITY l0 "ha">{levels}]><gpx><wpt lat="1" lon="&l39;"/></gpx>'
    with pytest.raises(InputError, match="declares a document type"):
        read(laughs, "lon")


def test_entities_that_point_elsewhere_are_refused(tmp_path: object) -> None:
    away = '<!DOCTYPE gpx SYSTEM "http://localhost:9/x.dtd"><gpx/>'
    inside = '<!DOCTYPE gpx [<!ENTITY e SYSTEM "file:///etc/hostname">]><gpx>&e;</gpx>'
    for content in (away, inside):
        with pytest.raises(InputError, match="remove the <!DOCTYPE"):
            read(content, "lon")


def test_deep_nesting_is_no_harm() -> None:
    depth = 50 * sys.getrecursionlimit()
    nested = "<gpx>" + "<a>" * depth + "</a>" * depth + '<wpt lat="1" lon="2"/></gpx>'
    assert read(nested, "lon") == [[2]]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:01z", 1),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T00:00:00.25Z", 0.25),
        ("1970-01-01T00:00:00.123456789Z", 0.123456789),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T19:00:00-0500", 0),
        ("2000-02-29 12:00:00Z", 951825600),
    ],
)
def test_moments_are_seconds_since_1970(text: str, seconds: float) -> None:
    assert epoch_seconds(text) == seconds


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_moments_of_any_zone_are_those_of_datetime(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone)
    assert epoch_seconds(aware.isoformat()) == pytest.approx(aware.timestamp(), abs=1e-4)


@pytest.mark.parametrize(
    "text", ["", "now", "2000-13-01T00:00:00Z", "2001-02-29T00:00:00", "12:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"moment|month|day"):
        epoch_seconds(text)


@given(st.data())
def test_a_file_cut_short_is_our_error(data: st.DataObject) -> None:
    whole = RIDE.strip()
    with pytest.raises(GpuheatError):
        read(whole[: data.draw(st.integers(0, len(whole) - 1))], *NAMES)


@given(st.data())
def test_a_garbled_file_is_our_error_or_read(data: st.DataObject) -> None:
    content = bytearray(RIDE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(GpuheatError):
        read(bytes(content), *NAMES)
