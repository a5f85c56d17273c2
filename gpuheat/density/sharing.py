"""Sharing: one source's chunks among threads, each with sums of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from numpy.typing import NDArray

from gpuheat.points.points import Points
from gpuheat.points.source import Source

W = TypeVar("W")

# A copy of the sums larger than this costs more to fill and add than a thread saves.
_SHARED_BYTES = 1 << 26
_MOST_WORKERS = 8


def share(
    source: Source,
    begin: Callable[[], W],
    add: Callable[[W, Points], None],
    *,
    sum_bytes: int,
    progress: Callable[[], None],
) -> list[W]:
    """Read a source once and let threads work on its chunks.

    Parameters
    ----------
    source : Source
    begin : callable
        Makes one thread's sums.
    add : callable
        Adds a chunk to them.
    sum_bytes : int
        How large such sums are: above 64 MB one thread does it all.
    progress : callable
        Called after each chunk.

    Returns
    -------
    list
        Every thread's sums, at least one.
    """
    chunks, reading, telling = source.chunks(), threading.Lock(), threading.Lock()
    failed = threading.Event()

    def work() -> W:
        sums = begin()
        try:
            while True:
                columns: Mapping[str, NDArray[Any]] | None = None
                with reading:  # one thread reads at a time, all of them add
                    if not failed.is_set():
                        columns = next(chunks, None)
                if columns is None:
                    return sums
                add(sums, source.admit(columns))
                with telling:  # so that it hears of no less than before
                    progress()
        except BaseException:
            failed.set()  # what is left may be endless: the others leave it too
            raise

    n_workers = 1 if sum_bytes > _SHARED_BYTES else min(os.cpu_count() or 1, _MOST_WORKERS)
    with ThreadPoolExecutor(n_workers) as pool:
        try:
            jobs = [pool.submit(work) for _ in range(n_workers - 1)]
        except RuntimeError:  # refused while the interpreter ends: this thread does it all
            jobs = []
        parts = [work(), *(job.result() for job in jobs)]
    source.finish()
    return parts
