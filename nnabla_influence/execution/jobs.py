"""The loop over jobs: hand them out, yield what comes back, give a lost job to another worker; see `job_runner`."""

from __future__ import annotations

from typing import Callable, Generator, Sequence, Tuple, TypeVar

from .execution import Execution
from .job_runner import JobRunner

__all__ = ["check_cluster", "completed"]

Job = TypeVar("Job")
Result = TypeVar("Result")


def completed(
    function: Callable[[Job], Result], jobs: Sequence[Job], execution: Execution = Execution()
) -> Generator[Tuple[int, Result], None, None]:
    """Run independent jobs and yield each result as it arrives.

    Leaving the loop early ends the workers: at an exception or Ctrl-C in here at once, and when this iterator is
    closed (``with contextlib.closing(completed(...)) as results``) or forgotten. With local processes the
    script that calls this must have its main part under ``if __name__ == "__main__":``, because every worker imports
    the script when it starts.

    Args:
        function: Computes a job's result from the job alone. Local processes and clusters need a function of a
            module, and jobs and results that can be pickled (small ones: file names rather than arrays).
        jobs: The jobs.
        execution: Where they run.

    Yields:
        A job's position in `jobs`, and its result. The order is that of finishing.

    Raises:
        RunError: A job's workers died again and again, or the cluster cannot be used.
        MissingExtraError: A scheduler is given and Dask is not installed.
        Exception: What the function raises; the jobs that were not finished are stopped.
    """
    with JobRunner(execution) as runner:
        yield from runner.completed(function, jobs)


def check_cluster(execution: Execution) -> None:
    """Refuse a cluster that cannot be used, before time is spent on preparing jobs.

    Raises:
        RunError: The scheduler does not answer, has no workers, or has workers that do not fit.
        MissingExtraError: A scheduler is given and Dask is not installed.
    """
    if execution.scheduler is not None:
        with JobRunner(execution) as runner:
            runner.start()
