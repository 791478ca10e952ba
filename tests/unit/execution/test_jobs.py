"""Jobs give the same results wherever they run, and a lost one runs again."""

import contextlib
import os

import pytest
from support import jobs
from support.waiting import assert_gone, written

from nnabla_influence.errors import DataError, RunError
from nnabla_influence.execution import Execution, completed

TWO = Execution(workers=2)


def products(execution, count=8):
    found = dict(completed(jobs.product, range(count), execution))
    return {number: found[number][0] for number in range(count)}, {process for _, process in found.values()}


def test_processes_give_the_bits_of_this_process():
    serial, here = products(Execution())
    parallel, there = products(TWO)
    assert here == {os.getpid()} and len(there) == 2 and os.getpid() not in there
    assert parallel == serial


def test_no_jobs_are_no_work():
    assert list(completed(jobs.product, [], TWO)) == []


def test_a_killed_worker_changes_nothing_but_the_log(tmp_path, caplog):
    serial, _ = products(Execution())
    found = dict(completed(jobs.killed_once, [(number, str(tmp_path)) for number in range(8)], TWO))
    assert found == serial
    assert "a worker process died; running again what it did" in caplog.text


def test_a_job_that_always_kills_its_worker_is_named_and_given_up(caplog):
    finished = []
    with pytest.raises(RunError, match="job 3 of 5 died 4 times.*more memory or fewer workers"):
        finished.extend(completed(jobs.killed_always, range(5), TWO))
    assert [record.getMessage().count("died") for record in caplog.records] == [1, 1, 1]
    assert 2 not in dict(finished)


@pytest.mark.parametrize("execution", [Execution(), TWO], ids=["serial", "processes"])
def test_an_error_of_a_job_is_the_callers(execution):
    with pytest.raises(DataError, match=r"^expected a picture, got 'x\.csv'; give a picture\.$"):
        list(completed(jobs.refuses, range(20), execution))


def test_leaving_the_loop_stops_the_jobs_that_run(tmp_path):
    work = [("quick", str(tmp_path)), *((number, str(tmp_path)) for number in range(3))]
    with contextlib.closing(completed(jobs.waits, work, TWO)) as results:
        assert next(results) == (0, "quick")
        written(tmp_path / "started0")
    assert not (tmp_path / "finished0").exists()
    assert (tmp_path / "stopped0").exists(), "the job could not clean up"
    assert_gone(tmp_path)
