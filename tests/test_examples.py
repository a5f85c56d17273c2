"""The examples run as they stand, and so do the scripts that draw pictures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# An example is there to be read.
MOST_LINES = 40

PATIENCE = 120


def run(script: Path, *arguments: str, cwd: Path, device: str = "auto") -> str:
    done = subprocess.run(
        [sys.executable, script, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GPUHEAT_DEVICE": device},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_draws_the_pictures_it_names(example: Path, tmp_path: Path) -> None:
    told = run(example, cwd=tmp_path)
    assert any(path.name in told for path in tmp_path.iterdir())
    for path in tmp_path.iterdir():
        if path.suffix != ".kml":
            with Image.open(path) as picture:
                assert not is_blank(picture), path.name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short(example: Path) -> None:
    assert len(example.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_the_demo_page_has_all_its_pictures(device: str, tmp_path: Path) -> None:
    told = run(ROOT / "script" / "draw_demo.py", str(tmp_path), cwd=tmp_path, device=device)
    page = tmp_path / "index.html"
    assert str(page) in told

    html = page.read_text(encoding="utf-8")
    named = set(re.findall(r'(?:src|href)="([^"]+)"', html))
    made = {path.name for path in tmp_path.iterdir()} - {"index.html"}
    # The KML names its picture, so every file made is shown or linked.
    assert named == made
    for name in named - {"washington.kml"}:
        with Image.open(tmp_path / name) as picture:
            assert not is_blank(picture), name
    # Each figure shows its code, its engine and its times.
    n_figures = html.count("<pre><code>")
    assert n_figures == html.count('class="times"') == told.count("density")
    assert not re.search(r"<code>\s*(def |return )", html)
    # Every picture has a text; a scheme's strip is described by the name below it.
    for image in re.findall(r"<img [^>]*>", html):
        assert re.search(r'alt="[^"]+"', image) or 'src="strip-' in image
    # Nothing is fetched from elsewhere.
    assert "//" not in re.sub(r"<pre>.*?</pre>", "", html, flags=re.DOTALL)


def test_the_picture_of_the_readme_is_drawn(tmp_path: Path) -> None:
    run(ROOT / "script" / "draw_readme.py", str(tmp_path), cwd=tmp_path)
    stored = ROOT / "docs" / "pictures" / "earthquakes.png"
    with Image.open(tmp_path / "earthquakes.png") as drawn, Image.open(stored) as picture:
        assert drawn.size == picture.size
        # Drivers round differently; a change of the data or the script is more than that.
        assert np.abs(np.asarray(drawn, float) - np.asarray(picture, float)).mean() < 1


def is_blank(picture: Image.Image) -> bool:
    """Tell whether all pixels are the same."""
    return all(low == high for low, high in picture.convert("RGBA").getextrema())
