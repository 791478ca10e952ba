"""Impossible values are refused with what was expected and what arrived."""

import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.workflow.request_checks import (
    require_choice,
    require_choices,
    require_positive,
    require_whole,
)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2"])
def test_no_whole_number_or_too_small(value):
    with pytest.raises(ConfigError) as caught:
        require_whole("epochs", value, 1)
    assert str(caught.value) == f"Expected epochs to be a whole number of at least 1, got {value!r}."


@pytest.mark.parametrize("value", [0, -0.1, float("nan"), float("inf"), "1"])
def test_no_positive_number(value):
    with pytest.raises(ConfigError, match="finite number above 0, got"):
        require_positive("learning_rate", value)


def test_what_is_possible_passes():
    require_whole("epochs", 1, 1)
    require_whole("epochs", None, 1)
    require_positive("learning_rate", 1e-9)
    require_positive("learning_rate", None)
    require_choice("start", "scratch", ("last-epoch", "scratch"))
    require_choices("starts", ("scratch",), ("last-epoch", "scratch"))


def test_none_of_the_choices():
    with pytest.raises(ConfigError, match="Expected start to be one of a, b, got 'c'"):
        require_choice("start", "c", ("a", "b"))
    with pytest.raises(ConfigError, match="Expected starts to be some of a, b, got 'c'"):
        require_choices("starts", ("a", "c"), ("a", "b"))
    with pytest.raises(ConfigError, match="some of a, b, got none"):
        require_choices("starts", (), ("a", "b"))
