"""What comes back from a worker: errors of the job itself, and what it logged."""

import importlib
import inspect
import logging
import pickle
import pkgutil

import pytest
from support import jobs

import nnabla_influence
from nnabla_influence.errors import DataError, InfluenceError
from nnabla_influence.execution import Execution, completed
from nnabla_influence.execution.job_executor import run_elsewhere

TWO = Execution(workers=2)


@pytest.mark.parametrize("execution", [Execution(), TWO], ids=["serial", "processes"])
def test_the_log_of_a_job_arrives_once_and_at_the_level_asked_for(execution, caplog):
    caplog.set_level(logging.INFO, logger="nnabla_influence")
    assert dict(completed(jobs.logs, range(3), execution)) == {0: 0, 1: 1, 2: 2}
    said = sorted(record.getMessage() for record in caplog.records)
    assert said == [f"job {number} has something to say" for number in range(3)]


def test_a_job_that_cannot_be_unpacked_is_an_error_not_a_dead_worker():
    with pytest.raises(DataError, match="no data on this machine"):
        list(completed(abs, [jobs.MissingThere()], TWO))


def test_a_worker_keeps_what_it_logs_at_the_level_asked_for_and_says_nothing_itself(caplog):
    parcel = pickle.dumps((jobs.logs, 7))
    logger = logging.getLogger("nnabla_influence")
    level, propagate = logger.level, logger.propagate
    quiet, all_of_it = run_elsewhere(logging.WARNING, parcel), run_elsewhere(logging.DEBUG, parcel)
    assert quiet.value == all_of_it.value == 7
    assert [record.getMessage() for record in quiet.records] == ["job 7 has something to say"]
    assert [record.getMessage() for record in all_of_it.records][1] == "details of 7"
    assert not caplog.messages and (logger.level, logger.propagate) == (level, propagate)
    pickle.dumps(all_of_it)


def test_every_error_of_the_package_survives_the_way_from_a_worker():
    modules = pkgutil.walk_packages(nnabla_influence.__path__, "nnabla_influence.")
    names = [module.name for module in modules if "__main__" not in module.name]
    kinds = {
        kind
        for name in names
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if issubclass(kind, InfluenceError)
    }
    assert len(kinds) > 12
    for kind in kinds:
        again = pickle.loads(pickle.dumps(kind("expected a, got b")))
        assert type(again) is kind and str(again) == "expected a, got b"
