"""The command line refuses: one clear line, status 2, nothing half written."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import PATIENCE, Called, call, environment, spawn

from gpuheat.cli import entry
from gpuheat.cli import render as command

POINTS = b"x,y\n0,0\n1,1\n2,0\n"
LOCAL = b"lon,lat\n-120,35\n-121,36\n"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_bytes(POINTS)


@dataclass(frozen=True)
class Mistake:
    """What a user does wrong, and what the answer has to name."""

    name: str
    words: str
    told: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    stdin: bytes = b""
    variables: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def npz(**columns: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **columns)
    return stream.getvalue()


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


# Every row of the list "Bad input", and what is alike.
MISTAKES = [
    # Empty input
    Mistake("an empty file", "a.csv", ("a.csv is empty",), {"a.csv": b""}),
    Mistake("an empty standard input", "-", ("standard input is empty",)),
    Mistake("a header alone", "a.csv", ("a.csv holds no points",), {"a.csv": b"x,y\n"}),
    Mistake("a file that is not there", "b.csv", ("there is no file b.csv",)),
    Mistake("one that is not there among several", "points.csv b.csv", ("no file b.csv",)),
    Mistake("a folder", ".", ("is a folder",)),
    # Rows of the wrong shape
    Mistake(
        "a row too long",
        "a.csv",
        ("a.csv line 3", "3 cells", "has 2"),
        {"a.csv": b"x,y\n1,2\n1,2,3\n"},
    ),
    Mistake("an array of five columns", "a.npy", ("(4, 5)",), {"a.npy": npy(np.ones((4, 5)))}),
    Mistake(
        "an array that lies down",
        "a.npy",
        ("(2, 9)", "did you mean points.T?"),
        {"a.npy": npy(np.ones((2, 9)))},
    ),
    Mistake(
        "an array of objects",
        "a.npy",
        ("Python objects",),
        {"a.npy": npy(np.array([{}, {}], object))},
    ),
    # Text where numbers belong
    Mistake(
        "text where a number belongs",
        "a.csv",
        ("a.csv", "line 3", '"y"', '"north"'),
        {"a.csv": b"x,y\n1,2\n3,north\n5,6\n"},
    ),
    Mistake("a column that is not there", "points.csv --x xx --y y", ("xx", "x, y")),
    Mistake("weights that are not there", "points.csv --weights mas", ("mas", "x, y")),
    Mistake("x without y", "points.csv --x x", ("only x is named",)),
    Mistake(
        "columns that cannot be guessed",
        "a.csv",
        ("no pair of columns", "east, north"),
        {"a.csv": b"east,north\n1,2\n"},
    ),
    # NaN
    Mistake(
        "NaN in every row", "a.csv", ("all 2 rows", "a.csv"), {"a.csv": b"x,y\nnan,1\n2,inf\n"}
    ),
    # Outside
    Mistake(
        "an area without points",
        "points.csv --area 50,50,60,60",
        ("none of the 3 points", "x 50 to 60, y 50 to 60", "x 0 to 2, y 0 to 1"),
    ),
    Mistake(
        "x and y swapped",
        "a.csv --x lat --y lon --area -125,30,-115,40",
        ('y is "lon", which reaches 121 degrees', "look swapped"),
        {"a.csv": LOCAL},
    ),
    # Area
    Mistake("an area inverted", "points.csv --area 2,0,1,1", ("inverted in x", "2", "1")),
    Mistake("an area of no height", "points.csv --area 0,1,2,1", ("no extent in y",)),
    Mistake("an area without end", "points.csv --area 0,0,inf,1", ("inf", "finite")),
    Mistake("an area of three", "points.csv --area 0,0,1", ("3 numbers", "MINX,MINY,MAXX,MAXY")),
    Mistake("an area of words", "points.csv --area a,b,c,d", ("'a' is no number",)),
    Mistake("a margin below 0", "points.csv --margin -0.1", ("margin is -0.1",)),
    # Names
    Mistake("a scheme", "points.csv --scheme infeno", ("'infeno'", "did you mean 'inferno'?")),
    Mistake("a tone", "points.csv --tone sqt", ("'sqt'", "did you mean 'sqrt'?")),
    Mistake("a falloff", "points.csv --falloff gausian", ("did you mean 'gaussian'?",)),
    Mistake("a device", "points.csv --device osmeza", ("did you mean 'osmesa'?",)),
    Mistake(
        "a device in the environment",
        "points.csv",
        ("GPUHEAT_DEVICE 'egll'", "did you mean 'egl'?"),
        variables={"GPUHEAT_DEVICE": "egll"},
    ),
    Mistake("a method", "points.csv --method splatt", ("did you mean 'splat'?",)),
    Mistake("a background", "points.csv --background whit", ("'whit'", "no colour and no file")),
    Mistake("land under metres", "points.csv --background land", ("degrees",)),
    Mistake("a format", "points.csv -o heat.gif", ("'gif'", ".png")),
    Mistake("no format", "points.csv -o heat", ("no ending", ".png")),
    # Sizes
    Mistake("a dotsize of 0", "points.csv --dotsize 0", ("dotsize is 0",)),
    Mistake("a dotsize below 0", "points.csv --dotsize -5", ("dotsize is -5",)),
    Mistake("a dotsize of NaN", "points.csv --dotsize nan", ("dotsize is nan",)),
    Mistake("a dotsize without end", "points.csv --dotsize -inf", ("dotsize is -inf",)),
    Mistake("a dotsize of words", "points.csv --dotsize big", ("--dotsize", "'big' is no dotsize")),
    Mistake("a size of 0", "points.csv --size 0", ("size is 0",)),
    Mistake("a size below 0", "points.csv --size -10x10", ("(-10, 10)",)),
    Mistake("a size of NaN", "points.csv --size nan", ("size is nan",)),
    Mistake("a size between pixels", "points.csv --size 10.5", ("10.5", "whole")),
    Mistake("a size of words", "points.csv --size huge", ("'huge' is no size",)),
    Mistake("a size of three", "points.csv --size 1x2x3", ("'1x2x3' is no size",)),
    Mistake(
        "a picture above the budget",
        "points.csv --size 1000x1000",
        ("1000 x 1000", "48 MB", "1 MB", "GPUHEAT_MAX_BYTES"),
        variables={"GPUHEAT_MAX_BYTES": "1000000"},
    ),
    Mistake("a picture above all budgets", "points.csv --size 1e9x1e9", ("1000000000", "TB")),
    Mistake(
        "a budget that is none",
        "points.csv",
        ("GPUHEAT_MAX_BYTES is 'lots'",),
        variables={"GPUHEAT_MAX_BYTES": "lots"},
    ),
    # Span
    Mistake("a span upside down", "points.csv --span 5,1", ("(5, 1)", "below")),
    Mistake("a span of nothing", "points.csv --span 1,1", ("(1, 1)",)),
    Mistake("a span of one", "points.csv --span 1", ("1 numbers", "LOW,HIGH")),
    Mistake("a span from below 0 for log", "points.csv --tone log --span -1,1", ("above 0",)),
    Mistake("a span for classic", "points.csv --tone classic --span 0,1", ("no span",)),
    Mistake("a span for equalize", "points.csv --tone equalize --span 0,1", ("no span", "ranks")),
    Mistake(
        "a span beside the center",
        "points.csv --tone diverging --span 1,2",
        ("(1, 2)", "center 0", "between the ends"),
    ),
    Mistake("a center for sqrt", "points.csv --center 1", ("only the diverging tone", "sqrt")),
    # Percentiles
    Mistake("percentiles out of order", "points.csv --percentile 99,1", ("(99, 1)", "lower one")),
    Mistake("percentiles beyond 100", "points.csv --percentile 1,999", ("(1, 999)", "0 to 100")),
    Mistake("one percentile", "points.csv --percentile 99", ("1 numbers", "LOW,HIGH")),
    Mistake(
        "percentiles and a span", "points.csv --percentile 1,99 --span 0,1", ("both given", "one")
    ),
    # Opacity
    Mistake("an opacity above 255", "points.csv --opacity 256", ("256", "255")),
    Mistake("an opacity below 0", "points.csv --opacity -1", ("-1", "255")),
    Mistake("an opacity of fractions", "points.csv --opacity 0.6", ("0.6", "153")),
    # Weights
    Mistake(
        "weights of another length",
        "a.npz --weights w",
        ("a.npz", "w has 3", "x has 4"),
        {"a.npz": npz(x=np.arange(4.0), y=np.arange(4.0), w=np.ones(3))},
    ),
    # Output
    Mistake("a folder that is not there", "points.csv -o no/heat.png", ("no folder no",)),
    Mistake("a folder as output", "points.csv -o a.png", ("folder",), {"a.png/keep": b""}),
    Mistake("an input as output", "a.npz -o a.npz --force", ("is an input",), {"a.npz": b"x"}),
    Mistake("a name too long", f"points.csv -o {'a' * 300}.png", ("too long",)),
    # Options
    Mistake("an option that is none", "points.csv --sceme fire", ("--sceme", "mean --scheme?")),
    Mistake("an option cut short", "points.csv --sch fire", ("--sch", "mean --scheme?")),
    Mistake("an option without value", "points.csv --area", ("--area", "expected one argument")),
    Mistake("no input", "--size 5", ("INPUT", "gpuheat render --help")),
    Mistake("standard input twice", "- -", ("standard input is named twice",), stdin=POINTS),
    Mistake(
        "inputs that differ",
        "points.csv b.csv",
        ('b.csv has no column "x"', "lon, lat"),
        {"b.csv": LOCAL},
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_one_clear_line_and_nothing_is_written(
    mistake: Mistake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in mistake.files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content)
    for name, value in mistake.variables.items():
        monkeypatch.setenv(name, value)
    before = contents()
    words = ["--device", "cpu"] if "evice" not in mistake.name else []
    called = call("render", "--quiet", *words, *mistake.words.split(" "), stdin=mistake.stdin)
    assert called.status == 2
    for part in mistake.told:
        assert part in called.error
    assert contents() == before


def contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def test_a_picture_above_the_budget_is_refused_before_its_points_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GPUHEAT_MAX_BYTES", "1000000")
    Path("bad.csv").write_bytes(b"x,y\n1,2\n" * 2 + b"1,north\n")
    assert "1000 x 1000" in call("render", "bad.csv", "--size", "1000x1000", "--quiet").error


def test_a_device_that_is_none_is_refused_before_the_points_are_read() -> None:
    Path("bad.csv").write_bytes(b"x,y\n1,2\n1,2\n1,north\n")
    called = call("render", "bad.csv", "--device", "osmeza", "--quiet")
    assert "did you mean 'osmesa'?" in called.error


def test_a_place_that_cannot_be_written_is_found_before_anything_is_read() -> None:
    assert "no folder" in call("render", "nothing.csv", "-o", "no/heat.png").error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_closed_folder_is_found_before_the_work() -> None:
    Path("closed").mkdir(mode=0o500)
    assert "closed" in call("render", "points.csv", "-o", "closed/heat.png").error


def test_a_folder_that_the_system_says_is_closed_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "closed to this user" in call("render", "points.csv", "-o", "heat.png").error


def test_a_picture_is_not_poured_over_a_terminal() -> None:
    called = call("render", "points.csv", "-o", "-", terminals=["stdout"])
    assert "is a terminal" in called.error


@pytest.mark.parametrize("missing", ["stdin", "stdout"])
def test_a_stream_that_is_closed_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    status = f"""
import sys
sys.{missing} = None
from gpuheat.cli import main
sys.exit(main(["render", "{"-" if missing == "stdin" else "points.csv"}", "-o", "-"]))
"""
    done = python(status)
    assert done.status == 2
    assert "is closed" in done.error


# What is no command


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("points.csv", "render points.csv"),
        ("quakes.csv.gz -o a.png", "render quakes.csv.gz -o a.png"),
        ("--scheme fire points.csv", "render --scheme fire points.csv"),
        ("- -o a.png", "render - -o a.png"),
        ("rendr points.csv", "render points.csv"),
        ("Doctor", "doctor"),
        ("scheme", "schemes"),
    ],
)
def test_what_was_meant_is_offered(words: str, meant: str) -> None:
    called = call(*words.split())
    assert called.status == 2
    assert called.error.endswith(f"did you mean: gpuheat {meant}")


@pytest.mark.parametrize("word", ["frobnicate", "--frobnicate", ""])
def test_otherwise_the_commands_are_listed(word: str) -> None:
    called = call(word)
    assert called.status == 2
    assert "render, schemes, doctor" in called.error


# What happens to the program


def failing(error: BaseException) -> Any:
    def render(*_: Any, **__: Any) -> None:
        raise error

    return render


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (MemoryError(), 2, "out of memory"),
        (OSError(28, "No space left on device", "/tmp"), 2, "/tmp: No space left on device"),
        (KeyError("x"), entry.BUG, "KeyError: 'x'; this is a bug in gpuheat"),
        (RuntimeError("two\n\x1b[31mlines"), entry.BUG, "RuntimeError: two \\x1b[31mlines"),
    ],
)
def test_what_goes_wrong_within_is_one_line_too(
    error: Exception, status: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "render", failing(error))
    called = call("render", "points.csv", "--quiet")
    assert called.status == status
    assert called.error.startswith(told)


def test_with_debug_the_traceback_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUHEAT_DEBUG", "1")
    monkeypatch.setattr(command, "render", failing(KeyError("x")))
    assert "Traceback" in call("render", "points.csv").err


def test_an_interruption_is_130_and_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "render", failing(KeyboardInterrupt()))
    called = call("render", "points.csv", "--quiet")
    assert (called.status, called.err) == (130, "gpuheat: interrupted; nothing was written\n")
    assert sorted(contents()) == ["points.csv"]


def test_a_reader_that_leaves_is_no_error() -> None:
    np.save("many.npy", np.random.default_rng(1).normal(size=(20_000, 2)))
    words = ["render", "many.npy", "-o", "-", "--size", "1500", "--dotsize", "3", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gpuheat", *words, "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(PATIENCE), said) == (141, b"")


# It hangs where it was told to: in the middle of a picture's file, or of drawing.
STUCK = """
import sys, time
from gpuheat.cli import main, render
from gpuheat.export import png

