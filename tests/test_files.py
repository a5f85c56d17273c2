"""Which reader a file is for; files that are not there; streams and gzip."""

import contextlib
import gzip
import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import FileError, GpuheatError, InputError
from gpuheat.points.files import open_table
from gpuheat.points.geojson import GeoJsonTable
from gpuheat.points.gpx import GpxTable
from gpuheat.points.npy import NpyTable
from gpuheat.points.npz import NpzTable
from gpuheat.points.table import Table
from gpuheat.points.text import TextTable


def _npy() -> bytes:
    out = io.BytesIO()
    np.save(out, [[1.0, 2.0]])
    return out.getvalue()


def _npz() -> bytes:
    out = io.BytesIO()
    np.savez(out, x=[1.0], y=[2.0])
    return out.getvalue()


CSV = b"lon,lat\n1,2\n"

# Every format with one point, x = 1 and y = 2.
FORMATS: dict[str, tuple[bytes, type]] = {
    ".csv": (CSV, TextTable),
    ".tsv": (b"lon\tlat\n1\t2\n", TextTable),
    ".txt": (b"1 2\n", TextTable),
    ".npy": (_npy(), NpyTable),
    ".npz": (_npz(), NpzTable),
    ".geojson": (b'{"type": "Point", "coordinates": [1, 2]}', GeoJsonTable),
    ".json": (b'\n {"type": "Point", "coordinates": [1, 2]}', GeoJsonTable),
    ".geojsonl": (b'\x1e{"type": "Point", "coordinates": [1, 2]}\n', GeoJsonTable),
    ".ndjson": (b'{"type": "Point", "coordinates": [1, 2]}\n', GeoJsonTable),
    ".gpx": (b'\xef\xbb\xbf<gpx><wpt lat="2" lon="1"/></gpx>', GpxTable),
}

each_format = pytest.mark.parametrize(
    ("suffix", "content", "reader"),
    [(suffix, content, reader) for suffix, (content, reader) in FORMATS.items()],
)


def first_two(table: Table) -> list[list[float]]:
    chunks = list(table.chunks(table.names[:2]))
    return [[float(v) for chunk in chunks for v in chunk[name]] for name in table.names[:2]]


@each_format
def test_the_name_tells_the_format(
    suffix: str, content: bytes, reader: type, tmp_path: Path
) -> None:
    path = tmp_path / f"points{suffix.upper()}"
    path.write_bytes(content)
    for given_path in (path, str(path)):
        table = open_table(given_path)
        assert isinstance(table, reader)
        assert (table.label, table.rereadable) == (path.name, True)
        for _ in range(2):
            assert first_two(table) == [[1.0], [2.0]]


@each_format
def test_gzip_is_unpacked_whether_the_name_says_so_or_not(
    suffix: str, content: bytes, reader: type, tmp_path: Path
) -> None:
    for name in (f"points{suffix}.gz", f"points{suffix}", "points"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(content))
        table = open_table(path)
        assert isinstance(table, reader)
        assert first_two(table) == [[1.0], [2.0]]
        assert first_two(open_table(io.BytesIO(path.read_bytes()))) == [[1.0], [2.0]]


@each_format
def test_the_first_bytes_tell_the_format_of_streams_and_strange_names(
    suffix: str, content: bytes, reader: type, tmp_path: Path
) -> None:
    path = tmp_path / "points.dat"
    path.write_bytes(content)
    assert isinstance(open_table(path), reader)
    with path.open("rb") as file:
        assert first_two(open_table(file)) == [[1.0], [2.0]]
        assert not file.closed
    assert first_two(open_table(io.BytesIO(content))) == [[1.0], [2.0]]


@each_format
def test_the_standard_input_is_read(
    suffix: str, content: bytes, reader: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with io.TextIOWrapper(io.BytesIO(content)) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        table = open_table("-")
        assert table.label == "standard input"
        assert isinstance(table, reader)
        assert first_two(table) == [[1.0], [2.0]]


def test_text_streams_are_read_too() -> None:
    assert first_two(open_table(io.StringIO(CSV.decode()))) == [[1.0], [2.0]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(CSV,))
    writer.start()
    table = open_table(path)
    assert not table.rereadable
    assert first_two(table) == [[1.0], [2.0]]
    writer.join()


def test_a_stream_is_read_once() -> None:
    table = open_table(io.BytesIO(CSV))
    assert first_two(table) == [[1.0], [2.0]]
    with pytest.raises(FileError, match="has been read already; save it to a file"):
        first_two(table)


def test_what_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no file .*none\.csv; check its name"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(FileError, match="is a folder, expected a file"):
        open_table(tmp_path)
    with pytest.raises(FileError, match="cannot be opened"):
        open_table("a\0b.csv")
    with pytest.raises(InputError, match="got int, expected a path or a file object"):
        open_table(7)


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(CSV)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so that the mode of the file would not do.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileError, match=r"points\.csv may not be read: permission denied"):
        open_table(path)


@pytest.mark.parametrize("name", ["points.csv", "points.npy", "points.json", "points", "a.csv.gz"])
def test_an_empty_file_is_told(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"") if name.endswith(".gz") else b"")
    with pytest.raises(FileError, match=f"{name} is empty; expected points"):
        open_table(path)


def test_an_unknown_format_is_answered_with_those_known(tmp_path: Path) -> None:
    path = tmp_path / "taxi.feather"
    path.write_bytes(b"ARROW1\x00\x00")
    with pytest.raises(FileError) as caught:
        open_table(path)
    assert str(caught.value).startswith(
        "taxi.feather is of an unknown format .feather; known: .csv, .tsv, .txt, .npy, .npz"
    )
    with pytest.raises(FileError, match="stream is of an unknown format"):
        open_table(io.BytesIO(b"\x00\x01\x02"))


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    packed = gzip.compress(b"lon,lat\n" + os.urandom(300_000).hex().encode())
    for damaged in (packed[: len(packed) // 2], packed[:5000] + bytes(100) + packed[5100:]):
        path = tmp_path / "points.csv.gz"
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"points\.csv\.gz cannot be read to its end"):
            first_two(open_table(path))


def test_streams_that_fail_are_told() -> None:
    closed = io.BytesIO(CSV)
    closed.close()
    with pytest.raises(FileError, match="cannot be read to its end"):
        open_table(closed)

    class Text:
        def read(self, n_letters: int) -> str:
            return "lon,lat"

    with pytest.raises(InputError, match=r'gave str when read, expected bytes; open .*"rb"'):
        open_table(Text())


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_any_file_cut_short_or_garbled_is_our_error_or_read(
    suffix: str, data: st.DataObject
) -> None:
    content = bytearray(FORMATS[suffix][0])
    if data.draw(st.booleans(), label="packed"):
        content = bytearray(gzip.compress(content, mtime=0))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    stream = io.BytesIO(content[: data.draw(st.integers(0, len(content)))])
    if data.draw(st.booleans(), label="named"):
        stream.name = f"points{suffix}"  # type: ignore[attr-defined]
    with contextlib.suppress(GpuheatError):
        first_two(open_table(stream))
