"""Training again: without changes it is the original run; an excluded sample has weight zero; a label is a label."""

import numpy as np
import pytest
from reference import whole_run
from reference.softmax_regression import SoftmaxRegression
from support.comparison import assert_close
from support.network_kinds import BATCH, KINDS, TRAINING, write
from support.problems import dataset as labelled
from support.problems import overlapping_classes, replayable, softmax_network, trained, whole_run_truth

from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CacheMismatchError, CheckpointMissingError, ConfigError
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.retraining import Retraining, first_start, retrained, run_retraining
from nnabla_influence.network import Network
from nnabla_influence.training import train

IMAGE = (1, 8, 8)
SGD = SolverConfig(learning_rate=0.1, weight_decay=1e-3)
MOMENTUM = SolverConfig("Momentum", 0.05, {"momentum": 0.9}, update_interval=2)
ADAM = SolverConfig("Adam", 0.01, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8})


def images(samples, seed=0):
    random = np.random.RandomState(seed)
    y = random.randint(3, size=(samples, 1))
    return Dataset.from_arrays({"x": random.normal(size=(samples, *IMAGE)) + y[:, None, None], "y": y})


def run(folder, data=None, network=None, **config):
    settings = {"solver": SGD, "epochs": 3, "batch_size": 8, **config}
    network = network or Network.builtin("builtin:cnn", IMAGE, 3)
    return train(network, data or images(30), TrainingConfig(**settings), folder / "cache.h5")


def job(cache, data, **what):
    return Retraining(cache.path, data, {"validation": images(12, 1)}, **what)


def assert_same_end(cache, state):
    assert np.array_equal(state.theta, cache.final.theta)
    assert np.array_equal(state.statistics, cache.final.statistics)


@pytest.mark.parametrize("start", ["last-epoch", "scratch"])
@pytest.mark.parametrize("solver", [SGD, MOMENTUM, ADAM], ids=lambda solver: solver.name)
def test_without_exclusions_the_original_run_is_reproduced_bit_for_bit(tmp_path, start, solver):
    cache = run(tmp_path, solver=solver, crop=1, flip=True)
    assert_same_end(cache, retrained(cache, job(cache, images(30), start=start)))


@pytest.mark.parametrize("start", ["last-epoch", "scratch"])
@pytest.mark.parametrize("name", ["dropout", "random crop, none in validation", "batch normalization"])
def test_so_it_is_with_random_layers_and_batch_normalization(tmp_path, start, name):
    kind = next(kind for kind in KINDS if kind.name == name)
    data = Dataset.from_arrays(kind.arrays(TRAINING, 0))
    network = Network.load(write(kind, tmp_path))
    cache = run(tmp_path, data, network, epochs=2, batch_size=BATCH, policy="epochs")
    assert_same_end(cache, retrained(cache, Retraining(cache.path, data, {}, start=start)))


def test_excluding_a_sample_equals_training_on_a_weighted_loss_with_weight_zero(tmp_path):
    """Against float64: the change of the validation loss without each sample in turn, over the whole training."""
    data, validation = (labelled(*overlapping_classes(n, seed)) for n, seed in ((24, 0), (100, 1)))
    solver = {"name": "Momentum", "learning_rate": 0.1, "parameters": {"momentum": 0.5}, "weight_decay": 1e-2}
    t = trained(tmp_path, softmax_network(5), data, validation, solver=solver, epochs=3, batch_size=6)
    t = replayable(t, tmp_path, "epochs")

    def loss(*rows):
        change = Change(excluded=np.array(rows, np.int64))
        what = Retraining(t.cache.path, data, {"validation": validation}, change, "scratch")
        return run_retraining(what).performance["validation"].loss

    ours = np.array([loss(row) for row in range(24)]) - loss()
    truth = whole_run_truth(whole_run.leave_one_out, SoftmaxRegression(5, 3), t, whole_run.momentum(0.5))
    assert_close(ours, truth, 1e-3, "differences of float32 losses (6e-8 of 1) over changes of 1e-3")


