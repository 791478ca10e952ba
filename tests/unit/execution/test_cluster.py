"""A cluster that cannot be reached; real clusters are started in tests/integration/test_dask."""

import sys

import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import MissingExtraError, RunError
from nnabla_influence.execution import Execution, check_cluster, completed


def test_without_dask_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r'pip install "nnabla-influence\[dask\]"'):
        list(completed(abs, [1], Execution(scheduler="tcp://127.0.0.1:1")))


def test_without_dask_the_command_names_its_option(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError) as caught:
        check_cluster(Execution(scheduler="tcp://127.0.0.1:1"))
    said = caught.value.said(IN_COMMANDS)
    assert said.startswith("--scheduler needs Dask (") and said.endswith('pip install "nnabla-influence[dask]"')


def test_nobody_at_the_address_is_said_with_the_address():
    pytest.importorskip("distributed", reason="needs the extra [dask]")
    with pytest.raises(RunError, match="No Dask scheduler answers at tcp://127.0.0.1:1 "):
        check_cluster(Execution(scheduler="tcp://127.0.0.1:1"))


def test_where_no_cluster_is_asked_for_there_is_nothing_to_check():
    check_cluster(Execution())
