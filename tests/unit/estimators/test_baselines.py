"""Baselines that every claim is held against."""

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.errors import CheckpointMissingError
from nnabla_influence.estimators import LossBaseline, MarginBaseline, RandomBaseline


def test_the_loss_baseline_is_minus_the_loss(run, scores):
    cache, training, validation = run()
    losses = LossOracle(cache.network).sample_losses(cache.final.theta, training.batch(range(23)))
    np.testing.assert_allclose(scores(LossBaseline(), cache, training, validation), -losses, rtol=1e-5)


def test_the_random_baseline_is_seeded(run, scores):
    finished = run()
    first, again, other = (scores(RandomBaseline(seed), *finished) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_margin_baseline_is_what_training_recorded(run, scores):
    cache, training, validation = run(record_margins=True)
    assert np.array_equal(scores(MarginBaseline(), cache, training, validation), cache.record("margins"))


def test_margins_that_were_not_recorded_are_missed(run, scores):
    with pytest.raises(CheckpointMissingError, match="margins"):
        scores(MarginBaseline(), *run())
