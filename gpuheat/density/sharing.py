"""Sharing: work among threads, of which NumPy and SciPy make good use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from numpy.typing import NDArray

from gpuheat.points.points import Points
from gpuheat.points.source import Source

T = TypeVar("T")

# A copy of the sums larger than this costs more to fill and add than a thread saves.
_SHARED_BYTES = 1 << 25
_MOST_WORKERS = 8


def workers(sum_bytes: int, to_a_copy: int = 1) -> int:
    """Return how many threads to sum on.

    Parameters
    ----------
    sum_bytes : int
        How large a copy of the sums is. Of more than 32 MB there is only one.
    to_a_copy : int
        How many threads add to the same one.
    """
    most = to_a_copy if sum_bytes > _SHARED_BYTES else _MOST_WORKERS
    return min(os.cpu_count() or 1, most)


def share(
    source: Source,
    begin: Callable[[], T],
    add: Callable[[T, Points], None],
    *,
    n_workers: int,
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
    n_workers : int
        See `workers`.
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
        The first job's in order that failed, once all have ended; KeyboardInterrupt at once.
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
        # A daemon: an interrupted program must not wait for a chunk of large dots.
        thread = threading.Thread(target=run, args=(number,), name="gpuheat-sums", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads: here, then
            run(number)
        else:
            threads.append(thread)
    if jobs:
        run(0)
    if not isinstance(errors[0] if errors else None, KeyboardInterrupt):
        for thread in threads:
            thread.join()
    for error in errors:
        if error is not None:
            raise error
    return results


def spread(jobs: Sequence[Callable[[], None]], n_threads: int) -> None:
    """Run jobs on so many threads, every so manieth on the same."""

    def some(number: int) -> None:
        for job in jobs[number::n_threads]:
            job()

    at_once([partial(some, number) for number in range(n_threads)])
