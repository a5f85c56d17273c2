"""Plots: time against the number of points, the dotsize and the picture's size.

python -m benchmarks.plots RESULTS.json [--folder docs/pictures]

RESULTS.json is what `python -m benchmarks sweep --json RESULTS.json` wrote.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot, ticker

# Part of the sweep -> name of the picture, axis, title.
PLOTS = {
    "n_points": ("bench-points", "points", "dots of 150 px, 1024 x 1024"),
    "dotsize": ("bench-dotsize", "dotsize in pixels", "1 million points, 1024 x 1024"),
    "size": ("bench-size", "picture's side in pixels", "1 million points, dots of 150 px"),
}
# Seen as well on white as on a dark page (Okabe and Ito's palette, "Color universal design").
COLORS = {
    "gpuheat": "#d55e00",
    "fast-histogram + gaussian_filter": "#0072b2",
    "datashader (no dots)": "#009e73",
}
MARKS = {"gpuheat": "o", "fast-histogram + gaussian_filter": "s", "datashader (no dots)": "^"}
# A card of its own under the figure: it reads the same on light and dark pages.
_CARD, _INK, _GRID = "#fafafa", "#222222", "#d0d0d0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    found = json.loads(options.results.read_text())
    if "sweep" not in found["rows"]:
        parser.error(f"{options.results} holds no sweep; run python -m benchmarks sweep --json ...")
    sweep = found["rows"]["sweep"][0]["detail"]
    options.folder.mkdir(parents=True, exist_ok=True)
    for part, (name, axis, title) in PLOTS.items():
        if found["quick"]:
            title += " (--quick: not to be reported)"
        path = options.folder / f"{name}.png"
        draw(sweep[part], axis, title, path)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


def draw(points: list[dict[str, Any]], axis: str, title: str, path: Path) -> None:
    """Draw one curve a program, both axes logarithmic."""
    figure, plot = pyplot.subplots(figsize=(7.2, 4.2), dpi=125, layout="constrained")
    figure.set_facecolor(_CARD)
    plot.set_facecolor(_CARD)
    for name, color in COLORS.items():
        curve = [
            (point["at"], point["seconds"][name] * 1e3)
            for point in points
            if name in point["seconds"]
        ]
        if not curve:
            continue
        at, milliseconds = zip(*curve, strict=True)
        width = 2.4 if name == "gpuheat" else 1.4
        plot.plot(at, milliseconds, color=color, marker=MARKS[name], linewidth=width, label=name)
    plot.set(xscale="log", yscale="log", xlabel=axis, ylabel="milliseconds, warm")
    plot.set_xticks([point["at"] for point in points], [_short(point["at"]) for point in points])
    plot.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    plot.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.4g}"))
    for which in (plot.xaxis, plot.yaxis):
        which.set_minor_formatter(ticker.NullFormatter())
    plot.minorticks_off()
    plot.grid(color=_GRID, linewidth=0.6)
    plot.tick_params(colors=_INK)
    figure.suptitle(title, color=_INK, fontsize="medium")
    # Above the curves, where it covers none of them.
    plot.legend(
        frameon=False, labelcolor=_INK, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(COLORS)
    )
    figure.savefig(path)
    pyplot.close(figure)


def _short(number: float) -> str:
    """Write 1000000 as 1M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit and number % unit == 0:
            return f"{number // unit:g}{name}"
    return f"{number:g}"


if __name__ == "__main__":
    main()
