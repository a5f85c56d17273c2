"""Plan: which way to the density, by its cost and its error; made once, before any work."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal

from gpuheat.density.bands import Bands
from gpuheat.density.cells import FINENESS, Cells, cells_for
from gpuheat.density.costs import Costs
from gpuheat.density.dot import Dot
from gpuheat.errors import InputError, unknown
from gpuheat.geo.area import Grid

Method = Literal["splat", "stencil", "count"]
METHODS = ("auto", "splat", "stencil", "count")

# More points than this are as good as endless: a stream whose number is unknown beyond so
# many is planned like an array of any larger number, so that both are drawn alike.
MANY_POINTS = 1 << 20

# Where dots lie unevenly there are lone ones at any depth: what is exact is preferred where
# it takes no longer than this, in seconds.
_EXACT_WITHIN = 0.15
# Each band of sizes is counted into a table of its own.
_MOST_BANDS = 32

# Counting errs at the rims of dots that stand alone, and mending those (`mend`) takes longer the
# more of them there are. It is chosen where dots cover each pixel so many times on the average;
# more for a falloff that ends in a step. Measured: at these depths no tone is off by more than 2
# levels in more than 0.1 % of the pixels even where nothing is mended and points lie evenly, for
# the gaussian (which ends at 1/90 of its peak) and the disk (at all of it; not with a log tone).
_COVERAGE = 7.0
_COVERAGE_OF_STEP, _COVERAGE_OF_FULL_STEP = 18.0, 1000.0


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be drawn, as far as the plan depends on it.

    Parameters
    ----------
    grid : Grid
    dot : Dot
    n_points : int or None
        None where it is unknown and more than `MANY_POINTS`.
    step : float
        What a unit of weight is counted in.
    countable : bool
        Whether sums per cell can tell it; not so the largest and the smallest.
    """

    grid: Grid
    dot: Dot
    n_points: int | None = None
    step: float = 1.0
    countable: bool = True


