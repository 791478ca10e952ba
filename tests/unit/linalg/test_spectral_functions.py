"""Functions of eigenvalues against what they are the closed form of."""

import numpy as np
import pytest
import scipy.linalg
from support.comparison import assert_close
from support.matrices import ROUNDING, apply, with_eigenvalues

from nnabla_influence.errors import ConfigError
from nnabla_influence.linalg import damped_inverse, sgd_horizon


@pytest.mark.parametrize("rate, steps", [(0.1, 1), (0.1, 2), (0.3, 20), (1.0, 313), (1e-6, 5000)])
def test_sgd_horizon_is_the_mean_it_says(rate, steps):
    x = np.concatenate([[0.0, 1e-300, 1e-17, 1e-9, 1e-5], np.linspace(0, 12, 50), [1 / rate, 2 / rate, 1e6]])
    q = np.clip(1 - rate * x, 0, 1)
    expected = np.mean([q**s for s in range(steps)], axis=0)
    np.testing.assert_allclose(sgd_horizon(rate, steps)(x), expected, rtol=1e-12)


def test_sgd_horizon_falls_from_one_to_one_step_in_all():
    f = sgd_horizon(0.1, 25)(np.array([0.0, 1e-12, 1.0, 5.0, 9.999, 10.0, 1e9]))
    assert f[0] == 1 and (np.diff(f) <= 0).all()
    np.testing.assert_allclose(f[-2:], 1 / 25)


def test_sgd_horizon_equals_running_gradient_descent():
    """The mean of u over K steps of ``u <- (I - eta A) u``."""
    matrix, start = with_eigenvalues(np.linspace(0, 9, 15))
    u, total = start, np.zeros(15)
    for _ in range(40):
        total, u = total + u, u - 0.1 * matrix @ u
    assert_close(apply(matrix, start, 15, sgd_horizon(0.1, 40)).value, total / 40, 1e-12, ROUNDING)


def test_damped_inverse_equals_a_dense_solve():
    matrix, start = with_eigenvalues(np.linspace(0, 9, 15))
    solved = scipy.linalg.solve(matrix + 0.3 * np.eye(15), start)
    assert_close(apply(matrix, start, 15, damped_inverse(0.3)).value, solved, 1e-12, ROUNDING)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: sgd_horizon(0.0, 5), "learning rate should be positive, not 0"),
        (lambda: sgd_horizon(float("nan"), 5), "learning rate should be positive, not nan"),
        (lambda: sgd_horizon(0.1, 0), "horizon should be at least 1 step, not 0"),
        (lambda: damped_inverse(-0.1), "damping .* not -0.1"),
    ],
)
def test_nonsense_is_refused_by_name(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
