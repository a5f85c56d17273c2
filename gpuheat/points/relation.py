"""Relation: the rows of a DuckDB query as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.points.columns import not_numbers
from gpuheat.points.condition import filtering
from gpuheat.points.database import Cursor, Relation, batches, connected, quoted, reading
from gpuheat.points.labels import not_labels
from gpuheat.points.vectors import Vector

# Types that `vectors.numbers` takes as they are, moments among them; the others that hold
# numbers become DOUBLE.
_AS_THEY_ARE = frozenset(
    [
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "float",
        "double",
        "decimal",
        "boolean",
        "null",
        "date",
        "timestamp",
        "timestamp_s",
        "timestamp_ms",
        "timestamp_ns",
        "timestamp with time zone",
    ]
)
_TEXT = ("varchar", "blob", "enum")
_WITH_NAN = ("float", "double")
_WIDER = frozenset(["hugeint", "uhugeint", "bignum"])

# Those that hold labels besides: as they are, or written.
_LABELS = ("varchar", "enum")
_WRITTEN = _WIDER | {"uuid", "time", "time with time zone", "interval", "bit"}

Start = Callable[[Cursor], Relation]


class RelationTable:
    """What a DuckDB relation holds, streamed in bounded memory as often as one likes.

    Parameters
    ----------
    label : str
        How messages name it.
    start : callable
        Makes the relation on a connection; called for every reading.
    n_rows : int, optional
        Where it is known without reading.
    from_text : callable, optional
        Writes the SQL that makes numbers of a text column. Without, text is refused.
    kept : object
        Whatever must live as long as the table, such as a temporary file.

    Raises
    ------
    FileError
        If its columns cannot be read.
    """

    rereadable = True

    def __init__(
        self,
        label: str,
        start: Start,
        *,
        n_rows: int | None = None,
        from_text: Callable[[str], str] | None = None,
        kept: object = None,
    ) -> None:
        self.label, self.n_rows, self.degrees = label, n_rows, False
        self._start, self._from_text, self._kept = start, from_text, kept
        with connected() as cursor, reading(label):
            relation = start(cursor)
            self.types = dict(zip(relation.columns, relation.types, strict=True))
        self.names = self.label_names = tuple(self.types)

    def where(self, condition: str) -> RelationTable:
        """Leave out the rows that do not meet a SQL condition; a missing value meets none.

        Raises
        ------
        InputError
            If it is no condition on these columns.
        """
        start, label, columns = self._start, self.label, tuple(self.types)
        # To SQL, NaN is larger than any number; here it is a missing value like others.
        cells = ", ".join(
            f"nullif({quoted(name)}, 'nan'::{kind}) AS {quoted(name)}"
            if kind.id in _WITH_NAN
            else quoted(name)
            for name, kind in self.types.items()
        )

        def filtered(cursor: Cursor) -> Relation:
            with reading(label):
                relation = start(cursor).project(cells)
            with filtering(condition, columns, label):
                return relation.filter(condition)

        return self._like(filtered)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns: numbers of the types they have, missing ones as NaN.

        Moments are seconds since 1970.
        """
        for batch in self._read(self._cells(names)):
            yield self._columns(names, batch)

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns, and one more as it stands; moments as text."""
        for batch in self._read([*self._cells(names), self._label(by)]):
            *vectors, labels = batch
            yield self._columns(names, vectors), labels.labels()

    def _cells(self, names: Sequence[str]) -> list[str]:
        """Write the SQL of what the named columns are made of."""
        return [self._number(name) for name in names]

    def _columns(self, names: Sequence[str], batch: Sequence[Vector]) -> dict[str, NDArray[Any]]:
        """Make the named columns of what `_cells` asked for."""
        return {name: vector.numbers() for name, vector in zip(names, batch, strict=True)}

    def _read(self, cells: Sequence[str]) -> Iterator[list[Vector]]:
        """Run the query for some cells."""
        return batches(lambda cursor: self._start(cursor).project(", ".join(cells)), self.label)

    def _number(self, name: str) -> str:
        """Write the SQL that gives a column as numbers.

        Raises
        ------
        ColumnError
            If it holds something else.
        """
        kind = self.types[name].id
        if kind in _AS_THEY_ARE:
            return quoted(name)
        if kind in _WIDER:
            return f"CAST({quoted(name)} AS DOUBLE)"
        if kind == "varchar" and self._from_text is not None:
            return self._from_text(name)
        given = f"text ({kind})" if kind in _TEXT else str(self.types[name])
        raise not_numbers(given, self.label, name)

    def _label(self, name: str) -> str:
        """Write the SQL that gives a column as labels.

        Raises
        ------
        ColumnError
            If it holds none.
        """
        kind = self.types[name].id
        if self._from_text is not None and kind == "double":  # a CSV's 2019 is not 2019.0
            return f"regexp_replace(CAST({quoted(name)} AS VARCHAR), '\\.0$', '')"
        if kind in _AS_THEY_ARE or kind in _LABELS:
            return quoted(name)
        if kind in _WRITTEN:
            return f"CAST({quoted(name)} AS VARCHAR)"
        raise not_labels(str(self.types[name]), self.label, name)

    def _like(self, start: Start) -> RelationTable:
        """Make a table of another relation with the same columns."""
        return RelationTable(self.label, start, from_text=self._from_text, kept=self._kept)
