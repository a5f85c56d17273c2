"""Progress: a bar on the terminal, once the work takes longer than a second."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, TypeVar

from numpy.typing import NDArray

from gpuheat.points.table import Table, label_names, labeled_chunks

_Labels = TypeVar("_Labels")

# Shorter work needs no bar, and more redraws than this no eye.
PATIENCE_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_BAR_LETTERS = 30


class Bar:
    """A line on a terminal that is redrawn in place and gone at the end of its ``with``.

    A thread of its own redraws it: the first chunk of points may take the longest.

    Parameters
    ----------
    stream : text stream or None
        Nothing is shown unless it is a terminal.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._begun = time.monotonic()
        self._stage, self._n_points, self._of = "reading", 0, 0
        self._letters = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, name="gpuheat-bar", daemon=True)

    def reading(self, n_points: int, total: int | None = None) -> None:
        """Tell how many points have been looked at."""
        self._stage, self._n_points, self._of = "reading", n_points, total or 0

    def drawing(self, n_points: int, total: int | None = None) -> None:
        """Tell how many points have been drawn; a ``progress=`` of `gpuheat.render`."""
        self._stage, self._n_points, self._of = "drawing", n_points, total or self._of

    def clear(self) -> None:
        """Remove the line, so that another can be said; it comes back by itself."""
        with self._lock:
            self._write("")

    def _show(self) -> None:
        pause = PATIENCE_SECONDS
        while not self._over.wait(pause):
            pause = _REDRAW_SECONDS
            with self._lock:
                self._write(self._line(time.monotonic() - self._begun))

    def _write(self, line: str) -> None:
        """Put a line in the place of the last one."""
        if self._stream is None or not (line or self._letters):
            return
        # One column stays free: some terminals wrap when the last one is written.
        line = line[: shutil.get_terminal_size().columns - 1]
        blanks = " " * (self._letters - len(line))
        with suppress(OSError):  # the terminal may be gone
            self._stream.write(f"\r{line}{blanks}" + ("" if line else "\r"))
            self._stream.flush()
        self._letters = len(line)

    def _line(self, seconds: float) -> str:
        told = f"{self._n_points:,} points, {seconds:.0f} s"
        if not self._of:
            return f"{self._stage} {told}"
        done = min(self._n_points / self._of, 1.0)
        bar = ("#" * round(done * _BAR_LETTERS)).ljust(_BAR_LETTERS, ".")
        return f"{self._stage} [{bar}] {done:4.0%}  {told}"

    def __enter__(self) -> Bar:
        if self._stream is not None:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._stream is not None:
            self._thread.join()
        self.clear()


class Watched:
    """A table that tells a bar how far its first reading got.

    That reading finds the points' range, before `gpuheat.render` has any progress to tell
    of; it also finds their number for the second one.

    Parameters
    ----------
    table : Table
    bar : Bar
    """

    def __init__(self, table: Table, bar: Bar) -> None:
        self.label, self.names = table.label, table.names
        self.rereadable, self.n_rows = table.rereadable, table.n_rows
        self.degrees, self.label_names = table.degrees, label_names(table)
        self._table, self._bar = table, bar
        self._is_first = True

    def chunks(self, names: Sequence[str]) -> Iterator[Mapping[str, NDArray[Any]]]:
        """Read the named columns of the table."""
        for columns, _ in self._watched((columns, None) for columns in self._table.chunks(names)):
            yield columns

    def labeled_chunks(
        self, names: Sequence[str], by: str
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], NDArray[Any]]]:
        """Read the named columns and one of labels."""
        yield from self._watched(labeled_chunks(self._table, names, by))

    def _watched(
        self, chunks: Iterator[tuple[Mapping[str, NDArray[Any]], _Labels]]
    ) -> Iterator[tuple[Mapping[str, NDArray[Any]], _Labels]]:
        """Tell the bar of the first reading."""
        if not self._is_first:
            yield from chunks
            return
        self._is_first = False
        n_read = 0
        for columns, labels in chunks:
            n_read += len(next(iter(columns.values())))
            yield columns, labels
            self._bar.reading(n_read, self.n_rows)
        self._bar.drawing(0, n_read)
