"""The fixed first layer: against NumPy, and that it goes wherever its network goes."""

import numpy as np
import pytest

from nnabla_influence import Dataset, SpectralInfluence, TrainingConfig, train
from nnabla_influence.network import SCORING_BATCH, Network, Standardization
from nnabla_influence.network.nnp import write_archive

RANDOM = np.random.default_rng(0)
X = (RANDOM.normal(size=(50, 4)) * [1e-2, 1, 300, 1e7] + [5, 0, -2000, 1e8]).astype(np.float32)
DATA = Dataset.from_arrays({"x": X, "y": np.arange(50) % 3})
MEAN = X.astype(float).mean(axis=0)
DEVIATION = X.astype(float).std(axis=0)


def network(seed=0, **options):
    return Network.builtin("builtin:mlp", (4,), 3, seed=seed, standardization=Standardization.of(DATA, "x"), **options)


def outputs(net, batch):
    graph = net.build(net.store(), len(batch["x"]), SCORING_BATCH)
    graph.feed(batch)
    graph.keep_predictions()
    graph.sample_losses.forward()
    return graph.prediction_values()


def test_mean_and_deviation_are_those_of_the_data(monkeypatch):
    layer = Standardization.of(DATA, "x")
    np.testing.assert_allclose(layer.mean, MEAN, rtol=1e-6)
    np.testing.assert_allclose(layer.scale, 1 / DEVIATION, rtol=1e-6)
    monkeypatch.setattr("nnabla_influence.network.standardization._BATCH_VALUES", 12)  # three rows at a time
    blocks = Standardization.of(DATA, "x")
    np.testing.assert_allclose(blocks.scale, layer.scale, rtol=1e-6)


def test_a_number_that_never_changes_is_not_blown_up():
    """0.1 is no float32, and its mean not exactly its value."""
    constant = Dataset.from_arrays({"x": np.full((1000, 2), [0.1, 1e7])})
    assert Standardization.of(constant, "x").scale.tolist() == [1, 1]


def test_it_is_the_network_on_standardised_data():
    """The same parameters on data that was standardised before; float32 subtracts 1e8 from numbers near it."""
    plain = Network.builtin("builtin:mlp", (4,), 3)
    net = network()
    assert net.space == plain.space and np.array_equal(net.theta, plain.theta)
    batch = DATA.batch(range(8))
    standardised = {**batch, "x": ((X[:8].astype(float) - MEAN) / DEVIATION).astype(np.float32)}
    np.testing.assert_allclose(outputs(net, batch), outputs(plain, standardised), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(net.standardized(batch)["x"], standardised["x"], rtol=1e-5, atol=1e-5)
    assert plain.standardized(batch)["x"] is batch["x"]


def test_it_is_never_trained_and_never_drawn(tmp_path):
    net = network()
    values = net.statistics_values
    assert values.any() and net.statistics.names == ("standardization/mean", "standardization/scale")
    again = net.initialized(7)
    assert np.array_equal(again.statistics_values, values) and not np.array_equal(again.theta, net.theta)
    assert np.array_equal(network(7).theta, again.theta), "the seed draws what it draws without it"
    cache = train(net, DATA, TrainingConfig(epochs=2, batch_size=10), tmp_path / "c.h5")
    assert np.array_equal(cache.network.statistics_values, values) and not np.array_equal(cache.final.theta, net.theta)
    assert np.array_equal(cache.network.initialized(3).statistics_values, values)


def test_it_goes_into_files(tmp_path):
    net = network()
    values = {**net.space.unflatten(net.theta), **net.statistics.unflatten(net.statistics_values)}
    write_archive(tmp_path / "net.nnp", net.text, values)
    loaded = Network.load(tmp_path / "net.nnp")
    assert np.array_equal(loaded.statistics_values, net.statistics_values)
    assert np.array_equal(loaded.initialized(0).statistics_values, net.statistics_values)
    assert np.array_equal(loaded.initialized(0).theta, net.theta)


@pytest.mark.parametrize("shape", [(4,), (2, 3)])
def test_samples_may_have_any_shape(shape):
    x = RANDOM.normal(size=(20, *shape)) * 50 + 3
    data = Dataset.from_arrays({"x": x, "y": np.arange(20) % 2})
    layer = Standardization.of(data, "x")
    net = Network.builtin("builtin:mlp", shape, 2, standardization=layer)
    moments = layer.applied(x.astype(np.float32))
    np.testing.assert_allclose(moments.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(moments.std(axis=0), 1, rtol=1e-4)
    assert np.isfinite(outputs(net, data.batch([0, 1]))).all()


Y = (RANDOM.normal(size=50) * 3e4 + 2e5).astype(np.float32)


def test_values_of_unit_size_are_learnt_as_they_are():
    for scale, shift in ((1, 0), (0.5, 2), (2, -1.5)):
        assert Standardization.of_targets(targets(RANDOM.normal(size=50) * scale + shift), "y") is None
    for scale, shift in ((1e-3, 0), (100, 0), (1, 200)):
        assert Standardization.of_targets(targets(RANDOM.normal(size=50) * scale + shift), "y") is not None


def targets(y):
    return Dataset.from_arrays({"x": (X - MEAN) / DEVIATION, "y": y})


def test_values_in_any_unit_are_learnt_as_if_they_were_standardised(tmp_path):
    """The same steps, the same losses and the same scores; what is predicted is in the unit of the data."""
    standard = (Y - Y.mean(dtype=float)) / Y.std(dtype=float)
    raw, plain = targets(Y), targets(standard)
    layer = Standardization.of_targets(raw, "y")
    nets = (
        Network.builtin("builtin:mlp", (4,), 1, "regression", targets=layer),
        Network.builtin("builtin:mlp", (4,), 1, "regression"),
    )
    assert nets[0].loss_role.target == "y" and nets[0].last_hidden is not None
    config = TrainingConfig(epochs=3, batch_size=10)
    ours, expected = (
        train(net, data, config, tmp_path / f"{number}.h5")
        for number, (net, data) in enumerate(zip(nets, (raw, plain)))
    )
    np.testing.assert_allclose(ours.final.theta, expected.final.theta, rtol=1e-3, atol=1e-5)
    predicted, standardised = (
        outputs(cache.network, data.batch(range(8))) for cache, data in ((ours, raw), (expected, plain))
    )
    np.testing.assert_allclose(predicted, standardised * Y.std(dtype=float) + Y.mean(dtype=float), rtol=1e-3)
    scores = [
        SpectralInfluence().estimate(cache, data, data).values for cache, data in ((ours, raw), (expected, plain))
    ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-2, atol=1e-3 * np.abs(scores[1]).max())


def test_several_values_keep_their_units(tmp_path):
    y = np.stack([Y, Y / 1e5], axis=1)
    layer = Standardization.of_targets(targets(y), "y")
    net = Network.builtin("builtin:mlp", (4,), 2, "regression", targets=layer)
    np.testing.assert_allclose(
        outputs(net.initialized(3), targets(y).batch([0, 1])).mean(axis=0), y.mean(axis=0), rtol=1
    )
    assert net.loss_role.weight == pytest.approx(1 / np.mean(y.std(axis=0, dtype=float) ** 2), rel=1e-4)
