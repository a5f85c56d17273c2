"""The command line: what it draws, where it puts it and what it says."""

from __future__ import annotations

import gzip
import inspect
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import QUAKES, call, spawn
from PIL import Image

import gpuheat
from gpuheat.cli import options
from gpuheat.cli import render as command

POINTS = b"x,y,mass\n0,0,1\n1,1,2\n2,0,3\n"
SMALL = ("--size", "32", "--dotsize", "8", "--device", "cpu")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_bytes(POINTS)


def test_render_writes_the_picture_and_says_so_in_one_line() -> None:
    called = call("render", "points.csv", "-o", "heat.png", *SMALL)
    assert called.status == 0
    assert re.fullmatch(
        r"heat\.png: 32 x 16 pixels, 3 points \(0 dropped, 0 outside\), \w+, NumPy, \d+\.\d\d s\n",
        called.out,
    )
    with Image.open("heat.png") as picture:
        assert picture.size == (32, 16)
    assert sorted(path.name for path in Path().iterdir()) == ["heat.png", "points.csv"]


def test_the_picture_is_the_one_that_python_draws() -> None:
    assert call("render", "points.csv", "--weights", "mass", *SMALL).status == 0
    expected = gpuheat.render("points.csv", weights="mass", size=32, dotsize=8, device="cpu")
    with Image.open("points.png") as picture:
        np.testing.assert_array_equal(picture.convert("RGBA"), expected)


def test_it_draws_on_each_device(device: str) -> None:
    called = call("render", "points.csv", "--size", "32", "--device", device, "--json")
    way = {"egl": "EGL ", "osmesa": "OSMesa ", "cpu": "NumPy"}[device]
    assert f", {way}" in json.loads(called.out)["engine"]


def test_how_the_input_was_understood_is_said_beside_the_result() -> None:
    called = call("render", "points.csv", "--weights", "mass", *SMALL)
    told = "points.csv: comma-separated with a header; x = x, y = y, weights = mass\n"
    assert called.err == told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.tsv", b"1\t2\n3\t4\n", "a.tsv: tab-separated without a header; x = 1, y = 2\n"),
        ("a.gpx", b'<gpx><wpt lat="1" lon="2"/><wpt lat="2" lon="2"/></gpx>', ""),
    ],
)
def test_the_guess_is_said_where_there_was_one(name: str, content: bytes, told: str) -> None:
    Path(name).write_bytes(content)
    assert call("render", name, *SMALL).err == told


def test_the_third_column_of_an_array_is_its_weights_and_that_is_said() -> None:
    np.save("a.npy", np.array([[0.0, 0.0, 5.0], [1.0, 1.0, 1.0]]))
    assert call("render", "a.npy", *SMALL).err == "a.npy: x = 1, y = 2, weights = 3\n"


def test_quiet_says_nothing() -> None:
    called = call("render", "points.csv", "--quiet", *SMALL)
    assert (called.status, called.stdout, called.err) == (0, b"", "")
    assert Path("points.png").is_file()


def test_json_tells_the_same_facts_as_one_object() -> None:
    Path("more.csv").write_bytes(POINTS + b"nan,1,1\n9,9,1\n")
    called = call("render", "more.csv", "--area", "0,0,2,2", "--json", *SMALL)
    facts = json.loads(called.out)
    seconds = facts.pop("seconds")
    span = facts["tone"].pop("span")
    assert facts == {
        "file": "more.png",
        "width": 32,
        "height": 32,
        "area": [0.0, 0.0, 2.0, 2.0],
        "points": 5,
        "dropped": 1,
        "outside": 1,
        "clipped": 0,
        "projection": None,
        "unit": "",
        "columns": ["x", "y"],
        "engine": facts["engine"],
        "tone": {"name": "sqrt"},
    }
    assert span[0] == 0 < span[1]
    assert {"points", "density", "tone", "color", "save", "total"} <= set(seconds)
    assert max(seconds.values()) == seconds["total"]
    assert "1 of 5 rows" in called.err


