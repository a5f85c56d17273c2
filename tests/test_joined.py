"""Several files as one table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gpuheat.errors import ColumnError, FileError, InputError
from gpuheat.points.joined import JoinedTable
from gpuheat.points.source import Source
from gpuheat.points.tables import as_table


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files that name the same columns in another order and case."""
    first, second = tmp_path / "a.csv", tmp_path / "b.tsv"
    first.write_text("x,y,mass\n1,2,3\n4,5,6\n")
    second.write_text("Y\tX\tmass\n8\t7\t9\n")
    return [first, second]


def rows(table: JoinedTable, *names: str) -> list[list[float]]:
    chunks = [np.column_stack([part[name] for name in names]) for part in table.chunks(names)]
    return [list(map(float, row)) for row in np.concatenate(chunks)]


def test_the_rows_of_one_file_follow_those_of_the_other(files: list[Path]) -> None:
    table = JoinedTable(files)
    assert table.label == "a.csv and 1 more"
    assert rows(table, "x", "y", "mass") == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_it_can_be_read_again_where_all_are_files(files: list[Path]) -> None:
    table = JoinedTable(files)
    assert table.rereadable
    assert rows(table, "x", "y") == rows(table, "x", "y")


def test_with_standard_input_among_them_it_is_read_once(files: list[Path]) -> None:
    assert not JoinedTable([files[0], "-"]).rereadable


def test_a_list_of_paths_is_joined_at_the_door(files: list[Path]) -> None:
    assert isinstance(as_table(files), JoinedTable)
    assert isinstance(as_table(tuple(map(str, files))), JoinedTable)
    assert Source(files).extent() == ((1, 2), (7, 8))


def test_a_generator_of_paths_is_still_a_stream(files: list[Path]) -> None:
    def paths() -> Iterator[Path]:
        yield from files

    assert sum(len(points) for points in Source(paths())) == 3


def test_a_file_without_the_column_is_named(files: list[Path]) -> None:
    files[1].write_text("lon\tlat\n1\t2\n")
    with pytest.raises(ColumnError, match=r'b\.tsv has no column "x"'):
        rows(JoinedTable(files), "x", "y")


def test_all_are_looked_for_before_the_first_is_read(files: list[Path]) -> None:
    files[0].write_text("")
    with pytest.raises(FileError, match=r"there is no file .*c\.csv"):
        JoinedTable([*files, files[0].with_name("c.csv")])


def test_standard_input_may_be_named_once() -> None:
    with pytest.raises(InputError, match="named twice"):
        JoinedTable(["-", "-"])
