"""Every remedy has words at every door, and every action that is used has a row."""

import ast
import logging
import pickle
import string
from pathlib import Path

import pytest

import nnabla_influence
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import DataError
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.remedies import IN_PYTHON, advice, remedy

PACKAGE = Path(nnabla_influence.__file__).parent


def used():
    """Every call of `remedy` or `advice` in the package: (action, names of its values)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("remedy", "advice") and node.args:
                action = node.args[0]
                if isinstance(action, ast.Constant):
                    yield action.value, {keyword.arg for keyword in node.keywords}


def fields(words):
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_the_three_doors_know_the_same_actions():
    assert set(IN_PYTHON) == set(IN_COMMANDS) == set(IN_FIELDS)


def test_every_action_that_is_used_has_words_and_the_values_they_are_filled_with():
    found = list(used())
    assert found
    for action, values in found:
        for words in (IN_PYTHON, IN_COMMANDS, IN_FIELDS):
            assert action in words and fields(words[action]) <= values, action


def test_no_door_names_what_another_one_has():
    assert not [words for words in IN_PYTHON.values() if "--" in words or "python -m" in words]
    assert not [words for words in IN_FIELDS.values() if "--" in words or "python -m" in words]


def test_an_error_says_its_remedy_in_the_words_of_the_door():
    error = DataError("expected a, got b.", remedy("train-for-steps", policy="epochs"))
    assert str(error).startswith("expected a, got b. ") and 'policy="epochs"' in str(error)
    assert "--policy epochs" in error.said(IN_COMMANDS)
    assert "plugin" in error.said(IN_FIELDS)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.remedy == error.remedy


def test_an_error_without_remedy_is_its_message():
    assert str(DataError("expected a, got b.")) == "expected a, got b."


def test_a_line_of_the_log_carries_its_remedy(caplog):
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        logging.getLogger("nnabla_influence").info("it was interrupted", extra=advice("go-on"))
    assert caplog.records[0].remedy.said(IN_COMMANDS) == IN_COMMANDS["go-on"]


def test_an_unknown_action_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        remedy("no such action").said(IN_PYTHON)