@pytest.mark.parametrize(
    ("inputs", "name"),
    [
        (["points.csv"], "points.png"),
        (["folder/points.csv"], "points.png"),
        (["points.csv.gz"], "points.png"),
        (["two.points.csv", "points.csv"], "two.points.png"),
        (["-"], "heatmap.png"),
    ],
)
def test_without_o_the_picture_is_named_after_the_first_input(inputs: list[str], name: str) -> None:
    Path("folder").mkdir()
    for place in ("folder/points.csv", "two.points.csv"):
        Path(place).write_bytes(POINTS)
    Path("points.csv.gz").write_bytes(gzip.compress(POINTS))
    assert call("render", *inputs, *SMALL, stdin=POINTS).status == 0
    assert [path.name for path in Path().glob("*.png")] == [name]


@pytest.mark.parametrize("suffix", ["png", "webp", "jpg", "jpeg", "kml", "kmz", "npz"])
def test_the_ending_of_the_output_says_its_format(suffix: str) -> None:
    assert call("render", "points.csv", "-o", f"heat.{suffix}", *SMALL).status == 0
    assert Path(f"heat.{suffix}").stat().st_size > 0


def test_standard_input_needs_no_area_and_is_drawn_as_the_file_is() -> None:
    assert call("render", "-", "-o", "a.png", *SMALL, stdin=POINTS).status == 0
    assert call("render", "points.csv", "-o", "b.png", *SMALL).status == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_to_standard_output_goes_the_picture_and_nothing_else() -> None:
    called = call("render", "points.csv", "-o", "-", *SMALL)
    assert Image.open(io.BytesIO(called.stdout)).size == (32, 16)
    assert "standard output: 32 x 16 pixels" in called.err
    told = call("render", "points.csv", "-o", "-", "--json", *SMALL)
    assert json.loads(told.err.splitlines()[-1])["file"] == "-"


def test_several_inputs_are_one_picture() -> None:
    Path("more.tsv").write_bytes(b"y\tx\n5\t5\n")
    called = call("render", "points.csv", "more.tsv", "--json", *SMALL)
    facts = json.loads(called.out)
    assert facts["points"] == 4
    assert facts["area"][2] > 5
    assert "points.csv and 1 more: comma-separated" in called.err


def test_standard_input_may_be_one_of_several() -> None:
    called = call("render", "points.csv", "-", "--json", *SMALL, stdin=b"x,y\n5,5\n")
    assert json.loads(called.out)["points"] == 4


@pytest.mark.parametrize("form", [["--area", "-3,-2,3,2"], ["--area=-3,-2,3,2"]])
def test_a_value_may_begin_with_a_minus(form: list[str]) -> None:
    called = call("render", *form, "points.csv", "--json", *SMALL)
    assert json.loads(called.out)["area"] == [-3, -2, 3, 2]


@pytest.mark.parametrize("form", [["--span", "-.5,7"], ["--span=-.5,7"], ["--span", "-5e-1,7"]])
def test_so_may_a_span(form: list[str]) -> None:
    called = call("render", "points.csv", *form, "--json", *SMALL)
    assert json.loads(called.out)["tone"]["span"] == [-0.5, 7]


def test_behind_two_dashes_nothing_is_an_option() -> None:
    Path("-1.csv").write_bytes(POINTS)
    assert call("render", *SMALL, "-o", "a.png", "--", "-1.csv").status == 0


def test_options_may_stand_before_between_and_after_the_inputs() -> None:
    Path("more.csv").write_bytes(POINTS)
    called = call("render", "--json", "points.csv", "-o", "a.png", "more.csv", *SMALL)
    assert json.loads(called.out)["points"] == 6


def test_every_parameter_of_render_is_an_option_with_its_default() -> None:
    parameters = dict(inspect.signature(gpuheat.render).parameters)
    args = command.parser().parse(["points.csv"])
    for neither in ("points", "progress"):
        del parameters[neither]
    assert options.render_options(args) == {
        name: parameter.default for name, parameter in parameters.items()
    }


