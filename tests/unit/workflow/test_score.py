"""Scoring: requests that cannot be met, refusals before work, and progress that survives an interruption."""

import os

import numpy as np
import pytest
from support.small_projects import CtrlC, arrays, opened

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.choices import METHODS, METHODS_WITHOUT_VALIDATION, OBJECTIVES
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.indexed_column import IndexedColumn
from nnabla_influence.device import Device
from nnabla_influence.errors import (
    CacheMismatchError,
    CheckpointMissingError,
    ConfigError,
    DivergenceError,
    NetworkError,
    OutputExistsError,
)
from nnabla_influence.estimators import OutOfFold, SgdInfluence, SpectralInfluence
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.objective import Objective
from nnabla_influence.resume import PartialFolder
from nnabla_influence.training import FinalState
from nnabla_influence.workflow.score import (
    ScoreRequest,
    final_state,
    has_objective,
    score_project,
    score_training,
    scoring_passport,
)
from nnabla_influence.workflow.validation_target import ValidationTarget


def test_no_such_method():
    with pytest.raises(ConfigError) as caught:
        ScoreRequest("magic")
    assert str(caught.value) == f"Methods are {', '.join(METHODS)}, not 'magic'."


@pytest.mark.parametrize("seed", [-1, 1.5])
def test_an_impossible_seed(seed):
    with pytest.raises(ConfigError, match="seed"):
        ScoreRequest(seed=seed)


def test_a_setting_of_another_method():
    with pytest.raises(ConfigError) as caught:
        ScoreRequest("spectral", {"damping": 0.5})
    assert caught.value.said(IN_COMMANDS) == (
        "--damping 0.5 means nothing to --method spectral (the default); leave it out, or use --method "
        "influence-function."
    )
    assert str(caught.value) == (
        "Setting damping=0.5 means nothing to method spectral (the default); leave it out, or use method "
        "influence-function."
    )
    assert caught.value.said(IN_FIELDS) == "Method spectral has no setting damping; choose method influence-function."


@pytest.mark.parametrize("name", ["colour", "seed", "device"])
def test_a_setting_of_no_method(name):
    with pytest.raises(ConfigError, match=f"Expected a setting of a method .*, got '{name}'"):
        ScoreRequest("spectral", {name: 1})


@pytest.mark.parametrize("settings", [{"lanczos_steps": 0}, {"curvature": "flat"}, {"at": "start"}], ids=str)
def test_an_impossible_value_of_a_setting(settings):
    with pytest.raises(ConfigError):
        ScoreRequest("spectral", settings)


def test_a_target_for_a_method_that_does_not_ask():
    with pytest.raises(ConfigError, match="means nothing to method loss"):
        ScoreRequest("loss", target=ValidationTarget(1))


def test_the_method_is_made_with_its_settings_seed_and_device():
    made = ScoreRequest("spectral", {"horizon": 2}, seed=5, device=Device("cpu")).estimator()
    assert isinstance(made, SpectralInfluence)
    assert made.settings() == SpectralInfluence(horizon=2, seed=5).settings()
    assert isinstance(ScoreRequest("sgd-influence", seed=5).estimator(), SgdInfluence)


def test_an_untrained_network_has_no_final_state(project):
    with pytest.raises(NetworkError, match="holds no trained parameters"):
        final_state(project._opened)


@pytest.mark.parametrize(
    "method, settings, policy",
    [("sgd-influence", {}, "last-epoch"), ("sgd-influence", {"through": "all"}, "sqrt"), ("tracin", {}, "epochs")],
)
def test_a_network_file_lacks_the_steps_and_every_door_says_what_to_train(project, cache, method, settings, policy):
    """What issue 9 found: a FinalState without `kept` ended in an AttributeError."""
    state = FinalState(cache.network, cache.config, len(project.train_data))
    with pytest.raises(CheckpointMissingError) as caught:
        score_training(state, project.train_data, project.validation_data, ScoreRequest(method, settings))
    assert f"python -m nnabla_influence train --policy {policy}" in caught.value.said(IN_COMMANDS)
    assert f'project.train("cache.h5", policy="{policy}")' in str(caught.value)
    assert "Train with influence cache" in caught.value.said(IN_FIELDS)


