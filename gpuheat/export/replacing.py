"""Write a file beside its place and move it there when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from gpuheat.errors import FileError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file to write, which takes its place only when all went well.

    An old file of that name stays until then, and stays for good when writing fails.

    Parameters
    ----------
    path : path
        Where the file will be. A device or pipe is written to as it is.

    Yields
    ------
    binary file object

    Raises
    ------
    FileError
        If it cannot be written; the text says why.
    """
    place = Path(path)
    try:
        if place.exists() and not place.is_file():
            if place.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            with place.open("wb") as stream:
                yield stream
            return
        target = place.resolve()  # a link stays a link
        import tempfile  # slow to import, and most pictures are not saved

        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
            os.chmod(beside, _mode(target))
            os.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
    except OSError as error:
        if isinstance(error, FileError):
            raise
        reason = error.strerror or str(error)
        raise FileError(f"{os.fspath(path)} cannot be written: {reason}") from error


def _mode(target: Path) -> int:
    """Return the permissions of the old file, or those a new one gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
