"""``gpuheat render``: points from files, a heatmap into a file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from gpuheat.cli import messages
from gpuheat.cli.options import Parser, add_render_options, render_options
from gpuheat.cli.output import STDOUT, Output
from gpuheat.cli.progress import Bar, Watched
from gpuheat.errors import FileError
from gpuheat.export.saving import FORMATS, Saving
from gpuheat.geo.projection import check_projection
from gpuheat.gl.opening import check_device
from gpuheat.picture import Picture
from gpuheat.pipeline import render
from gpuheat.planning import explain
from gpuheat.points.joined import JoinedTable
from gpuheat.points.layout import DELIMITERS
from gpuheat.points.reading import read
from gpuheat.points.source import Source
from gpuheat.points.text import TextTable

STDIN = "-"
# The options that name columns.
_COLUMNS = ("x", "y", "weights", "by")

_EPILOG = """\
examples:
  gpuheat render quakes.csv
  gpuheat render monday.csv.gz tuesday.csv.gz -o week.png --size 1920x1080 --force
  gpuheat render quakes.csv --area -180,-60,180,80 --background land -o world.kmz
  gpuheat render quakes.csv --projection mercator -o quakes.html
  gpuheat render 'taxi/*.parquet' --where "passengers > 2" -o taxi.png
  zcat big.csv.gz | gpuheat render - -o - > big.png
"""


def parser() -> Parser:
    """Make the parser of this command."""
    made = Parser("render", "Draw points as a heatmap picture.", _EPILOG)
    made.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="CSV or TSV, .npy, .npz, GeoJSON, GPX, also packed with gzip; Parquet, GeoParquet, "
        "JSON records; - is standard input. Several, or a pattern, make one picture.",
    )
    made.add_argument(
        "-o",
        dest="output",
        metavar="OUT",
        help=f"the picture: {', '.join('.' + name for name in FORMATS)}; - is standard output "
        "(PNG). Default: the first INPUT's name with .png, in the current folder.",
    )
    made.add_argument(
        "--density",
        action="store_true",
        help="into a .tif: the densities, as float32, in place of colors",
    )
    made.add_argument(
        "--crs",
        metavar="EPSG",
        help="the EPSG code of what x, y are in, where their names do not tell; for .tif any, for "
        ".kml, .kmz and .html EPSG:4326",
    )
    groups = add_render_options(made)
    groups["points"].add_argument(
        "--where", metavar="CONDITION", help='only rows that meet it, in SQL: "mag > 5"'
    )
    running = made.add_argument_group("running")
    running.add_argument("--force", action="store_true", help="replace OUT if it is there")
    running.add_argument("--json", action="store_true", help="tell the result as JSON")
    running.add_argument(
        "--explain", action="store_true", help="tell how it would be drawn and stop there"
    )
    running.add_argument("--quiet", action="store_true", help="say only what went wrong")
    return made


def run(args: argparse.Namespace) -> int:
    """Draw the picture, save it, and say so in one line."""
    if args.explain:
        return tell_plan(args)
    begun = time.perf_counter()
    output = Output.checked(
        args.output or default_output(args.inputs[0]), force=args.force, inputs=args.inputs
    )
    asked = Saving.of(output.format, density=args.density, crs=args.crs)
    projection = check_projection(args.projection)
    check_device(args.device)  # before reading what may be long
    if STDIN in args.inputs and sys.stdin is None:
        raise FileError("standard input is closed; name a file")
    options = render_options(args)
    source = opened(args, options)
    asked.settled(degrees=source.known_degrees, projection=projection)
    if not args.quiet and (said := layout(source)):
        messages.note(messages.one_line(said))
    with Bar(None if args.quiet else sys.stderr) as bar, messages.warnings_as_lines(bar.clear):
        if args.area is None:
            source.table = Watched(source.table, bar)
        picture = render(source, **options, progress=bar.drawing)
    saving = time.perf_counter()
    output.save(picture, density=args.density, crs=args.crs)
    ended = time.perf_counter()
    seconds = {**picture.stats["seconds"], "save": ended - saving, "total": ended - begun}
    say = messages.note if output.name == STDOUT else messages.result
    if args.json:
        say(json.dumps(facts(output, picture, seconds), allow_nan=False))
    elif not args.quiet:
        say(messages.one_line(summary(output, picture, seconds["total"])))
    return 0


def tell_plan(args: argparse.Namespace) -> int:
    """Say how the picture would be drawn, and what the other ways would cost."""
    options = render_options(args, explain)
    messages.result(explain(opened(args, options), **options).explain())
    return 0


def opened(args: argparse.Namespace, options: dict[str, Any]) -> Source:
    """Open the inputs, and take the names of columns out of the options."""
    named = {name: options.pop(name) for name in _COLUMNS if name in options}
    return read(args.inputs, **named, where=args.where)


def default_output(first: str) -> str:
    """Name the picture after the first input."""
    stem = Path(first.removesuffix(".gz")).stem
    return ("heatmap" if first == STDIN or not stem.strip(".") else stem) + ".png"


def layout(source: Source) -> str:
    """Say how the input was understood, where there was something to guess."""
    table = source.table
    first = table.first if isinstance(table, JoinedTable) else table
    roles = zip(("x", "y", "weights"), source.columns, strict=False)
    columns = ", ".join(f"{role} = {column}" for role, column in roles)
    if isinstance(first, TextTable):
        header = "with" if first.header else "without"
        kind = DELIMITERS[first.delimiter]
        return f"{table.label}: {kind} {header} a header; {columns}"
    return f"{table.label}: {columns}" if source.guessed and not source.degrees else ""


def summary(output: Output, picture: Picture, seconds: float) -> str:
    """Tell the result in one line."""
    width, height = picture.size
    stats = picture.stats
    return (
        f"{output.label}: {width} x {height} pixels, {stats['read']:,} points "
        f"({stats['dropped']:,} dropped, {stats['outside']:,} outside), "
        f"{picture.engine}, {seconds:.2f} s"
    )


def facts(output: Output, picture: Picture, seconds: dict[str, float]) -> dict[str, Any]:
    """Tell the result as values for JSON; ``dropped`` and ``outside`` are among ``points``."""
    area, tone, stats = picture.area, picture.tone, picture.stats
    span = None if tone.low is None else [tone.low, tone.high]
    return {
        "file": output.name,
        "width": picture.size[0],
        "height": picture.size[1],
        "area": [area.xmin, area.ymin, area.xmax, area.ymax],
        "points": stats["read"],
        "dropped": stats["dropped"],
        "outside": stats["outside"],
        "clipped": stats["clipped"],
        "projection": picture.projection,
        "unit": picture.density.unit,
        "columns": list(stats["columns"]),
        "engine": picture.engine,
        "tone": {"name": tone.name, "span": span},
        "seconds": {stage: round(value, 4) for stage, value in seconds.items()},
    }
