"""Worker: one thread, jobs in order, and an end that leaves nobody waiting."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gpuheat.errors import DeviceError
from gpuheat.gl.worker import Worker

PATIENCE = 10


def test_jobs_run_on_one_other_thread_and_return_their_value() -> None:
    worker = Worker()
    threads = {worker.run(threading.get_ident) for _ in range(5)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    worker.stop()


def test_a_job_may_ask_for_another() -> None:
    worker = Worker()
    assert worker.run(lambda: worker.run(lambda: worker.run(lambda: 7))) == 7
    worker.stop()


def test_an_error_is_raised_where_the_job_was_asked_for_and_the_thread_lives_on() -> None:
    worker = Worker()
    for error in (ValueError("no"), KeyboardInterrupt(), SystemExit(3)):

        def fail(error: BaseException = error) -> None:
            raise error

        with pytest.raises(type(error)):
            worker.run(fail)
    assert worker.run(lambda: 1) == 1
    worker.stop()


def test_jobs_of_many_threads_never_overlap() -> None:
    worker = Worker()
    running: list[int] = []

    def job(number: int) -> int:
        running.append(number)
        time.sleep(0.001)
        assert running == [number]
        running.remove(number)
        return number

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda number: worker.run(lambda: job(number)), range(40)))
    assert results == list(range(40))
    worker.stop()


def test_stopping_waits_for_the_jobs_before_and_runs_a_last_one() -> None:
    worker = Worker()
    done: list[str] = []
    asked = threading.Event()

    def slow() -> None:
        asked.set()
        time.sleep(0.05)
        done.append("slow")

    caller = threading.Thread(target=lambda: worker.run(slow))
    caller.start()
    asked.wait(PATIENCE)
    worker.stop(lambda: done.append("last"))
    caller.join(PATIENCE)
    assert done == ["slow", "last"]
    assert not worker._thread.is_alive()


def test_a_stopped_worker_refuses_jobs_instead_of_waiting_for_ever() -> None:
    worker = Worker()
    worker.stop()
    worker.stop()
    with pytest.raises(DeviceError, match="this context is closed"):
        worker.run(lambda: 1)


def test_a_job_may_stop_its_own_worker() -> None:
    worker = Worker()
    worker.run(worker.stop)
    worker._thread.join(PATIENCE)
    assert not worker._thread.is_alive()


def test_patience_ends_the_wait_for_an_endless_job() -> None:
    worker = Worker()
    end = threading.Event()
    caller = threading.Thread(target=lambda: worker.run(lambda: end.wait(PATIENCE)))
    caller.start()
    start = time.monotonic()
    worker.stop(patience=0.05)
    assert time.monotonic() - start < PATIENCE / 2
    end.set()
    caller.join(PATIENCE)
    worker._thread.join(PATIENCE)
    assert not worker._thread.is_alive()


def test_a_finished_job_holds_no_memory() -> None:
    worker = Worker()
    array = np.zeros(10)
    kept = weakref.ref(array)
    worker.run(array.sum)
    del array
    end = time.monotonic() + PATIENCE
    while kept() is not None and time.monotonic() < end:  # the thread lets go a moment later
        gc.collect()
    assert kept() is None
    worker.stop()


def test_the_thread_is_a_daemon_so_that_exit_need_not_wait() -> None:
    worker = Worker()
    assert worker._thread.daemon
    worker.stop()


def test_a_job_that_nobody_waits_for_any_more_is_left() -> None:
    """Ctrl-C while a long job runs: the caller hears it, the job ends, the next one is done."""
    worker, begun, left = Worker(), threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        try:
            for _ in range(2000):
                time.sleep(0.01)
                worker.leave_if_abandoned()
        finally:
            left.set()

    def interrupt() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            worker.run(job)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert left.wait(10)
    assert worker.run(lambda: 7) == 7
    worker.stop()