def write(stream, index, palette):
    stream.write(b"half a picture")
    stream.flush()
    stick()

def stick(*_, **__):
    print("stuck", flush=True)
    while True:
        time.sleep(0.01)

if sys.argv[1] == "writing":
    png.write_indexed = write
else:
    render.render = stick
sys.argv[1:] = ["render", "points.csv", "--force", "--quiet", "--device", "cpu"]
sys.exit(main())
"""


@pytest.mark.parametrize("stage", ["drawing", "writing"])
@pytest.mark.parametrize(
    ("blow", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_killed_on_the_way_the_old_file_is_whole(
    stage: str, blow: signal.Signals, status: int
) -> None:
    Path("points.png").write_bytes(b"old")
    process = subprocess.Popen(
        [sys.executable, "-c", STUCK, stage],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"stuck\n"
    process.send_signal(blow)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert Path("points.png").read_bytes() == b"old"
    if blow == signal.SIGINT:
        assert sorted(contents()) == ["points.csv", "points.png"]
        assert said == b"gpuheat: interrupted; nothing was written\n"


# The signal arrives while the thread that owns the context is at work.
BUSY = """
import atexit, os, signal, sys, threading, time
import gpuheat
from gpuheat.cli import main, render

def draw(*_, device, **__):
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    gpuheat.open_context(device).run(lambda gl: time.sleep(600))

render.render = draw
atexit.register(print, "this is a regular exit, which waits")
sys.exit(main())
"""


def test_interrupted_it_does_not_wait_for_the_thread_that_draws(gl_device: str) -> None:
    words = ["render", "points.csv", "--quiet", "--device", gl_device]
    called = python(BUSY, *words)
    assert (called.status, called.stdout) == (130, b"")


def test_a_mistake_in_a_real_process_shows_no_traceback() -> None:
    called = spawn("render", "points.csv", "--tone", "sqt", "--quiet")
    assert called.status == 2
    assert "did you mean 'sqrt'?" in called.error


def python(code: str, *words: str) -> Called:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        timeout=PATIENCE,
        env=environment(),
    )
    return Called(done.returncode, done.stdout, done.stderr.decode())
