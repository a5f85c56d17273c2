"""Output: where a picture goes, checked before any work is done for it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gpuheat.errors import FileError, InputError
from gpuheat.export import kml
from gpuheat.export.replacing import replacing
from gpuheat.export.saving import check_suffix
from gpuheat.picture import Picture

STDOUT = "-"


@dataclass(frozen=True)
class Output:
    """A place to write to.

    Parameters
    ----------
    name : str
        A path, or "-" for the standard output.
    format : str
        As `Picture.save` calls it; "png" on the standard output.
    """

    name: str
    format: str

    @classmethod
    def checked(
        cls,
        name: str,
        *,
        force: bool,
        formats: Sequence[str] | None = None,
        inputs: Iterable[str] = (),
    ) -> Output:
        """Check that a picture can be written there.

        Parameters
        ----------
        name : str
        force : bool
            Whether a file that is there may be replaced.
        formats : sequence of str, optional
            The formats allowed, where they are fewer than `Picture.save` knows.
        inputs : iterable of str
            Files that must not be replaced at all.

        Raises
        ------
        InputError
            If the name's ending is none of a known format.
        FileError
            If it is there already, or its folder is missing or closed to us.
        """
        if name == STDOUT:
            if sys.stdout is None:
                raise FileError("standard output is closed; name a file with -o")
            if sys.stdout.isatty():
                raise FileError(
                    "standard output is a terminal and a picture is binary; "
                    "send it on with > or |, or name a file with -o"
                )
            return cls(name, "png")
        output = cls(name, check_suffix(name))
        if formats is not None and output.format not in formats:
            listed = ", ".join("." + known for known in formats)
            raise InputError(f"{name!r} cannot hold it; give one of {listed}")
        for file in output.files:
            try:
                _check_file(file, force, inputs)
            except FileError:
                raise
            except (OSError, ValueError) as error:  # too long a name, a NUL in it
                reason = getattr(error, "strerror", None) or error
                raise FileError(f"{str(file)!r} cannot be written: {reason}") from error
        return output

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that will be written."""
        if self.name == STDOUT:
            return ()
        path = Path(self.name)
        return (path, kml.beside(path)) if self.format == "kml" else (path,)

    @property
    def label(self) -> str:
        """How messages name it."""
        return "standard output" if self.name == STDOUT else self.name

    def save(self, picture: Picture, *, density: bool = False, crs: str | None = None) -> None:
        """Write a picture there; `density` and `crs` are as in `Picture.save`."""
        if self.name == STDOUT:
            self.write(lambda stream: picture.save(stream, self.format, density=density, crs=crs))
        else:
            picture.save(self.name, density=density, crs=crs)

    def write(self, writer: Callable[[IO[bytes]], None]) -> None:
        """Write one file there with a function that takes a binary file object."""
        if self.name == STDOUT:
            # Whole first: Pillow writes past Python into a pipe, and its failures there
            # do not tell that nobody reads any more.
            whole = io.BytesIO()
            writer(whole)
            sys.stdout.buffer.write(whole.getvalue())
            sys.stdout.buffer.flush()
            return
        with replacing(self.name) as stream:
            writer(stream)


def _check_file(file: Path, force: bool, inputs: Iterable[str]) -> None:
    folder = file.parent
    if file.is_dir():
        raise FileError(f"{file} is a folder; name a file in it")
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder} to write {file.name} into; make it first")
    if file.exists():
        for given in inputs:
            if os.path.exists(given) and os.path.samefile(given, file):
                raise FileError(f"{file} is an input; give the picture another name with -o")
        if file.is_file() and not force:
            raise FileError(f"{file} is there already; --force replaces it, -o names another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(f"{file} cannot be written: the folder {folder} is closed to this user")
