"""Sharing: work among threads, of which NumPy and SciPy make good use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from numpy.typing import NDArray

from gpuheat.points.points import Points
from gpuheat.points.source import Source

T = TypeVar("T")

# A copy of the sums larger than this costs more to fill and add than a thread saves.
_SHARED_BYTES = 1 << 25
_MOST_WORKERS = 8


def share(
    source: Source,
    begin: Callable[[], T],
    add: Callable[[T, Points], None],
    *,
    sum_bytes: int,
    progress: Callable[[], None],
) -> list[T]:
    """Read a source once and let threads work on its chunks.

    Parameters
    ----------
    source : Source
    begin : callable
        Makes one thread's sums.
    add : callable
        Adds a chunk to them.
    sum_bytes : int
        How large such sums are: above 32 MB one thread does it all.
    progress : callable
        Called after each chunk.

    Returns
    -------
    list
        Every thread's sums, at least one.
    """
    chunks, reading, telling = source.chunks(), threading.Lock(), threading.Lock()
    failed = threading.Event()

    def work() -> T:
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
    parts = at_once([work] * n_workers)
    source.finish()
    return parts


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run jobs at the same time, the first of them here, and return what they return.

    Plain threads rather than an executor's: those refuse work while the interpreter ends,
    when another thread may still wait for its picture.

    Raises
    ------
    BaseException
        The first job's in order that failed, once all have ended.
    """
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException | None] = [None] * len(jobs)

    def run(number: int) -> None:
        try:
            results[number] = jobs[number]()
        except BaseException as error:  # raised below, on the thread that asked
            errors[number] = error

    threads = []
    for number in range(1, len(jobs)):
        thread = threading.Thread(target=run, args=(number,), name="gpuheat-sums")
        try:
            thread.start()
        except RuntimeError:  # no more threads: here, then
            run(number)
        else:
            threads.append(thread)
    if jobs:
        run(0)
    for thread in threads:
        thread.join()
    for error in errors:
        if error is not None:
            raise error
    return results
