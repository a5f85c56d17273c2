"""Count slowly and by definition, and make the fast ways show each of their sides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest

from gpuheat.density import choose, draw, kernel, scatter, sharing
from gpuheat.density.cells import FRACTIONS, Cells
from gpuheat.density.counts import Counts
from gpuheat.points.points import Points


def by_definition(points: Points, cells: Cells) -> Counts:
    """Count one point after the other, in fractions: the specification."""
    grid, area, s = cells.grid, cells.grid.area, cells.fineness
    rows, columns = cells.shape
    values = np.zeros(cells.shape, np.int64)
    beyond = 0
    weights = np.ones(len(points)) if points.weights is None else points.weights
    # A bilinear node is a cell's centre, and a point is split over two of them each way.
    bilinear = cells.deposit == "bilinear"
    parts = FRACTIONS if bilinear else 1
    for x, y, weight in zip(points.x.tolist(), points.y.tolist(), weights.tolist(), strict=True):
        column = (Fraction(x) - Fraction(area.xmin)) * grid.width / Fraction(area.width)
        row = (Fraction(area.ymax) - Fraction(y)) * grid.height / Fraction(area.height)
        across, down = ((each + cells.gutter) * s for each in (column, row))
        if bilinear:
            across, down = across - Fraction(1, 2), down - Fraction(1, 2)
        half = Fraction(1, 2) if bilinear else 0  # rounds to the nearest fraction
        i, right = divmod(floor(across * parts + half), parts)
        j, lower = divmod(floor(down * parts + half), parts)
        units = round(weight / cells.step)
        last = 1 if bilinear else 0
        if not (0 <= i < columns - last and 0 <= j < rows - last):
            beyond += units * cells.units
        elif bilinear:
            values[j, i] += units * (FRACTIONS - right) * (FRACTIONS - lower)
            values[j, i + 1] += units * right * (FRACTIONS - lower)
            values[j + 1, i] += units * (FRACTIONS - right) * lower
            values[j + 1, i + 1] += units * right * lower
        else:
            values[j, i] += units
    return Counts(cells, values, beyond, len(points))


def assert_same(found: Counts, expected: Counts) -> None:
    """Hold two counts to be equal, to the last bit."""
    assert found.cells == expected.cells
    assert (found.beyond, found.n_points) == (expected.beyond, expected.n_points)
    assert found.values.dtype == expected.values.dtype == np.int64
    np.testing.assert_array_equal(found.values, expected.values)


def units(counts: Counts) -> int:
    """Add up all there is, beyond what 64 bits hold."""
    return sum(counts.values.ravel().tolist()) + counts.beyond


@contextmanager
def workers(number: int) -> Iterator[None]:
    """Count on so many threads, whatever the machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "_MOST_WORKERS", number)
        patch.setattr(sharing.os, "cpu_count", lambda: number)
        yield


@contextmanager
def without_scipy() -> Iterator[None]:
    """Do as if SciPy were not installed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (scatter, kernel, choose, draw):
            patch.setattr(module, "has_scipy", lambda: False)
        scatter.scatter.cache_clear()
        assert scatter.scatter() == np.add.at
        yield
    scatter.scatter.cache_clear()


def chunked(points: Points, sizes: list[int]) -> list[Any]:
    """Cut points into chunks of these sizes, the last one taking the rest."""
    columns = [points.x, points.y] + ([] if points.weights is None else [points.weights])
    rows = np.column_stack(columns)
    ends = np.cumsum(sizes)
    return [part for part in np.split(rows, ends[ends < len(rows)]) if len(part)]


def table(points: Points) -> dict[str, Any]:
    """Return points as columns, their types kept."""
    columns = {"x": points.x, "y": points.y}
    return columns if points.weights is None else columns | {"weights": points.weights}
