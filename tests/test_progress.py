"""The progress bar: on a terminal, once it takes longer than a second, and gone at the end."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from command import Stream, call

from gpuheat.cli import progress
from gpuheat.cli.progress import Bar, Watched
from gpuheat.points.arrays import ArrayTable
from gpuheat.points.table import CHUNK_ROWS


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Stream:
    stream = Stream(terminal=True)
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_REDRAW_SECONDS", 0.001)
    monkeypatch.setenv("COLUMNS", "80")
    return stream


def drawn(stream: Stream) -> list[str]:
    """The lines that stood on the terminal, one after the other."""
    return stream.bytes.decode().split("\r")


def wait_for(stream: Stream, text: str) -> None:
    deadline = time.monotonic() + 30
    while text not in stream.bytes.decode():
        assert time.monotonic() < deadline, drawn(stream)
        time.sleep(0.001)


def test_it_tells_how_far_the_work_is_and_is_gone_at_the_end(terminal: Stream) -> None:
    with Bar(terminal) as bar:
        bar.reading(1500)
        wait_for(terminal, "reading 1,500 points, 0 s")
        bar.drawing(750, 1500)
        wait_for(terminal, "drawing [###############...............]  50%  750 points")
    *_, blank, rest = drawn(terminal)
    assert (blank.strip(), rest) == ("", "")
    assert len(blank) >= len("drawing [###############...............]  50%  750 points, 0 s")


def test_it_is_never_wider_than_the_terminal(
    terminal: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    with Bar(terminal) as bar:
        bar.drawing(1, 2)
        wait_for(terminal, "drawing [###")
    assert max(map(len, drawn(terminal))) == 19


def test_a_line_said_in_between_stands_by_itself(terminal: Stream) -> None:
    with Bar(terminal) as bar:
        bar.drawing(1, 2)
        wait_for(terminal, "50%")
        bar.clear()
        assert drawn(terminal)[-1] == ""


def test_beside_a_terminal_it_says_nothing(terminal: Stream) -> None:
    terminal.terminal = False
    for stream in (terminal, None):
        with Bar(stream) as bar:
            bar.drawing(1, 2)
            time.sleep(0.05)
    assert terminal.bytes == b""


def test_it_is_patient_for_a_second(terminal: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert progress.PATIENCE_SECONDS == 1.0
    with Bar(terminal) as bar:
        bar.drawing(1, 2)
        time.sleep(0.05)
    assert terminal.bytes == b""


def test_the_first_reading_finds_the_number_for_the_second(terminal: Stream) -> None:
    n_points = CHUNK_ROWS + 5
    bar = Bar(terminal)
    table = Watched(ArrayTable({"x": np.zeros(n_points)}), bar)
    table.n_rows = None  # as of a file of text
    seen = []
    for _ in table.chunks(["x"]):
        seen.append(bar._n_points)
    assert seen == [0, CHUNK_ROWS]
    assert (bar._stage, bar._of) == ("drawing", n_points)
    bar.drawing(CHUNK_ROWS)
    assert list(map(len, (c["x"] for c in table.chunks(["x"])))) == [CHUNK_ROWS, 5]
    assert (bar._n_points, bar._of) == (CHUNK_ROWS, n_points)


def test_a_render_on_a_terminal_ends_with_the_result_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_REDRAW_SECONDS", 0.0)
    rows = np.random.default_rng(5).normal(size=(200_000, 2))
    rows[0] = np.nan
    np.save("a.npy", rows)
    words = ["render", "a.npy", "--size", "100", "--dotsize", "9", "--device", "cpu"]
    called = call(*words, terminals=["stderr"])
    assert called.status == 0
    assert "drawing [" in called.err
    lines = [line.rpartition("\r")[2] for line in called.err.split("\n")]
    assert lines == [
        "a.npy: x = 1, y = 2",
        "gpuheat: warning: 1 of 200000 rows hold NaN or infinity and were left out",
        "",
    ]
    quiet = call(*words, "--quiet", "--force", terminals=["stderr"])
    assert "drawing [" not in quiet.err


def test_a_first_reading_is_told_too_and_gives_the_second_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_REDRAW_SECONDS", 0.0)
    n_points = 3 * CHUNK_ROWS
    Path("a.csv").write_text("x,y\n" + "1.5,2.25\n3,4\n7,1\n" * CHUNK_ROWS)
    words = ["render", "a.csv", "--size", "100", "--dotsize", "9", "--device", "cpu"]
    called = call(*words, terminals=["stderr"])
    assert called.status == 0
    assert f"reading {CHUNK_ROWS:,} points" in called.err
    assert f"drawing [{'.' * 30}]   0%  0 points" in called.err
    assert f"{n_points:,} points (0 dropped" in called.out
