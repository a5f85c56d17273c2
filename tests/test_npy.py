"""NumPy's files: shapes, dtypes, orders of bytes and damage."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError
from gpuheat.points.content import Content
from gpuheat.points.npy import NpyTable
from gpuheat.points.npz import NpzTable
from gpuheat.points.table import CHUNK_ROWS, Table

XYZ = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def npy_bytes(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz_bytes(*args: Any, compressed: bool = False, **named: Any) -> bytes:
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, *args, **named)
    return out.getvalue()


def npy(data: bytes) -> NpyTable:
    return NpyTable(Content(io.BytesIO(data)))


def npz(data: bytes) -> NpzTable:
    return NpzTable(Content(io.BytesIO(data)))


def column(table: Table, name: str) -> list[float]:
    return [float(value) for chunk in table.chunks([name]) for value in chunk[name]]


def forged(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">i2", "u1", "?", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_of_points_has_columns_by_number(dtype: str, order: Any, tmp_path: Path) -> None:
    points = np.array(XYZ % 2 if dtype == "?" else XYZ, dtype=dtype, order=order)
    path = tmp_path / "points.npy"
    np.save(path, points)
    for content in (Content(path), Content(io.BytesIO(npy_bytes(points)))):
        table = NpyTable(content)
        assert (table.names, table.n_rows, table.rereadable) == (("1", "2", "3"), 2, True)
        for _ in range(2):
            (chunk,) = table.chunks(["1", "3"])
            assert chunk["1"].dtype.isnative
            assert list(chunk["1"]) == list(points[:, 0])
            assert list(chunk["3"]) == list(points[:, 2])


def test_a_long_array_comes_in_chunks(tmp_path: Path) -> None:
    points = np.arange(2.0 * (CHUNK_ROWS + 3)).reshape(-1, 2)
    np.save(tmp_path / "points.npy", points)
    np.savez(tmp_path / "points.npz", points=points)
    np.savez_compressed(tmp_path / "turned.npz", np.asfortranarray(points))
    for table in (
        NpyTable(Content(tmp_path / "points.npy")),
        NpzTable(Content(tmp_path / "points.npz")),
        NpzTable(Content(tmp_path / "turned.npz")),
    ):
        chunks = list(table.chunks(["2"]))
        assert [len(chunk["2"]) for chunk in chunks] == [CHUNK_ROWS, 3]
        assert np.array_equal(np.concatenate([chunk["2"] for chunk in chunks]), points[:, 1])


def test_a_structured_array_has_its_own_names() -> None:
    fields = np.array(
        [(1, 2.5, "a"), (3, 4.5, "b")], dtype=[("lon", "i4"), ("lat", ">f8"), ("ж", "U1")]
    )
    with pytest.warns(UserWarning, match="format 3.0"):  # Names beyond latin-1.
        data = npy_bytes(fields)
    table = npy(data)
    assert table.names == ("lon", "lat", "ж")
    assert column(table, "lat") == [2.5, 4.5]
    with pytest.raises(ColumnError, match='column "ж": expected real numbers, got text \\(<U1'):
        column(table, "ж")


def test_no_points_are_still_a_table() -> None:
    assert column(npy(npy_bytes(np.empty((0, 2)))), "1") == []
    assert column(npz(npz_bytes(x=[], y=[])), "x") == []


def test_points_that_lie_on_their_side_are_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match=r"shape \(2, 5\).*did you mean points\.T\?"):
        npy(npy_bytes(np.zeros((2, 5))))
    assert npy(npy_bytes(np.zeros((2, 2)))).names == ("1", "2")
    assert npy(npy_bytes(np.zeros((2, 3)))).names == ("1", "2", "3")


@pytest.mark.parametrize("shape", [(), (4,), (4, 1), (4, 4), (2, 2, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"expected \(N, 2\) for x, y or \(N, 3\)"):
        npy(npy_bytes(np.zeros(shape)))


@pytest.mark.parametrize("dtype", ["c16", "U3", "M8[s]"])
def test_arrays_of_anything_but_real_numbers_are_refused(dtype: str) -> None:
    with pytest.raises(InputError, match="expected real numbers"):
        npy(npy_bytes(np.zeros((4, 2), dtype=dtype)))


class Bomb:
    """Raises where it is unpickled."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was loaded",))


