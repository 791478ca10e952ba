"""Retrainings as jobs: what they give, and what a cache has to have kept (numbers: tests/numerical/test_retraining)."""

import math
from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.problems import without_initializers

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import CheckpointMissingError
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.retraining import Retraining, first_start, last_epoch_start, retrained, run_retraining
from nnabla_influence.network import Network
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.training import train


def samples(count, seed):
    random = np.random.RandomState(seed)
    return Dataset.from_arrays({"x": random.normal(size=(count, 4)), "y": random.randint(3, size=count)})


@pytest.fixture
def trained(tmp_path):
    """``trained(policy, network)``: the cache of a small training."""

    def make(policy="last-epoch", network=None, **solver):
        config = TrainingConfig(SolverConfig(learning_rate=0.1, **solver), epochs=2, batch_size=6, policy=policy)
        network = network or Network.builtin("builtin:mlp", (4,), 3)
        return train(network, samples(24, 0), config, tmp_path / f"{policy}.h5")

    return make


def job(cache, **what):
    return Retraining(cache.path, samples(24, 0), {"selection": samples(10, 1), "test": samples(12, 2)}, **what)


def test_a_job_measures_every_data_set_and_says_where_and_how_long(trained):
    result = run_retraining(job(trained()))
    assert list(result.performance) == ["selection", "test"] and result.seconds > 0 and result.cpu
    assert all(0 <= p.accuracy <= 1 and p.loss > 0 for p in result.performance.values())


def test_a_changed_label_changes_the_result(trained):
    cache = trained()
    label = samples(24, 0).column("y")[0, 0]
    losses = [
        run_retraining(job(cache, change=Change(relabelled=np.array([0]), labels=np.array([to])))).performance["test"]
        for to in (label, (label + 1) % 3)
    ]
    assert losses[0] == run_retraining(job(cache)).performance["test"] != losses[1]


def test_a_retraining_that_diverges_has_infinite_loss(trained, monkeypatch):
    from nnabla_influence.errors import DivergenceError
    from nnabla_influence.training import Trainer

    cache = trained()

    def diverge(trainer, step):
        raise DivergenceError("the loss became inf")

    monkeypatch.setattr(Trainer, "step", diverge)
    assert all(p.loss == math.inf for p in run_retraining(job(cache)).performance.values())


def test_a_cache_that_did_not_keep_the_last_epochs_start_is_refused_at_every_door(trained):
    with pytest.raises(
        CheckpointMissingError, match='Train with policy="last-epoch", or retrain from scratch'
    ) as caught:
        last_epoch_start(trained("final"))
    assert caught.value.said(IN_COMMANDS).endswith(
        "before the last epoch. Train with --policy last-epoch, or retrain from scratch."
    )
    assert "Train with the plugin Train with influence cache, or" in caught.value.said(IN_FIELDS)


def test_a_training_that_went_on_from_trained_parameters_has_to_have_kept_them(trained):
    further = trained("last-epoch").network
    lost = trained("final", further)
    with pytest.raises(CheckpointMissingError) as caught:
        first_start(lost, 0)
    assert caught.value.said(IN_COMMANDS) == (
        f"'{lost.path}' (policy 'final') does not hold the parameters that its training began with, and no known seed "
        "draws them: the network was made in Python, or went on from trained parameters. Train again with --policy "
        "last-epoch, which keeps them."
    )
    network, state = first_start(trained("epochs", further), 0)
    assert np.array_equal(state.theta, further.theta)


@pytest.mark.parametrize("kind", ["made in Python", "without initializers", "drawn with another seed", "trained"])
def test_scratch_begins_where_the_run_began(trained, kind):
    """Nothing is changed, so that the retraining is the run itself, bit for bit."""
    network = {
        "made in Python": in_python,
        "without initializers": lambda: without_initializers(in_python()),
        "drawn with another seed": lambda: Network.builtin("builtin:mlp", (4,), 3, seed=7),
        "trained": lambda: trained("epochs").network,
    }[kind]()
    cache = trained(network=network)
    assert (0 in cache.kept) == (kind != "drawn with another seed")
    assert np.array_equal(retrained(cache, job(cache, start="scratch")).theta, cache.final.theta)
    other = retrained(cache, job(cache, start="scratch", seed=1)).theta  # another order, and draw if there is one
    assert not np.array_equal(other, cache.final.theta)


def in_python():
    scope = OrderedDict()
    with nn.parameter_scope("", scope):
        x, y = nn.Variable((2, 4)), nn.Variable((2, 1))
        loss = F.softmax_cross_entropy(PF.affine(x, 3, rng=np.random.RandomState(3)), y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope)


def test_further_samples_are_trained_on_as_if_they_had_been_there(trained, tmp_path):
    """From scratch it is the training on both data sets, bit for bit."""
    cache = trained("epochs")
    more = samples(9, 5)
    first, second = samples(24, 0), more
    both = {name: np.concatenate([d.batch(range(len(d)))[name] for d in (first, second)]) for name in ("x", "y")}
    config = TrainingConfig(SolverConfig(learning_rate=0.1), epochs=2, batch_size=6)
    expected = train(Network.builtin("builtin:mlp", (4,), 3), Dataset.from_arrays(both), config, tmp_path / "both.h5")
    final = retrained(cache, job(cache, added=more, start="scratch"))
    assert np.array_equal(final.theta, expected.final.theta)
    last = retrained(cache, job(cache, added=more))  # the last epoch alone goes over them too
    assert not np.array_equal(last.theta, cache.final.theta) and not np.array_equal(last.theta, final.theta)