def test_loss_and_predicted_label_come_along(project, cache):
    scores = score_project(project._opened, cache, ScoreRequest("random"))
    assert set(scores.columns) == {"predicted_label", "loss"} and scores.table is project.train_data.table


def test_the_columns_of_a_trained_network_cost_no_pass_of_their_own(project, cache, monkeypatch):
    """Scores at the final parameters come by them; at the mean of the last epoch's they do not."""
    state = FinalState(cache.network, cache.config, len(project.train_data))
    expected = score_project(project._opened, state, ScoreRequest("random")).columns
    monkeypatch.setattr("nnabla_influence.workflow.score.preflight", lambda *args, **named: None)  # it looks at both
    asked = []
    usual = LossOracle.losses_and_predictions
    monkeypatch.setattr(
        LossOracle, "losses_and_predictions", lambda *args, **named: asked.append(1) or usual(*args, **named)
    )
    score_training(state, project.train_data, project.validation_data, ScoreRequest())
    alone = len(asked)
    scores = score_project(project._opened, state, ScoreRequest())
    assert len(asked) == 2 * alone and list(scores.columns) == list(expected)
    for name, column in expected.items():
        np.testing.assert_allclose(scores.columns[name], column, rtol=1e-5)
    theta = cache.network.theta + 1
    monkeypatch.setattr("nnabla_influence.estimators.curvature_influence.scoring_point", lambda *args: theta)
    score_project(project._opened, state, ScoreRequest())
    assert len(asked) == 3 * alone + len(project.train_data) / cache.config.batch_size


def test_a_target_is_scored_as_data_of_its_own(project, cache):
    validation = project.validation_data
    rows = np.flatnonzero(validation.column("y")[:, 0] == 1)
    request = ScoreRequest("last-epoch")
    alone = score_training(cache, project.train_data, validation.subset(rows), request)
    asked = score_project(project._opened, cache, ScoreRequest("last-epoch", target=ValidationTarget(1)))
    assert (asked.values == alone.values).all()


@pytest.mark.parametrize("name", ["training.csv", "validation.csv"])
def test_what_is_read_is_not_written_to(project, cache, data, tmp_path, name):
    os.link(data / name, tmp_path / "link.csv")
    for output in (data / name, tmp_path / "link.csv"):
        with pytest.raises(OutputExistsError):
            score_project(project._opened, cache, ScoreRequest("random"), output=output)


def test_the_list_of_a_target_is_not_written_to(project, cache, tmp_path):
    listed = tmp_path / "rows.csv"
    listed.write_text("datasource_index\n1\n", encoding="utf-8")
    with pytest.raises(OutputExistsError):
        score_project(project._opened, cache, ScoreRequest(target=ValidationTarget(listed)), output=listed)


def test_scores_of_arrays_are_written_without_cells(tmp_path, data):
    project = opened(data)
    from nnabla_influence.workflow.project import Project

    memory = Project.open("builtin:mlp", arrays(), arrays(seed=1), training=project._request.training)
    cache = memory.train(tmp_path / "c.h5")
    scores = memory.score(cache, "random", output=tmp_path / "i.csv")
    assert not (tmp_path / "i.csv.partial").exists()
    written = IndexedColumn.read_scores(tmp_path / "i.csv", "influence").by_sample()
    assert written.tolist() == pytest.approx(scores.values.tolist())


