"""Functions of eigenvalues against what they are the closed form of."""

import numpy as np
import pytest
import scipy.linalg
from support.comparison import assert_close
from support.matrices import ROUNDING, apply, with_eigenvalues

from nnabla_influence.errors import ConfigError
from nnabla_influence.linalg import damped_inverse


def test_damped_inverse_equals_a_dense_solve():
    matrix, start = with_eigenvalues(np.linspace(0, 9, 15))
    solved = scipy.linalg.solve(matrix + 0.3 * np.eye(15), start)
    assert_close(apply(matrix, start, 15, damped_inverse(0.3)).value, solved, 1e-12, ROUNDING)


def test_nonsense_is_refused_by_name():
    with pytest.raises(ConfigError, match="damping .* not -0.1"):
        damped_inverse(-0.1)
