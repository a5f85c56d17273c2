"""Source: the door. Whatever the user gives becomes checked points, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

from numpy.typing import NDArray

from gpuheat.geo.area import Grid
from gpuheat.points.ahead import in_memory, join, read_ahead, refuse_stream
from gpuheat.points.beside import SIZES, BesideTable
from gpuheat.points.choice import choose
from gpuheat.points.columns import are_degrees, are_unnamed
from gpuheat.points.extent import Extent
from gpuheat.points.globe import Globe
from gpuheat.points.plane import Plane
from gpuheat.points.points import Points
from gpuheat.points.remembered import Remembered
from gpuheat.points.resumed import ResumedTable
from gpuheat.points.table import Table, labeled_chunks
from gpuheat.points.tally import Tally
from gpuheat.points.unit import endless_magnitude, magnitude, unit


class Source:
    """Points in chunks, with a tally of what became of them.

    Parameters
    ----------
    points : array_like, table, path, iterable or callable
        As in `gpuheat.render`.
    x, y, weights, by : str or (N,) array_like, optional
        Names of columns, or the columns themselves; `by` may hold text.
    sizes : (N,) array, optional
        `Points.sizes`: how large each point's dot is. For points in memory only.

    Attributes
    ----------
    columns : tuple of str
        The names of x, y and, if there are any, weights.
    by : str or None
        The name of the column of categories, which `categories.split` reads.
    guessed : bool
        Whether x and y were found by their names.
    degrees : bool
        Whether x, y are longitude and latitude, by format or by name.
    tally : Tally
        Filled while reading.

    Raises
    ------
    GpuheatError
        If no points can be read as asked; the text says why.
    """

    def __init__(
        self,
        points: Any = None,
        *,
        x: Any = None,
        y: Any = None,
        weights: Any = None,
        sizes: NDArray[Any] | None = None,
        by: Any = None,
    ) -> None:
        chosen = choose(points, x, y, weights, by)
        self.table, self.columns, self.guessed = chosen.table, chosen.columns, chosen.guessed
        self.by = chosen.by
        self._sizes: tuple[str, ...] = ()
        if sizes is not None:
            self.size_each(sizes)
        x_name, y_name, *_ = self.columns
        self.degrees = self.table.degrees or are_degrees(x_name, y_name)
        self.tally = Tally()
        self._globe = Globe(x_name, y_name) if self.degrees else None
        self._plane: Plane | None = None
        self._memory: Remembered | None = None
        self._n_points: int | None = None
        self._weight: float | None = None

    @classmethod
    def of(cls, points: Any = None, **columns: Any) -> Source:
        """Return `points` where it is a source already, else a new one.

        Of a source some of whose columns are named anew, the others are kept.
        """
        if not isinstance(points, Source):
            return cls(points, **columns)
        named = {name: column for name, column in columns.items() if column is not None}
        if not named:
            return points
        kept = dict(zip(("x", "y", "weights"), points.columns, strict=False), by=points.by)
        other = cls(points.table, **{**kept, **named})
        other._sizes = points._sizes
        return other

    def over(self, table: Table) -> Source:
        """Return a source of the same columns of another table, with a tally of its own."""
        other = copy(self)
        other.table, other.tally, other.by, other._memory = table, Tally(), None, None
        other._n_points = other._weight = None
        return other

    def for_picture(self) -> Source:
        """Return a source of the same points, to be read onto one picture's plane.

        It keeps what it reads while that is not much (`Remembered`); this one is read anew.
        """
        other = copy(self)
        other._memory = Remembered()
        return other

    @property
    def weighted(self) -> bool:
        """Whether the points have weights of their own."""
        return len(self.columns) > 2

    @property
    def known_degrees(self) -> bool | None:
        """Whether x, y are longitude and latitude; None where they are x, y or without names."""
        return self.degrees or (None if are_unnamed(*self.columns[:2]) else False)

    @property
    def sized(self) -> bool:
        """Whether each point's dot has a size of its own."""
        return bool(self._sizes)

    def unweighted(self) -> Source:
        """Return a source of the same points, each of which weighs 1."""
        other = copy(self)
        other.columns, other.tally, other._weight = self.columns[:2], Tally(), None
        return other

    def size_each(self, sizes: NDArray[Any]) -> None:
        """Give each point's dot a size of its own.

        Raises
        ------
        InputError
            If they are not as many as the points, or the points come in chunks.
        """
        self.table, self._sizes = BesideTable(self.table, SIZES, sizes), (SIZES,)

    def onto(self, grid: Grid, reach: int, *, ground: bool = False) -> Source:
        """Read the points as they lie on a grid's plane, from now on.

        Parameters
        ----------
        grid : Grid
            Without a projection nothing changes.
        reach : int
            How many pixels beyond its own a dot reaches, at the most.
        ground : bool
            Whether the dots have a size on the ground (`Plane`).

        Returns
        -------
        Source
            This one.
        """
        self._plane = None if grid.projection is None else Plane(grid, reach, ground)
        return self

    @property
    def rereadable(self) -> bool:
        """Whether the points can be read more than once."""
        return self.table.rereadable

    @property
    def n_points(self) -> int | None:
        """How many rows there are, where that is known before reading."""
        return self.table.n_rows

    def __iter__(self) -> Iterator[Points]:
        """Read the points from the start: checked chunks, tallied."""
        for columns in self.chunks():
            points = self.admit(columns)
            if len(points):
                yield points
        self.finish()

    def chunks(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read from the start, unchecked: give each chunk to `admit`, and `finish` at the end.

        For those who read on one thread and work on many; others iterate.
        """
        self.tally.reset()
        if self._globe is not None:
            self._globe.reset()
        if self._memory is None:
            return self.table.chunks(self._read_columns)
        return self._memory.chunks(self.table, self._read_columns)

    def labeled_chunks(self) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read from the start, unchecked, each chunk with its labels from the column ``by``."""
        return labeled_chunks(self.table, self._read_columns, self.by or "")

    @property
    def _read_columns(self) -> tuple[str, ...]:
        return self.columns + self._sizes

    def admit(self, columns: Mapping[str, NDArray[Any]]) -> Points:
        """Check and tally a chunk; any thread may."""
        x, y, *weights = (columns[name] for name in self.columns)
        sizes = columns[self._sizes[0]] if self._sizes else None
        points = Points.checked(x, y, weights[0] if weights else None, sizes)
        self.tally.add(len(x), len(x) - len(points))
        if self._globe is not None:
            self._globe.add(points)
        return points if self._plane is None else self._plane.project(points, self.tally)

    def finish(self) -> None:
        """Tell, after all was read, whether anything was left.

        Raises
        ------
        InputError
            If there were no rows, or none without NaN or infinity; or if longitude and
            latitude must have changed places.
        """
        self.tally.check(self.table.label, self.columns)
        if self._globe is not None:
            self._globe.check(self.table.label)

    def extent(self, *, turning: bool = False) -> tuple[tuple[float, float], tuple[float, float]]:
        """Read all points for their range: (min x, min y), (max x, max y).

        Parameters
        ----------
        turning : bool
            Whether x is longitude, to be taken the short way around (`Arc`).
        """
        extent = Extent(turning=turning)
        bare = copy(self)  # in the points' own units, and what was told while drawing stays
        bare.tally, bare._plane = Tally(), None
        for points in bare:
            extent.add(points)
        self.tally.read, self.tally.dropped = bare.tally.read, bare.tally.dropped
        self._n_points, self._weight = self.tally.read - self.tally.dropped, extent.weight
        return extent.corners

    def need_twice(self) -> None:
        """Make sure that the points can be read a second time.

        Raises
        ------
        InputError
            If they come as a generator of chunks, which cannot.
        """
        if self.rereadable:
            return
        refuse_stream(self.table)
        whole, _ = read_ahead(self.table, self._read_columns)
        self.table = in_memory(self.table, self._read_columns, whole)

    def settle(self, most: int) -> int | None:
        """Find out how many points there are, reading ahead so far and no further.

        Parameters
        ----------
        most : int
            Up to so many rows are held in memory.

        Returns
        -------
        int or None
            None if there are more, and how many is unknown.
        """
        if self.table.n_rows is not None:
            return self.table.n_rows
        if self._n_points is None:
            head, rest = read_ahead(self.table, self._read_columns, most)
            if rest is None:
                self.table = in_memory(self.table, self._read_columns, head)
                return self.table.n_rows
            if self.weighted:
                self._weight = endless_magnitude(join(head, self.columns[2]), most)
            self.table = ResumedTable(self.table, self._read_columns, head, rest)
        return self._n_points

    def step(self, parts: float, most: int) -> float:
        """Return the unit to hold weights in: 1 where they are whole or there are none.

        Parameters
        ----------
        parts : float
            Into how many units the sum of all weights may be split at the most; the unit is
            the power of two next above.
        most : int
            Of more rows than this the first ones tell how large the sum is, of an array as
            of a stream, unless all were read for their range.
        """
        if not self.weighted:
            return 1.0
        total = self._weight
        if self.table.n_rows is not None:  # one array, of one dtype
            head, rest = read_ahead(self.table, self._read_columns, most)
            first = join(head, self.columns[2])
            if head and first.dtype.kind in "biu":
                return 1.0
            if total is None:
                total = magnitude(first) if rest is None else endless_magnitude(first, most)
        return unit(total or 0.0, parts)
