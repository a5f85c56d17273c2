"""Arrow: streams of record batches, from any library that offers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.extras import need
from gpuheat.points.table import parts
from gpuheat.points.vectors import batches, check_field, check_labels, schema_of


class ArrowTable:
    """The columns of an Arrow stream, one batch in memory at a time.

    Parameters
    ----------
    given : object with ``__arrow_c_stream__``
        A container such as a record batch can be read again; a reader, or whatever else may
        be a stream, is taken to be readable once.
    label : str
        How messages name it.

    Raises
    ------
    InputError
        If it is no stream of batches with columns.
    """

    degrees = False

    def __init__(self, given: Any, label: str = "points") -> None:
        self.label, self._given = label, given
        kind = type(given)
        self.rereadable = hasattr(kind, "__len__") or hasattr(kind, "__arrow_c_array__")
        # Arrow's own; asking others for their length might run a query.
        self.n_rows: int | None = given.num_rows if hasattr(kind, "num_rows") else None
        self._begun: Any = self._stream()
        schema = schema_of(self._begun)
        if schema.type.name != "STRUCT":
            raise InputError(
                f"{label} is an Arrow stream of {schema.type.name.lower()}, expected one of "
                "record batches; give a table with named columns"
            )
        self._fields = list(schema.fields)
        self.names = self.label_names = tuple(field.name for field in self._fields)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns batch by batch."""
        for columns, _ in self._read(names, None):
            yield columns

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels."""
        check_labels(self._fields[self.names.index(by)], self.label, by)
        yield from self._read(names, by)

    def _read(self, names: Sequence[str], by: str | None) -> Iterator[tuple[Any, Any]]:
        begun, self._begun = self._begun, None
        places = {name: self.names.index(name) for name in names}
        for name, place in places.items():
            check_field(self._fields[place], self.label, name)
        for batch in batches(begun or self._stream()):
            columns = {name: batch[place].numbers() for name, place in places.items()}
            labels = None if by is None else batch[self.names.index(by)].labels()
            for part in parts(len(next(iter(columns.values())))):
                cut = {name: column[part] for name, column in columns.items()}
                yield cut, None if labels is None else labels[part]

    def _stream(self) -> Any:
        return need("nanoarrow", "io", "reading an Arrow stream").c_array_stream(self._given)
