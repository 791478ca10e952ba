"""What is said before the scores, at which calls, and what is refused."""

import logging

import numpy as np
import pytest
from support.small_projects import CtrlC, arrays

from nnabla_influence import ChooseRequest, Dataset, InfluenceScores, Network, Project, RequestError, TrainingOverrides
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.workflow.preflight import preflight, refuse_untrained_choice, warn_of_equal_scores

GOOD = TrainingOverrides(epochs=30, batch_size=6, learning_rate=0.1)
NEVER = TrainingOverrides(epochs=1, batch_size=6, learning_rate=1e-9)


def trained(folder, training, train=None, validation=None, network="builtin:mlp"):
    project = Project.open(network, train or arrays(48, 0), validation or arrays(30, 1), training=training)
    return project, project.train(folder / "cache.h5")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("learnt"), GOOD)


@pytest.fixture(scope="module")
def unlearnt(tmp_path_factory):
    train, validation = (
        Dataset.from_arrays({"x": 1e-6 * data.column("x"), "y": data.column("y")})
        for data in (arrays(48, 0), arrays(30, 1))
    )
    network = Network.builtin("builtin:mlp", (2,), 3)  # which does not standardise its inputs
    return trained(tmp_path_factory.mktemp("unlearnt"), NEVER, train, validation, network)


def lines(caplog, level=logging.WARNING):
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


def test_a_network_that_learnt_is_not_warned_of(learnt, caplog):
    project, cache = learnt
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        found = preflight(cache, project.train_data, project.validation_data)
    assert found.learning.learnt and found.findings == () and lines(caplog) == []
    assert lines(caplog, logging.INFO)[0].startswith("training loss 0.")
    refuse_untrained_choice(cache, project._opened)


def test_a_network_that_did_not_learn_is_scored_but_nothing_is_chosen(unlearnt, caplog):
    project, cache = unlearnt
    scores = project.score(cache)
    assert len(scores.values) == 48
    (said,) = [record for record in caplog.records if "did not learn" in record.getMessage()]
    assert "--learning-rate" in said.remedy.said(IN_COMMANDS) and "mislabelled" not in caplog.text
    reporter = CtrlC()
    with pytest.raises(RequestError, match=r"no more than a constant answer\. Scale the inputs"):
        project.choose(cache, request=ChooseRequest(orders=2), reporter=reporter)
    assert not reporter.phases, "it is refused before anything is scored"


def test_rows_that_look_mislabelled_are_named(learnt, caplog):
    project, cache = learnt
    data = project.validation_data
    wrong = data.column("y")[:, 0].copy()
    wrong[[4, 11, 20]] = (wrong[[4, 11, 20]] + 1) % 3
    noisy = Dataset.from_arrays({"x": data.column("x"), "y": wrong})
    with caplog.at_level(logging.INFO, "nnabla_influence"):
        noise = preflight(cache, project.train_data, noisy).noise
    assert {4, 11, 20} <= set(noise.rows.tolist()) and noise.share >= 0.08
    assert f"{len(noise.rows)} of 30 validation rows may be mislabelled" in caplog.text
    assert f"rows {noise.rows[0]}, " in caplog.text


def test_training_data_as_validation_data_says_nothing_about_its_labels(learnt):
    project, cache = learnt
    assert preflight(cache, project.train_data, project.train_data).noise is None


def test_data_and_solver_are_looked_at_once_for_all_trials(learnt, caplog):
    project, cache = learnt
    few = arrays(48, 0).subset([0, 1])  # fewer rows than classes, and both are training rows
    assert len(preflight(cache, project.train_data, few).findings) == 2
    caplog.clear()
    assert preflight(cache, project.train_data, few, with_data=False).findings == ()
    assert lines(caplog) == []


def test_a_method_without_validation_data_does_not_ask_about_the_solver(tmp_path):
    adam = TrainingOverrides(epochs=30, batch_size=48, learning_rate=0.01, solver="Adam")
    project, cache = trained(tmp_path, adam)
    data = project.train_data, project.validation_data
    moments = {"smaller-batches-or-longer-horizon", "train-longer-or-forget-sooner"}
    for method, expected in (("spectral", moments), ("loss", set())):
        actions = {finding.remedy.action for finding in preflight(cache, *data, method=method).findings}
        assert actions & moments == expected


@pytest.mark.parametrize("value", [0.0, 0.25])
def test_equal_scores(value, caplog):
    warn_of_equal_scores(InfluenceScores(np.full(3, value), "spectral"))
    assert lines(caplog) == [f"all 3 scores are {value:g}, so there is no order among the samples."]
    caplog.clear()
    warn_of_equal_scores(InfluenceScores(np.array([0.0, 0.1]), "spectral"))
    assert lines(caplog) == []


def test_a_loss_without_a_best_constant_is_not_refused(unlearnt, monkeypatch):
    project, cache = unlearnt
    monkeypatch.setattr("nnabla_influence.workflow.preflight.check_learning", lambda *_: None)
    refuse_untrained_choice(cache, project._opened)