def test_ctrl_c_says_how_to_go_on_and_the_same_call_does(project, cache, tmp_path):
    request = ScoreRequest("sgd-influence")
    whole = score_project(project._opened, cache, request)
    output = tmp_path / "i.csv"
    with pytest.raises(Interrupted) as caught:
        score_project(project._opened, cache, request, output=output, reporter=CtrlC("scoring", 2))
    kept = f"the scoring's progress is in '{output}.partial'."
    assert str(caught.value) == f"{kept} The same call goes on from there; to begin anew, delete that folder."
    assert caught.value.said(IN_COMMANDS) == f"{kept} The same command goes on, --discard removes it."
    assert (tmp_path / "i.csv.partial").is_dir()
    again = score_project(project._opened, cache, request, output=output)
    assert again.values.tobytes() == whole.values.tobytes() and not (tmp_path / "i.csv.partial").exists()


def test_the_scores_of_two_workers_are_those_of_one_with_their_columns(project, cache):
    alone, shared = (project.score(cache, workers=workers) for workers in (1, 2))
    assert shared.values.tobytes() == alone.values.tobytes() and list(shared.columns) == list(alone.columns)
    assert all(shared.columns[name].tobytes() == alone.columns[name].tobytes() for name in alone.columns)


def test_a_cluster_needs_an_output_whose_folder_its_machines_see(project, cache):
    with pytest.raises(ConfigError, match="Scoring on a cluster needs an output, got none"):
        project.score(cache, scheduler="tcp://host:8786")


def test_without_an_output_ctrl_c_is_ctrl_c(project, cache):
    with pytest.raises(KeyboardInterrupt) as caught:
        score_project(project._opened, cache, ScoreRequest("sgd-influence"), reporter=CtrlC("scoring", 1))
    assert not isinstance(caught.value, Interrupted)


def test_progress_of_a_scoring_that_would_fail_again_is_removed(project, cache, tmp_path, monkeypatch):
    def diverges(*_, **__):
        raise DivergenceError("grew")

    monkeypatch.setattr(SgdInfluence, "estimate", diverges)
    with pytest.raises(DivergenceError):
        score_project(project._opened, cache, ScoreRequest("sgd-influence"), output=tmp_path / "i.csv")
    assert not (tmp_path / "i.csv.partial").exists()


def test_facts_are_logged(project, cache, caplog):
    import logging

    with caplog.at_level(logging.INFO, "nnabla_influence"):
        scores = score_project(project._opened, cache, ScoreRequest("spectral"))
    for name, value in scores.facts.items():
        assert f"{name}: {value:.3g}" in caplog.messages


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_objective_is_a_setting_that_the_scores_remember_and_the_log_says(project, cache, caplog, objective):
    caplog.set_level("INFO", "nnabla_influence")
    request = ScoreRequest("spectral", {"objective": objective})
    scores = score_training(cache, project.train_data, project.validation_data, request)
    assert scores.objective == Objective(objective)
    assert f"objective {objective}: the scores are changes of the {Objective(objective).formula}" in caplog.text
    assert score_training(cache, project.train_data, project.validation_data, ScoreRequest("loss")).objective is None


def test_a_word_that_is_no_objective_and_a_method_that_asks_no_validation_data():
    with pytest.raises(ConfigError, match="Expected objective to be one of error, loss, got 'errors'"):
        ScoreRequest("spectral", {"objective": "errors"})
    with pytest.raises(ConfigError) as caught:
        ScoreRequest("self-influence", {"objective": "error"})
    assert caught.value.said(IN_COMMANDS) == (
        "--objective error means nothing to --method self-influence; leave it out, or use --method spectral or "
        "last-epoch or sgd-influence or influence-function or tracin."
    )


@pytest.mark.parametrize("method", METHODS)
def test_exactly_the_methods_with_a_validation_gradient_have_an_objective(method):
    assert has_objective(method) == (method not in (*METHODS_WITHOUT_VALIDATION, "knn-shapley"))


