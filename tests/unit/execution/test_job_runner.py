"""Workers that stay for several rounds of jobs."""

import os

import pytest
from support import jobs

from nnabla_influence.errors import DataError
from nnabla_influence.execution import Execution
from nnabla_influence.execution.job_runner import JobRunner


def processes(runner, count=6):
    return {process for _, (_, process) in runner.completed(jobs.product, range(count))}


def test_the_workers_of_a_second_round_are_those_of_the_first():
    with JobRunner(Execution(workers=2)) as runner:
        assert runner.start() == 2
        first, second = processes(runner), processes(runner)
        with pytest.raises(DataError, match="expected a picture"):
            list(runner.completed(jobs.refuses, range(5)))
        third = processes(runner)
    assert len(first) == 2 and first == second == third and os.getpid() not in first


def test_one_worker_is_this_process():
    with JobRunner(Execution()) as runner:
        assert runner.start() == 1 and processes(runner) == {os.getpid()}
