"""Dataset: the labeled arrays of xarray."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.points.series import labels_of, numbers_of
from gpuheat.points.table import CHUNK_ROWS

Block = dict[Hashable, slice]


class DatasetTable:
    """Coordinates and variables as columns, repeated along the dimensions that they lack.

    The rows of what varies over (lat, lon) are its cells, row by row. Only the blocks that
    are read are loaded.

    Parameters
    ----------
    dataset : xarray.Dataset
    label : str
        How messages name it.
    """

    rereadable = True
    degrees = False

    def __init__(self, dataset: Any, label: str = "points") -> None:
        self.label = label
        self._variables = {str(name): each for name, each in dataset.variables.items()}
        self.names = self.label_names = tuple(self._variables)
        # How many rows there are depends on which columns are read, unless all are alike.
        shapes = {tuple(each.sizes.items()) for each in self._variables.values()}
        self.n_rows: int | None = None
        if len(shapes) == 1:
            self.n_rows = math.prod(length for _, length in shapes.pop())

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns block by block."""
        for block in self._blocks(names):
            yield self._columns(names, block)

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels."""
        for block in self._blocks((*names, by)):
            yield self._columns(names, block), labels_of(self._read(by, block), self.label, by)

    def _blocks(self, names: Sequence[str]) -> Iterator[Block]:
        """Cut the rows of what is read together into blocks."""
        columns = {name: self._variables[name] for name in names}
        sizes: dict[Hashable, int] = {}
        # The one with most dimensions says in which order its rows follow.
        for column in sorted(columns.values(), key=lambda each: -each.ndim):
            sizes = {**sizes, **{d: n for d, n in column.sizes.items() if d not in sizes}}
        return _blocks(sizes)

    def _columns(self, names: Sequence[str], block: Block) -> dict[str, NDArray[Any]]:
        """Load a block of the named columns as numbers."""
        return {name: numbers_of(self._read(name, block), self.label, name) for name in names}

    def _read(self, name: str, block: Block) -> NDArray[Any]:
        """Load a block of one column."""
        column = self._variables[name]
        part = column.isel({d: rows for d, rows in block.items() if d in column.dims})
        shape = {d: rows.stop - rows.start for d, rows in block.items()}
        return np.asarray(part.set_dims(shape).values).ravel()


def _blocks(sizes: Mapping[Hashable, int]) -> Iterator[Block]:
    """Cut the rows along all dimensions into blocks of up to `CHUNK_ROWS`, in order."""
    dims, lengths = list(sizes), list(sizes.values())
    if not dims:
        yield {}
        return
    # Dimensions before this one are taken singly, those after it whole.
    cut = next(i for i in range(len(dims)) if math.prod(lengths[i + 1 :]) <= CHUNK_ROWS)
    step = max(1, CHUNK_ROWS // max(1, math.prod(lengths[cut + 1 :])))
    whole = {d: slice(0, n) for d, n in zip(dims[cut + 1 :], lengths[cut + 1 :], strict=True)}
    for outer in np.ndindex(*lengths[:cut]):
        single = {d: slice(i, i + 1) for d, i in zip(dims[:cut], outer, strict=True)}
        for start in range(0, lengths[cut], step):
            rows = slice(start, min(start + step, lengths[cut]))
            yield {**single, dims[cut]: rows, **whole}