def test_the_progress_of_one_objective_is_not_continued_by_the_other(project, cache, tmp_path):
    """With progress on the disk, the same objective goes on and the other is refused with both shown."""
    train, validation = project.train_data, project.validation_data
    target = tmp_path / "influence.csv"
    error, loss = (ScoreRequest("last-epoch", {"objective": name}) for name in ("error", "loss"))
    PartialFolder(target, scoring_passport(error.estimator(), cache, train, validation)).save(
        "other", {"x": np.ones(1)}
    )
    with pytest.raises(CacheMismatchError, match="objective") as caught:
        score_training(cache, train, validation, loss, beside=target)
    assert "error" in str(caught.value) and "loss" in str(caught.value)
    score_training(cache, train, validation, error, beside=target)


def test_a_target_restricts_the_rows_of_either_objective(project, cache):
    validation = project.validation_data
    rows = np.flatnonzero(validation.column("y")[:, 0] == 1)
    settings = {"objective": "error"}
    request = ScoreRequest("last-epoch", settings, ValidationTarget(1))
    asked = score_project(project._opened, cache, request)
    alone = score_training(cache, project.train_data, validation.subset(rows), ScoreRequest("last-epoch", settings))
    np.testing.assert_array_equal(asked.values, alone.values)


def test_the_columns_of_out_of_fold_are_out_of_fold(project, cache):
    scores = score_project(project._opened, cache, ScoreRequest("out-of-fold", {"folds": 3}))
    expected = OutOfFold(3).estimate(cache, project.train_data, project.validation_data)
    assert list(scores.columns) == ["predicted_label", "loss"]
    for name, values in expected.columns.items():
        assert np.array_equal(scores.columns[name], values)


def test_any_method_may_carry_labels_predicted_out_of_fold(project, cache, tmp_path):
    request = ScoreRequest("last-epoch", {"folds": 3, "recursion": "published"}, labels="out-of-fold", seed=2)
    labelled = score_project(project._opened, cache, request)
    plain = score_project(project._opened, cache, ScoreRequest("last-epoch", {"recursion": "published"}, seed=2))
    alone = score_project(project._opened, cache, ScoreRequest("out-of-fold", {"folds": 3}, seed=2))
    assert np.array_equal(labelled.values, plain.values) and labelled.method == "last-epoch"
    assert np.array_equal(labelled.columns["loss"], plain.columns["loss"])
    assert np.array_equal(labelled.columns["predicted_label"], alone.columns["predicted_label"])


def test_labels_by_the_method_that_scores_are_predicted_once():
    assert isinstance(ScoreRequest("out-of-fold", labels="out-of-fold").estimator(), OutOfFold)


@pytest.mark.parametrize(
    "wrong", [{"labels": "mine"}, {"settings": {"folds": 3}}, {"labels": "out-of-fold", "settings": {"folds": 1}}]
)
def test_impossible_labels(wrong):
    with pytest.raises(ConfigError):
        ScoreRequest("spectral", **wrong)


@pytest.mark.parametrize("after", [3, 23, 41, 60])
@pytest.mark.parametrize(
    "asked",
    [ScoreRequest("out-of-fold"), ScoreRequest("sgd-influence", labels="out-of-fold")],
    ids=lambda asked: asked.method,
)
def test_folds_go_on_after_ctrl_c_with_the_same_bytes(project, cache, tmp_path, asked, after):
    whole = score_project(project._opened, cache, asked)
    output = tmp_path / "i.csv"
    try:
        score_project(project._opened, cache, asked, output=output, reporter=CtrlC("scoring", after))
    except Interrupted:
        assert (tmp_path / "i.csv.partial").is_dir()
        with pytest.raises(CacheMismatchError):
            score_project(project._opened, cache, ScoreRequest("out-of-fold", {"folds": 4}), output=output)
        assert (tmp_path / "i.csv.partial").is_dir()
    again = score_project(project._opened, cache, asked, output=output)
    assert again.values.tobytes() == whole.values.tobytes() and not (tmp_path / "i.csv.partial").exists()
    assert again.columns["predicted_label"].tobytes() == whole.columns["predicted_label"].tobytes()
