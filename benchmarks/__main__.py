"""Measure the rows of the tables: python -m benchmarks [row ...] [--json FILE] [--quick]."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import describe, lines
from benchmarks.row import HEAD, ROWS, Bench, Result
from benchmarks.table import markdown

# Each enters its rows when it is imported.
for _module in ("drawing", "counting", "planning", "sweep", "reading"):
    importlib.import_module(f"benchmarks.{_module}")

# Runs after the warm-up; fewer give no median to speak of.
REPEAT, QUICK_REPEAT = 5, 2


def main() -> int:
    """Run the rows that are asked for, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)}; all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    parser.add_argument("--repeat", type=int, metavar="N", help=f"runs (default {REPEAT})")
    parser.add_argument("--quick", action="store_true", help="fewer points, to try the scripts")
    options = parser.parse_args()
    unknown = sorted(set(options.rows) - set(ROWS))
    if unknown:
        parser.error(f"unknown row {unknown[0]!r}; known are {', '.join(ROWS)}")
    repeat = options.repeat or (QUICK_REPEAT if options.quick else REPEAT)

    machine = describe()
    print(lines(machine), flush=True)
    measured: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory(prefix="gpuheat-") as folder:
        bench = Bench(repeat, options.quick, Path(folder))
        for name in options.rows or ROWS:
            start = time.perf_counter()
            measured[name] = ROWS[name](bench)
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    results = [result for part in measured.values() for result in part]
    print(markdown(HEAD, [result.cells() for result in results]))
    if options.quick:
        print("--quick: fewer points than the table says; not to be reported")
    if options.json:
        found = {
            "machine": machine,
            "repeat": repeat,
            "quick": options.quick,
            "rows": {
                name: [asdict(result) | {"verdict": result.verdict} for result in part]
                for name, part in measured.items()
            },
        }
        options.json.write_text(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
