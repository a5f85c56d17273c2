"""Points to heatmap pictures on the GPU."""

from gpuheat.color.scheme import schemes
from gpuheat.color.tone import Tone
from gpuheat.coloring import colorize
from gpuheat.counting import count
from gpuheat.density.counts import Counts
from gpuheat.errors import (
    BudgetError,
    ColumnError,
    DeviceError,
    EmptyAreaWarning,
    FileError,
    GpuheatError,
    GpuheatWarning,
    InputError,
    MissingPackageError,
)
from gpuheat.gl.context import Context
from gpuheat.gl.opening import close_context, open_context
from gpuheat.heatmap import Heatmap
from gpuheat.picture import Picture
from gpuheat.pipeline import render
from gpuheat.planning import explain
from gpuheat.points.points import Points
from gpuheat.points.reading import read
from gpuheat.points.source import Source

__version__ = "0.1.0"

__all__ = [
    "BudgetError",
    "ColumnError",
    "Context",
    "Counts",
    "DeviceError",
    "EmptyAreaWarning",
    "FileError",
    "GpuheatError",
    "GpuheatWarning",
    "Heatmap",
    "InputError",
    "MissingPackageError",
    "Picture",
    "Points",
    "Source",
    "Tone",
    "__version__",
    "close_context",
    "colorize",
    "count",
    "explain",
    "open_context",
    "read",
    "render",
    "schemes",
]
