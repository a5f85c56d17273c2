"""Columns: which of a table's names are x and y, and which one is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gpuheat.errors import ColumnError

_LON = ("lon", "lng", "long", "longitude")
_LAT = ("lat", "latitude")

# (x names, y names): an x goes only with a y of its own kind.
_KINDS = ((("x",), ("y",)), (_LON, _LAT))

# The last word of a name: after a separator ("pickup_lon", "pickup lon"), or at a
# capital after a small letter ("decimalLongitude").
_WORDS = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")


def guess_xy(names: Sequence[str]) -> tuple[str, str]:
    """Guess which columns are x and y from their names, case ignored.

    Parameters
    ----------
    names : sequence of str
        A table's columns. Those of a table without names are "1", "2", "3" ...

    Returns
    -------
    tuple of str
        The names of x and y, as they stand in `names`. Weights are never guessed.

    Raises
    ------
    ColumnError
        If no pair of names fits, or more than one.
    """
    if len(names) > 1 and list(names) == unnamed(len(names)):
        return names[0], names[1]
    pairs = _pairs(names, whole=True) or _pairs(names, whole=False)
    if len(pairs) == 1:
        return pairs[0]
    if pairs:
        several = ", ".join(f"{x}/{y}" for x, y in pairs)
        raise ColumnError(
            f"more than one pair of columns could be x and y: {several}; "
            f'name the one you mean, as x="{pairs[0][0]}", y="{pairs[0][1]}"'
        )
    raise ColumnError(
        f"no pair of columns is called x/y, lon/lat or ends so (there are: {_listed(names)}); "
        'name them, as x="...", y="..."'
    )


def unnamed(n_columns: int) -> list[str]:
    """Return the names of columns that have none: "1", "2", "3" ..."""
    return [str(number) for number in range(1, n_columns + 1)]


def find(names: Sequence[str], wanted: str, label: str) -> str:
    """Find the column that is meant: its exact name, else the only one but for case.

    Parameters
    ----------
    names : sequence of str
        A table's columns.
    wanted : str
        The name that was asked for.
    label : str
        How messages name the table.

    Returns
    -------
    str
        The name as it stands in `names`.

    Raises
    ------
    ColumnError
        If there is none, or more than one; the text lists the columns there are.
    """
    alike = [name for name in names if name == wanted]
    alike = alike or [name for name in names if name.lower() == wanted.lower()]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise ColumnError(
            f'{label}: {len(alike)} columns are called "{wanted}" ({_listed(alike)}); '
            "give each column a name of its own"
        )
    import difflib  # slow to import, and only a mistake needs it

    lowered = {name.lower(): name for name in names}
    near = difflib.get_close_matches(wanted.lower(), lowered, n=1)
    hint = f'; did you mean "{lowered[near[0]]}"?' if near else ""
    raise ColumnError(f'{label} has no column "{wanted}"{hint} (there are: {_listed(names)})')


def not_numbers(given: str, label: str, name: str | None = None) -> ColumnError:
    """Build the error for a column that holds no numbers: where, what was given, what to do."""
    where = label if name is None else f'{label}, column "{name}"'
    return ColumnError(
        f"{where}: expected real numbers, got {given}; convert it first, or take another column"
    )


def are_degrees(x_name: str, y_name: str) -> bool:
    """Say whether two columns' names mean longitude and latitude, be it in the wrong order."""
    x_word, y_word = _split(x_name)[1], _split(y_name)[1]
    return (x_word in _LON and y_word in _LAT) or (x_word in _LAT and y_word in _LON)


def are_unnamed(x_name: str, y_name: str) -> bool:
    """Say whether two columns' names tell nothing of what they are: "x" and "y", or numbers."""
    return all(name.isdigit() or name.lower() in ("x", "y") for name in (x_name, y_name))


def _pairs(names: Sequence[str], *, whole: bool) -> list[tuple[str, str]]:
    """List the (x, y) pairs whose names are such words, or end so with the same beginning."""
    split = [(name, *_split(name)) for name in names]
    return [
        (x_name, y_name)
        for x_words, y_words in _KINDS
        for x_name, x_start, x_word in split
        for y_name, y_start, y_word in split
        if x_word in x_words and y_word in y_words and x_start == y_start
        if not whole or not x_start
    ]


def _split(name: str) -> tuple[str, str]:
    """Split a name into what comes before its last word, and that word; both lowered."""
    *start, last = _WORDS.split(name.strip())
    return " ".join(start).lower(), last.lower()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"
