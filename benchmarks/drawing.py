"""Drawing: the rows of the main job: few points, sprites, the whole command, import, PNG."""

from __future__ import annotations

import statistics
from functools import partial

import numpy as np

import gpuheat
from benchmarks.patterns import uniform
from benchmarks.process import ROOT, python, runner
from benchmarks.row import Bench, Result, row
from benchmarks.timing import medians

_MS = 1e3
# Told by the process itself, so that the interpreter's own start is not in it.
_IMPORT = (
    "import time; start = time.perf_counter(); import gpuheat; print(time.perf_counter() - start)"
)


@row("few")
def few_points(bench: Bench) -> list[Result]:
    """400 points at 150 px, warm, to an RGBA array."""
    points = uniform(400, np.random.default_rng(1))
    draw = partial(
        gpuheat.render, points, dotsize=150, falloff="classic", tone="classic", scheme="classic"
    )
    engines = {method: draw(method=method).engine for method in ("auto", *_sprites())}
    seconds = medians(
        {method: lambda m=method: np.asarray(draw(method=m)) for method in engines}, bench.repeat
    )
    return [
        Result(
            f"400 points at 150 px, warm, to an RGBA array, method {method}",
            seconds[method] * _MS,
            "ms",
            bar=40,
            aim=25,
            note=f"{engine}; heatmap.py's C core: 44 ms, quoted",
        )
        for method, engine in engines.items()
    ]


@row("splat")
def many_sprites(bench: Bench) -> list[Result]:
    """1 M points at 8 px, splatted."""
    n_points = bench.number(1_000_000)
    work = "1 M points at 8 px, splatted"
    if not _sprites():
        return [Result(work, None, "s", 1.0, note="no GL device opens here")]
    points = uniform(n_points, np.random.default_rng(2))
    draw = partial(gpuheat.render, points, dotsize=8, falloff="classic", method="splat")
    engine = draw().engine
    seconds = medians({"splat": draw}, bench.repeat)["splat"]
    return [Result(work, seconds, "s", bar=1.0, note=engine)]


@row("command")
def whole_command(bench: Bench) -> list[Result]:
    """`gpuheat render` of the earthquakes, as a whole process."""
    out = bench.folder / "quakes.png"
    quakes = ROOT / "examples" / "data" / "earthquakes.csv"
    command = ["-m", "gpuheat", "render", quakes, "-o", out, "--force"]
    said = python(*command).strip().splitlines()
    seconds = medians({"command": runner(*command)}, bench.repeat)["command"]
    note = said[-1].replace(str(bench.folder), "") if said else ""
    work = "gpuheat render of the earthquakes to PNG, whole process"
    return [Result(work, seconds, "s", bar=1.0, note=note)]


@row("import")
def importing(bench: Bench) -> list[Result]:
    """`import gpuheat`."""
    runs = [float(python("-c", _IMPORT)) for _ in range(bench.repeat + 1)][1:]
    bare = medians({"bare": runner("-c", "pass")}, bench.repeat)["bare"]
    note = f"in a new interpreter, whose own start takes {bare * _MS:.0f} ms more"
    return [Result("import gpuheat", statistics.median(runs), "s", bar=0.2, note=note)]


@row("png")
def indexed_png(bench: Bench) -> list[Result]:
    """An indexed PNG of 1024 x 1024."""
    points = uniform(bench.number(1_000_000), np.random.default_rng(3))
    picture = gpuheat.render(points, dotsize=20, size=1024)
    path = bench.folder / "indexed.png"
    seconds = medians({"png": lambda: picture.save(path)}, bench.repeat)["png"]
    note = f"{path.stat().st_size / 1e3:.0f} kB, every pixel painted"
    return [Result("indexed PNG of 1024 x 1024", seconds * _MS, "ms", bar=60, note=note)]


@row("stages")
def stages(bench: Bench) -> list[Result]:
    """What comes after counting, stage by stage, for 1024 x 1024."""
    points = uniform(bench.number(1_000_000), np.random.default_rng(4))
    options = {"dotsize": 150, "falloff": "classic", "tone": "linear"}
    counts = gpuheat.count(points, size=1024, dotsize=150, falloff="classic")
    picture = gpuheat.render(points, **options)
    density = picture.density.values
    works = {
        "convolving": lambda: counts.density(150, "classic"),
        "fitting a tone": lambda: gpuheat.Tone.linear().fit(density),
        "coloring": lambda: picture.recolor(opacity=200),
    }
    return [
        Result(f"{name}, 1024 x 1024", seconds * _MS, "ms", bar=25)
        for name, seconds in medians(works, bench.repeat).items()
    ]


def _sprites() -> tuple[str, ...]:
    """Return the method of sprites where a GL device opens."""
    return ("splat",) if gpuheat.open_context("auto").has_gl else ()
