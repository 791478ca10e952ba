"""Squared norms of every sample's gradient in one pass, against a loop of batches of one, for every kind of network."""

import logging
import re

import numpy as np
import pytest
from support.comparison import assert_close
from support.network_kinds import KINDS, TRAINING, write

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.network import Network

FLOAT32 = "float32 (6e-8 per operation), a few hundred accumulations; gradients are squared"
NO_WAY_BACK = re.compile("RNN|LSTM|GRU|recurrent|fused|(weight|spectral) norm")
SHARED = re.compile("shared|average, sum")  # weights that several layers read


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_one_pass_equals_one_sample_at_a_time(kind, tmp_path, caplog):
    network = Network.load(write(kind, tmp_path))
    data = Dataset.from_arrays(kind.arrays(TRAINING, 0))
    moved = np.random.RandomState(3).normal(size=network.theta.size, scale=0.1)  # biases begin at 0
    theta = network.theta + moved.astype(np.float32)
    oracle = LossOracle(network, "frozen")
    oracle.refresh_statistics(theta, [data.batch(np.arange(TRAINING))])
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = np.concatenate([oracle.squared_gradient_norms(theta, data.batch(rows)) for rows in ([0, 1, 2, 3], [4])])
    gradients = [oracle.mean_gradient(theta, [data.batch([row])]) for row in range(5)]
    assert_close(found, np.array([gradient @ gradient for gradient in gradients]), 1e-5, FLOAT32)
    looped = "one sample at a time" in caplog.text
    assert looped == bool(NO_WAY_BACK.search(kind.name) or SHARED.search(kind.name))
