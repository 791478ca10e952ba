"""Workers that stay for several rounds of jobs."""

import os

import pytest
from support import jobs

from nnabla_influence.errors import DataError, RunError
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


def test_the_asking_process_can_be_one_of_two():
    """It never takes what a worker has died of, however often."""
    with JobRunner(Execution(workers=2), takes_part=True) as runner:
        assert runner.start() == 2
        numbers, answered_by = zip(
            *((number, process) for number, (_, process) in runner.completed(jobs.product, range(9)))
        )
        assert sorted(numbers) == list(range(9)) and set(answered_by) - {os.getpid()} and os.getpid() in answered_by
        with pytest.raises(DataError, match="expected a picture"):
            list(runner.completed(jobs.refuses, range(5)))
        with pytest.raises(RunError, match="The worker process of job 1 of 4 died 4 times"):
            list(runner.completed(jobs.kills_a_worker, range(4)))


def test_what_the_asking_process_computes_may_be_computed_in_another_way():
    with JobRunner(Execution(workers=2), takes_part=True) as runner:
        answers = dict(runner.completed(jobs.product, range(9), here=lambda number: ("here", number)))
    mine = [answer for answer in answers.values() if answer[0] == "here"]
    assert 0 < len(mine) < 9 and sorted(answers) == list(range(9))


def test_one_worker_is_this_process():
    with JobRunner(Execution()) as runner:
        assert runner.start() == 1 and processes(runner) == {os.getpid()}