def test_excluding_a_sample_is_not_the_same_as_dropping_its_row(tmp_path):
    """The divisor of the batch stays what it was, so the gradient of the others keeps its size."""
    data = images(8)
    cache = run(tmp_path, data, epochs=1)
    without = retrained(cache, job(cache, data, change=Change(excluded=np.arange(1, 8)), start="scratch"))
    before = first_start(cache, 0)[0]
    whole = np.linalg.norm(cache.final.theta - before.theta)
    alone = np.linalg.norm(without.theta - before.theta)
    assert alone < 0.5 * whole


def test_new_labels_train_as_if_the_data_had_them(tmp_path):
    data, rows, labels = images(30), np.array([3, 7, 20]), np.array([0.0, 1.0, 2.0])
    cache = run(tmp_path, data)
    change = Change(relabelled=rows, labels=labels)
    whole = data.batch(np.arange(30))
    whole["y"][rows, 0] = labels
    ours = retrained(cache, job(cache, data, change=change, start="scratch"))
    (tmp_path / "other").mkdir()
    assert_same_end(run(tmp_path / "other", Dataset.from_arrays(whole)), ours)


def test_another_seed_draws_another_order(tmp_path):
    data = images(30)
    cache = run(tmp_path, data)
    ends = [retrained(cache, job(cache, data, seed=seed)).theta for seed in (None, 0, 1)]
    assert np.array_equal(ends[0], ends[1]) and not np.array_equal(ends[1], ends[2])


def test_the_figures_are_those_of_the_final_network(tmp_path):
    data, validation = images(30), images(12, 1)
    cache = run(tmp_path, data)
    found = run_retraining(job(cache, data)).performance["validation"]
    from nnabla_influence.autodiff import LossOracle

    batch = validation.batch(np.arange(12))
    oracle = LossOracle(cache.network, "frozen")
    assert found.loss == pytest.approx(oracle.sample_losses(cache.final.theta, batch, validation=True).mean(), rel=1e-6)
    right = oracle.predictions(cache.final.theta, batch, validation=True).argmax(1) == batch["y"][:, 0]
    assert found.accuracy == right.mean()


def test_a_training_that_diverges_is_worth_an_infinite_loss(tmp_path):
    data = images(30)
    cache = run(tmp_path, data, epochs=1)
    network = cache.network.with_parameters(np.full_like(cache.network.theta, 3e38), cache.network.statistics_values)
    from nnabla_influence.training.cache import write_cache

    broken = [cache.checkpoint(0).__class__(step, network.theta, network.statistics_values, {}) for step in cache.kept]
    write_cache(tmp_path / "broken.h5", cache.passport, network, broken)
    found = run_retraining(Retraining(tmp_path / "broken.h5", data, {"validation": data}))
    assert found.performance["validation"].loss == np.inf


def test_what_cannot_be_retrained_is_refused(tmp_path):
    data = images(30)
    cache = run(tmp_path, data, policy="final")
    with pytest.raises(CheckpointMissingError, match='policy="last-epoch"'):
        run_retraining(job(cache, data))
    with pytest.raises(CacheMismatchError, match="other data"):
        run_retraining(job(cache, images(30, 5)))
    (tmp_path / "more").mkdir()
    trained_network = cache.network
    more = run(tmp_path / "more", data, trained_network, epochs=2, policy="final")
    with pytest.raises(CheckpointMissingError, match="does not hold the parameters that its training began with"):
        run_retraining(job(more, data, start="scratch"))


def test_only_single_labels_can_be_replaced(tmp_path):
    random = np.random.RandomState(0)
    data = Dataset.from_arrays({"x": random.normal(size=(20, 3)), "y": random.normal(size=(20, 2))})
    cache = run(tmp_path, data, Network.builtin("builtin:mlp", (3,), 2, "regression"))
    with pytest.raises(ConfigError, match="one label per row"):
        run_retraining(Retraining(cache.path, data, {}, Change(relabelled=np.array([1]), labels=np.array([0.0]))))
