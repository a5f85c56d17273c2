"""Eager: a data frame in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpuheat.points.labels import as_labels
from gpuheat.points.series import Series
from gpuheat.points.table import parts


class EagerTable:
    """The columns of a data frame; its numbers are views where the frame lets them be.

    Parameters
    ----------
    frame : narwhals.DataFrame
    label : str
        How messages name it.
    """

    rereadable = True
    degrees = False

    def __init__(self, frame: Any, label: str = "points") -> None:
        self.label = label
        self._frame = frame
        self._columns = {str(name): name for name in frame.columns}  # pandas names them freely
        self.names = self.label_names = tuple(self._columns)
        self.n_rows: int | None = len(frame)

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Cut the named columns into chunks."""
        columns = {
            name: Series(self._frame.get_column(self._columns[name]), self.label, name)
            for name in names
        }
        for part in parts(self.n_rows):
            yield {name: column.numbers(part) for name, column in columns.items()}

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Cut the named columns and one of labels into chunks."""
        labels = self._frame.get_column(self._columns[by])
        for columns, part in zip(self.chunks(names), parts(self.n_rows), strict=True):
            yield columns, as_labels(labels[part].to_numpy())
