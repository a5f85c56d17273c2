"""Extras: optional packages, imported where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from gpuheat.errors import MissingPackageError


def need(package: str, extra: str, purpose: str) -> Any:
    """Import an optional package.

    Parameters
    ----------
    package : str
    extra : str
        The extra of gpuheat that brings it.
    purpose : str
        What it is needed for, as the message begins: "reading a DataFrame".

    Raises
    ------
    MissingPackageError
        If it is not installed; the text has the command that installs it.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(
            f"{purpose} needs the package {package}, which cannot be imported ({error}); "
            f'install it: pip install "gpuheat[{extra}]"'
        ) from error
