"""Process: whole programs, timed from outside, and the memory that one takes for itself."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_STATUS = Path("/proc/self/status")
# Seconds between two looks at the memory: a peak of a few milliseconds is seen.
_EVERY = 0.002


def python(*arguments: str | Path) -> str:
    """Run Python once, in the project's folder, and return what it printed."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} failed:\n{done.stderr}")
    return done.stdout


def runner(*arguments: str | Path) -> Callable[[], str]:
    """Return a function that runs Python once."""
    return lambda: python(*arguments)


def answer(module: str, arguments: Sequence[str | Path]) -> dict[str, Any]:
    """Run a module of ours that prints JSON."""
    found: dict[str, Any] = json.loads(python("-m", module, *arguments))
    return found


class AnonymousMemory:
    """The largest anonymous resident memory of this process while in a ``with``.

    A mapped file counts in the resident set, and a child inherits its parent's ru_maxrss:
    RssAnon is what the program took for itself. `megabytes` is None where there is no /proc.
    """

    megabytes: float | None = None

    def __enter__(self) -> AnonymousMemory:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            now = _anonymous()
            if now is None:
                return
            self.megabytes = max(self.megabytes or 0.0, now)
            if self._end.wait(_EVERY):
                return


def _anonymous() -> float | None:
    """Return the anonymous resident memory in MB (10^6 bytes), which /proc tells in KiB."""
    if not _STATUS.exists():
        return None
    for line in _STATUS.read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None
