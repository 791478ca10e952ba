"""Executors of this machine: this very process, and a pool of spawned processes.

Processes are spawned, not forked: it is the only way on Windows, and a fork copies the locks of libraries in whatever
state they are. A worker ignores Ctrl-C, which a terminal sends to everybody; this process receives it and ends the
workers with a signal on which a job stops as it does after Ctrl-C: progress saved, temporary files removed, no word.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Callable, Iterable, Iterator, List

from .job_executor import JobExecutor, JobResult, run_elsewhere, run_here

__all__ = ["in_processes", "in_this_process"]


class SerialExecutor(Executor):
    """Executor that runs a job when it is submitted, in the thread that submits it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # type: ignore[override, unused-ignore]
        """Run `fn` and return a finished future; Ctrl-C passes through."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asks for the result
            future.set_exception(error)
        return future


class _ThisProcess(JobExecutor):
    """Executor whose jobs need no parcel: they run where they are."""

    def submit(self, function: Callable[[Any], Any], job: Any) -> Future[Any]:
        """Run a job now; see `JobExecutor.submit`."""
        return self.executor.submit(run_here, function, job)

    def result(self, future: Future[Any], name: str) -> Any:
        """Return the result of a job, or raise its error as it is."""
        return future.result()


def in_this_process() -> JobExecutor:
    """Return an executor of one job after the other; a job starts when the one before has been looked at."""
    return _ThisProcess(SerialExecutor(), width=1)


@contextmanager
def in_processes(workers: int) -> Iterator[JobExecutor]:
    """Open a pool of processes that lives as long as the block.

    Args:
        workers: Number of processes.
    """
    context = _Context()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker)
    try:
        yield _Pool(pool, width=workers, runner=_run_stoppable)
    except BaseException:  # also Ctrl-C, and a caller who has seen enough
        for process in context.processes:
            process.terminate()
        raise
    finally:
        pool.shutdown()


class _Pool(JobExecutor):
    """Executor of a pool of processes."""

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        """Let them run: the pool of an old Python dies with a traceback when it ends with a job that was cancelled."""


class _Worker(SpawnProcess):
    """A spawned process that Ctrl-C cannot reach while it starts."""

    def start(self) -> None:
        """Start with SIGINT blocked, so that Ctrl-C cannot fall between the start and `_begin_worker`."""
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            super().start()
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Context(SpawnContext):
    """Spawn processes and remember them, so that they can be ended."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: List[_Worker] = []

    def Process(self, *args: Any, **kwargs: Any) -> _Worker:  # type: ignore[override]  # noqa: N802 - its name there
        """Make a worker process and remember it."""
        process = _Worker(*args, **kwargs)
        self.processes.append(process)
        return process


class _Stop:
    """State of this worker: told to stop, inside a job."""

    asked = False
    in_job = False


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    logging.getLogger("nnabla").setLevel(logging.WARNING)  # one greeting per worker is noise
    threading.Thread(target=_follow_parent, daemon=True).start()


def _stop(signum: int, frame: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: the clean-up should not be disturbed
    _Stop.asked = True
    if not _Stop.in_job:
        os._exit(1)  # inside the pool's own code, which would print a traceback
    raise KeyboardInterrupt


def _follow_parent() -> None:
    """End this worker when the process that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_stoppable(level: int, parcel: bytes) -> JobResult:
    _Stop.in_job = True
    try:
        return run_elsewhere(level, parcel)
    finally:
        _Stop.in_job = False
        if _Stop.asked:
            os._exit(1)
