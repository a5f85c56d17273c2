"""Call the command line in this process, or as one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from gpuheat.cli import main

ROOT = Path(__file__).resolve().parent.parent
QUAKES = ROOT / "examples" / "data" / "earthquakes.csv"
PATIENCE = 120


@dataclass(frozen=True)
class Called:
    """What a command did."""

    status: int
    stdout: bytes
    err: str

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def error(self) -> str:
        """The one line that says what was wrong, and nothing else was said."""
        assert self.stdout == b"", self.out
        (line,) = self.err.splitlines()
        assert line.startswith("gpuheat: error: "), line
        return line.removeprefix("gpuheat: error: ")


class Stream(io.TextIOWrapper):
    """A text stream over memory that may claim to be a terminal."""

    def __init__(self, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def bytes(self) -> bytes:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue()


def call(
    *words: str | Path,
    stdin: bytes = b"",
    terminals: Iterable[str] = (),
    encoding: str = "utf-8",
) -> Called:
    """Call `main` here; `terminals` names the streams that are one: "stdout", "stderr"."""
    out = Stream("stdout" in terminals, encoding)
    err = Stream("stderr" in terminals, encoding)
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "stdin", given):
        status = main([str(word) for word in words])
    return Called(status, out.bytes, err.bytes.decode(encoding))


def environment(**more: str) -> dict[str, str]:
    """The environment for a Python that finds this gpuheat."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | more


def spawn(*words: str | Path, stdin: bytes = b"", **variables: str) -> Called:
    """Run ``python -m gpuheat``."""
    done = subprocess.run(
        [sys.executable, "-m", "gpuheat", *map(str, words)],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        env=environment(**variables),
    )
    return Called(done.returncode, done.stdout, done.stderr.decode())
