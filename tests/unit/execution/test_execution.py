"""Where jobs run: what is possible, and what contradicts itself."""

import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.execution import Execution


@pytest.mark.parametrize("workers", [0, -1, 1.5])
def test_impossible_numbers_of_workers_are_refused(workers):
    with pytest.raises(ConfigError, match="at least 1"):
        Execution(workers=workers)


@pytest.mark.parametrize(
    "address",
    ["", "host", "host:8786", "tcp://host", "tcp://:8786", "tcp://host:x", "http://host:1", "tcp://host:99999"],
)
def test_a_malformed_address_is_refused_and_shown(address):
    with pytest.raises(ConfigError) as caught:
        Execution(scheduler=address)
    assert f"'{address}'" in str(caught.value) and "tcp://host:8786" in str(caught.value)


def test_a_cluster_and_local_processes_are_two_answers():
    with pytest.raises(ConfigError, match="Give one of the two"):
        Execution(workers=2, scheduler="tcp://host:8786")


@pytest.mark.parametrize(
    "execution, elsewhere",
    [(Execution(), False), (Execution(workers=2), True), (Execution(scheduler="tcp://host:8786"), True)],
)
def test_one_worker_is_this_process(execution, elsewhere):
    assert execution.elsewhere is elsewhere
