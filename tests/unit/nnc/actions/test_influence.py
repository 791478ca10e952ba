"""The plugin *Influence*, called in this process with its fields."""

import numpy as np
import pytest
from support.nnc_clicks import result_folder
from support.recording_console import RecordingConsole

from nnabla_influence.choices import DEFAULT_OBJECTIVE, OBJECTIVES
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, OutputExistsError
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.network import Network
from nnabla_influence.nnc.actions.finished_training import EPOCH_CACHE, FOLLOW_STEPS
from nnabla_influence.nnc.actions.influence import run
from nnabla_influence.nnc.actions.trained_anew import NEEDS_EPOCHS
from nnabla_influence.nnc.host.fields import Fields
from nnabla_influence.nnc.host.manifest import METHODS, SCORED_BY
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.objective import Objective
from nnabla_influence.training import TrainingCache
from nnabla_influence.workflow.opened_project import open_project
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.score import ScoreRequest, score_training
from nnabla_influence.workflow.train import train_project
from nnabla_influence.workflow.training_overrides import TrainingOverrides


@pytest.fixture
def folder(trained_project, tmp_path):
    return result_folder(trained_project("regression"), tmp_path / "result")


def fields(folder, **values):
    empty = {**dict.fromkeys(("train", "validation", "cache"), ""), "objective": DEFAULT_OBJECTIVE}
    empty.update(trials=1, batch_size=None)
    named = {"model": str(folder / "results.nnp"), "output": str(folder / "influence.csv"), "method": "spectral"}
    return Fields({**empty, **named, **values})


