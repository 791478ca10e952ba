"""Batch plans and augmentation as pure functions of a seed."""

import numpy as np
import pytest

from nnabla_influence.dataset.batches import BatchPlan, consecutive_batches
from nnabla_influence.errors import ConfigError

SIZES = [(1, 1), (10, 3), (10, 5), (10, 64), (65, 64), (1000, 64), (7, 1)]


@pytest.mark.parametrize("samples, size", SIZES)
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_holds_every_sample_once_in_even_batches(samples, size, shuffle):
    plan = BatchPlan(samples, size, seed=3, shuffle=shuffle)
    batches = plan.epoch(2)
    lengths = [len(batch) for batch in batches]
    assert len(batches) == plan.batches_per_epoch == int(np.ceil(samples / size))
    assert max(lengths) <= size and max(lengths) - min(lengths) <= 1
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(samples))
    assert all(batch.dtype == np.int64 for batch in batches)


def order(plan, epoch):
    return np.concatenate(plan.epoch(epoch)).tolist()


def test_the_order_depends_on_seed_and_epoch_alone():
    plan = BatchPlan(50, 8, seed=1)
    late = order(plan, 5)
    order(plan, 0)
    assert order(BatchPlan(50, 8, seed=1), 5) == late
    assert order(BatchPlan(50, 10, seed=1), 5) == late
    assert late not in (order(plan, 4), order(BatchPlan(50, 8, seed=2), 5), list(range(50)))


def test_the_order_of_a_seed_is_the_same_in_every_version():
    """Caches do not store the order, so a change here would silently break replay."""
    assert order(BatchPlan(8, 3, seed=0), 1) == [0, 7, 1, 4, 6, 3, 5, 2]


def test_without_shuffling_the_order_is_that_of_the_data():
    assert order(BatchPlan(10, 4, seed=0, shuffle=False), 7) == list(range(10))
    assert [batch.tolist() for batch in consecutive_batches(5, 3)] == [[0, 1, 2], [3, 4]]


@pytest.mark.parametrize(
    "arguments, value",
    [
        ((0, 1, 0), "0"),
        ((5, 0, 0), "0"),
        ((5, -2, 0), "-2"),
        ((5, 2, -1), "-1"),
        ((5, 2.5, 0), "2.5"),
        ((5, True, 0), "True"),
    ],
)
def test_impossible_plans(arguments, value):
    with pytest.raises(ConfigError, match="got " + value):
        BatchPlan(*arguments)


def test_impossible_epochs_and_batches():
    with pytest.raises(ConfigError):
        BatchPlan(5, 2, 0).epoch(-1)
    with pytest.raises(ConfigError):
        consecutive_batches(0, 2)
    with pytest.raises(ConfigError):
        consecutive_batches(5, 0)
