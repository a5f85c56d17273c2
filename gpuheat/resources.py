"""Where the data folders lie: in a wheel, an editable install or a bare checkout."""

from __future__ import annotations

from pathlib import Path

from gpuheat.errors import FileError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Find a folder of files that the program reads.

    A wheel carries the folders inside the package; in a checkout, installed
    editable or not at all, "shaders" and "schemes" stand beside the package.

    Parameters
    ----------
    name : str
        "shaders", "schemes" or "data".

    Returns
    -------
    Path
        The folder, which exists.

    Raises
    ------
    FileError
        If it is in neither place; the text names both.
    """
    places = [_PACKAGE / name, _PACKAGE.parent / name]
    for place in places:
        if place.is_dir():
            return place
    looked = " nor ".join(str(place) for place in places)
    raise FileError(
        f"the folder {name!r} of gpuheat is missing: neither {looked} is there; "
        "install gpuheat anew, or run it from a whole checkout"
    )
