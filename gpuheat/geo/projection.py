"""Projection: how longitude and latitude become a plane, by name."""

from __future__ import annotations

from typing import Literal

from gpuheat.errors import unknown

# None: x and y as they are; for degrees this is plate carree.
Projection = Literal["mercator"] | None
NAMES = ("mercator", "none")


def check_projection(given: object) -> Projection:
    """Check a projection given by the user.

    Parameters
    ----------
    given : "mercator", "none" or None

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if given is None or given == "none":
        return None
    if given == "mercator":
        return "mercator"
    raise unknown("projection", given, NAMES)
