"""`gpuheat schemes`: strips in the terminal, names in a pipe, a picture in a file."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from command import call
from PIL import Image, ImageFont

import gpuheat
from gpuheat.cli import schemes as command
from gpuheat.color.scheme import Scheme

COLORED = re.compile(r"\x1b\[48;2;(\d+);(\d+);(\d+)m ")
OWN = '{"stops": [[0, "#102030"], [255, "#405060"]]}'


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own schemes."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("GPUHEAT_SCHEMES", str(folder))
    return folder


def test_in_a_pipe_it_prints_the_names_alone() -> None:
    called = call("schemes")
    assert (called.status, called.err) == (0, "")
    assert called.out.splitlines() == gpuheat.schemes()


def test_on_a_terminal_each_scheme_is_a_strip_from_its_densest_color() -> None:
    called = call("schemes", terminals=["stdout"])
    heading, *lines = called.out.splitlines()
    assert [line.split()[0] for line in lines] == gpuheat.schemes()
    for line in lines:
        scheme = Scheme.of(line.split()[0])
        strip = [[int(channel) for channel in color] for color in COLORED.findall(line)]
        assert strip[0] == scheme.colors[0, :3].tolist()
        assert strip[-1] == scheme.colors[-1, :3].tolist()
        assert line.endswith("\x1b[0m")
        first = len(line[: line.index("\x1b")])
        assert heading.index("densest") == first
        assert len(heading) == first + len(strip) <= 80
        assert heading.endswith("thinnest")


def test_on_a_terminal_it_is_said_that_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(
        r"and [56]\d\d more by name, of the package cmap\n",
        call("schemes", "--color", "always").err,
    )
    monkeypatch.setitem(sys.modules, "cmap", None)
    told = call("schemes", "--color", "always").err
    assert told == '600 more by name with: pip install "gpuheat[color]"\n'


@pytest.mark.parametrize("columns", ["20", "60", "400"])
def test_the_strips_fit_the_terminal_if_they_can(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    heading = call("schemes", "--color", "always").out.splitlines()[0]
    assert len(heading) < max(int(columns), 40)
    assert len(heading) <= 80


@pytest.mark.parametrize(
    ("words", "terminal", "variables", "colored"),
    [
        ([], False, {}, False),
        ([], True, {}, True),
        ([], True, {"NO_COLOR": "1"}, False),
        ([], True, {"NO_COLOR": ""}, True),
        ([], True, {"TERM": "dumb"}, False),
        (["--color", "never"], True, {}, False),
        (["--color", "always"], False, {"NO_COLOR": "1"}, True),
    ],
)
def test_color_is_for_terminals_unless_told_otherwise(
    words: list[str],
    terminal: bool,
    variables: dict[str, str],
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    called = call("schemes", *words, terminals=["stdout"] if terminal else [])
    assert bool(COLORED.search(called.out)) == colored


def test_the_users_own_schemes_are_shown_too(own: Path) -> None:
    (own / "mine.json").write_text(OWN)
    assert "mine" in call("schemes").out.splitlines()
    assert "\x1b[48;2;16;32;48m " in call("schemes", "--color", "always").out


def test_one_that_is_not_in_order_is_warned_of_and_left_out(own: Path) -> None:
    (own / "bad.json").write_text("{}")
    called = call("schemes", "--color", "always")
    assert called.status == 0
    assert called.err.startswith("gpuheat: warning: scheme ")
    assert "bad.json is not in order" in called.err
    assert len(called.out.splitlines()) == len(gpuheat.schemes())  # a heading for the bad one


def test_a_scheme_cannot_steer_the_terminal(own: Path) -> None:
    (own / "a\x1b[2J.json").write_text(OWN)
    assert "\x1b" not in call("schemes").out


# The picture


def test_o_draws_every_color_of_every_scheme() -> None:
    called = call("schemes", "-o", "all.png")
    with Image.open("all.png") as picture:
        pixels = np.asarray(picture)
    height, width, _ = pixels.shape
    assert called.out == f"all.png: {width} x {height} pixels\n"
    rows = [row for row in pixels if (row != pixels[0, 0]).any(axis=1).sum() > 500]
    for name in gpuheat.schemes():
        colors = Scheme.of(name).colors[:, :3].repeat(2, axis=0)
        assert any(holds(row, colors) for row in rows), name


def holds(row: np.ndarray, part: np.ndarray) -> bool:
    starts = np.flatnonzero((row == part[0]).all(axis=1))
    return any(np.array_equal(row[start : start + len(part)], part) for start in starts)


def test_nothing_touches_the_pictures_edge_whatever_the_names(own: Path) -> None:
    (own / f"{'wide ' * 20}y.json").write_text(OWN)
    picture = np.asarray(command.draw([Scheme.of(name) for name in gpuheat.schemes()]))
    ground = picture[0, 0]
    inner = slice(8, -8)
    framed = picture.copy()
    framed[inner, inner] = ground
    assert (framed == ground).all()
    assert (picture[:, : picture.shape[1] // 2] != ground).any()


def test_names_are_drawn_in_a_light_ink_on_an_opaque_dark_ground() -> None:
    picture = command.draw([Scheme.of("gray")])
    assert picture.mode == "RGB"
    names = np.asarray(picture.convert("L")).astype(int)[:, 20:60]
    assert names.max() - names[0, 0] > 150


def test_with_an_old_pillow_the_bitmap_font_serves(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "\u043c\u043e\u0439.json").write_text(OWN)
    bitmap = ImageFont.load_default_imagefont()
    monkeypatch.setattr(ImageFont, "load_default", lambda: bitmap)
    assert command._font() is bitmap
    assert call("schemes", "-o", "all.png").status == 0


@pytest.mark.parametrize("suffix", ["webp", "jpg"])
def test_the_ending_says_the_format(suffix: str) -> None:
    assert call("schemes", "-o", f"all.{suffix}").status == 0
    with Image.open(f"all.{suffix}") as picture:
        assert picture.format == {"webp": "WEBP", "jpg": "JPEG"}[suffix]


def test_the_picture_goes_to_standard_output_too() -> None:
    called = call("schemes", "-o", "-")
    assert Image.open(io.BytesIO(called.stdout)).format == "PNG"
    assert called.err.startswith("standard output: ")


def test_an_old_file_is_replaced_only_by_force() -> None:
    Path("all.png").write_bytes(b"old")
    assert "--force" in call("schemes", "-o", "all.png").error
    assert Path("all.png").read_bytes() == b"old"
    assert call("schemes", "-o", "all.png", "--force").status == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "all.kml"], ".png, .webp, .jpg"),
        (["-o", "all.gif"], "unknown format 'gif'"),
        (["--color", "blue"], "--color"),
        (["fire"], "'fire'"),
        (["-o", "no/all.png"], "no folder no"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], told: str) -> None:
    called = call("schemes", *words)
    assert called.status == 2
    assert told in called.error


def test_a_folder_of_schemes_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_SCHEMES", "/no/such/folder")
    assert "GPUHEAT_SCHEMES" in call("schemes").error
