"""The noun *job runner*: runs independent jobs, round after round, in workers that stay.

A worker process can die without an exception, mostly because the system ran out of memory. Nothing is wrong with the
jobs then: they are pure functions and simply run again. A job whose workers keep dying is tried alone, without
neighbours that need memory too, and given up after `RETRIES` more attempts.
"""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import (
    Any,
    Callable,
    Counter,
    Deque,
    Dict,
    Generator,
    Iterator,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
)

from ..errors import RunError
from .execution import Execution
from .job_executor import JobExecutor
from .local import in_processes, in_this_process

__all__ = ["RETRIES", "JobRunner"]

LOGGER = logging.getLogger("nnabla_influence")

RETRIES = 3
"""Times that a job runs again after the process that ran it has died."""

ALONE_AFTER = 2
"""Losses after which a job runs without neighbours: they may have taken its memory."""

Job = TypeVar("Job")
Result = TypeVar("Result")


class JobRunner:
    """Runs rounds of jobs; its workers start with the first round and end with the block.

    Args:
        execution: Where jobs run.

    >>> with JobRunner(Execution()) as runner:
    ...     [dict(runner.completed(abs, jobs)) for jobs in ([-1, 2], [-3])]
    [{0: 1, 1: 2}, {0: 3}]
    """

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._stack = ExitStack()
        self._executor: Optional[JobExecutor] = None

    def __enter__(self) -> JobRunner:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._executor = None
        self._stack.__exit__(kind, error, traceback)  # at an exception the workers are ended, not waited for

    def start(self) -> int:
        """Connect to the workers if that was not done, and return how many there are.

        Raises:
            RunError: The cluster cannot be used.
            MissingExtraError: A scheduler is given and Dask is not installed.
        """
        return self._opened().workers

    def completed(
        self, function: Callable[[Job], Result], jobs: Sequence[Job]
    ) -> Generator[Tuple[int, Result], None, None]:
        """Run a round of jobs and yield each result as it arrives, see `jobs.completed`.

        What a job raises ends the round, not the workers: whoever catches it may go on with another round.
        """
        queue = _Queue(len(jobs))
        while queue.waiting:
            try:
                yield from _results(self._opened(), function, jobs, queue)
            except BrokenExecutor:
                self._executor = None
                self._stack.close()
                queue.recover()

    def _opened(self) -> JobExecutor:
        if self._executor is None:
            self._executor = self._stack.enter_context(_executor(self._execution))
        return self._executor


@contextmanager
def _executor(execution: Execution) -> Iterator[JobExecutor]:
    if execution.scheduler:
        from .cluster import on_cluster

        with on_cluster(execution.scheduler) as executor:
            yield executor
    elif execution.workers > 1:
        with in_processes(execution.workers) as executor:
            yield executor
    else:
        yield in_this_process()


def _results(
    executor: JobExecutor, function: Callable[[Job], Result], jobs: Sequence[Job], queue: _Queue
) -> Iterator[Tuple[int, Result]]:
    try:
        while queue.waiting or queue.running:
            queue.fill(executor.width, lambda number: executor.submit(function, jobs[number]))
            done, _ = wait(queue.running, timeout=executor.patience, return_when=FIRST_COMPLETED)
            executor.watch()
            for future in sorted(done, key=_failed):  # results first: what is done is not done again
                number = queue.running[future]
                result = executor.result(future, f"job {number + 1} of {len(jobs)}")
                queue.finished(future)
                yield number, result
    finally:
        executor.forget(queue.running)


def _failed(future: Future[Any]) -> bool:
    return future.cancelled() or future.exception() is not None


class _Queue:
    """The jobs that wait, those that run, and how often each was lost with its worker."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.waiting: Deque[int] = deque(range(total))
        self.running: Dict[Future[Any], int] = {}
        self.losses: Counter[int] = Counter()

    def fill(self, width: int, submit: Callable[[int], Future[Any]]) -> None:
        """Hand out waiting jobs until `width` are running; one at a time while one of them is a suspect."""
        if any(losses >= ALONE_AFTER for losses in self.losses.values()):
            width = 1
        while self.waiting and len(self.running) < width:
            self.running[submit(self.waiting[0])] = self.waiting[0]
            self.waiting.popleft()

    def finished(self, future: Future[Any]) -> None:
        """Forget a job that has its result."""
        self.losses.pop(self.running.pop(future), None)

    def recover(self) -> None:
        """Put back the jobs that a dead worker took with it: they come first in the next round.

        Raises:
            RunError: A job was lost more than `RETRIES` times.
        """
        lost = sorted(self.running.values())
        self.running.clear()
        self.losses.update(lost)
        self.waiting.extendleft(reversed(lost))
        names = ", ".join(str(number + 1) for number in lost)
        hopeless = [number for number in lost if self.losses[number] > RETRIES]
        if hopeless:
            raise RunError(
                f"The worker process of job {hopeless[0] + 1} of {self.total} died {RETRIES + 1} times, the last time "
                "with no other job beside it; probably its memory does not suffice. Use a machine with more memory or "
                "fewer workers. (A script needs its main part under: if __name__ == '__main__')"
            )
        LOGGER.warning("a worker process died; running again what it did (of %d jobs: %s)", self.total, names or "none")
