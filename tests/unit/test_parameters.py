"""The parameter space: names and vectors."""

import numpy as np
import pytest

from nnabla_influence.errors import NetworkError
from nnabla_influence.parameters import ParameterSpace

SPACE = ParameterSpace.of({"b": (2,), "a": (2, 3), "scalar": ()})


def test_names_are_sorted_and_sizes_add_up():
    assert SPACE.names == ("a", "b", "scalar")
    assert SPACE.size == 9


def test_flatten_and_unflatten_are_inverse():
    vector = np.arange(9, dtype=np.float32)
    assert np.array_equal(SPACE.flatten(SPACE.unflatten(vector)), vector)
    assert SPACE.unflatten(vector)["a"].shape == (2, 3)


def test_a_missing_parameter_is_named():
    with pytest.raises(NetworkError, match="'b'"):
        SPACE.flatten({"a": np.zeros((2, 3)), "scalar": np.zeros(())})


def test_a_wrong_shape_is_shown_with_the_right_one():
    with pytest.raises(NetworkError, match=r"\(2, 3\).*\(3, 2\)"):
        SPACE.flatten({"a": np.zeros((3, 2)), "b": np.zeros(2), "scalar": np.zeros(())})


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(NetworkError, match="9 parameters"):
        SPACE.unflatten(np.zeros(8))


def test_an_empty_space_has_an_empty_vector():
    empty = ParameterSpace.of({})
    assert empty.size == 0 and empty.flatten({}).shape == (0,)
