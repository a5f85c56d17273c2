"""Messages: results go to standard output; all else, one line each, to standard error."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from gpuheat.errors import EmptyAreaWarning, GpuheatWarning, InputError


def result(text: str) -> None:
    """Say what was asked for."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """Say something beside the result."""
    with suppress(OSError):  # nobody listens: the work goes on
        _write(sys.stderr, text)


def warning(text: str) -> None:
    """Say what the user should know of."""
    note(f"gpuheat: warning: {one_line(text)}")


def error(text: str) -> None:
    """Say what stopped the work."""
    note(f"gpuheat: error: {one_line(text)}")


@contextmanager
def warnings_as_lines(before: Callable[[], None]) -> Iterator[None]:
    """Say Python's warnings as `warning` does; an area without points becomes an error.

    Parameters
    ----------
    before : callable
        Called ahead of each, to clear the line.
    """

    def show(message: Warning | str, *_: object, **__: object) -> None:
        before()
        warning(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = show
        warnings.simplefilter("always", GpuheatWarning)
        warnings.simplefilter("error", EmptyAreaWarning)
        try:
            yield
        except EmptyAreaWarning as error:
            raise InputError(str(error)) from error


def one_line(text: str) -> str:
    """Make one line of text from anywhere, safe to print."""
    return printable(" ".join(part for line in text.splitlines() if (part := line.strip())))


def printable(text: str) -> str:
    """Write out control characters: files and drivers must not steer the terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed before we began
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()
