"""How many Lanczos steps are taken where nobody says: as many as change the result."""

import numpy as np
import pytest

from nnabla_influence.errors import ConfigError
from nnabla_influence.estimators.lanczos_rule import MOST_STEPS, SETTLED, krylov_space
from nnabla_influence.linalg import FunctionOperator, damped_inverse, function_times_vector


class Counted:
    """A diagonal matrix that counts its products."""

    def __init__(self, eigenvalues):
        self.products = 0
        self.operator = FunctionOperator(len(eigenvalues), self._times)
        self._eigenvalues = eigenvalues

    def _times(self, vector):
        self.products += 1
        return self._eigenvalues * vector


def start(size):
    return np.random.RandomState(0).normal(size=size)


@pytest.mark.parametrize("spread", [2.0, 30.0, 1000.0])
def test_it_stops_where_a_step_changes_little_and_the_result_is_right(spread):
    """Against the inverse itself."""
    eigenvalues = np.geomspace(1, spread, 400)
    counted = Counted(eigenvalues)
    inverse = damped_inverse(1.0)
    g = start(400)
    product = function_times_vector(krylov_space(counted.operator, g, inverse, None), inverse)
    exact = g / (eigenvalues + 1)
    error = np.linalg.norm(product.value - exact) / np.linalg.norm(exact)
    steps = len(product.ritz_values)
    assert counted.products == steps <= MOST_STEPS
    if spread < 100:
        assert steps < MOST_STEPS and product.change <= SETTLED and error < SETTLED
    else:
        assert steps == MOST_STEPS and product.change > SETTLED  # the limit, not the rule, ended it
    before = function_times_vector(krylov_space(counted.operator, g, inverse, steps - 1), inverse)
    assert before.change > SETTLED, "one step fewer would not have been enough"


def test_the_harder_the_matrix_the_more_steps():
    inverse = damped_inverse(1.0)
    steps = [
        len(krylov_space(Counted(np.geomspace(1, spread, 400)).operator, start(400), inverse, None).ritz_values)
        for spread in (1.5, 4.0, 30.0)
    ]
    assert steps == sorted(set(steps))


def test_a_number_is_taken_at_its_word():
    for steps in (1, 3, 25):
        counted = Counted(np.geomspace(1, 30, 400))
        krylov = krylov_space(counted.operator, start(400), damped_inverse(1.0), steps)
        assert counted.products == steps == len(krylov.ritz_values)


def test_a_space_that_is_invariant_ends_it_at_once():
    counted = Counted(np.full(10, 3.0))
    assert krylov_space(counted.operator, start(10), damped_inverse(1.0), None).invariant and counted.products == 1


def test_what_the_function_cannot_do_is_said():
    with pytest.raises(ConfigError, match="not finite at the Ritz value"):
        krylov_space(Counted(np.arange(4.0)).operator, start(4), lambda x: np.full(x.shape, np.inf), None)
