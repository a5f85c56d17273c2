"""Choose: the device and the plan together, opening a GL context only where it is needed."""

from __future__ import annotations

import sys

import moderngl

from gpuheat import budget
from gpuheat.density.bands import Bands
from gpuheat.density.cells import Cells
from gpuheat.density.costs import (
    HARDWARE_GL,
    HOST,
    HOST_NUMPY,
    ONE_THREAD_GL,
    SOFTWARE_GL,
    Costs,
)
from gpuheat.density.plan import Plan, Work, check_method, make_plan
from gpuheat.density.scatter import has_scipy
from gpuheat.errors import DeviceError
from gpuheat.gl import devices
from gpuheat.gl.context import Context
from gpuheat.gl.opening import check_device, open_context

# Bytes a counted cell takes at the peak: 32-bit sums of two threads, 64-bit ones, a copy.
_BYTES_A_CELL = 24
# Bytes a pixel of a transformed block takes: counts, spectrum and product in float64.
_BYTES_A_PIXEL = 64


def choose(
    work: Work, device: str | Context | moderngl.Context, method: str = "auto"
) -> tuple[Plan, Context]:
    """Choose how a work is done, and open the device that does it.

    Parameters
    ----------
    work : Work
    device : str, Context or moderngl.Context
        As in `gpuheat.open_context`. Points are summed on the device that is named; only
        "auto" may take the host beside a software driver.
    method : str
        As in `gpuheat.render`.

    Returns
    -------
    Plan
    Context
        The host's, where the plan needs no GL.
    """
    check_method(method)
    host = HOST if has_scipy() else HOST_NUMPY
    name = check_device(device) if device is None or isinstance(device, str) else None
    if name != "auto":
        context = open_context(name or device)
        costs = gl_costs(context)
        plan = make_plan(work, gl=costs, host=None if costs else host, method=method)
    elif _only_software():
        # Opening a software driver takes longer than many a picture: plan as if it were open.
        plan = make_plan(work, gl=SOFTWARE_GL, host=host, method=method)
        context = open_context("auto" if plan.chosen.device == "gl" else "cpu")
        if plan.chosen.device == "gl":  # it may be another one that opened, or none
            plan = make_plan(work, gl=gl_costs(context), host=host, method=method)
    else:
        context = open_context("auto")
        costs = gl_costs(context)
        host_too = host if costs is None or context.software else None
        plan = make_plan(work, gl=costs, host=host_too, method=method)
    if plan.chosen.cells is not None:
        bands = len(Bands.of(work.grid, work.dot)) if work.dot.varies else 1
        check_budget(plan.chosen.cells, bands)
    return plan, context if plan.chosen.device == "gl" else open_context("cpu")


def painter(context: Context, device: str | Context | moderngl.Context) -> Context:
    """Return where to color what was drawn on a context.

    On the same device; but beside a software driver that nobody named, the host does it in
    3 ms where llvmpipe takes 15 (1024 x 1024).
    """
    unnamed = isinstance(device, str) and check_device(device) == "auto"
    return open_context("cpu") if unnamed and context.software else context


def gl_costs(context: Context) -> Costs | None:
    """Return what work costs on a context; None where it has no GL."""
    if not context.has_gl:
        return None
    if not context.software:
        return HARDWARE_GL
    return ONE_THREAD_GL if context.device == "osmesa" else SOFTWARE_GL


def _only_software() -> bool:
    """Tell, without opening any, whether no graphics hardware offers itself."""
    if sys.platform in ("win32", "darwin"):
        return False
    try:
        return all(device.software for device in devices.egl_devices())
    except DeviceError:
        return True  # no EGL: OSMesa, which is software, or nothing


def check_budget(cells: Cells, tables: int = 1) -> None:
    """Refuse to count into cells that would not fit into memory.

    Parameters
    ----------
    cells : Cells
    tables : int
        How many of them there are.

    Raises
    ------
    BudgetError
        Its text names both figures.
    """
    rows, columns = cells.shape
    grid = cells.grid
    budget.check(
        tables * rows * columns * _BYTES_A_CELL + grid.width * grid.height * _BYTES_A_PIXEL,
        f"counting into {columns} x {rows} cells for {grid.width} x {grid.height} pixels",
        "draw a smaller size or larger dots",
    )
