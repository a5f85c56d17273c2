"""Buffers: the rows of an Arrow array, of each type as it is kept in memory.

A view is nanoarrow's CArrayView, a field its Schema.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

DECIMALS = {"DECIMAL128": 16, "DECIMAL256": 32}  # in bytes
# NumPy's name for what a moment is counted in.
_UNITS = {"SECOND": "s", "MILLI": "ms", "MICRO": "us", "NANO": "ns"}

# Up to here integers and powers of ten are exact in float64, and a division of two such
# rounds once.
_EXACT_INTEGER, _EXACT_SCALE = 1 << 53, 22


def stored(view: Any) -> NDArray[Any]:
    """Return what is kept of each row: a number, a code, or what counts a moment."""
    rows: NDArray[Any] = np.asarray(view.buffer(1))[_rows(view)]
    return rows


def validity(view: Any) -> NDArray[np.bool_] | None:
    """Return which of a column's rows have a value; None where all have."""
    return _unpacked(view.buffer(0), _rows(view)) if view.null_count else None


def bits(view: Any) -> NDArray[np.bool_]:
    """Return a column of booleans."""
    return _unpacked(view.buffer(1), _rows(view))


def moments(view: Any, field: Any) -> NDArray[Any]:
    """Take a column's integers for the moments they count."""
    unit = {"DATE32": "D", "DATE64": "ms"}.get(field.type.name) or _UNITS[field.unit.name]
    return stored(view).astype(np.int64).view(f"M8[{unit}]")


def pieces(view: Any) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Return where the rows of bytes or text begin, and the last one ends; and all bytes."""
    ends = np.asarray(view.buffer(1))[view.offset : view.offset + view.length + 1]
    return ends, np.frombuffer(view.buffer(2), np.uint8)


def texts(view: Any) -> NDArray[Any]:
    """Cut a column's text into an array of str."""
    found = np.empty(view.length, object)
    if not view.length:
        return found
    ends, octets = pieces(view)
    data = octets[ends[0] : ends[-1]].tobytes()
    cuts = list(pairwise((ends - ends[0]).tolist()))
    whole = data.decode("utf-8", errors="replace")
    if whole.isascii():  # then a letter is a byte, and text is cut as it is
        found[:] = [whole[start:stop] for start, stop in cuts]
    else:
        found[:] = [data[start:stop].decode("utf-8", errors="replace") for start, stop in cuts]
    return found


def decimals(view: Any, field: Any) -> NDArray[np.float64]:
    """Round decimals to the nearest float64: integers over 10^scale."""
    scale = field.scale
    octets = np.frombuffer(view.buffer(1), np.uint8).reshape(-1, DECIMALS[field.type.name])
    octets = octets[_rows(view)]
    words = octets.view(np.int64)
    low = words[:, 0]
    exact = (low >= -_EXACT_INTEGER) & (low <= _EXACT_INTEGER)
    # The words above only repeat the sign: the integer is the lowest.
    exact &= (words[:, 1:] == (low >> 63)[:, None]).all(axis=1)
    exact &= 0 <= scale <= _EXACT_SCALE
    values: NDArray[np.float64] = low / 10.0 ** min(max(scale, 0), _EXACT_SCALE)
    for row in np.flatnonzero(~exact):
        from fractions import Fraction  # seldom needed, and slow to import

        integer = int.from_bytes(octets[row].tobytes(), "little", signed=True)
        values[row] = float(integer / Fraction(10) ** scale)
    return values


def _rows(view: Any) -> slice:
    """Return where a column's rows are in its buffers."""
    return slice(view.offset, view.offset + view.length)


def _unpacked(buffer: Any, rows: slice) -> NDArray[np.bool_]:
    """Unpack some of a bitmap's rows."""
    start = rows.start // 8
    packed = np.frombuffer(buffer, np.uint8)[start : (rows.stop + 7) // 8]
    values = np.unpackbits(packed, bitorder="little")[rows.start - 8 * start :]
    return values[: rows.stop - rows.start].view(np.bool_)
