"""Spool: a file on disk for readers that need one, temporary where a stream was given."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from gpuheat.errors import FileError
from gpuheat.points.content import Content


class Spool:
    """A path under which some content lies; a temporary file goes with this object.

    Parameters
    ----------
    path : Path
    temporary : bool
        Whether to remove it once this object is not needed any more, at the latest when
        the program ends.
    """

    def __init__(self, path: Path, *, temporary: bool = False) -> None:
        self.path = path
        if temporary:
            weakref.finalize(self, path.unlink, missing_ok=True)

    @classmethod
    def of(cls, content: Content, *, packed: bool = False) -> Spool:
        """Return the content's own file where it has one, else a copy of it.

        Parameters
        ----------
        content : Content
        packed : bool
            Whether a file packed with gzip will do.
        """
        if content.path is not None and (packed or not content.packed):
            return cls(content.path)
        try:
            with tempfile.NamedTemporaryFile(
                prefix="gpuheat-", suffix=content.suffix, delete=False
            ) as file:
                made = cls(Path(file.name), temporary=True)
                with content.open() as stream:
                    shutil.copyfileobj(stream, file)
        except FileError:
            raise
        except OSError as error:
            raise FileError(
                f"{content.label} cannot be kept in {tempfile.gettempdir()} while it is read: "
                f"{error}; save it to a file"
            ) from error
        return made
