"""Leaflet: the map library's own files, from the package that brings them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata, resources

from gpuheat.errors import MissingPackageError

_PACKAGE, _DISTRIBUTION = "js_lib_leaflet", "django-js-lib-leaflet"
_FOLDER = ("static", "js_lib_leaflet")


@dataclass(frozen=True)
class Leaflet:
    """What a page needs of it, ready to stand inside.

    Parameters
    ----------
    script, style, licence : str
    """

    script: str
    style: str
    licence: str

    @classmethod
    def read(cls) -> Leaflet:
        """Read it from the installed package.

        Raises
        ------
        MissingPackageError
            If it is not installed.
        """
        try:
            folder = resources.files(_PACKAGE).joinpath(*_FOLDER)
            script = folder.joinpath("leaflet.js").read_text(encoding="utf-8")
            style = folder.joinpath("leaflet.css").read_text(encoding="utf-8")
            licence = _licence()
        except (ImportError, FileNotFoundError) as problem:
            raise MissingPackageError(
                'an html page needs Leaflet; install it with: pip install "gpuheat[html]"'
            ) from problem
        # What would ask for files beside the page: the source map, and pictures of controls that
        # the page does not have.
        script = re.sub(r"//# sourceMappingURL=.*", "", script)
        style = re.sub(r"url\([^)]*\)", "none", style)
        return cls(script, style, licence)


def _licence() -> str:
    distribution = metadata.distribution(_DISTRIBUTION)
    for file in distribution.files or ():
        if file.name.upper().startswith("LICEN"):
            return file.read_text(encoding="utf-8")
    raise FileNotFoundError(f"{_DISTRIBUTION} has no licence file")
