"""Calibrate: measure the constants of gpuheat/density/costs.py on this machine.

python -m benchmarks.calibrate [--device egl|osmesa|cpu] [--without-scipy] [--repeat N]

Each way to the density is timed over three sizes and more of all that its cost grows with, and
the constants are the non-negative least squares of the relative errors. Prints them in the form
of the code, beside the current ones.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gpuheat.gl.context import Context

# Points and dotsizes: few dots of any size, then many small ones.
FEW = ((30, 40), (30, 150), (30, 400), (300, 40), (300, 150), (300, 400), (1_000, 80), (2_000, 150))
MANY = ((2_000, 3), (2_000, 16), (20_000, 3), (20_000, 16), (200_000, 3), (200_000, 8))
SPRITES = (
    (1, 8),
    (1_000, 8),
    (1_000, 150),
    (10_000, 40),
    (100_000, 3),
    (100_000, 24),
    (300_000, 8),
)
COUNTED = (1, 100_000, 300_000, 1_000_000, 3_000_000)
SIDES, FINENESSES = (512, 1024, 2048), (1, 2, 3)
SIDE, DOTSIZE = 1024, 40


@dataclass(frozen=True)
class Sample:
    """One timing: how often each constant enters, and the seconds."""

    features: dict[str, float]
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", help="only this one (default: the host, egl and osmesa)")
    parser.add_argument("--without-scipy", action="store_true", help="the host, as if it lacked it")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    if options.without_scipy:
        sys.modules["scipy"] = None  # type: ignore[assignment]  # the import system's own "absent"

    import gpuheat
    from gpuheat.density import choose
    from gpuheat.density.costs import HOST, HOST_NUMPY

    if options.device in (None, "cpu"):
        costs = HOST_NUMPY if options.without_scipy else HOST
        samples = [*stencils(options.repeat), *host_counts(options.repeat)]
        samples += convolutions(options.repeat)
        report("the host without SciPy" if options.without_scipy else "the host", samples, costs)
    if options.without_scipy:
        return 0
    for device in ("osmesa", "egl") if options.device is None else (options.device,):
        if device == "cpu":
            continue
        try:
            context = gpuheat.open_context(device)
        except gpuheat.DeviceError as error:
            print(f"{device} does not open: {str(error).splitlines()[0]}\n")
            continue
        costs = choose.gl_costs(context)
        samples = [*sprites(context, options.repeat), *gl_counts(context, options.repeat)]
        report(context.name, samples, costs)
    return 0


def stencils(repeat: int) -> Iterator[Sample]:
    """Time the host's own dots, few and many."""
    from gpuheat.density.stencil import stencil

    for n_points, dotsize in (*FEW, *MANY):
        source, grid, dot = _work(n_points, dotsize)
        area = (2 * dot.reach + 1) ** 2
        features = {"stencil": 1.0}
        if n_points < area:
            features |= {"stencil_block": n_points, "stencil_block_pixel": n_points * area}
        else:
            features |= {"stencil_pass": area, "stencil_point": n_points}
            features["stencil_pixel"] = n_points * area
        yield Sample(features, _median(lambda s=source, d=dot, g=grid: stencil(s, g, d), repeat))


def host_counts(repeat: int) -> Iterator[Sample]:
    """Time counting on the host."""
    from gpuheat.density.count_host import count_source

    for n_points in COUNTED:
        source, grid, dot = _work(n_points, DOTSIZE)
        cells = _cells(grid, dot, 1)
        seconds = _median(lambda s=source, c=cells: count_source(s, c), repeat)
        yield Sample({"count": 1.0, "count_point": n_points}, seconds)


def convolutions(repeat: int) -> Iterator[Sample]:
    """Time convolving, over sides and finenesses."""
    from gpuheat.density.count_host import count_source

    for side, fineness in product(SIDES, FINENESSES):
        source, grid, dot = _work(10_000, DOTSIZE, side)
        counts = count_source(source, _cells(grid, dot, fineness))
        n_pixels = (side + 2 * (dot.reach + 2)) ** 2
        features = {"convolve_pixel": n_pixels, "convolve_phase": n_pixels * fineness**2}
        yield Sample(features, _median(lambda c=counts, d=dot: c.density(d), repeat))


def sprites(context: Context, repeat: int) -> Iterator[Sample]:
    """Time splatting on a GL device."""
    from gpuheat.density.splat import splat

    for n_points, dotsize in SPRITES:
        source, grid, dot = _work(n_points, dotsize)
        fragments = n_points * (2 * dot.reach + 1) ** 2
        features = {"splat": 1.0, "splat_point": n_points, "splat_fragment": fragments}

        def draw(source: Any = source, grid: Any = grid, dot: Any = dot) -> None:
            splat(source, grid, dot, context=context, tally=source.tally)

        yield Sample(features, _median(draw, repeat))


def gl_counts(context: Context, repeat: int) -> Iterator[Sample]:
    """Time counting on a GL device."""
    from gpuheat.density.count_gl import count_source_gl

    for n_points in COUNTED:
        source, grid, dot = _work(n_points, DOTSIZE)
        cells = _cells(grid, dot, 1)
        seconds = _median(lambda s=source, c=cells: count_source_gl(s, c, context), repeat)
        yield Sample({"count": 1.0, "count_point": n_points}, seconds)


def fit(samples: list[Sample]) -> dict[str, float]:
    """Fit the constants: least squares of the relative errors, none below 0."""
    names = sorted({name for sample in samples for name in sample.features})
    left = list(names)
    while left:
        rows = [
            [sample.features.get(name, 0.0) / sample.seconds for name in left] for sample in samples
        ]
        # Columns of like size, for the constants span seven powers of ten.
        matrix = np.array(rows)
        scale = np.abs(matrix).max(axis=0)
        found = np.linalg.lstsq(matrix / scale, np.ones(len(samples)), rcond=None)[0] / scale
        if found.min() >= 0:
            return dict(zip(left, map(float, found), strict=True)) | {
                name: 0.0 for name in names if name not in left
            }
        del left[int(found.argmin())]
    return dict.fromkeys(names, 0.0)


def report(name: str, samples: list[Sample], current: Any) -> None:
    """Print the constants of one device, in the form of the code."""
    constants = fit(samples)
    errors = [
        sum(constants[part] * times for part, times in sample.features.items()) / sample.seconds
        for sample in samples
    ]
    span = f"{min(errors):.2f} to {max(errors):.2f}"
    print(f"# {name}: {len(samples)} timings, estimates {span} of them")
    for constant, value in sorted(constants.items()):
        print(f"    {constant}: float = {value:.2g}  # now {getattr(current, constant):.2g}")
    print()


def _work(n_points: int, dotsize: float, side: int = SIDE) -> tuple[Any, Any, Any]:
    from benchmarks.patterns import uniform
    from gpuheat.density.dot import Dot
    from gpuheat.geo.area import Area, Grid
    from gpuheat.points.source import Source

    source = Source.of(uniform(n_points, np.random.default_rng(n_points)))
    return source, Grid(Area(0, 0, 1, 1), side, side), Dot.of(dotsize, "classic")


def _cells(grid: Any, dot: Any, fineness: int) -> Any:
    from gpuheat.density.cells import Cells

    return Cells(grid, fineness, dot.reach + 1)


def _median(work: Callable[[], Any], repeat: int) -> float:
    from benchmarks.timing import timed

    work()
    return statistics.median(timed(work) for _ in range(repeat))


if __name__ == "__main__":
    raise SystemExit(main())