def scores_of(path):
    table = Table.read(path)
    (index,), (score,) = (table.variables[name] for name in ("datasource_index", "influence"))
    return {int(row[index.position]): float(row[score.position]) for row in table.rows}


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_trained_network_is_scored_as_it_is(folder, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    before, console = names(folder), RecordingConsole()
    run(fields(folder), console)
    assert names(folder) == before | {"influence.csv", "influence.csv.json", ".written_by_influence.json"}
    assert len(scores_of(folder / "influence.csv")) == 40
    assert any(line.startswith(f"influence CSV: {folder / 'influence.csv'} (40 rows") for line in console.lines)
    assert ("scoring (spectral)", "samples") in console.phases
    assert not any(phase == "training one more epoch" for phase, _ in console.phases)
    assert "nothing is trained" in caplog.text and "may be the best epoch's, not the last one's" in caplog.text


@pytest.mark.parametrize("method", FOLLOW_STEPS)
def test_methods_that_follow_steps_train_one_more_epoch_first(folder, method):
    console = RecordingConsole()
    run(fields(folder, method=method), console)
    assert ("training one more epoch", "steps") in console.phases
    assert np.count_nonzero(list(scores_of(folder / "influence.csv").values())) == 40
    assert not (folder / "influence.csv.partial").exists()


def test_every_method_that_is_offered_needs_no_more_than_that():
    """The plugin cannot offer `margin`, which is recorded in training, and trains anew for `tracin`."""
    assert set(FOLLOW_STEPS) <= set(SCORED_BY) and "margin" not in SCORED_BY
    assert set(SCORED_BY) - set(METHODS) == {NEEDS_EPOCHS}


def by_hand(folder, beside, method, seed, **overrides):
    """Scores (N,) of the project trained from new parameters, without the plugin."""
    training = TrainingOverrides(from_scratch=True, **overrides)
    project = open_project(ProjectRequest(str(folder / "results.nnp"), seed=seed, training=training))
    cache = train_project(project, beside / f"{method}{seed}.h5")
    return score_training(cache, project.train, project.validation, ScoreRequest(method, seed=seed)).values


def values_of(path):
    return [score for _, score in sorted(scores_of(path).items())]


def test_several_trials_are_the_mean_over_trainings_from_new_parameters(folder, tmp_path, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    before = names(folder)
    run(fields(folder, trials=2), RecordingConsole())
    assert names(folder) == before | {"influence.csv", "influence.csv.json", ".written_by_influence.json"}
    expected = np.mean([by_hand(folder, tmp_path, "spectral", seed) for seed in (0, 1)], axis=0)
    np.testing.assert_allclose(values_of(folder / "influence.csv"), expected, rtol=1e-6)
    assert "trained from new parameters 2 times, 3 epochs each; the selected result is not scored" in caplog.text
    assert "training 2 of 2, seed 1" in caplog.text


def test_tracin_trains_the_epochs_that_it_needs_and_says_so(folder, tmp_path, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    run(fields(folder, method="tracin"), RecordingConsole())
    expected = by_hand(folder, tmp_path, "tracin", 0, policy="epochs")
    np.testing.assert_allclose(values_of(folder / "influence.csv"), expected, rtol=1e-6)
    assert "trained from new parameters once, 3 epochs each; the selected result is not scored" in caplog.text


def test_tracin_scores_a_cache_that_keeps_every_epoch(folder, tmp_path, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    expected = by_hand(folder, tmp_path, "tracin", 0, policy="epochs")
    run(fields(folder, method="tracin", cache=str(tmp_path / "tracin0.h5")), RecordingConsole())
    np.testing.assert_allclose(values_of(folder / "influence.csv"), expected, rtol=1e-6)
    assert "scoring the training in" in caplog.text and "trained from new parameters" not in caplog.text


def test_the_batch_size_is_that_of_what_is_trained_and_computed(folder, tmp_path):
    run(fields(folder, method="tracin", batch_size=5), RecordingConsole())
    expected = by_hand(folder, tmp_path, "tracin", 0, policy="epochs", batch_size=5)
    np.testing.assert_allclose(values_of(folder / "influence.csv"), expected, rtol=1e-6)
    run(fields(folder, batch_size=5, output=str(folder / "five.csv")), RecordingConsole())
    run(fields(folder, output=str(folder / "own.csv")), RecordingConsole())
    assert values_of(folder / "five.csv") != values_of(folder / "own.csv")


def test_a_batch_size_that_is_not_the_caches_is_refused(folder, tmp_path):
    by_hand(folder, tmp_path, "spectral", 0)
    cache = str(tmp_path / "spectral0.h5")
    run(fields(folder, cache=cache, batch_size=8), RecordingConsole())
    with pytest.raises(ConfigError, match="the batch size of '.*spectral0.h5', 8, got 5. Leave the field empty"):
        run(fields(folder, cache=cache, batch_size=5), RecordingConsole())


@pytest.mark.parametrize("values", [{"trials": 0}, {"batch_size": 0}])
def test_numbers_that_cannot_be_are_refused_by_their_field(folder, values):
    (name,) = values
    with pytest.raises(ConfigError, match=f"in the field {name} 1 or more, got 0"):
        run(fields(folder, **values), RecordingConsole())


def test_an_interrupted_trial_goes_on_with_the_same_fields(folder, monkeypatch):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nnabla_influence.autodiff.LossOracle.batch_gradient", interrupted)
        with pytest.raises(Interrupted):
            run(fields(folder, trials=2), RecordingConsole())
    kept = folder / "influence.csv.partial"
    assert (kept / "influence.seed0.h5").is_file()
    console = RecordingConsole()
    run(fields(folder, trials=2), console)
    assert not kept.exists()
    again = values_of(folder / "influence.csv")
    run(fields(folder, trials=2), RecordingConsole())
    assert values_of(folder / "influence.csv") == again


def test_an_interruption_keeps_the_extra_epoch_and_the_same_click_goes_on(folder, monkeypatch):
    def interrupted(*arguments, **named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nnabla_influence.autodiff.LossOracle.batch_gradient", interrupted)
        with pytest.raises(Interrupted) as error:
            run(fields(folder, method="last-epoch"), RecordingConsole())
    kept = folder / "influence.csv.partial"
    assert error.value.said(IN_FIELDS) == (
        f"its progress is in '{kept}'. The same scoring goes on from there; otherwise delete that folder."
    )
    cache = TrainingCache.open(kept / EPOCH_CACHE)
    np.testing.assert_array_equal(cache.checkpoint(0).theta, Network.load(folder / "results.nnp").theta)
    run(fields(folder, method="last-epoch"), RecordingConsole())
    assert not kept.exists() and len(scores_of(folder / "influence.csv")) == 40


def test_the_training_data_is_never_written_over(folder, trained_project):
    own = trained_project("regression").training_csv
    before = own.read_bytes()
    with pytest.raises(OutputExistsError, match="got one that is read"):
        run(fields(folder, output=str(own)), RecordingConsole())
    assert own.read_bytes() == before


def test_the_field_objective_says_what_harm_is(folder, caplog):
    caplog.set_level("INFO", "nnabla_influence")
    found = {}
    for objective in OBJECTIVES:
        console = RecordingConsole()
        run(fields(folder, objective=objective, output=str(folder / f"{objective}.csv")), console)
        found[objective] = scores_of(folder / f"{objective}.csv")
        assert any(line.endswith(f"objective: {Objective(objective).words})") for line in console.lines)
    assert found["error"] != found["loss"]
    assert "bounded validation error, the mean of 1 - exp(-loss / " in caplog.text  # the project is a regression
    assert "influence:error" in Table.read(folder / "error.csv").header


def test_a_method_without_objective_takes_the_default_for_nothing_and_refuses_another(folder):
    (other,) = set(OBJECTIVES) - {DEFAULT_OBJECTIVE}
    run(fields(folder, method="loss"), RecordingConsole())
    with pytest.raises(ConfigError) as error:
        run(fields(folder, method="loss", objective=other), RecordingConsole())
    assert error.value.said(IN_FIELDS).startswith("Method loss has no setting objective; choose method spectral or")
