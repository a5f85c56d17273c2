"""Tables of text: delimiter, header, numbers, gaps and faults."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuheat.errors import ColumnError, GpuheatError, InputError
from gpuheat.points import text
from gpuheat.points.content import Content
from gpuheat.points.table import CHUNK_ROWS
from gpuheat.points.text import TextTable

Numbers = st.floats(allow_nan=False, width=64)


def table(content: str | bytes) -> TextTable:
    data = content.encode() if isinstance(content, str) else content
    stream = io.BytesIO(data)
    stream.name = "quakes.csv"  # type: ignore[attr-defined]
    return TextTable(Content(stream))


def read(content: str | bytes, *names: str) -> list[list[float]]:
    """Return the named columns, all where none is named."""
    opened = table(content)
    wanted = names or opened.names
    chunks = list(opened.chunks(wanted))
    return [[float(v) for chunk in chunks for v in chunk[name]] for name in wanted]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", " "])
def test_every_delimiter_is_found_with_and_without_a_header(delimiter: str) -> None:
    rows = [["1.5", "2.5"], ["-3", "4e1"]]
    body = "\n".join(delimiter.join(row) for row in rows)
    bare, headed = table(body), table(f"lon{delimiter}lat\n{body}\n")
    assert (bare.delimiter, bare.header, bare.names) == (delimiter, False, ("1", "2"))
    assert (headed.delimiter, headed.header, headed.names) == (delimiter, True, ("lon", "lat"))
    for opened in (bare, headed):
        (chunk,) = opened.chunks(opened.names)
        assert [list(chunk[name]) for name in opened.names] == [[1.5, -3.0], [2.5, 40.0]]


def test_runs_of_blanks_are_one_delimiter() -> None:
    assert read("  1.0   2.0\n 10.0 \t 20.0  \n\n") == [[1.0, 10.0], [2.0, 20.0]]


def test_text_beside_numbers_does_not_mislead_the_guess() -> None:
    quakes = 'time,lon,lat,place\n2020-01-01 00:00,1,2,"a; b, c"\n2020-01-02 00:00,3,4,d\n'
    opened = table(quakes)
    assert (opened.delimiter, opened.names) == (",", ("time", "lon", "lat", "place"))
    assert read(quakes, "lon", "lat") == [[1, 3], [2, 4]]


def test_a_header_may_hold_numbers_beside_names() -> None:
    assert table("city,2020,2021\nBonn,1,2\n").header is False
    assert table("id,2020,2021\n7,1,2\n").names == ("id", "2020", "2021")


def test_a_table_of_a_header_alone_has_no_rows() -> None:
    assert read("lon,lat\n", "lon") == [[]]
    assert read("lon,lat", "lon") == [[]]


def test_columns_without_a_name_are_called_by_their_number() -> None:
    assert table(",lon,lat\n0,1,2\n").names == ("1", "lon", "lat")


def test_a_comment_above_the_rows_that_names_x_and_y_is_the_header() -> None:
    opened = table("# made by hand\n# lon lat mag\n1 2 3\n4 5 6\n")
    assert (opened.names, opened.header) == (("lon", "lat", "mag"), True)
    assert read("# lon lat mag\n1 2 3\n", "mag") == [[3]]
    assert table("# three columns here\n1 2 3\n").names == ("1", "2", "3")


@pytest.mark.parametrize("missing", ["", " ", "nan", "NaN", "NA", "N/A", "null", "None"])
def test_missing_cells_are_nan(missing: str) -> None:
    (lon, lat) = read(f"lon,lat\n1,2\n{missing},4\n5,6\n")
    assert math.isnan(lon[1])
    assert (lon[0], lon[2], lat) == (1, 5, [2, 4, 6])


def test_quotes_comments_blank_lines_line_ends_and_marks_are_read() -> None:
    plain = 'name,lon,lat\n# remark, with, commas\n"a, b",1,2\n\n"say ""c""\nhere",3,4\n'
    for content in (plain, plain.replace("\n", "\r\n"), "\ufeff" + plain, plain.rstrip()):
        assert read(content, "lon", "lat") == [[1, 3], [2, 4]]
    assert read(plain.encode("utf-16"), "lon", "lat") == [[1, 3], [2, 4]]


def test_a_quoted_cell_that_looks_like_a_comment_is_a_row() -> None:
    assert read('name,lon,lat\n"#1",1,2\nb,3,4\n', "lon") == [[1, 3]]


def test_bytes_that_are_no_text_do_not_matter_in_other_columns() -> None:
    assert read(b"place,lon,lat\nM\xfcnchen,11.5,48.1\n", "lon", "lat") == [[11.5], [48.1]]


def test_decimal_commas_are_read_where_no_comma_parts_cells() -> None:
    assert read("1,5;2,5\n-3,25;4\n") == [[1.5, -3.25], [2.5, 4.0]]
    assert read("lon;lat;n\n1,5;2,5;\n3;4;7\n", "lon", "lat") == [[1.5, 3], [2.5, 4]]
    assert read('x\ty\tname\n1,5\t2,5\t"a"\n', "x", "y") == [[1.5], [2.5]]


def test_commas_that_may_part_thousands_are_refused_with_a_hint() -> None:
    with pytest.raises(ColumnError, match="decimals with a point and thousands without a comma"):
        read("lon;lat;n\n1.5;2.5;1,234\n", "n")
    with pytest.raises(ColumnError, match="decimals with a point and thousands without a comma"):
        read("lon;lat;n\n1;2;1,234\n", "n")


def test_text_where_a_number_belongs_names_file_line_and_column() -> None:
    rows = "".join(f"{i},{i}\n" for i in range(15))
    expected = r'quakes\.csv line 17, column "lat": expected a number, got "abc"; '
    with pytest.raises(ColumnError, match=expected):
        read(f"lon,lat\n{rows}3,abc\n")
    with pytest.raises(ColumnError, match=expected.replace("17", "19")):
        read(f'lon,lat\n# remark\n\n{rows}"3","abc"\n')
    assert read(f"lon,lat\n{rows}3,abc\n", "lon")[0][-1] == 3


@pytest.mark.parametrize("cell", ["1_000", "0x10", "1.2.3", "12:30", "5 km"])
def test_what_only_resembles_a_number_is_refused(cell: str) -> None:
    with pytest.raises(ColumnError, match="expected a number"):
        read(f"lon,lat\n1,2\n3,{cell}\n", "lat")


@pytest.mark.parametrize("row", ["3", "3,4,5", '"3,4"'])
def test_a_row_of_another_length_is_told_with_both_lengths(row: str) -> None:
    n_cells = 1 if row != "3,4,5" else 3
    with pytest.raises(InputError, match=f"line 3 has {n_cells} cells, the header has 2; every"):
        read(f"lon,lat\n1,2\n{row}\n1,2\n")
    with pytest.raises(InputError, match=f"line 2 has {n_cells} cells, the first row has 2; every"):
        read(f"1,2\n{row}\n1,2\n")


def test_rows_of_unlike_lengths_do_not_make_blanks_the_delimiter() -> None:
    ragged = "lon,lat,the place\n1,2,St Ives\n3,4,St Mawes\n5,6,St Just,7\n"
    with pytest.raises(InputError, match="line 4 has 4 cells, the header has 3"):
        read(ragged, "lon")


def test_a_quote_left_open_does_not_swallow_rows() -> None:
    with pytest.raises(GpuheatError, match="line 3"):
        read('lon,lat,name\n1,2,a\n3,4,"b\n5,6,c\n7,8,d\n', "lon")


@pytest.mark.parametrize("content", ["\n\n", "# only a remark\n", "\ufeff"])
def test_a_text_without_rows_is_refused(content: str) -> None:
    with pytest.raises(InputError, match="has no rows"):
        table(content)


def test_binary_and_endless_lines_are_refused() -> None:
    with pytest.raises(InputError, match="is binary"):
        table(b"1,2\n\0\0\0")
    with pytest.raises(InputError, match="no line end"):
        table(b"1" * 100_000)
    with pytest.raises(InputError, match="a line of more than"):
        read(b"1,2\n" * 40_000 + b"1" * 3_000_000)


def test_long_tables_arrive_in_chunks_and_nothing_is_lost_between_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_rows = CHUNK_ROWS + 5
    content = "lon,lat\n" + "".join(f"{i},{-i}\n" for i in range(n_rows))
    chunks = list(table(content).chunks(["lat", "lon"]))
    assert [len(chunk["lat"]) for chunk in chunks] == [CHUNK_ROWS, 5]
    assert np.array_equal(np.concatenate([c["lon"] for c in chunks]), np.arange(n_rows))
    # Blocks of some letters, so that quoted line ends fall between them.
    monkeypatch.setattr(text, "_BLOCK_LETTERS", 16)
    rows = "".join(f'{i},"a\n\n#{i}",{-i}\n' for i in range(50))
    assert read("lon,name,lat\n" + rows, "lon", "lat") == [
        list(range(50)),
        [-i for i in range(50)],
    ]
    with pytest.raises(ColumnError, match='line 152, column "lon"'):
        read("lon,name,lat\n" + rows + "x,b,1\n", "lon")


def test_a_file_is_read_again_and_a_stream_is_not(tmp_path: Path) -> None:
    path = tmp_path / "quakes.csv"
    path.write_text("lon,lat\n1,2\n")
    opened = TextTable(Content(path))
    assert opened.rereadable
    for _ in range(2):
        assert [list(chunk["lon"]) for chunk in opened.chunks(["lon"])] == [[1.0]]
    once = table("lon,lat\n1,2\n")
    assert not once.rereadable
    assert len(list(once.chunks(["lon"]))) == 1
    with pytest.raises(GpuheatError, match="has been read already"):
        list(once.chunks(["lon"]))


@given(
    rows=st.lists(st.tuples(Numbers, st.text(max_size=8), Numbers), min_size=1, max_size=30),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    header=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_the_csv_module_writes_reads_back_equal(
    rows: list[tuple[float, str, float]], delimiter: str, header: bool, quoting: int
) -> None:
    # A letter first: a name of digits alone could be a number, and a first one of text a header.
    cleaned = [(x, "a" + name.replace("\0", "").replace("\r", ""), y) for x, name, y in rows]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([("x", "name", "y")] * header + cleaned)  # type: ignore[operator]
    opened = table(out.getvalue().encode("utf-8", errors="replace"))
    assert (opened.delimiter, opened.header, len(opened.names)) == (delimiter, header, 3)
    columns = [opened.names[0], opened.names[2]]
    chunks = list(opened.chunks(columns))
    assert [v for c in chunks for v in c[columns[0]]] == [x for x, _, _ in cleaned]
    assert [v for c in chunks for v in c[columns[1]]] == [y for _, _, y in cleaned]


@given(st.data())
def test_a_table_cut_short_gives_its_first_rows_or_our_error(data: st.DataObject) -> None:
    whole = 'name,lon,lat\n"a, b",1.25,2\n"c\nd",3.5,4\n# remark\ne,5,6\n'
    cut = data.draw(st.integers(0, len(whole)))
    try:
        opened = table(whole[:cut])
        if "lat" not in opened.names:
            return  # The header itself is cut.
        lon, lat = read(whole[:cut], "lon", "lat")
    except GpuheatError:
        return
    assert lon[:-1] == [1.25, 3.5, 5][: max(0, len(lon) - 1)]
    assert lat[:-1] == [2, 4, 6][: max(0, len(lat) - 1)]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_our_error(content: bytes) -> None:
    try:
        opened = table(content)
        for chunk in opened.chunks(opened.names):
            assert len({len(values) for values in chunk.values()}) == 1
    except GpuheatError:
        pass


@given(st.text('0123456789.,;-\t \n\r"#aeN', max_size=120))
def test_any_text_is_a_table_or_our_error(content: str) -> None:
    test_any_bytes_are_a_table_or_our_error.hypothesis.inner_test(content.encode())  # type: ignore[attr-defined]
