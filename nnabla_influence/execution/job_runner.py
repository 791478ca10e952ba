"""The noun *job runner*: runs independent jobs, round after round, in workers that stay.

A worker process can die without an exception, mostly because the system ran out of memory. Nothing is wrong with the
jobs then: they are pure functions and simply run again. A job whose workers keep dying is tried alone, without
neighbours that need memory too, and given up after `RETRIES` more attempts.

Where jobs are short, the asking process can be one of the workers: it takes the next job whenever each of the others
has one at hand and one to go on with, so none of them waits for it. What a worker has died of it never takes.
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
from .job_executor import JobExecutor, run_here
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
        takes_part: Whether this process is one of several workers of this machine.

    >>> with JobRunner(Execution()) as runner:
    ...     [dict(runner.completed(abs, jobs)) for jobs in ([-1, 2], [-3])]
    [{0: 1, 1: 2}, {0: 3}]
    """

    def __init__(self, execution: Execution, takes_part: bool = False) -> None:
        self._execution = execution
        self._takes_part = takes_part and execution.workers > 1
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
        """Connect to the workers if that was not done, and return how many there are, this process among them.

        Raises:
            RunError: The cluster cannot be used.
            MissingExtraError: A scheduler is given and Dask is not installed.
        """
        return self._opened().workers + self._takes_part

    def completed(
        self,
        function: Callable[[Job], Result],
        jobs: Sequence[Job],
        here: Optional[Callable[[Job], Result]] = None,
    ) -> Generator[Tuple[int, Result], None, None]:
        """Run a round of jobs and yield each result as it arrives, see `jobs.completed`.

        What a job raises ends the round, not the workers: whoever catches it may go on with another round.

        Args:
            function: Computes a job's result from the job alone.
            jobs: The jobs.
            here: Computes the same where this process takes part; `function` if None.
        """
        here = (here or function) if self._takes_part else None
        queue = _Queue(len(jobs))
        while queue.waiting:
            try:
                yield from _results(self._opened(), function, jobs, queue, here)
            except BrokenExecutor:
                self._executor = None
                self._stack.close()
                queue.recover()

    def _opened(self) -> JobExecutor:
        if self._executor is None:
            self._executor = self._stack.enter_context(_executor(self._execution, self._takes_part))
        return self._executor


@contextmanager
def _executor(execution: Execution, takes_part: bool) -> Iterator[JobExecutor]:
    if execution.scheduler:
        from .cluster import on_cluster

        with on_cluster(execution.scheduler) as executor:
            yield executor
    elif execution.workers > 1:
        with in_processes(execution.workers - takes_part) as executor:
            yield executor
    else:
        yield in_this_process()


def _results(
    executor: JobExecutor,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    queue: _Queue,
    here: Optional[Callable[[Job], Result]],
) -> Iterator[Tuple[int, Result]]:
    try:
        while queue.waiting or queue.running:
            queue.fill(executor.width, lambda number: executor.submit(function, jobs[number]), ahead=here is not None)
            patience = executor.patience
            mine = queue.taken() if here else None
            if here and mine is not None:
                yield mine, run_here(here, jobs[mine])
                patience = 0.0
            done, _ = wait(queue.running, timeout=patience, return_when=FIRST_COMPLETED)
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

    @property
    def suspicious(self) -> bool:
        """Whether a job runs alone, because its workers keep dying."""
        return any(losses >= ALONE_AFTER for losses in self.losses.values())

    def fill(self, width: int, submit: Callable[[int], Future[Any]], ahead: bool) -> None:
        """Hand out waiting jobs until `width` are running; one at a time while one of them is a suspect.

        Args:
            width: How many workers there are elsewhere.
            submit: Hands a job out.
            ahead: Whether each of them gets a second job to go on with, as long as there are enough for everybody.
        """
        if self.suspicious:
            width, ahead = 1, False
        while self.waiting and len(self.running) < (2 * width if ahead and len(self.waiting) > width + 1 else width):
            self.running[submit(self.waiting[0])] = self.waiting[0]
            self.waiting.popleft()

    def taken(self) -> Optional[int]:
        """Take the next job for this process; None if there is none that no worker has died of."""
        harmless = next((number for number in self.waiting if number not in self.losses), None)
        if harmless is None or self.suspicious:
            return None
        self.waiting.remove(harmless)
        return harmless

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
