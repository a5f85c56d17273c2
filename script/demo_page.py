"""The demo page: figures in, one HTML file out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("demo_page.css")


@dataclass(frozen=True)
class Figure:
    """A picture, or several of one kind, and how it came to be."""

    title: str
    text: str
    code: str
    alt: str
    files: tuple[str, ...]
    size: tuple[int, int]
    engine: str
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class About:
    """What drew the page's pictures."""

    version: str
    engine: str
    driver: str
    opened: float
    notes: list[str]


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>gpuheat: points to heatmap pictures</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>gpuheat</h1>
<p class="lead">Points to heatmap pictures on the GPU. Every picture here was drawn by the code
beside it, in the time below it.</p>
<dl class="facts">
{facts}
</dl>
{notes}
</header>
<main>
{sections}
</main>
<footer>
<p>Earthquakes: U.S. Geological Survey. Land: Natural Earth. Both are in the public domain.
gpuheat is free software under the MIT licence.</p>
</footer>
</body>
</html>
"""


def write_page(folder: Path, about: About, figures: Mapping[str, Figure]) -> Path:
    """Write index.html into the folder its pictures lie in.

    Parameters
    ----------
    folder : Path
    about : About
    figures : mapping of name to Figure
        In the order in which they were drawn.
    """
    whole = sum(sum(figure.seconds.values()) for figure in figures.values())
    facts = {
        "Engine": about.engine,
        "Driver": about.driver,
        "Context opened in": milliseconds(about.opened),
        "Pictures drawn and saved in": f"{whole:.1f} s",
        "Version": about.version,
    }
    sections = [
        alone(figures["world"], "hero dark"),
        alone(figures["attractor"], "dark"),
        together(
            "Faithful to heatmap.py",
            "The same class, the same call, the same picture: <code>import gpuheat as "
            "heatmap</code> is all that a program needs to change.",
            [figures[name] for name in ("one_dot", "before_coloring", "after_coloring")],
        ),
        together(
            "At the border",
            "The area decides how much room there is. Points just outside it still count: their "
            "dots reach in.",
            [figures[name] for name in ("cut_at_the_border", "whole_within_the_border")],
        ),
        alone(figures["washington"], "paper", '<p><a href="washington.kml">washington.kml</a></p>'),
        all_schemes(figures["scheme"]),
        timings(list(figures.values())),
    ]
    page = folder / "index.html"
    page.write_text(
        PAGE.format(
            style=STYLE.read_text(encoding="utf-8"),
            facts="\n".join(
                f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
                for name, value in facts.items()
            ),
            notes="\n".join(f'<p class="note">{escape(note)}</p>' for note in about.notes),
            sections="\n".join(sections),
        ),
        encoding="utf-8",
    )
    return page


def alone(figure: Figure, kind: str, more: str = "") -> str:
    """A section of one figure: the picture, and beside it what it shows and its code."""
    return f"""<section class="alone {kind}">
{picture(figure, figure.files[0])}
<div class="about">
<h2>{escape(figure.title)}</h2>
<p>{escape(figure.text)}</p>
{more}
{how(figure)}
</div>
</section>"""


def together(title: str, intro: str, figures: list[Figure]) -> str:
    """A section of several figures in a row; intro is HTML."""
    parts = [
        f"""<article>
{picture(figure, figure.files[0])}
<h3>{escape(figure.title)}</h3>
<p>{escape(figure.text)}</p>
{how(figure)}
</article>"""
        for figure in figures
    ]
    row = "\n".join(parts)
    return f"""<section class="paper">
<h2>{escape(title)}</h2>
<p class="intro">{intro}</p>
<div class="row">
{row}
</div>
</section>"""


def all_schemes(figure: Figure) -> str:
    """A section of all color schemes, each with a picture in it and its strip."""
    tiles = "\n".join(
        f"""<li>
{picture(figure, file, f"{figure.alt} in the scheme {name}")}
<img class="strip" src="strip-{escape(name)}.png" alt="" width="256" height="1">
<span>{escape(name)}</span>
</li>"""
        for file in figure.files
        for name in [Path(file).stem.partition("-")[2]]
    )
    return f"""<section class="paper">
<h2>{escape(figure.title)}</h2>
<p class="intro">{escape(figure.text)}</p>
<ul class="schemes">
{tiles}
</ul>
{how(figure)}
</section>"""


def timings(figures: list[Figure]) -> str:
    """A section with the time of every stage of every figure."""
    # Every stage that some figure went through; the last figure went through the most.
    stages = list(dict.fromkeys(stage for figure in reversed(figures) for stage in figure.seconds))
    heads = "".join(f'<th scope="col">{escape(stage)}</th>' for stage in stages)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(figure.title)}</th>'
        + "".join(
            f"<td>{figure.seconds[stage] * 1000:.1f}</td>" if stage in figure.seconds else "<td>"
            for stage in stages
        )
        + "</tr>"
        for figure in figures
    )
    return f"""<section>
<h2>How long each stage took</h2>
<p class="intro">In milliseconds, once and as it came: the first picture on a device also
compiles its shaders.</p>
<div class="scroll" role="region" aria-label="Times" tabindex="0"><table>
<thead><tr><th scope="col">figure</th>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
</section>"""


def picture(figure: Figure, file: str, alt: str = "") -> str:
    width, height = figure.size
    return (
        f'<img src="{escape(file)}" alt="{escape(alt or figure.alt)}" '
        f'width="{width}" height="{height}">'
    )


def how(figure: Figure) -> str:
    """The code that made a figure, the engine and the time."""
    stages = " · ".join(
        f"{escape(stage)} {milliseconds(seconds)}" for stage, seconds in figure.seconds.items()
    )
    return f"""<pre><code>{escape(figure.code)}</code></pre>
<p class="times"><b>{escape(figure.engine)}</b> {stages}</p>"""


def milliseconds(seconds: float) -> str:
    """Write a duration as people read it: "0.2 ms", "31 ms"."""
    thousandths = seconds * 1000
    return f"{thousandths:.0f} ms" if thousandths >= 10 else f"{thousandths:.1f} ms"
