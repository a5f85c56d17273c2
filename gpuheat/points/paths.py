"""Paths: which files a pattern such as data/*.parquet means."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable

from gpuheat.errors import FileError

_SIGNS = "*?["


def expand(given: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Put the files that patterns mean in the place of the patterns.

    Parameters
    ----------
    given : iterable of str or path
        A name with * or ? or [ in it is a pattern, unless there is a file of that name;
        ** stands for any folders.

    Returns
    -------
    list of str
        The files of each pattern by name.

    Raises
    ------
    FileError
        If a pattern means none.
    """
    files: list[str] = []
    for each in given:
        path = os.fspath(each)
        if not is_pattern(path):
            files.append(path)
            continue
        found = sorted(name for name in glob.glob(path, recursive=True) if not os.path.isdir(name))
        if not found:
            raise FileError(f"no file matches {path}; check its folder and its ending")
        files += found
    return files


def is_pattern(path: str | os.PathLike[str]) -> bool:
    """Say whether a path stands for the files that match it."""
    name = os.fspath(path)
    return any(sign in name for sign in _SIGNS) and not os.path.lexists(name)
