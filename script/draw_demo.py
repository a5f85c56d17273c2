"""Draw the demo page: demo/index.html and its pictures, from the data in examples/.

    python script/draw_demo.py [folder]

Each function below is a figure: its docstring is the title and the text, and the page
shows the very code that drew it. GPUHEAT_DEVICE names another device than the best one
there is; without any GL the pictures are drawn too.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from demo_page import About, Figure, write_page
from PIL import Image

import gpuheat
from gpuheat.color.scheme import Scheme

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "examples"))
FOLDER = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "demo"

# What the figures draw; everything random is seeded.
earthquakes = ROOT / "examples" / "data" / "earthquakes.csv"
dice = np.random.default_rng(1)
random_400 = dice.uniform(size=(400, 2))
in_unit_square = dice.uniform(size=(50, 2))
around_washington = dice.normal((-77.04, 38.9), (0.03, 0.02), size=(100, 2))
clusters = dice.normal(np.repeat([(0, 0), (2.5, 0.5), (5, -0.2)], (600, 200, 60), axis=0), 0.4)

Drawn = gpuheat.Picture | gpuheat.Heatmap | dict[str, gpuheat.Picture]


def world() -> Drawn:
    """A week of earthquakes

    All 1,707 that the U.S. Geological Survey listed in the first week of February 2018,
    weighted by magnitude, on a logarithmic scale. Longitude and latitude are found by the
    names of the file's columns.
    """
    return gpuheat.render(
        earthquakes,
        weights="magnitude",
        area=((-180, -90), (180, 90)),
        size=1600,
        dotsize=28,
        tone="log",
        background="land",
    )


def attractor() -> Drawn:
    """A million points

    A strange attractor of Clifford Pickover's. Every point is a dot of its own, added up in
    32-bit floats; the square root lifts the veils between the bright edges.
    """
    from attractor import clifford

    return gpuheat.render(
        clifford(1_000_000),
        size=1400,
        dotsize=5,
        tone="sqrt",
        span=(0, 40),
        background="black",
    )


def one_dot() -> Drawn:
    """One dot

    heatmap.py's falloff in its own colors, from the centre to where it ends, at 0.362 of
    the dot's size.
    """
    heat = gpuheat.Heatmap()
    heat.heatmap([(0, 0)], dotsize=1360, opacity=255)
    return heat


def before_coloring() -> Drawn:
    """400 points before coloring

    Dots add up as densities do, and the picture darkens like layers of ink.
    """
    heat = gpuheat.Heatmap()
    heat.heatmap(random_400, opacity=255, scheme="gray")
    return heat


def after_coloring() -> Drawn:
    """400 points in color

    A pixel's darkness is its place in the scheme. heatmap.py's own call, and its defaults.
    """
    heat = gpuheat.Heatmap()
    heat.heatmap(random_400)
    return heat


def cut_at_the_border() -> Drawn:
    """Framed by the points

    Without an area the outermost of these 50 points lie on the picture's border.
    """
    heat = gpuheat.Heatmap()
    heat.heatmap(in_unit_square, opacity=200)
    return heat


def whole_within_the_border() -> Drawn:
    """Framed by an area

    The same 50 points, in an area that is a quarter of their range wider on each side.
    """
    area = (-0.25, -0.25), (1.25, 1.25)
    heat = gpuheat.Heatmap()
    heat.heatmap(in_unit_square, opacity=200, area=area)
    return heat


def washington() -> Drawn:
    """On the globe

    100 points around Washington, D.C., in longitude and latitude. The KML lays the picture
    on the ground in Google Earth and its like.
    """
    size = 1024, 640
    heat = gpuheat.Heatmap()
    heat.heatmap(around_washington, dotsize=90, opacity=200, size=size)
    heat.saveKML(FOLDER / "washington.kml")
    return heat


def scheme() -> Drawn:
    """Every scheme

    One density in all the colors there are, and the scheme itself below it, from dense to
    sparse. A picture keeps its density, so that coloring it anew draws nothing again.
    """
    picture = gpuheat.render(clusters, size=(480, 180), dotsize=40)
    return {name: picture.recolor(scheme=name) for name in gpuheat.schemes()}


# Each with what it shows to those who cannot see it.
FIGURES = {
    world: "World map with glowing spots along the edges of the Pacific, brightest in "
    "California and Alaska",
    attractor: "Glowing veils and loops on black, folded like cloth",
    one_dot: "A disk: red in the middle, then yellow, green, cyan and dark blue",
    before_coloring: "Soft black dots on white, overlapping to dark clouds",
    after_coloring: "The same clouds in color, from blue at their rims to red inside",
    cut_at_the_border: "Colored dots, some cut off by the picture's border",
    whole_within_the_border: "The same colored dots, all whole, with room around them",
    washington: "A cloud of colored dots, densest in the middle",
    scheme: "Three clusters of points",
}


def draw(figure: Callable[[], Drawn], alt: str) -> Figure:
    """Draw one figure, save it and tell how long each stage took."""
    title, _, text = inspect.cleandoc(figure.__doc__ or "").partition("\n\n")
    start = time.perf_counter()
    drawn = figure()
    whole = time.perf_counter() - start

    name = figure.__name__.replace("_", "-")
    if isinstance(drawn, gpuheat.Heatmap):
        drawn = drawn.picture
    if isinstance(drawn, gpuheat.Picture):
        pictures = {f"{name}.png": drawn}
    else:
        pictures = {f"{name}-{scheme}.png": picture for scheme, picture in drawn.items()}
    picture = next(iter(pictures.values()))
    seconds = dict(picture.stats["seconds"])
    if len(pictures) > 1:
        seconds["recolor"] = whole - sum(seconds.values())

    start = time.perf_counter()
    for file, each in pictures.items():
        each.save(FOLDER / file)
    seconds["png"] = time.perf_counter() - start
    return Figure(
        title=title,
        text=" ".join(text.split()),
        code=code_of(figure),
        alt=alt,
        files=tuple(pictures),
        size=picture.size,
        engine=picture.engine,
        seconds=seconds,
    )


def code_of(figure: Callable[[], Drawn]) -> str:
    """Return a figure's code as one would type it: without def, docstring and return."""
    body = textwrap.dedent(inspect.getsource(figure).split('"""', 2)[2].strip("\n"))
    body = body.removesuffix("\n").removesuffix("\nreturn heat").replace("FOLDER / ", "")
    before, returns, value = body.rpartition("return ")
    return body if not returns else f"{before}picture{'s' * value.startswith('{')} = {value}"


def draw_strips() -> None:
    """Save every scheme as a strip of its 256 colors, densest first."""
    for name in gpuheat.schemes():
        Image.fromarray(Scheme.of(name).colors[None]).save(FOLDER / f"strip-{name}.png")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    context = gpuheat.open_context()
    opened = time.perf_counter() - start
    print(f"gpuheat {gpuheat.__version__}, {context.name}: opened in {opened * 1000:.0f} ms")
    for attempt in context.attempts:
        print(f"  {attempt.device} did not open: {attempt.error}\n    {attempt.remedy}")

    figures = {}
    for figure, alt in FIGURES.items():
        made = figures[figure.__name__] = draw(figure, alt)
        stages = "  ".join(f"{stage} {s * 1000:6.1f}" for stage, s in made.seconds.items())
        print(f"  {made.title:26} {made.engine}   {stages}  ms")
    draw_strips()

    about = About(
        version=gpuheat.__version__,
        engine=context.name,
        driver=context.renderer,
        opened=opened,
        notes=[f"{a.device} did not open: {a.error}. To do: {a.remedy}." for a in context.attempts],
    )
    print(f"the page: {write_page(FOLDER, about, figures)}")


if __name__ == "__main__":
    main()
