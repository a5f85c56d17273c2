"""Counting: the rows of many points, beside datashader, fast-histogram and KDEpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import gpuheat
from benchmarks import peers
from benchmarks.patterns import clustered, one_pixel, uniform
from benchmarks.peers import MissingPeerError
from benchmarks.process import answer, runner
from benchmarks.row import Bench, Result, row
from benchmarks.timing import medians

SIZE, DOTSIZE = 1024, 150
MILLION = 1_000_000
# What heatmap.py 2.2.1's C core takes for a million dots of 150 px at 1024 x 1024; quoted from
# the issue that set the bars, not measured here.
HEATMAP_PY = 106.0
CHUNK = MILLION
DOTSIZES = (3, 8, 24, 40, 150, 400)


def draw(points: Any, **options: Any) -> Callable[[], Any]:
    """Return the work: points to an RGBA array, classic dots of 150 px unless told otherwise."""
    settings = {"dotsize": DOTSIZE, "falloff": "classic", "tone": "classic"} | options
    return lambda: np.asarray(gpuheat.render(points, **settings))


def engine(points: Any, **options: Any) -> str:
    """Return what draws so many points."""
    settings = {"dotsize": DOTSIZE, "falloff": "classic"} | options
    return str(gpuheat.explain(points, **settings).chosen).split(":")[0]


@row("million")
def million(bench: Bench) -> list[Result]:
    """1 M points, warm, against the quick ways by hand."""
    points = uniform(bench.number(MILLION), np.random.default_rng(10))
    works = {"gpuheat": draw(points, tone="linear")}
    missing: dict[str, str] = {}
    for name, peer in (("fast-histogram", peers.fast_histogram), ("KDEpy", peers.kdepy)):
        try:
            works[name] = peer(points, SIZE, DOTSIZE)
        except MissingPeerError as error:
            missing[name] = f"nothing: {error} not installed"
    seconds = medians(works, bench.repeat)
    mine = seconds["gpuheat"]
    how = engine(points)

    def against(name: str) -> float | None:
        return mine / seconds[name] if name in seconds else None

    def beside(name: str) -> str:
        shown = f"{seconds[name] * 1e3:.0f} ms" if name in seconds else missing[name]
        return f"{mine * 1e3:.0f} ms ({how}) against {shown}"

    return [
        Result(
            "1 M points, warm, against fast-histogram + gaussian_filter",
            against("fast-histogram"),
            "times",
            bar=0.5,
            aim=0.3,
            note=beside("fast-histogram"),
            detail=seconds,
        ),
        Result(
            "1 M points, warm, against KDEpy's FFTKDE",
            against("KDEpy"),
            "times",
            note=beside("KDEpy"),
        ),
        Result(
            "1 M points, warm: heatmap.py's C core takes so many times as long",
            HEATMAP_PY / mine,
            "times",
            bar=1000,
            note=f"{HEATMAP_PY:.0f} s, quoted, not measured here",
            least=True,
        ),
    ]


@row("datashader")
def ten_million(bench: Bench) -> list[Result]:
    """10 M points float32, warm, tone linear, against datashader, in turns."""
    points = uniform(bench.number(10 * MILLION), np.random.default_rng(11)).astype(np.float32)
    works = {"gpuheat": draw(points, tone="linear")}
    work = "10 M points float32, warm, tone linear, against datashader's count + linear shade"
    try:
        works["datashader"] = peers.datashader(points, SIZE)
    except MissingPeerError as error:
        return [Result(work, None, "times", 0.8, 0.4, f"{error} not installed")]
    seconds = medians(works, bench.repeat)
    mine, other = seconds["gpuheat"], seconds["datashader"]
    note = f"{mine * 1e3:.0f} ms ({engine(points)}) against {other * 1e3:.0f} ms"
    return [Result(work, mine / other, "times", 0.8, 0.4, note, detail=seconds)]


@row("process")
def whole_process(bench: Bench) -> list[Result]:
    """10 M points from .npy to PNG, whole processes in turns."""
    path, out = bench.folder / "ten_million.npy", bench.folder / "out.png"
    write(path, bench.number(10 * MILLION))
    works = {"gpuheat": runner(*command(path, out))}
    work = "10 M points, whole process from .npy to PNG, against datashader's whole process"
    try:
        peers.datashader(np.zeros((1, 2)), 1)
    except MissingPeerError as error:
        return [Result(work, None, "times", 0.35, 0.2, f"{error} not installed")]
    works["datashader"] = runner("-c", peers.DATASHADER_SCRIPT, path, out)
    seconds = medians(works, bench.repeat)
    mine, other = seconds["gpuheat"], seconds["datashader"]
    note = f"{mine:.2f} s against {other:.2f} s"
    return [Result(work, mine / other, "times", 0.35, 0.2, note, detail=seconds)]


@row("dotsizes")
def dotsizes(bench: Bench) -> list[Result]:
    """1 M points with dots of every size."""
    points = uniform(bench.number(MILLION), np.random.default_rng(12))
    seconds = medians({str(d): draw(points, dotsize=d) for d in DOTSIZES}, bench.repeat)
    results = [
        Result(
            f"1 M points at {d} px",
            seconds[str(d)],
            "s",
            bar=0.5,
            aim=0.25,
            note=engine(points, dotsize=d),
        )
        for d in DOTSIZES
    ]
    ratio = max(seconds.values()) / min(seconds.values())
    slowest = max(seconds, key=lambda d: seconds[d])
    note = f"the slowest is {slowest} px"
    work = "the slowest of these dotsizes against the fastest"
    return [*results, Result(work, ratio, "times", 5, 3, note, detail=seconds)]


@row("crowded")
def crowded(bench: Bench) -> list[Result]:
    """Points in clusters, and all in one pixel, against as many spread evenly."""
    n_points = bench.number(10 * MILLION)
    rng = np.random.default_rng(13)
    works = {
        pattern.__name__: draw(pattern(n_points, rng), area=(0, 0, 1, 1))
        for pattern in (uniform, clustered, one_pixel)
    }
    seconds = medians(works, bench.repeat)
    even = seconds["uniform"]
    note = f"of {even * 1e3:.0f} ms, 10 M points, area given"
    clusters, pixel = (seconds[name] / even for name in ("clustered", "one_pixel"))
    return [
        Result("clustered against uniform", clusters, "times", 1.3, 1.0, note, detail=seconds),
        Result("all in one pixel against uniform", pixel, "times", 4, 2, note),
    ]


@row("mapped")
def memory_mapped(bench: Bench) -> list[Result]:
    """100 M points from a memory-mapped .npy, in a process of its own."""
    path = bench.folder / "hundred_million.npy"
    n_points = bench.number(100 * MILLION)
    write(path, n_points)
    found = answer("benchmarks.mapped", [path, str(bench.repeat)])
    given = answer("benchmarks.mapped", [path, str(bench.repeat), "0", "0", "1", "1"])
    path.unlink()
    work = "100 M points float32 from a memory-mapped .npy"
    megabytes = found["anonymous_mb"]
    note = "the largest RssAnon of its process" if megabytes else "no /proc here"
    results = [Result(f"{work}: memory", megabytes, "MB", bar=300, note=note)]
    for how, run in (("their range found first", found), ("area given", given)):
        speed = run["points_per_second"] / MILLION
        note = f"{run['seconds']:.2f} s, {run['engine']}"
        results.append(
            Result(f"{work}: speed, {how}", speed, "M points/s", 50, 100, note, True, run)
        )
    return results


@row("large")
def large_picture(bench: Bench) -> list[Result]:
    """A picture of 8192 x 8192, 1 M points."""
    points = uniform(MILLION, np.random.default_rng(14))
    size = 2048 if bench.quick else 8192
    seconds = medians({"large": draw(points, size=size)}, bench.repeat)["large"]
    note = engine(points, size=size)
    return [Result("8192 x 8192 picture, 1 M points", seconds, "s", bar=4, aim=2, note=note)]


def write(path: Path, n_points: int) -> None:
    """Write evenly spread float32 points as .npy, a chunk at a time."""
    rng = np.random.default_rng(15)
    mapped = np.lib.format.open_memmap(path, "w+", np.float32, (n_points, 2))
    for start in range(0, n_points, CHUNK):
        part = mapped[start : start + CHUNK]
        part[:] = rng.random(part.shape, np.float32)
    mapped.flush()


def command(path: Path, out: Path) -> list[str | Path]:
    """Return the command line that draws a file of points."""
    options = ["--dotsize", str(DOTSIZE), "--falloff", "classic", "--tone", "linear", "--force"]
    return ["-m", "gpuheat", "render", path, "-o", out, "--quiet", *options]