@dataclass(frozen=True, slots=True)
class Option:
    """One way to do it.

    Parameters
    ----------
    method : str
    device : "gl" or "host"
        Where the points are summed.
    seconds : float
        Estimated.
    levels : float
        Estimated largest error at a lone dot's rim, in levels of 255.
    cells : Cells or None
        What is counted into.
    refused : str
        Why it may not be chosen; "" where it may.
    """

    method: Method
    device: Literal["gl", "host"]
    seconds: float
    levels: float = 0.0
    cells: Cells | None = None
    refused: str = ""

    def __str__(self) -> str:
        cells = ""
        if self.cells is not None:
            cells = f", {self.cells.deposit}, {self.cells.fineness} x {self.cells.fineness} cells"
            cells += " a pixel"
        note = f" ({self.refused})" if self.refused else ""
        return (
            f"{self.method} on {'the GL device' if self.device == 'gl' else 'the host'}{cells}: "
            f"about {self.seconds * 1e3:.0f} ms, error up to {self.levels:.1f} levels{note}"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The way that was chosen, and those that were not.

    Parameters
    ----------
    work : Work
    chosen : Option
    others : tuple of Option
        Quickest first.
    """

    work: Work
    chosen: Option
    others: tuple[Option, ...] = field(default=())

    def explain(self) -> str:
        """Say in lines what is done, and what the other ways would have cost."""
        number = "many" if self.work.n_points is None else f"{self.work.n_points:,}"
        grid, dot = self.work.grid, self.work.dot
        up_to = "up to " if dot.varies else ""
        lines = [
            f"{number} points, {grid.width} x {grid.height} pixels, "
            f"{dot.name} dots of radius {up_to}{dot.radius * dot.largest:.4g} px",
            f"chosen: {self.chosen}",
        ]
        return "\n".join(lines + [f"other:  {option}" for option in self.others])


def check_method(method: str) -> str:
    """Check the name of a method.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    return method


def make_plan(work: Work, *, gl: Costs | None, host: Costs | None, method: str = "auto") -> Plan:
    """Choose the quickest way that keeps the promised error.

    Parameters
    ----------
    work : Work
    gl, host : Costs or None
        What a GL device and the host cost; None where points may not be summed there.
    method : str
        One of `METHODS`; a name forces it.

    Raises
    ------
    InputError
        If the method that is asked for cannot be had on the devices there are.
    """
    options = _options(work, gl, host)
    # Beyond MANY_POINTS all numbers are one: a stream is drawn as its array is.
    many = replace(work, n_points=min(work.n_points or MANY_POINTS, MANY_POINTS))
    ranked = sorted(zip(_options(many, gl, host), options, strict=True), key=lambda o: _merit(o[0]))
    if method == "auto":
        allowed = [option for judged, option in ranked if not judged.refused]
    else:
        allowed = [option for _, option in ranked if option.method == method]
    if not allowed and method == "count" and (work.dot.varies or not work.countable):
        raise InputError(
            "method 'count' draws dots that are all alike, and these differ in size (those on the "
            "ground it draws on the host); take another method, auto, or a dotsize in pixels"
        )
    if not allowed:
        ways = sorted({option.method for option in options})
        raise InputError(
            f"method {method!r} needs {'a GL device' if method == 'splat' else 'the host'}, and "
            f"this device does {' or '.join(ways)}; take another device, or method auto"
        )
    chosen = allowed[0]
    others = sorted((o for o in options if o is not chosen), key=lambda o: o.seconds)
    return Plan(work, chosen, tuple(others))


def _options(work: Work, gl: Costs | None, host: Costs | None) -> list[Option]:
    options = []
    if gl is not None:
        options += [_splat(work, gl), _count(work, gl, "gl")]
    if host is not None:
        options += [_stencil(work, host), _count(work, host, "host")]
    if not work.countable:
        return [option for option in options if option.cells is None]
    if work.dot.varies:  # those are no convolution, unless they come in bands that are
        options = [option for option in options if option.cells is None]
        if host is not None and work.dot.sizing == "ground":
            options.append(_count_bands(work, host))
    return options


def _merit(option: Option) -> tuple[bool, float]:
    """Rank the exact ways first while they are quick enough not to be noticed, then by time."""
    counted = option.cells is not None
    return counted or option.seconds > _EXACT_WITHIN, option.seconds


def _splat(work: Work, costs: Costs) -> Option:
    n_points = work.n_points or MANY_POINTS
    side = 2 * work.dot.reach + 1
    each = costs.splat_point + side * side * costs.splat_fragment
    return Option("splat", "gl", costs.splat + n_points * each)


def _stencil(work: Work, costs: Costs) -> Option:
    n_points = work.n_points or MANY_POINTS
    area = (2 * work.dot.reach + 1) ** 2
    seconds = costs.stencil
    if n_points < area:
        seconds += n_points * (costs.stencil_block + area * costs.stencil_block_pixel)
    else:
        seconds += area * costs.stencil_pass
        seconds += n_points * (costs.stencil_point + area * costs.stencil_pixel)
    return Option("stencil", "host", seconds)


def _count(work: Work, costs: Costs, device: Literal["gl", "host"]) -> Option:
    grid, dot = work.grid, work.dot
    n_points = work.n_points or MANY_POINTS
    cells = cells_for(grid, dot, step=work.step)
    margin = 2 * (dot.reach + 2)
    n_pixels = (grid.width + margin) * (grid.height + margin)
    phases = cells.fineness**2
    seconds = costs.count + n_points * costs.count_point
    seconds += n_pixels * (costs.convolve_pixel + phases * costs.convolve_phase)
    refused = ""
    covered = n_points * math.pi * dot.radius**2 / (grid.width * grid.height)
    least = _least_coverage(dot)
    if dot.dotsize < FINENESS[-1][0]:
        refused = "too coarse for so small a dot"
    elif covered < least:
        refused = f"dots lie {covered:.2g} deep, counting is for {least:.3g} up"
    return Option("count", device, seconds, _levels(dot, cells), cells, refused)


def _count_bands(work: Work, costs: Costs) -> Option:
    """Judge by the smallest of the dots, pay for as many of the largest as there are bands."""
    bands = Bands.of(work.grid, work.dot)
    smallest, largest = bands.ends
    once = _count(replace(work, dot=largest), costs, "host")
    n_points = work.n_points or MANY_POINTS
    convolving = once.seconds - costs.count - n_points * costs.count_point
    seconds = once.seconds + (len(bands) - 1) * convolving + n_points * costs.band_point
    refused = _count(replace(work, dot=smallest), costs, "host").refused
    if len(bands) > _MOST_BANDS:
        refused = f"the dots come in {len(bands)} sizes, counting is for {_MOST_BANDS} at the most"
    return replace(once, seconds=seconds, refused=refused)


def _least_coverage(dot: Dot) -> float:
    """Return how often dots must cover a pixel for counting to keep the promise."""
    end, peak = dot.edge
    if end == 0:
        return _COVERAGE
    return _COVERAGE_OF_STEP + _COVERAGE_OF_FULL_STEP * min(abs(end) / peak, 1.0) ** 2


def _levels(dot: Dot, cells: Cells) -> float:
    """Estimate the error at a lone dot's rim in the classic tone.

    Interpolating across a kink errs by a quarter of a cell times the change of slope; across
    a step by half of it.
    """
    end, _ = dot.edge
    return 255 * (dot.edge_slope / cells.fineness / 4 + abs(end) / 2)