def test_pickles_are_never_loaded() -> None:
    objects = np.array([[Bomb(), Bomb()]], dtype=object)
    with pytest.raises(FileError, match="Python objects"):
        npy(npy_bytes(objects))
    with pytest.raises(FileError, match="Python objects"):
        npz(npz_bytes(points=objects))
    assert npz(npz_bytes(x=[1.0], y=[2.0], o=objects[0])).names == ("x", "y")
    with pytest.raises(FileError, match="not an array"):
        npy(pickle.dumps([1, 2]))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 7}",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': 'nonsense', 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '|V0', 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)",
        "__import__('os').getpid()",
        "(" * 5000,
        "-" * 9000 + "1",
        "",
        "\0",
    ],
)
def test_forged_headers_are_refused_and_nothing_is_allocated(header: str) -> None:
    with pytest.raises(GpuheatError):
        npy(forged(header) + b"\0" * 16)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.npy", forged(header) + b"\0" * 16)
    with pytest.raises(GpuheatError):
        column(npz(out.getvalue()), "x")


def test_an_archive_has_a_column_per_array() -> None:
    for compressed in (False, True):
        table = npz(npz_bytes(x=[1, 2], y=[3.0, 4.0], name=np.array("hi"), compressed=compressed))
        assert (table.names, table.n_rows) == (("x", "y"), 2)
        (chunk,) = table.chunks(["y", "x", "y"])
        assert {name: list(values) for name, values in chunk.items()} == {"x": [1, 2], "y": [3, 4]}


def test_an_archive_may_hold_one_array_of_points() -> None:
    for data in (npz_bytes(XYZ), npz_bytes(points=XYZ), npz_bytes(points=XYZ, scale=[1, 2])):
        assert npz(data).names == ("1", "2", "3")
        assert column(npz(data), "2") == [2.0, 5.0]
    fields = np.array([(1.0, 2.0)], dtype=[("lon", "f8"), ("lat", "f8")])
    assert column(npz(npz_bytes(fields)), "lat") == [2.0]


def test_columns_of_an_archive_that_differ_in_length_are_refused_together() -> None:
    table = npz(npz_bytes(x=[1.0, 2.0], y=[3.0], z=[4.0, 5.0]))
    assert table.n_rows is None
    assert column(table, "x") == [1.0, 2.0]
    with pytest.raises(InputError, match="x has 2, y has 1"):
        list(table.chunks(["x", "y"]))


def test_an_archive_without_columns_is_refused() -> None:
    with pytest.raises(InputError, match="expected 1-D arrays"):
        npz(npz_bytes(a=np.zeros((2, 2)), b=np.zeros((2, 2))))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FileError, match="zip archive without arrays"):
        npz(out.getvalue())


def test_an_array_on_its_side_in_an_archive_is_refused() -> None:
    with pytest.raises(InputError, match=r"points\.T"):
        npz(npz_bytes(points=np.zeros((2, 5))))


def test_damage_within_an_archive_is_told() -> None:
    whole = npz_bytes(x=np.arange(100.0), y=[0.0], compressed=True)
    for place in range(60, 160):  # Within the packed bytes of x.
        data = bytearray(whole)
        data[place] ^= 255
        with pytest.raises(FileError, match=r"no readable archive|not an array as"):
            column(npz(bytes(data)), "x")


@given(
    arrays.arrays(
        st.sampled_from(["<f8", ">f4", "<i8", ">u2"]),
        st.tuples(st.integers(0, 20), st.sampled_from([2, 3])),
    )
)
def test_what_numpy_saves_reads_back_equal(points: Any) -> None:
    for table in (npy(npy_bytes(points)), npz(npz_bytes(points)), npz(npz_bytes(*points.T))):
        for name, expected in zip(table.names, points.T, strict=True):
            read = [chunk[name] for chunk in table.chunks([name])]
            assert np.array_equal(
                np.concatenate([*read, []]), expected.astype(float), equal_nan=True
            )


@given(st.data())
def test_files_cut_short_or_garbled_are_our_error_or_read(data: st.DataObject) -> None:
    for whole, opened in (
        (npy_bytes(XYZ), npy),
        (npz_bytes(x=[1.0, 2.0], y=[3.0, 4.0]), npz),
        (npz_bytes(points=np.arange(40.0).reshape(-1, 2), compressed=True), npz),
    ):
        content = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
        is_cut = len(content) < len(whole)
        garbled = data.draw(st.booleans()) and len(content) > 0
        if garbled:
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        try:
            table = opened(bytes(content))
            chunks = list(table.chunks(table.names[:2]))
        except GpuheatError:
            assert is_cut or garbled
            continue
        assert not is_cut
        assert sum(len(chunk[table.names[0]]) for chunk in chunks) == table.n_rows


@given(st.binary(max_size=200))
def test_garbage_after_the_magic_is_our_error(garbage: bytes) -> None:
    for opened, start in ((npy, b"\x93NUMPY\x01\x00"), (npy, b"\x93NUMPY"), (npz, b"PK\x03\x04")):
        with pytest.raises(GpuheatError):
            opened(start + garbage)