def test_every_option_reaches_render(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def spy(points: Any, **given: Any) -> gpuheat.Picture:
        seen.update(given, columns=points.columns)
        return gpuheat.render(points, size=8, device="cpu")

    monkeypatch.setattr(command, "render", spy)
    given = {
        "size": ("640X480", (640, 480)),
        "area": ("0,0,2,2.5", (0, 0, 2, 2.5)),
        "margin": ("0.25", 0.25),
        "background": ("#102030", "#102030"),
        "dotsize": ("7.5", 7.5),
        "falloff": ("disk", "disk"),
        "tone": ("log", "log"),
        "span": ("1,2", (1, 2)),
        "scheme": ("fire", "fire"),
        "opacity": ("200", 200),
        "method": ("stencil", "stencil"),
        "device": ("cpu", "cpu"),
    }
    words = [word for name, (text, _) in given.items() for word in (f"--{name}", text)]
    words += ["--x", "mass", "--y", "x", "--weights", "y"]
    assert call("render", "points.csv", *words).status == 0
    assert seen.pop("columns") == ("mass", "x", "y")
    assert {name: seen[name] for name in given} == {name: v for name, (_, v) in given.items()}


def test_rows_left_out_are_told_in_one_line() -> None:
    Path("gaps.csv").write_bytes(POINTS + b"nan,1,1\n1,inf,1\n")
    called = call("render", "gaps.csv", "--quiet", *SMALL)
    assert called.status == 0
    warning = "gpuheat: warning: 2 of 5 rows hold NaN or infinity and were left out\n"
    assert called.err == warning


def test_an_old_file_is_replaced_only_by_force() -> None:
    Path("points.png").write_bytes(b"old")
    assert "points.png is there already; --force" in call("render", "points.csv", *SMALL).error
    assert Path("points.png").read_bytes() == b"old"
    assert call("render", "points.csv", "--force", *SMALL).status == 0
    assert Path("points.png").read_bytes() != b"old"


def test_the_picture_beside_a_kml_is_kept_likewise() -> None:
    Path("heat.png").write_bytes(b"old")
    assert "heat.png is there already" in call("render", "points.csv", "-o", "heat.kml").error
    assert not Path("heat.kml").exists()
    assert call("render", "points.csv", "-o", "heat.kml", "--force", *SMALL).status == 0


def test_without_arguments_there_is_a_short_help() -> None:
    called = call()
    assert called.status == 0
    assert called.out == call("--help").out
    assert len(called.out.splitlines()) < 20
    assert all(name in called.out for name in ("render", "schemes", "doctor"))


@pytest.mark.parametrize("name", ["render", "schemes", "doctor"])
def test_every_command_has_a_help(name: str) -> None:
    called = call(name, "--help")
    assert called.status == 0
    assert called.out.startswith(f"usage: gpuheat {name}")


def test_the_help_names_every_default() -> None:
    told = " ".join(call("render", "--help").out.split())
    for name, parameter in inspect.signature(gpuheat.render).parameters.items():
        if name not in ("points", "progress") and parameter.default is not None:
            assert f"(default {parameter.default})" in told


def test_version_tells_the_version() -> None:
    assert call("--version").out == f"gpuheat {gpuheat.__version__}\n"


def test_a_name_that_is_no_text_is_printed_escaped() -> None:
    name = "h\x1b[31m\u00e9.png"
    called = call("render", "points.csv", "-o", name, *SMALL, encoding="ascii")
    assert called.status == 0
    assert called.stdout.startswith(rb"h\x1b[31m\xe9.png: 32 x 16")


def test_the_module_and_the_command_are_the_same() -> None:
    called = spawn("render", QUAKES, "-o", "-", "--size", "64")
    assert called.status == 0, called.err
    assert Image.open(io.BytesIO(called.stdout)).size[0] == 64
    assert "1,707 points (0 dropped, 0 outside)" in called.err
