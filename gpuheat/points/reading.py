"""Reading: points from files, for `gpuheat.render` and for loops of one's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from gpuheat.points.joined import open_tables
from gpuheat.points.source import Source


def read(
    given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Any,
    *,
    x: str | None = None,
    y: str | None = None,
    weights: str | None = None,
    by: str | None = None,
    where: str | None = None,
) -> Source:
    r"""Read points from files or a stream, in chunks and bounded memory.

    Parameters
    ----------
    given : str, path, file object, or sequence of str or path
        CSV, TSV and other text, .npy, .npz, GeoJSON, GPX, also packed with gzip; with the
        extra ``io`` also Parquet, GeoParquet points and JSON records. A pattern such as
        ``"data/*.parquet"`` means all its files; "-" is the standard input.
    x, y, weights, by : str, optional
        Names of columns; `by` is one of categories, for `gpuheat.render`. Columns called x/y,
        lon/lat or ending so are found without.
    where : str, optional
        A SQL condition on the columns, as ``"mag > 5"``; needs the extra ``io``. Rows for
        which it is not true are left out.

    Returns
    -------
    Source
        Give it to `gpuheat.render` and its like, or iterate over it: each item is a
        `gpuheat.Points`, a chunk whose ``x``, ``y`` and ``weights`` are arrays of finite
        numbers. From files it can be read again and again, from a stream once.

    Raises
    ------
    GpuheatError
        FileError, ColumnError, InputError, MissingPackageError: the text says what was
        given, what was expected and what to do.

    Examples
    --------
    >>> import io
    >>> import gpuheat
    >>> quakes = gpuheat.read(io.StringIO("lon,lat,mag\n11.5,48.1,4\n12,49,6"), weights="mag")
    >>> [chunk.weights.tolist() for chunk in quakes]
    [[4.0, 6.0]]
    """
    return Source(open_tables(given, where), x=x, y=y, weights=weights, by=by)
