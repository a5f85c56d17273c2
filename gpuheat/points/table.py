"""Table: what every source of points looks like to the door: named columns in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

# Rows a reader hands over at a time: large enough that NumPy's call overhead
# vanishes, small enough that a chunk's columns stay in the second-level cache.
CHUNK_ROWS = 1 << 17


class Table(Protocol):
    """Named columns, read chunk by chunk.

    Attributes
    ----------
    label : str
        How messages name it: a file's name, "array".
    names : tuple of str
        Every column there is, in order.
    rereadable : bool
        Whether `chunks` may be called more than once.
    n_rows : int or None
        How many rows there are, where that is known without reading them.
    degrees : bool
        Whether the format itself says that x, y are lon, lat (GeoJSON, GPX).
    """

    label: str
    names: tuple[str, ...]
    rereadable: bool
    n_rows: int | None
    degrees: bool

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns: chunks of equally long 1-D numeric arrays.

        A value that is missing is NaN. Text where a number belongs raises
        `ColumnError` with file, line and column.
        """
        ...
