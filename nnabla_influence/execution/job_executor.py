"""The noun *job executor*: how a job is handed over, and what comes back, wherever it runs.

A job runs with one BLAS thread, and never beside another job in the same process, because NNabla's random numbers and
current device belong to the process. Where it runs in another process, the package's log messages come back with
the result and appear in the log of the process that asked.
"""

from __future__ import annotations

import logging
import logging.handlers
import pickle
import threading
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Iterable, Iterator, List, Optional

from .machine import one_thread

__all__ = ["JobExecutor", "JobResult", "run_elsewhere", "run_here"]

LOGGER = logging.getLogger("nnabla_influence")
ONE_AT_A_TIME = threading.Lock()


@dataclass
class JobResult:
    """The answer of a job in another process.

    Attributes:
        value: What its function returned.
        records: What it logged.
    """

    value: Any
    records: List[logging.LogRecord]


class JobExecutor:
    """An executor of the standard library, and how many jobs it should hold at a time.

    Args:
        executor: Runs the jobs.
        width: How many jobs to hand out at a time.
        patience: Seconds between two calls of `watch` while no job finishes; None for no call.
        runner: What is called in the worker, see `run_elsewhere`.
    """

    def __init__(
        self,
        executor: Executor,
        width: int,
        patience: Optional[float] = None,
        runner: Optional[Callable[[int, bytes], JobResult]] = None,
    ) -> None:
        self.executor = executor
        self.width = width
        self.patience = patience
        self.runner = runner or run_elsewhere

    def submit(self, function: Callable[[Any], Any], job: Any) -> Future[Any]:
        """Hand out a job; its future holds a `JobResult`."""
        # Pickled here and unpickled inside the job: what fails there (say, a file that is missing on that machine) is
        # the job's own error, where an executor would lose its worker.
        parcel = pickle.dumps((function, job), protocol=pickle.HIGHEST_PROTOCOL)
        return self.executor.submit(partial(self.runner, LOGGER.getEffectiveLevel(), parcel))

    def result(self, future: Future[Any], name: str) -> Any:
        """Return what a finished job computed, after showing what it logged.

        Args:
            future: What `submit` returned.
            name: The job's name for messages.

        Raises:
            Exception: What the job raised.
        """
        result = future.result()
        for record in result.records:
            record.from_worker = True  # see `said_once`
            LOGGER.handle(record)
        return result.value

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""
        return self.width

    def watch(self) -> None:
        """Report what has happened to the workers; called while jobs run."""

    def forget(self, futures: Iterable[Future[Any]]) -> None:
        """Take back jobs whose results nobody wants any more; one that runs already goes on to its end."""
        for future in futures:
            future.cancel()


def run_here(function: Callable[[Any], Any], job: Any) -> Any:
    """Run a job in this process."""
    with ONE_AT_A_TIME, one_thread():
        return function(job)


def run_elsewhere(level: int, parcel: bytes) -> JobResult:
    """Run a job in a worker and keep what the package logs.

    Args:
        level: Least level of the messages to keep.
        parcel: The pickled function and job.
    """
    with ONE_AT_A_TIME, one_thread(), _records(level) as records:
        function, job = pickle.loads(parcel)
        return JobResult(function(job), records)


class _Keeper(logging.handlers.QueueHandler):
    """Keep records in a form that can be pickled: a message instead of its arguments, text instead of a traceback."""

    def enqueue(self, record: logging.LogRecord) -> None:
        """Keep a record that `prepare` has made ready."""
        self.queue.append(record)  # type: ignore[attr-defined]


@contextmanager
def _records(level: int) -> Iterator[List[logging.LogRecord]]:
    records: List[logging.LogRecord] = []
    keeper = _Keeper(records)  # type: ignore[arg-type]
    level_before = LOGGER.level
    propagate_before = LOGGER.propagate
    LOGGER.addHandler(keeper)
    LOGGER.setLevel(level)
    LOGGER.propagate = False  # said once, by the process that asked
    try:
        yield records
    finally:
        LOGGER.removeHandler(keeper)
        LOGGER.setLevel(level_before)
        LOGGER.propagate = propagate_before
