"""Planning: the plan's choice against the best way that keeps the promise."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import gpuheat
from benchmarks.patterns import uniform
from benchmarks.row import Bench, Result, row
from benchmarks.score import score
from benchmarks.timing import interleaved, timed
from gpuheat import Picture
from gpuheat.density.plan import Option, Plan

NUMBERS = (1, 100, 3_000, 30_000, 300_000, 1_000_000)
DOTSIZES = (2, 8, 20, 40, 85, 150, 400)
SIZES = (256, 1024, 2048)
QUICK_NUMBERS, QUICK_DOTSIZES, QUICK_SIZES = (100, 30_000), (8, 40, 150), (512,)
METHODS = ("splat", "stencil", "count")
# Ways whose estimate is so many times the chosen one's, and long, are not run: they would take
# hours, and could be best only if the estimate were as many times wrong.
_HOPELESS, _LONG = 30.0, 5.0
# A way that took so many times the chosen one's time once is not run again.
_SLOW = 4.0


@dataclass(frozen=True)
class _Way:
    """One method, run."""

    method: str
    seconds: float
    kept: bool


@row("plan")
def plan(bench: Bench) -> list[Result]:
    """Force each method over N x d x P, and compare the best with what auto takes."""
    numbers, dotsizes, sizes = (
        (QUICK_NUMBERS, QUICK_DOTSIZES, QUICK_SIZES) if bench.quick else (NUMBERS, DOTSIZES, SIZES)
    )
    cases = []
    for size in sizes:
        for n_points in numbers:
            points = uniform(n_points, np.random.default_rng(20))
            for dotsize in dotsizes:
                with warnings.catch_warnings():
                    # A count forced on small dots: how far off it is, is judged below.
                    warnings.simplefilter("ignore", gpuheat.GpuheatWarning)
                    cases.append(_case(points, dotsize, size, bench.repeat))
    ratios = [case["ratio"] for case in cases]
    worst = max(cases, key=lambda case: case["ratio"])
    note = (
        f"{len(cases)} cases, median {statistics.median(ratios):.2f}; worst "
        f"{worst['ratio']:.1f}: {worst['n_points']:,} points of {worst['dotsize']} px at "
        f"{worst['size']}, {worst['chosen']} taken, {worst['best']} best"
    )
    broken = sum(not case["kept"] for case in cases)
    return [
        Result(
            "plan against the best way that keeps the promise, 95th percentile",
            float(np.percentile(ratios, 95)),
            "times",
            bar=1.5,
            aim=1.2,
            note=note,
            detail={"cases": cases},
        ),
        Result(
            "cases in which the plan's choice breaks the promise",
            broken,
            "cases",
            bar=0,
            note="against the sprites or the stencil",
        ),
    ]


def _case(points: Any, dotsize: float, size: int, repeat: int) -> dict[str, Any]:
    """Run every way that may be best."""
    settings = {"size": size, "area": (0, 0, 1, 1), "dotsize": dotsize, "falloff": "classic"}
    planned = gpuheat.explain(points, **settings)
    works: dict[str, Callable[[], Picture]] = {
        method: partial(gpuheat.render, points, tone="classic", method=method, **settings)
        for method in _worth_it(planned)
    }
    # Once each: to warm up, to see how long, and for the pictures.
    pictures = {method: work() for method, work in works.items()}
    once = {method: timed(work) for method, work in works.items()}
    chosen = planned.chosen.method
    rivals = {m: work for m, work in works.items() if once[m] <= _SLOW * once[chosen]}
    runs = interleaved(rivals, repeat)
    seconds = once | {method: statistics.median(times) for method, times in runs.items()}
    exact = next((m for m in ("stencil", "splat") if m in pictures), None)
    kept = {
        method: method != "count"
        or exact is None
        or score(picture.density.values, pictures[exact].density.values.astype(np.float64)).kept(
            coincident=False
        )
        for method, picture in pictures.items()
    }
    # A choice that broke the promise is compared with the best that keeps it, all the same.
    good = [method for method in seconds if kept[method]] or [chosen]
    best = min(good, key=lambda method: seconds[method])
    return {
        "n_points": len(points),
        "dotsize": dotsize,
        "size": size,
        "chosen": chosen,
        "best": best,
        "ratio": max(seconds[chosen] / seconds[best], 1.0),
        "kept": kept[chosen],
        "seconds": seconds,
        "promises": kept,
        "estimates": {option.method: option.seconds for option in _options(planned)},
    }


def _worth_it(planned: Plan) -> list[str]:
    """Return the methods that may be best."""
    limit = max(_HOPELESS * planned.chosen.seconds, _LONG)
    found = {option.method for option in _options(planned) if option.seconds <= limit}
    return [method for method in METHODS if method in found]


def _options(planned: Plan) -> list[Option]:
    """Return each method's quickest option."""
    quickest: dict[str, Option] = {}
    for option in (planned.chosen, *planned.others):
        quickest.setdefault(option.method, option)
    return list(quickest.values())
