"""WKB: points in well-known binary, decoded by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpuheat.errors import InputError
from gpuheat.points.buffers import pieces, validity

# One byte for the order of the others, four for the kind, eight for each coordinate; what
# follows y (z, m) is not looked at.
_KIND_AT, _X_AT, _Y_AT, _POINT_BYTES = 1, 5, 13, 21
_LITTLE_ENDIAN = 1

# The kinds of ISO 19125; 1001 is a point with z, 2001 with m, 3001 with both.
_DIMENSIONS = 1000
_KINDS = (
    *("Geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString"),
    *("MultiPolygon", "GeometryCollection"),
)


def positions(column: Any, label: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read a batch's column of WKB points.

    Parameters
    ----------
    column : nanoarrow's CArrayView
        Binary; little-endian, as DuckDB writes it.
    label : str
        How messages name the table.

    Returns
    -------
    tuple of (N,) arrays
        x and y; NaN where there is no geometry or an empty one.

    Raises
    ------
    InputError
        If there is anything else than points.
    """
    n_rows = column.length
    ends, data = pieces(column)
    present = validity(column)
    starts = ends[:-1] if present is None else ends[:-1][present]
    lengths = np.diff(ends) if present is None else np.diff(ends)[present]
    records = _records(data, starts, lengths, label)
    if present is None:
        return records["x"], records["y"]
    x, y = np.full(n_rows, np.nan), np.full(n_rows, np.nan)
    x[present], y[present] = records["x"], records["y"]
    return x, y


def _records(
    data: NDArray[np.uint8], starts: NDArray[Any], lengths: NDArray[Any], label: str
) -> NDArray[Any]:
    """Take the first bytes of every geometry as order, kind, x and y."""
    layout = np.dtype(
        {
            "names": ["order", "kind", "x", "y"],
            "formats": ["u1", "<u4", "<f8", "<f8"],
            "offsets": [0, _KIND_AT, _X_AT, _Y_AT],
            "itemsize": _POINT_BYTES,
        }
    )
    short = np.flatnonzero(lengths < _POINT_BYTES)
    if len(short):  # An empty line has nine bytes.
        kind = bytes(data[starts[short[0]] + _KIND_AT :][:4])
        raise _not_points({int.from_bytes(kind, "little")}, label)
    n_bytes = len(starts) * _POINT_BYTES
    first = int(starts[0]) if len(starts) else 0
    if bool((lengths == _POINT_BYTES).all()) and first + n_bytes <= len(data):
        side_by_side = data[first : first + n_bytes]
    else:
        side_by_side = data[starts[:, None] + np.arange(_POINT_BYTES)].ravel()
    records: NDArray[Any] = side_by_side.view(layout)
    if not (records["kind"] % _DIMENSIONS == 1).all():
        raise _not_points({int(kind) for kind in np.unique(records["kind"])}, label)
    if not (records["order"] == _LITTLE_ENDIAN).all():
        raise InputError(f"{label}: the geometry is big-endian WKB; write it little-endian")
    return records


def _not_points(kinds: set[int], label: str) -> InputError:
    flat = {kind % _DIMENSIONS for kind in kinds}
    return not_points([_KINDS[kind] if kind < len(_KINDS) else str(kind) for kind in flat], label)


def not_points(kinds: list[str], label: str) -> InputError:
    """Build the error for a geometry that is not points only.

    Parameters
    ----------
    kinds : list of str
        Those there are.
    label : str
        How messages name the table.
    """
    remedy = (
        "explode it into points"
        if set(kinds) <= {"Point", "MultiPoint"}
        else "convert it, to its vertices or centroids for instance"
    )
    return InputError(
        f"{label} holds geometry of {', '.join(sorted(kinds))}; expected Point only: {remedy}"
    )
