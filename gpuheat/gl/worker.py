"""Worker: the one thread that owns a GL context, so that any thread may ask it to draw."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from gpuheat.errors import DeviceError

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

CLOSED = "this context is closed; gpuheat.open_context() opens a new one"


class Worker:
    """Runs jobs one after the other on a thread of its own.

    A GL context belongs to the thread that made it. The thread is a daemon: an interpreter
    that exits with work in flight must not wait for it.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        # Guards what `run` and `stop` decide: no job may be put behind the last one.
        self._lock = threading.Lock()
        self._stopped = False
        self._current: Future[Any] | None = None
        self._thread = threading.Thread(target=self._work, name="gpuheat-gl", daemon=True)
        self._thread.start()

    def run(self, job: Callable[[], T]) -> T:
        """Run a job on the thread, wait for it, and return or raise what it did.

        Raises
        ------
        DeviceError
            If the thread has been stopped.
        """
        if threading.current_thread() is self._thread:
            return job()  # a job that asks for another one must not wait for itself
        from concurrent.futures import Future  # slow to import, and the host needs none

        done: Future[T] = Future()
        with self._lock:
            if self._stopped:
                raise DeviceError(CLOSED)
            self._jobs.put((done, job))
        try:
            return done.result()
        except BaseException:
            done.cancel()  # whoever waits was interrupted: the job need not go on
            raise

    def leave_if_abandoned(self) -> None:
        """End the job that asks where nobody waits for it any more."""
        if self._current is not None and self._current.cancelled():
            from concurrent.futures import CancelledError

            raise CancelledError

    def stop(
        self, last: Callable[[], object] = lambda: None, patience: float | None = None
    ) -> None:
        """Let the thread end once the jobs before are done; wait for it.

        Parameters
        ----------
        last : callable
            A last job, run on the thread behind all others.
        patience : float, optional
            Seconds to wait at most; without, until it has ended.
        """
        with self._lock:
            if not self._stopped:
                self._stopped = True
                from concurrent.futures import Future

                self._jobs.put((Future(), last))
                self._jobs.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(patience)

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            done, job = self._current, _ = entry
            try:
                result = None if done.cancelled() else job()
            except BaseException as error:
                self._tell(done.set_exception, error)
            else:
                self._tell(done.set_result, result)
                del result
            self._current = None
            del done, job, entry, _  # else the last job's arrays live until the next one

    @staticmethod
    def _tell(tell: Callable[[Any], None], what: object) -> None:
        """Tell whoever waits, if anybody does."""
        from concurrent.futures import InvalidStateError

        with suppress(InvalidStateError):
            tell(what)
