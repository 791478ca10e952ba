"""Margins and averaged parameters, noted down while training."""

import numpy as np
import pytest

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.choices import POINTS
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CheckpointMissingError, ConfigError
from nnabla_influence.estimators import LastEpochInfluence, MarginBaseline, SpectralInfluence
from nnabla_influence.network import Network
from nnabla_influence.training import Hooks, train
from nnabla_influence.training.records import margins


def test_the_margin_is_the_labels_logit_minus_the_largest_other():
    logits = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0]], np.float32)
    assert margins(logits, np.array([1, 0])).tolist() == [1.0, 0.0]
    assert margins(logits, np.array([0, 2])).tolist() == [-2.0, -5.0]


def test_recorded_margins_are_those_of_the_parameters_before_each_step(network, data, config, tmp_path):
    cache = train(network, data, config(policy="every-step", record_margins=True), tmp_path / "c.h5")
    oracle, expected = LossOracle(network), np.zeros(23)
    for step in cache.steps(epochs="all"):
        batch = data.batch(step.batches[0])
        logits = oracle.predictions(cache.checkpoint(step.index).theta, batch)
        expected[step.batches[0]] += margins(logits, batch["y"][:, 0].astype(int)) / 3
    np.testing.assert_allclose(cache.record("margins"), expected, rtol=1e-5, atol=1e-6)
    scores = MarginBaseline().estimate(cache, data, data)
    np.testing.assert_array_equal(scores.values, cache.record("margins"))


def test_averaged_parameters_are_the_mean_after_each_step_of_the_last_epoch(network, data, config, tmp_path):
    cache = train(network, data, config(policy="every-step", average_parameters=True), tmp_path / "c.h5")
    expected = np.mean([cache.checkpoint(step).theta.astype(float) for step in range(11, 16)], axis=0)
    np.testing.assert_allclose(cache.record("average"), expected, rtol=1e-6)
    at_average = SpectralInfluence(at="average").estimate(cache, data, data).values
    at_final = SpectralInfluence(at="final").estimate(cache, data, data).values
    assert not np.allclose(at_average, at_final)
    assert np.array_equal(SpectralInfluence().estimate(cache, data, data).values, at_average)


def test_recording_changes_nothing_else(network, data, config, tmp_path):
    plain = train(network, data, config(), tmp_path / "plain.h5")
    noted = train(network, data, config(record_margins=True, average_parameters=True), tmp_path / "noted.h5")
    assert np.array_equal(plain.final.theta, noted.final.theta)


@pytest.mark.parametrize("after", [4, 12])
def test_an_interrupted_training_records_the_same(network, data, config, tmp_path, monkeypatch, after):
    monkeypatch.setattr("nnabla_influence.training.training_progress.SECONDS_BETWEEN_SAVES", -1.0)
    settings = config(record_margins=True, average_parameters=True)
    whole = train(network, data, settings, tmp_path / "whole.h5")

    def interrupt(done, total):
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(network, data, settings, tmp_path / "broken.h5", hooks=Hooks(interrupt))
    train(network, data, settings, tmp_path / "broken.h5")
    assert (tmp_path / "broken.h5").read_bytes() == whole.path.read_bytes()


def test_what_was_not_recorded_is_refused_with_the_option_that_records_it(network, data, config, tmp_path, caplog):
    cache = train(network, data, config(), tmp_path / "c.h5")
    with pytest.raises(CheckpointMissingError, match="was trained without record_margins") as no_margins:
        MarginBaseline().estimate(cache, data, data)
    assert no_margins.value.said(IN_COMMANDS) == (
        f"'{cache.path}' was trained without --record-margins. Train again with it."
    )
    with pytest.raises(CheckpointMissingError, match="was trained without average_parameters") as no_average:
        SpectralInfluence(at="average").estimate(cache, data, data)
    assert no_average.value.said(IN_COMMANDS) == (
        f"'{cache.path}' was trained without --average-parameters. Train again with it."
    )
    with caplog.at_level("INFO", "nnabla_influence"):
        left_open, final = (SpectralInfluence(at=at).estimate(cache, data, data) for at in POINTS[:2])
    assert np.array_equal(left_open.values, final.values) and "final parameters; their mean" in caplog.text
    assert LastEpochInfluence().estimate(cache, data, data).values.shape == (23,)


def test_margins_need_classes(data, config, tmp_path):
    regression = Network.builtin("builtin:mlp", (5,), 2, "regression")
    values = Dataset.from_arrays({"x": data.batch(range(23))["x"], "y": np.zeros((23, 2))})
    with pytest.raises(ConfigError, match="SquaredError"):
        train(regression, values, config(record_margins=True), tmp_path / "c.h5")
    assert list(tmp_path.iterdir()) == []
