"""Numbers that do not occur, counted and named as a list of all numbers would."""

import numpy as np
import pytest

from nnabla_influence.missing_numbers import missing_numbers


@pytest.mark.parametrize("seed", range(20))
def test_they_are_those_that_a_list_of_all_lacks(seed):
    random = np.random.default_rng(seed)
    numbers = random.integers(0, random.integers(1, 60), size=random.integers(1, 60))
    lacking = sorted(set(range(numbers.max())) - set(numbers.tolist()))
    shown = ", ".join(map(str, lacking[:10])) + (", ..." if len(lacking) > 10 else "")
    assert missing_numbers(numbers) == (len(lacking), shown)


def test_class_numbers_are_floats():
    assert missing_numbers(np.array([[0.0], [3.0]], np.float32)) == (2, "1, 2")
