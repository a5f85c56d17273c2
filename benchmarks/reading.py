"""Reading: 10 M rows of files and tables to a picture, beside pandas and datashader."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

import gpuheat
from benchmarks import peers
from benchmarks.patterns import uniform
from benchmarks.peers import MissingPeerError
from benchmarks.process import python, runner
from benchmarks.row import Bench, Result, row
from benchmarks.timing import medians

_ROWS = 10_000_000
# Whole process; nothing else may take longer for Parquet.
_PARQUET_BAR = 1.5
# The peak of what a whole command takes for itself.
_MEMORY = """
import sys
from benchmarks.process import AnonymousMemory
from gpuheat.cli import main
with AnonymousMemory() as memory:
    main(sys.argv[1:])
print(memory.megabytes)
"""


@row("files")
def whole_files(bench: Bench) -> list[Result]:
    """Files of lon, lat and a magnitude to PNG, as whole processes."""
    results = []
    for path in _files(bench):
        out = bench.folder / "out.png"
        command = ["render", path, "-o", out, "--force", "--quiet"]
        works = {
            "gpuheat": runner("-m", "gpuheat", *command),
            "datashader": runner("-c", peers.DATASHADER_FILE_SCRIPT, path, out),
        }
        try:
            works["datashader"]()
        except RuntimeError:
            del works["datashader"]
        seconds = medians(works, bench.repeat)
        memory = float(python("-c", _MEMORY, *command))
        peer = seconds.get("datashader")
        told = "not installed" if peer is None else f"{peer:.2f} s"
        kind = path.suffix.removeprefix(".")
        results.append(
            Result(
                f"10 M rows of {kind} to PNG, whole process",
                seconds["gpuheat"],
                "s",
                bar=_PARQUET_BAR if kind == "parquet" else peer,
                note=f"peak {memory:.0f} MB anonymous; pandas and datashader: {told}",
                detail=seconds | {"anonymous_mb": memory},
            )
        )
    return results


@row("tables")
def tables(bench: Bench) -> list[Result]:
    """Tables in memory to an RGBA array, beside datashader on pandas."""
    import pandas
    import polars

    points = uniform(bench.number(_ROWS), np.random.default_rng(7))
    frame = pandas.DataFrame({"x": points[:, 0].copy(), "y": points[:, 1].copy()})
    polar = polars.DataFrame({"x": frame["x"].to_numpy(), "y": frame["y"].to_numpy()})
    kinds = {"pandas": frame, "polars": polar, "Arrow": polar.to_arrow(), "an array": points}
    works = {name: _drawn(table) for name, table in kinds.items()}
    with suppress(MissingPeerError):
        works["datashader"] = peers.datashader(points, 1024)
    seconds = medians(works, bench.repeat)
    peer = seconds.get("datashader")
    note = "datashader is not installed" if peer is None else f"datashader on pandas: {peer:.2f} s"
    return [
        Result(f"10 M rows of {name}, warm, to an RGBA array", seconds[name], "s", note=note)
        for name in kinds
    ]


def _drawn(table: object) -> Callable[[], object]:
    """Return the work of a table, with the defaults of `gpuheat.render`."""
    return lambda: np.asarray(gpuheat.render(table))


def _files(bench: Bench) -> list[Path]:
    """Write the rows as Parquet and as CSV."""
    import duckdb

    points = uniform(bench.number(_ROWS), np.random.default_rng(7))
    low, high = points.min(axis=0), points.max(axis=0)
    lon, lat = ((points - low) / (high - low) * (360, 180) - (180, 90)).astype(np.float64).T
    mag = np.round(np.random.default_rng(8).uniform(0, 9, len(lon)), 2)
    columns = {"lon": lon.copy(), "lat": lat.copy(), "mag": mag}
    paths = [bench.folder / "rows.parquet", bench.folder / "rows.csv"]
    with duckdb.connect() as database:
        database.register("columns", columns)
        for path in paths:
            database.execute(f"COPY (SELECT * FROM columns) TO '{path}'")
    return paths
