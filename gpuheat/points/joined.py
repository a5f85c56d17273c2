"""Joined: the files that were named, as one table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.errors import FileError, InputError
from gpuheat.points.columns import find
from gpuheat.points.files import open_table
from gpuheat.points.paths import expand
from gpuheat.points.table import Table, label_names, labeled_chunks, renamed


def open_tables(given: Any, where: str | None = None) -> Table:
    """Open a file or a stream as its format's own table, several files as one.

    Parameters
    ----------
    given : str, path, file object, or sequence of str or path
        Patterns such as data/*.parquet mean the files that match.
    where : str, optional
        As in `open_table`.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if hasattr(given, "read"):
        return open_table(given, where)
    paths = [given] if is_path(given) else given
    if not isinstance(paths, Sequence) or not paths or not all(map(is_path, paths)):
        raise InputError(
            f"got {type(given).__name__}, expected a path, a list of paths, or a file object "
            "opened for reading"
        )
    files = expand(paths)
    # A file that stands alone is taken as itself: an .npy's third column is its weights.
    return open_table(files[0], where) if len(files) == 1 else JoinedTable(files, where)


def is_path(item: object) -> bool:
    """Say whether something names a file."""
    return isinstance(item, (str, os.PathLike))


class JoinedTable:
    """The rows of one file after those of the other.

    Parameters
    ----------
    files : sequence of str or path
        At least one, "-" (the standard input) at most once. The columns are the first
        file's; the others need those that are asked for, under the same names.
    where : str, optional
        As in `open_table`, for every file.

    Raises
    ------
    FileError
        If one of them is not there; all are looked for before any is read.
    """

    n_rows: int | None = None

    def __init__(self, files: Sequence[str | os.PathLike[str]], where: str | None = None) -> None:
        self._files, self._where = [os.fspath(file) for file in files], where
        if self._files.count("-") > 1:
            raise InputError("standard input is named twice; it can be read once")
        for file in self._files:
            if file != "-" and not os.path.exists(file):
                raise FileError(f"there is no file {file}; check its name and folder")
        # Opened once at the door, for its columns; a stream among them cannot be opened again.
        self._first: Table | None = open_table(self._files[0], where)
        self.first = self._first
        self.names, self.degrees = self._first.names, self._first.degrees
        self.label_names = label_names(self._first)
        self.rereadable = all(os.path.isfile(file) for file in self._files)
        n_more = len(self._files) - 1
        self.label = self._first.label + (f" and {n_more} more" if n_more else "")

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns of one file after the other."""
        for table, found in self._tables(names):
            for columns in table.chunks(found):
                yield renamed(columns, names, found)

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels, of one file after the other."""
        for table, found in self._tables(names):
            label = find(label_names(table), by, table.label)
            for columns, labels in labeled_chunks(table, found, label):
                yield renamed(columns, names, found), labels

    def _tables(self, names: Sequence[str]) -> Iterator[tuple[Table, list[str]]]:
        """Open one file after the other, and find the names in it."""
        first, self._first = self._first, None
        for number, file in enumerate(self._files):
            table = first if number == 0 and first is not None else open_table(file, self._where)
            yield table, [find(table.names, name, table.label) for name in names]
