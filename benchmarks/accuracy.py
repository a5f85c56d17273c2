"""Accuracy: what the plan draws against the truth, over the whole grid of N, d and patterns.

python -m benchmarks.accuracy [--quick] [--method M] [--device D] [--size P] [--json FILE]

Exits with 1 where the promise of docs/architecture.md is broken. The whole grid takes an hour
or so; --quick a few minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

import gpuheat
from benchmarks.patterns import PATTERNS
from benchmarks.score import Score, score
from benchmarks.table import markdown
from benchmarks.truth import truth
from gpuheat.density.dot import Dot
from gpuheat.geo.area import Area, Grid

FALLOFFS = ("classic", "gaussian")
NUMBERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
DOTSIZES = (1, 2, 4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 150, 256, 512)
QUICK_NUMBERS = (1, 30, 1_000, 30_000)
QUICK_DOTSIZES = (1, 8, 24, 32, 64, 150, 400)
# What the fine count is measured on: points, dotsize.
FINE_CHECKS = ((300, 48), (10_000, 48), (300, 150), (10_000, 150), (3_000, 400))
# Sprites measure distances in float32: this far beyond its reach, in pixels, a dot may be seen.
SLACK = 1e-3
AREA = Area(0, 0, 1, 1)


@dataclass(frozen=True)
class Case:
    """Points of one pattern, with one dot."""

    falloff: str
    dotsize: float
    pattern: str
    n_points: int

    def points(self) -> np.ndarray:
        """Return the same points every time, whatever other cases are drawn."""
        seed = crc32(f"{self.pattern} {self.n_points}".encode())
        return PATTERNS[self.pattern](self.n_points, np.random.default_rng(seed))

    @property
    def coincident(self) -> bool:
        """Whether many points share a place, or nearly."""
        return self.pattern in ("lattice", "one pixel") and self.n_points > 1


@dataclass(frozen=True)
class Result:
    """One case, drawn and judged."""

    case: Case
    engine: str
    exact: bool
    score: Score
    stray: int
    stray_largest: float
    seconds: float

    @property
    def broken(self) -> list[str]:
        """Say which promises are broken."""
        found = self.score.broken(coincident=self.case.coincident)
        if self.stray:
            found.append(f"{self.stray} stray pixels up to {self.stray_largest:.2g}")
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a subset of a few minutes")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--size", type=int, default=512, help="pixels a side (default 512)")
    parser.add_argument("--falloff", action="append", help="instead of classic and gaussian")
    parser.add_argument("--dotsize", type=float, action="append", help="instead of 1 to 512")
    parser.add_argument("--number", type=int, action="append", help="of points")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    grid = Grid(AREA, options.size, options.size)
    warnings.simplefilter("ignore", gpuheat.GpuheatWarning)

    print("The fine count's own error, against the exact sum:\n")
    print(_fine_table(grid, options.falloff or FALLOFFS), flush=True)
    results = []
    for case in cases(options):
        result = judge(case, grid, options.method, options.device)
        results.append(result)
        broken = "; ".join(result.broken)
        _progress(f"{len(results)}: {case} {result.engine} {result.seconds:.1f} s {broken}")
    print(_table(results))
    failures = [result for result in results if result.broken]
    print(f"\n{len(results)} cases, {len(failures)} break the promise")
    if options.json:
        rows = [asdict(result) | {"broken": result.broken} for result in results]
        options.json.write_text(json.dumps(rows, indent=1))
    return 1 if failures else 0


def cases(options: argparse.Namespace) -> Iterator[Case]:
    """Yield the grid."""
    numbers = options.number or (QUICK_NUMBERS if options.quick else NUMBERS)
    dotsizes = options.dotsize or (QUICK_DOTSIZES if options.quick else DOTSIZES)
    for falloff in options.falloff or FALLOFFS:
        for dotsize in dotsizes:
            for pattern in PATTERNS:
                for n_points in numbers:
                    yield Case(falloff, dotsize, pattern, n_points)
        if not options.quick and not options.number:
            for dotsize in (150, 40):
                yield Case(falloff, dotsize, "clustered", 10_000_000)


def judge(case: Case, grid: Grid, method: str, device: str) -> Result:
    """Draw a case and compare it with the truth."""
    start = time.perf_counter()
    points, dot = case.points(), Dot.of(case.dotsize, case.falloff)
    picture = gpuheat.render(
        points,
        size=(grid.width, grid.height),
        area=grid.area,
        dotsize=case.dotsize,
        falloff=case.falloff,
        method=method,
        device=device,
    )
    values = picture.density.values
    right = truth(points, grid, dot)
    # Beyond the reach, and one cell where points were counted.
    cell = 1.0 if "count" in picture.engine else SLACK
    suspects = (values != 0) & (right.values == 0)
    stray = right.beyond(suspects, dot.radius + cell) if suspects.any() else suspects
    return Result(
        case,
        picture.engine,
        right.exact,
        score(values, right.values),
        int(stray.sum()),
        float(np.abs(values[stray]).max(initial=0)),
        time.perf_counter() - start,
    )


def _fine_table(grid: Grid, falloffs: tuple[str, ...]) -> str:
    rows = []
    for falloff in falloffs:
        for n_points, dotsize in FINE_CHECKS:
            case, dot = Case(falloff, dotsize, "clustered", n_points), Dot.of(dotsize, falloff)
            exact = truth(case.points(), grid, dot)
            fine = truth(case.points(), grid, dot, fine=True)
            rows.append(
                [falloff, dotsize, f"{n_points:,}", *_figures(score(fine.values, exact.values))]
            )
    return markdown(["falloff", "d", "N", *_SCORED], rows)


def _table(results: list[Result]) -> str:
    rows = [
        [
            result.case.falloff,
            f"{result.case.dotsize:g}",
            result.case.pattern,
            f"{result.case.n_points:,}",
            result.engine,
            "exact" if result.exact else "fine count",
            *_figures(result.score),
            result.stray,
            "**" + "; ".join(result.broken) + "**" if result.broken else "kept",
        ]
        for result in results
    ]
    head = ["falloff", "d", "points", "N", "engine", "truth", *_SCORED, "stray", "promise"]
    return markdown(head, rows)


_SCORED = ("excess", "classic > 1, %", "linear > 2, %", "sqrt > 2, %", "log > 2, %")


def _figures(found: Score) -> list[str]:
    return [
        f"{found.excess:.0f}",
        *(f"{p:.3f}" for p in (found.classic, found.linear, found.sqrt, found.log)),
    ]


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
