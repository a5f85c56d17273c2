"""Large tables of text: DuckDB reads what our own reader would, or gives way to it."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tabled import histogram, quakes, whole

import gpuheat
from gpuheat.errors import ColumnError, FileError, GpuheatError, InputError, MissingPackageError
from gpuheat.points import delimited
from gpuheat.points.content import Content
from gpuheat.points.delimited import QuickTextTable, text_relation
from gpuheat.points.files import open_table
from gpuheat.points.text import TextTable


@pytest.fixture(autouse=True)
def _small_files_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "QUICK_FROM_BYTES", 0)


def write(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def by_both(path: Path, *names: str) -> tuple[object, object, bool]:
    """Read a file by either reader, rows or the error's text; say whether DuckDB took it."""
    found: list[object] = []
    for opened in (open_table, lambda given: TextTable(Content(given))):
        try:
            table = opened(path)
            columns = whole(table, *(names or table.names))
            found.append([[repr(float(v)) for v in column] for column in columns])
        except GpuheatError as error:
            found.append(f"{type(error).__name__}: {error}")
    try:
        whole(text_relation(TextTable(Content(path))), *names)
    except GpuheatError:
        return found[0], found[1], False
    return found[0], found[1], True


@pytest.mark.parametrize("name", ["quakes.csv", "quakes.csv.gz", "quakes.tsv"])
def test_counts_are_those_that_numpy_finds_in_the_same_rows(name: str, tmp_path: Path) -> None:
    columns = quakes(150_000)
    delimiter = "\t" if ".tsv" in name else ","
    rows = [delimiter.join(columns)]
    cells = zip(*map(list, columns.values()), strict=True)
    rows += [delimiter.join(map(str, row)) for row in cells]
    table = open_table(write(tmp_path, "\n".join(rows), name))
    assert isinstance(table, QuickTextTable)
    assert by_both(tmp_path / name, "lon", "lat")[2]
    source = gpuheat.read(tmp_path / name, weights="felt")
    found = sum(histogram(c.x, c.y, c.weights) for c in source)
    assert np.array_equal(found, histogram(columns["lon"], columns["lat"], columns["felt"]))


PLAIN = {
    "a header": "x,y\n1,2\n3,4\n",
    "no header": "1,2\n3,4\n",
    "semicolons and decimal commas": "x;y\n1,5;2,25\n3;4\n",
    "bars": "x|y\n1|2\n3|4\n",
    "tabs and gaps": "x\ty\n1\t\n\t4\n\t\n",
    "quotes": '"x","y"\n"1",2\n"3","4"\n',
    "a quoted delimiter": 'place,x,y\n"a,b",1,2\n"say ""c""",3,4\n',
    "a quoted line end": 'x,y,place\n1,2,"a\nb"\n3,4,c\n',
    "missing values": "x,y\nnan,1\nNA,2\n,3\nn/a,4\nNULL,5\nnone,6\nNaN,7\nNone,8\n9,9\n",
    "infinities": "x,y\ninf,1\n-Infinity,2\n1e400,3\n",
    "signs and exponents": "x,y\n+1.5,-2e-3\n.5,5.\n1E5,-0\n",
    "blanks around": "x,y\n 1 , 2\t\n3,4\n",
    "line ends of Windows": "x,y\r\n1,2\r\n3,4\r\n",
    "line ends of old": "x,y\r1,2\r3,4\r",
    "blank lines": "x,y\n\n1,2\n\n\n3,4\n\n",
    "no last line end": "x,y\n1,2\n3,4",
    "a mark": b"\xef\xbb\xbfx,y\n1,2\n3,4\n",
    "remarks at the head": "# quakes\n# of 2024\nx,y\n1,2\n3,4\n",
    "names in a remark": "# x,y\n1,2\n3,4\n",
    "remarks under the header": "x,y\n# metres\n1,2\n3,4\n",
    "blank lines at the head": "\n\nx,y\n1,2\n3,4\n",
    "odd missing values": "x,y\nnA,2\n NULL ,4\n5,6\n",
    "bytes that are no text": b"x,y,place\n1,2,caf\xe9\n3,4,b\n",
    "odd names": 'the x,"y ""2"""\n1,2\n3,4\n',
    "letters beyond ASCII": "ä,größe\n1,2\n3,4\n",
    "long numbers": "x,y\n0.1000000000000000055511151231257827,12345678901234567890\n1,2\n",
}

