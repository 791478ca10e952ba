"""What errors tell Python users to do exists: parameters, classes, methods of a project."""

import inspect
import re

import nnabla_influence
from nnabla_influence import Dataset, EvaluationData, Network, Project
from nnabla_influence.nnc.installer.plugin_host import DesktopHost
from nnabla_influence.remedies import IN_PYTHON

PUBLIC = [getattr(nnabla_influence, name) for name in nnabla_influence._HOMES]
METHODS = [method for name, method in inspect.getmembers(Project, callable) if not name.startswith("_")]
# Read from files or made of arrays by these; plugins are installed by a host, which has no public name.
OTHERS = [Dataset.from_csv, Network.load, EvaluationData.split, DesktopHost]
PARAMETERS = {name for call in (*PUBLIC, *METHODS, *OTHERS) for name in inspect.signature(call).parameters}


def words():
    for action, text in IN_PYTHON.items():
        text = text.replace("{setting}={value}", "")  # a setting of the user's own
        yield action, text.replace("{which}=", "train= validation=")


def test_parameters():
    named = {(action, name) for action, text in words() for name in re.findall(r"\b(\w+)=", text)}
    assert len(named) > 25
    assert sorted(pair for pair in named if pair[1] not in PARAMETERS) == []


def test_classes():
    named = {(action, name) for action, text in words() for name in re.findall(r"\b([A-Z]\w+)\(", text)}
    named |= {(action, name) for action, text in words() for name in re.findall(r"\b\w+Config\b", text)}
    assert len(named) > 8
    assert sorted(pair for pair in named if pair[1] not in nnabla_influence.__all__) == []


def test_methods_of_a_project():
    named = {(action, name) for action, text in words() for name in re.findall(r"\bproject\.(\w+)", text)}
    assert len(named) > 5
    assert sorted(pair for pair in named if not hasattr(Project, pair[1])) == []


def test_parameters_of_the_calls_that_are_named():
    """``project.train("cache.h5", policy="epochs")``: these very methods have these very parameters."""
    for action, text in words():
        for name, given in re.findall(r"\bproject\.(\w+)\(([^)]*)\)", text):
            known = inspect.signature(getattr(Project, name)).parameters
            assert set(re.findall(r"\b(\w+)=", given)) <= set(known), action
        for name, given in re.findall(r"\b([A-Z]\w+)\(([^)]*)\)", text):
            known = inspect.signature(getattr(nnabla_influence, name)).parameters
            assert set(re.findall(r"\b(\w+)=", given)) <= set(known), action
