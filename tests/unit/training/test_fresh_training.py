"""Training again from parameters that have seen nothing: the settings, the start, and going on."""

from dataclasses import replace

import numpy as np
import pytest
from support.problems import without_initializers

from nnabla_influence.config import IteratorConfig, ScheduleConfig, SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CheckpointMissingError
from nnabla_influence.network import Network
from nnabla_influence.training import FinalState, FreshTraining, StepPlan, fresh_training, train

CONFIG = TrainingConfig(solver=SolverConfig("Adam", 0.01), epochs=3, batch_size=4, seed=5)


def data(samples=20):
    random = np.random.RandomState(0)
    return Dataset.from_arrays({"x": random.normal(size=(samples, 3)), "y": random.randint(3, size=samples)})


def network(seed=5):
    return Network.builtin("builtin:mlp", (3,), 3, seed=seed)


class Memory(dict):
    """A store in memory."""

    def load(self, name):
        return self.get(name)

    def save(self, name, arrays):
        self[name] = {key: np.array(array) for key, array in arrays.items()}


def test_on_all_rows_it_is_the_training_itself_bit_for_bit(tmp_path):
    cache = train(network(), data(), CONFIG, tmp_path / "c.h5")
    again = FreshTraining.of(cache).trained(data())
    assert np.array_equal(again.theta, cache.final.theta)
    assert all(np.array_equal(again.solver[name], cache.final.solver[name]) for name in cache.final.solver)


def test_on_some_rows_it_is_a_training_on_a_data_set_of_these(tmp_path):
    cache = train(network(), data(), CONFIG, tmp_path / "c.h5")
    rows = np.array([0, 3, 4, 7, 8, 12, 19])
    alone = train(network(), data().subset(rows), CONFIG, tmp_path / "alone.h5")
    assert np.array_equal(FreshTraining.of(cache).trained(data().subset(rows)).theta, alone.final.theta)


def test_a_training_that_went_on_from_trained_parameters_is_done_anew_for_all_its_epochs(tmp_path, caplog):
    whole = train(network(), data(), CONFIG, tmp_path / "whole.h5")
    further = replace(CONFIG, epochs=1, first_epoch=2, seed=9)
    cache = train(whole.network, data(), further, tmp_path / "further.h5")
    for finished in (cache, FinalState(whole.network, further, 20)):
        caplog.clear()
        with caplog.at_level("INFO", "nnabla_influence"):
            fresh = FreshTraining.of(finished)
        assert fresh.config.epochs == 3 and fresh.config.first_epoch == 0
        assert np.array_equal(fresh.network.theta, network(9).theta)
        assert "drawing new ones (seed 9)" in caplog.text


def test_frozen_weights_stay(tmp_path):
    text = network().text
    message = Network.from_text(text).proto
    optimizer = message.optimizer[0]
    kept = [p for p in optimizer.parameter_variable if "affine1" not in p.variable_name]
    del optimizer.parameter_variable[:]
    optimizer.parameter_variable.extend(kept)
    partly = Network.from_text(str(message))
    assert any("affine1" in name for name in partly.statistics.names)
    trained = partly.with_parameters(partly.theta + 1, partly.statistics_values + 2)
    fresh = FreshTraining.of(FinalState(trained, CONFIG, 20))
    assert np.array_equal(fresh.network.statistics_values, partly.statistics_values + 2)
    assert np.array_equal(fresh.network.theta, trained.initialized(5).theta)


def test_without_initializers_it_begins_where_the_training_began(tmp_path):
    bare = without_initializers(network())
    kept = train(bare, data(), replace(CONFIG, policy="epochs"), tmp_path / "c.h5")
    assert np.array_equal(FreshTraining.of(kept).trained(data()).theta, kept.final.theta)
    lost = train(bare, data(), replace(CONFIG, policy="final"), tmp_path / "lost.h5")
    for finished in (lost, FinalState(bare, CONFIG, 20)):
        with pytest.raises(CheckpointMissingError, match='made in Python.*policy="last-epoch"'):
            FreshTraining.of(finished)


def test_parameters_that_the_networks_own_seed_drew_are_drawn_again(tmp_path, caplog):
    cache = train(network(seed=11), data(), CONFIG, tmp_path / "c.h5")
    assert cache.kept == [10, 15]
    with caplog.at_level("INFO", "nnabla_influence"):
        assert np.array_equal(FreshTraining.of(cache).trained(data()).theta, cache.final.theta)
    assert not caplog.text


def test_the_schedule_follows_the_epochs():
    schedule = ScheduleConfig("Step", {"gamma": 0.1, "iter_steps": [5]})  # after the first epoch of 5 batches
    config = replace(CONFIG, solver=SolverConfig("Sgd", 1.0, schedule=schedule))
    settings = FreshTraining.of(FinalState(network(), config, 20)).settings(8)
    plan = StepPlan(settings, 8)
    assert [[round(s.learning_rate, 3) for s in plan.epoch(e)] for e in range(2)] == [[1.0, 1.0], [0.1, 0.1]]


def test_nnablas_iterator_draws_its_share_of_the_batches():
    config = replace(CONFIG, iterator=IteratorConfig(iterations=5, monitored=3))
    fresh = FreshTraining.of(FinalState(network(), config, 20))
    assert fresh.settings(16).iterator == IteratorConfig(iterations=4)
    assert fresh.settings(1).iterator.iterations == 1


def test_going_on_ends_with_the_same_bits(monkeypatch):
    monkeypatch.setattr(fresh_training, "SECONDS_BETWEEN_SAVES", -1.0)
    fresh = FreshTraining.of(FinalState(network(), CONFIG, 20))
    store = Memory()
    drawn = []

    def interrupted(count):
        drawn.append(count)
        if len(drawn) == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fresh.trained(data(), progress=interrupted, store=store, name="here")
    assert set(store) == {"here"} and store["here"]["step"] == 7
    counts = []
    again = fresh.trained(data(), progress=counts.append, store=store, name="here")
    assert np.array_equal(again.theta, fresh.trained(data()).theta) and counts[-1] == 60