HARD = {
    "a remark between": "x,y\n1,2\n# c\n3,4\n",
    "a remark like a row": "name,x,y\na,1,2\n#b,5,6\nc,3,4\n",
    "underscores": "x,y\n1_000,2\n3,4\n",
    "text for a number": "x,y\n1,2\nfar,4\n",
    "too few cells": "x,y\n1,2\n3\n5,6\n",
    "too many cells": "x,y\n1,2\n3,4,5\n",
    "an open quote": 'x,y,p\n1,2,a\n3,4,"b\n5,6,c\n',
    "text after a quote": 'x,y,p\n1,2,a\n3,4,"b"c\n',
    "blanks for a line": "x,y\n1,2\n   \n3,4\n",
    "two decimal marks": "x;y\n1,5;2,25\n3;4.5\n",
    "other digits": "x,y\n\u0661,2\n3,4\n",
    "mixed line ends": "x,y\n1,2\r\n3,4\n5,6\r\n",
    "a header of two lines": '"x\nz",y\n1,2\n3,4\n',
    "runs of blanks": "x y\n1   2\n3 4\n",
    "names alike": "x,X,y\n1,2,3\n4,5,6\n",
    "one column": "x\n1\n2\n",
    "UTF-16": "x,y\n1,2\n3,4\n".encode("utf-16"),
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_duckdb_reads_plain_tables_as_our_own_reader(text: str | bytes, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    numeric = [n for n in TextTable(Content(path)).names if n != "place"]
    quick, own, taken = by_both(path, *numeric)
    assert quick == own
    assert taken


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_what_duckdb_does_not_take_our_own_reader_reads_or_refuses(
    text: str | bytes, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    numeric = [n for n in TextTable(Content(path)).names if n not in ("p", "name")]
    quick, own, taken = by_both(path, *numeric)
    assert quick == own
    assert not taken


def test_our_own_reader_goes_on_where_duckdb_stopped(tmp_path: Path) -> None:
    n_rows = 400_000
    rows = [f"{row},{row / 4}" for row in range(n_rows)]
    path = write(tmp_path, "\n".join(["x,y", *rows, "# the end", "-1,-2"]))
    x, y = whole(open_table(path), "x", "y")
    assert np.array_equal(x, [*range(n_rows), -1])
    assert np.array_equal(y, [*(np.arange(n_rows) / 4), -2])
    rows[300_000] = "1,far"
    path = write(tmp_path, "\n".join(["x,y", *rows]))
    with pytest.raises(ColumnError, match=r'a\.csv line 300002, column "y": .* got "far"'):
        whole(open_table(path), "x", "y")


Cells = st.one_of(
    st.floats(width=64).map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.text(' "#,;_\n\r\t.+-e0123naNAixf', max_size=4),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(Cells, min_size=2, max_size=3), min_size=1, max_size=6))
def test_any_text_means_the_same_or_more_to_both(rows: list[list[str]], tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n1,2\n" + "\n".join(",".join(row) for row in rows))
    try:
        quick, own, _ = by_both(path, "x", "y")
    except GpuheatError:  # told when it is opened, by one class for both
        return
    # Beyond our own reader's rows DuckDB only takes a delimiter at a line's end, and blanks
    # before a quote.
    assert quick == own or isinstance(own, str)


def test_damaged_gzip_is_told(tmp_path: Path) -> None:
    rows = "\n".join(f"{n},{n * 7919 % 1000}" for n in range(100_000))
    path = write(tmp_path, "x,y\n" + rows, "a.csv.gz")
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(FileError, match=r"a\.csv\.gz cannot be read to its end"):
        whole(open_table(path), "x", "y")


def test_a_condition_may_name_text_and_numbers(tmp_path: Path) -> None:
    text = "x,y,mag,place\n1,2,5,Kobe\n3,4,NA,\n5,6,9,None\n7,8,6,O'Neill\n"
    path = write(tmp_path, text)
    for where, expected in [
        ("mag > 5", [5, 7]),
        ("place = 'Kobe'", [1]),
        ("place = 'None' or place is null", [3, 5]),
        ("place like 'O''%' -- Irish", [7]),
        ("mag is null", [3]),
    ]:
        assert whole(open_table(path, where), "x")[0].tolist() == expected


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_condition_needs_no_large_file_and_no_file_at_all(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, "x;y\n1,5;2\n3,5;4\n", name)
    with path.open("rb") as stream:
        for given_as in (path, stream):
            assert whole(open_table(given_as, "x > 2"), "x", "y") == [[3.5], [4]]


def test_a_cell_that_is_no_number_is_told_under_a_condition_too(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n1,2\n3,4\nfar,6\n")
    with pytest.raises(ColumnError, match=r'a\.csv, column "x": expected a number, got far; mend'):
        whole(open_table(path, "y > 5"), "x", "y")
    with pytest.raises(FileError, match=r"a\.csv cannot be read: CSV Error on Line: 3, Expected N"):
        whole(open_table(write(tmp_path, "x,y\n1,2\n3\n"), "y > 0"), "x", "y")


def test_layouts_that_sql_cannot_name_take_no_condition(tmp_path: Path) -> None:
    for text in (HARD["runs of blanks"], HARD["names alike"], HARD["UTF-16"]):
        with pytest.raises(InputError, match="cannot be read with where="):
            open_table(write(tmp_path, text), "y > 1")


def test_without_duckdb_our_own_reader_reads_all_but_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, PLAIN["a header"])
    monkeypatch.setitem(sys.modules, "duckdb", None)
    table = open_table(path)
    assert type(table) is TextTable
    assert whole(table, "x")[0].tolist() == [1, 3]
    with pytest.raises(MissingPackageError, match=r'where=.* pip install "gpuheat\[io\]"'):
        open_table(path, "x > 1")


def test_small_files_are_left_to_our_own_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "QUICK_FROM_BYTES", 1000)
    assert type(open_table(write(tmp_path, PLAIN["a header"]))) is TextTable
