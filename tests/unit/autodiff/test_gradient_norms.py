"""Squared gradient norms: what decides between one pass and one sample at a time."""

import logging
from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.gradient_norms import GradientNorms
from nnabla_influence.errors import DataError
from nnabla_influence.network import Network

BATCH = {"x": np.random.RandomState(1).normal(size=(3, 3, 4)), "y": np.array([[0], [1], [1]])}


RANDOM = np.random.RandomState()


def network_of(build):
    """The same parameters whatever was drawn before: with some draws no unit is alive, and nothing to be noticed."""
    RANDOM.seed(0)
    scope = OrderedDict()
    with nn.parameter_scope("", scope):
        x, y = nn.Variable((3, 3, 4)), nn.Variable((3, 1))
        loss = F.softmax_cross_entropy(build(x), y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope)


def turned(x):
    """The last sample first, and back again: row i of the layer between is not sample i."""
    h = PF.affine(F.flip(x, axes=[0]), 5, rng=RANDOM)
    return PF.affine(F.relu(F.flip(h, axes=[0])), 2, rng=RANDOM, name="out")


def plain(x):
    return PF.affine(F.relu(PF.affine(x, 5, rng=RANDOM)), 2, rng=RANDOM, name="out")


@pytest.mark.parametrize("build, said", [(plain, ""), (turned, "mixes the samples of a batch")])
def test_rows_that_belong_to_no_sample_are_noticed(build, said, caplog):
    oracle = LossOracle(network_of(build), "frozen")
    theta = oracle.network.theta
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = oracle.squared_gradient_norms(theta, BATCH)
    assert (said in caplog.text) if said else not caplog.text
    rows = [{name: values[row : row + 1] for name, values in BATCH.items()} for row in range(3)]
    gradients = [oracle.mean_gradient(theta, [row]) for row in rows]
    np.testing.assert_allclose(found, [gradient @ gradient for gradient in gradients], rtol=1e-5)


@pytest.mark.parametrize("sizes, looks", [((3, 2), 3), ((1, 3, 2), 4)], ids=["after several", "after one"])
def test_the_first_batch_of_several_samples_decides_for_other_sizes(sizes, looks, monkeypatch):
    """`looks`: samples that were computed alone, to be compared with; one of a batch of one, else three."""
    alone = []
    usual = GradientNorms._looped
    monkeypatch.setattr(GradientNorms, "_looped", lambda self, *given: alone.append(given[1]) or usual(self, *given))
    oracle = LossOracle(network_of(plain), "frozen")
    theta = oracle.network.theta
    for size in sizes:
        found = oracle.squared_gradient_norms(theta, {name: values[:size] for name, values in BATCH.items()})
    assert sum(alone) == looks
    expected = LossOracle(oracle.network, "frozen").squared_gradient_norms(theta, BATCH)[:2]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_batch_of_one_decides_nothing_about_samples_that_mix():
    oracle = LossOracle(network_of(turned), "frozen")
    theta = oracle.network.theta
    oracle.squared_gradient_norms(theta, {name: values[:1] for name, values in BATCH.items()})
    found = oracle.squared_gradient_norms(theta, BATCH)
    again = LossOracle(oracle.network, "frozen").squared_gradient_norms(theta, BATCH)
    np.testing.assert_allclose(found, again, rtol=1e-6)


def test_the_parameters_are_those_that_are_given():
    oracle = LossOracle(network_of(plain), "frozen")
    first, other = oracle.network.theta, oracle.network.theta * 2
    before = oracle.squared_gradient_norms(first, BATCH)
    assert not np.allclose(oracle.squared_gradient_norms(other, BATCH), before)
    assert np.array_equal(oracle.squared_gradient_norms(first, BATCH), before)


def test_a_batch_that_does_not_fit_is_refused():
    oracle = LossOracle(network_of(plain), "frozen")
    with pytest.raises(DataError, match="column 'x'"):
        oracle.squared_gradient_norms(oracle.network.theta, {"y": BATCH["y"]})


def test_samples_that_are_not_finite_do_not_decide(caplog):
    oracle = LossOracle(network_of(plain), "frozen")
    theta = oracle.network.theta
    broken = {**BATCH, "x": np.where(np.arange(3)[:, None, None] == 1, np.nan, BATCH["x"])}
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = oracle.squared_gradient_norms(theta, broken)
    assert np.isnan(found).tolist() == [False, True, False] and not caplog.text
    expected = oracle.squared_gradient_norms(theta, BATCH)
    np.testing.assert_allclose(found[::2], expected[::2], rtol=1e-6)


def test_norms_do_not_depend_on_what_ran_before():
    """Layers whose running statistics move when NNabla runs them with batch statistics."""

    def normalized(x):
        h = PF.batch_normalization(PF.affine(x, 5, rng=RANDOM), name="norm")
        return PF.affine(F.relu(h), 2, rng=RANDOM, name="out")

    oracle = LossOracle(network_of(normalized))
    theta = oracle.network.theta
    before = oracle.squared_gradient_norms(theta, BATCH)
    oracle.products(theta, BATCH, np.ones(theta.size))
    assert np.array_equal(oracle.squared_gradient_norms(theta, BATCH), before)
    oracle.set_statistics(oracle.network.statistics_values + 1)
    assert not np.allclose(oracle.squared_gradient_norms(theta, BATCH), before), "given statistics count"
