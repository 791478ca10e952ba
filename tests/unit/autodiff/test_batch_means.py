"""Means over batches of unequal size."""

import numpy as np
import pytest

from nnabla_influence.autodiff.batch_means import checked_gradient, mean_gradient, mean_statistics
from nnabla_influence.errors import DivergenceError
from nnabla_influence.network import Network

NETWORK = Network.builtin("builtin:mlp", (2,), 2)
SIZE = NETWORK.space.size


def test_batches_count_by_their_size():
    gradients = [(3, np.full(SIZE, 2, np.float32)), (1, np.full(SIZE, 6, np.float32))]
    mean = mean_gradient(NETWORK, iter(gradients), validation=False)
    assert mean.dtype == np.float64 and np.array_equal(mean, np.full(SIZE, 3.0))


def test_sums_are_taken_in_double_precision():
    """In float32 the small one would be lost."""
    gradients = [(1, np.full(SIZE, 2.0**24, np.float32)), (1, np.ones(SIZE, np.float32))]
    assert np.array_equal(mean_gradient(NETWORK, gradients, validation=False), np.full(SIZE, (2.0**24 + 1) / 2))


@pytest.mark.parametrize("validation, name", [(True, "validation"), (False, "training")])
def test_a_batch_that_is_not_finite_is_named_by_its_rows(validation, name):
    broken = np.zeros(SIZE, np.float32)
    broken[0] = np.nan
    gradients = [(6, np.zeros(SIZE, np.float32)), (5, broken)]
    with pytest.raises(DivergenceError, match=f"mean {name} loss of 'builtin:mlp' is not finite .* rows 6 to 10,"):
        mean_gradient(NETWORK, gradients, validation)
    with pytest.raises(DivergenceError, match="rows 2 to 4,"):
        checked_gradient(NETWORK, broken, first=2, size=3)


def test_statistics_are_the_mean_over_samples():
    seen = [(1, {"a": np.array([1.0], np.float32)}), (3, {"a": np.array([5.0], np.float32)})]
    assert mean_statistics(seen)["a"].tolist() == [4.0] and mean_statistics(seen)["a"].dtype == np.float32
