"""Categories: the points of each label of a column, told apart in one reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat import budget
from gpuheat.errors import BudgetError, ColumnError, InputError
from gpuheat.points.arrays import ArrayTable, StreamTable
from gpuheat.points.beside import LABELS, BesideTable
from gpuheat.points.cells import is_number
from gpuheat.points.source import Source
from gpuheat.points.table import labeled_chunks
from gpuheat.points.tally import Tally

# So many colors can just be told apart.
MOST = 16
# More are counted up to here, for the message.
_COUNTED = 1000

_MISSING = -1

Chunk = tuple[Mapping[str, NDArray[Any]], NDArray[np.int16]]


@dataclass(frozen=True)
class Categories:
    """A source, taken apart.

    Parameters
    ----------
    sources : dict of label to Source
        Numbers in their order, then text in its own; each holds the rows of one category.
    whole : Source
        The rows of all of them.
    n_read, n_dropped : int
        Rows there were, and those among them without a category or with NaN or infinity.
    """

    sources: dict[Any, Source]
    whole: Source
    n_read: int
    n_dropped: int

    @property
    def tally(self) -> Tally:
        """What became of all rows, once every source has been read."""
        told = [source.tally for source in self.sources.values()]
        outside = sum(tally.outside for tally in told)
        return Tally(self.n_read, self.n_dropped, outside, sum(tally.clipped for tally in told))


def split(source: Source) -> Categories:
    """Take a source apart by its column ``by``.

    It is read once for its labels. What is not in memory already is kept there, or read
    again for each category where it would not fit.

    Raises
    ------
    InputError
        If there are more categories than `MOST`, or none; or if the points come as a
        generator of chunks, which can be read only once.
    BudgetError
        If they can be read only once and do not fit into memory.
    """
    table, by = source.table, source.by or ""
    if not source.rereadable and isinstance(table, StreamTable):
        raise InputError(
            "a generator of chunks can be read only once, and its categories must be known before "
            "it is drawn; give a list of chunks, or a function that returns an iterator"
        )
    labels = _Labels(by)
    innermost = table.innermost if isinstance(table, BesideTable) else table
    in_memory = isinstance(innermost, ArrayTable)
    kept: list[Chunk] | None = []
    n_read, n_rows, n_bytes = 0, np.zeros(0, np.int64), 0
    for columns, given in source.labeled_chunks():
        codes = labels.codes(given)
        finite = np.logical_and.reduce([np.isfinite(column) for column in columns.values()])
        codes[~finite] = _MISSING
        n_read += len(codes)
        n_new = np.bincount(codes[codes >= 0], minlength=len(labels.all))
        n_new[: len(n_rows)] += n_rows
        n_rows = n_new
        if kept is not None:
            kept.append((columns, codes))
            n_bytes += codes.nbytes + sum(0 if in_memory else c.nbytes for c in columns.values())
            if n_bytes > budget.max_bytes():
                if not source.rereadable:
                    raise _does_not_fit(source, n_bytes)
                kept = None
    labels.check()
    return _taken_apart(source, labels, kept, n_read, n_rows.tolist())


def _taken_apart(
    source: Source, labels: _Labels, kept: list[Chunk] | None, n_read: int, n_rows: list[int]
) -> Categories:
    """Make a source of each category that has a row."""
    by, table = source.by or "", source.table

    def read(names: Sequence[str]) -> Iterator[Chunk]:
        if kept is not None:
            yield from kept
            return
        for columns, given in labeled_chunks(table, names, by):
            yield columns, labels.codes(given)

    coded = {label: code for label, code in labels.all.items() if n_rows[code]}
    if not coded:
        raise InputError(
            f"none of the {n_read} rows of {table.label} has a category in {labels.said} and "
            f"finite {', '.join(source.columns)}; nothing is left to draw"
        )
    sources = {
        label: source.over(_Part(source, read, coded[label], n_rows[coded[label]]))
        for label in sorted(coded, key=_order)
    }
    whole = source.over(_Part(source, read, None, sum(n_rows)))
    return Categories(sources, whole, n_read, n_read - sum(n_rows))


class _Part:
    """The rows of one category, or of all of them, as a table."""

    rereadable = True

    def __init__(
        self,
        source: Source,
        read: Callable[[Sequence[str]], Iterator[Chunk]],
        code: int | None,
        n_rows: int,
    ) -> None:
        self.label, self.names, self.degrees = source.table.label, source.columns, source.degrees
        self.n_rows: int | None = n_rows
        self._read, self._code = read, code

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns."""
        for columns, codes in self._read(names):
            rows = codes >= 0 if self._code is None else codes == self._code
            n_rows = np.count_nonzero(rows)
            if n_rows == len(codes):
                yield {name: columns[name] for name in names}
            elif n_rows:
                yield {name: columns[name][rows] for name in names}


class _Labels:
    """The labels of a column, each with a code, in the order they appear."""

    def __init__(self, by: str) -> None:
        self.said = "by" if by == LABELS else f'column "{by}"'
        self.all: dict[Any, int] = {}

    def codes(self, labels: NDArray[Any]) -> NDArray[np.int16]:
        """Return a code for each label, `_MISSING` for none."""
        if labels.dtype.kind in "biuf":
            distinct, each = np.unique(labels, return_inverse=True)
            codes = [self._code(label) for label in distinct.tolist()]
            return np.array(codes, np.int16)[each.reshape(labels.shape)]
        try:
            distinct_objects = set(labels.tolist())
        except TypeError:
            raise ColumnError(
                f"{self.said} holds neither text nor numbers; expected the name of a category "
                "in each row"
            ) from None
        look_up = {label: self._code(label) for label in distinct_objects}
        found = map(look_up.__getitem__, labels.tolist())
        return np.fromiter(found, np.int16, len(labels))

    def check(self) -> None:
        """Refuse more categories than there are colors.

        Raises
        ------
        InputError
            Its text names both figures.
        """
        if len(self.all) > MOST:
            number = f"{len(self.all)}" if len(self.all) < _COUNTED else f"{_COUNTED} or more"
            raise InputError(
                f"{self.said} has {number} categories, and {MOST} can be told apart by color; "
                "group them into fewer, or leave some out"
            )

    def _code(self, label: Any) -> int:
        if isinstance(label, bytes):
            label = label.decode("utf-8", errors="replace")
        if isinstance(label, str):
            label = label.strip()
        if _is_missing(label):
            return _MISSING
        code = self.all.setdefault(label, len(self.all))
        if code + 1 >= _COUNTED:
            self.check()
        return code


def _is_missing(label: Any) -> bool:
    """Tell None, NaN, pandas' NA and NaT and blanks from labels."""
    return label is None or str(label) in ("", "nan", "NaT", "<NA>")


def _order(label: Any) -> tuple[bool, float, str]:
    """Sort numbers by what they are, also where they are written as text; then text."""
    text = str(label)
    return (False, float(text), text) if is_number(text) else (True, 0.0, text)


def _does_not_fit(source: Source, n_bytes: int) -> BudgetError:
    return BudgetError(
        f"{source.table.label} can be read only once, its categories must be known before it is "
        f"drawn, and it takes more than {budget.amount(n_bytes)}; save it to a file, or raise "
        f"{budget.VARIABLE}"
    )
