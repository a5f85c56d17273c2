"""Choice: which columns of what table were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpuheat.errors import InputError
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.beside import LABELS, WEIGHTS, BesideTable
from gpuheat.points.columns import find, guess_xy, unnamed
from gpuheat.points.filtered import FilteredTable
from gpuheat.points.npy import NpyTable
from gpuheat.points.table import Table, label_names
from gpuheat.points.tables import as_table


@dataclass(frozen=True)
class Choice:
    """A table, and the names of its columns that were asked for.

    Parameters
    ----------
    table : Table
        With what was given as arrays laid beside it.
    columns : tuple of str
        The names of x, y and, if there are any, weights.
    by : str or None
        The name of the column of categories.
    guessed : bool
        Whether x and y were found by their names.
    """

    table: Table
    columns: tuple[str, ...]
    by: str | None
    guessed: bool


def choose(points: Any, x: Any, y: Any, weights: Any, by: Any) -> Choice:
    """Make a table of what was given, and find or lay beside it what was asked for.

    Raises
    ------
    GpuheatError
        If there are no such points or columns; the text says what there is.
    """
    if points is None:
        table, x, y, weights = _of_arrays(x, y, weights)
    else:
        table = as_table(points)
    for axis, name in (("x", x), ("y", y)):
        if name is not None and not isinstance(name, str):
            raise InputError(
                f"{axis} is {type(name).__name__} beside points; "
                f"name a column, or leave points out and give x= and y= as arrays"
            )
    if (x is None) != (y is None):
        raise InputError(f"only {'y' if x is None else 'x'} is named; name both x and y")
    names, label = table.names, table.label
    guessed = x is None
    x, y = guess_xy(names) if x is None else (find(names, x, label), find(names, y, label))
    third = names[2] if _is_plain_array(table) and names == tuple(unnamed(3)) else None
    if weights is not None and not isinstance(weights, str):
        if third is not None:
            raise InputError("weights are given twice: as third column of points and as weights=")
        table, weights = BesideTable(table, WEIGHTS, weights), WEIGHTS
    elif weights is not None:
        weights = find(names, weights, label)
    elif guessed:
        weights = third
    if by is not None and not isinstance(by, str):
        table, by = BesideTable(table, LABELS, by), LABELS
    elif by is not None:
        by = find(label_names(table), by, label)
    return Choice(table, (x, y) if weights is None else (x, y, weights), by, guessed)


def _of_arrays(x: Any, y: Any, weights: Any) -> tuple[Table, str, str, str | None]:
    """Make a table of x and y by themselves."""
    if x is None or y is None or isinstance(x, str) or isinstance(y, str):
        raise InputError("no points given; give points, or x= and y= as arrays")
    columns = {"x": x, "y": y}
    if weights is None:
        return ArrayTable(columns), "x", "y", None
    return ArrayTable({**columns, "weights": weights}), "x", "y", "weights"


def _is_plain_array(table: Table) -> bool:
    if isinstance(table, (FilteredTable, StreamTable)):
        return table.plain
    return isinstance(table, (ArrayTable, NpyTable))
