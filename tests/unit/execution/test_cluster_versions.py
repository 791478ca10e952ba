"""Workers with other versions are named, all of them, with what they have."""

import pytest

from nnabla_influence.errors import RunError
from nnabla_influence.execution.cluster_versions import _version_reader, check_versions

HERE = _version_reader()()
PYTHON = "{}.{}".format(*__import__("sys").version_info)


class Client:
    """Answers like a `distributed.Client` whose workers have these versions."""

    def __init__(self, **workers):
        self.workers = workers

    def get_versions(self, check):
        return {
            "workers": {
                name: {"packages": {"python": versions.get("python", f"{PYTHON}.1.final.0")}}
                for name, versions in self.workers.items()
            }
        }

    def run(self, function, workers, on_error):
        return {name: {k: v for k, v in self.workers[name].items() if k != "python"} for name in workers}


def test_equal_versions_are_accepted():
    assert set(HERE) == {"nnabla_influence", "nnabla", "numpy"}
    check_versions(Client(a=HERE, b=HERE), {"a", "b"})


def test_all_that_differ_are_named():
    client = Client(a=HERE, b={**HERE, "numpy": "1.0"}, c={}, d={"python": "2.7.18.final.0"})
    with pytest.raises(RunError, match="All workers need the versions of this process") as caught:
        check_versions(client, {"a", "b", "c", "d"})
    complaints = str(caught.value).partition(", but ")[2]
    assert "b has numpy 1.0" in complaints and "a has" not in complaints
    assert "c has nnabla_influence missing, nnabla missing, numpy missing" in complaints
    assert "d has python 2.7" in complaints


def test_only_new_workers_are_asked():
    check_versions(Client(a=HERE, old={**HERE, "numpy": "1.0"}), {"a"})
