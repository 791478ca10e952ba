"""At the end of a job it is said which files were changed meanwhile."""

import dataclasses
import time
from contextlib import contextmanager

import pytest
from support.small_projects import QUICK, opened, write_data

from nnabla_influence.cleansing import Count
from nnabla_influence.errors import RunError
from nnabla_influence.workflow.changed_inputs import warn_of_changes
from nnabla_influence.workflow.choose import ChooseRequest, choose, evaluation_data
from nnabla_influence.workflow.evaluate import (
    EvaluateRequest,
    attribution_results,
    evaluated_curve,
    trained_and_scored,
)
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.retrain import RetrainRequest, retrain
from nnabla_influence.workflow.score import ScoreRequest
from nnabla_influence.workflow.train import train_project
from nnabla_influence.workflow.trials import TrialsRequest, mean_scores, run_trials


class Meanwhile:
    """A progress reporter that does something once, at the first step of a phase."""

    def __init__(self, act, phase=""):
        self.act = act
        self.phase = phase

    @contextmanager
    def progress(self, description, unit="samples"):
        def report(done, total):
            if description.startswith(self.phase) and self.act:
                act, self.act = self.act, None
                act()

        yield report


@pytest.fixture
def folder(tmp_path):
    write_data(tmp_path)
    time.sleep(0.02)  # the system's clock of files is a few milliseconds behind
    return tmp_path


def warned(caplog):
    return [record.getMessage() for record in caplog.records if "after it was read" in record.getMessage()]


@pytest.mark.parametrize("how", ["changed", "deleted"])
@pytest.mark.parametrize("name", ["training.csv", "validation.csv"])
def test_a_training_names_what_was_changed_meanwhile(folder, caplog, name, how):
    def act():
        time.sleep(0.02)
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).unlink()
        if how == "changed":
            (folder / name).write_text(text + "1,1,1\n", encoding="utf-8")

    train_project(opened(folder)._opened, folder / "c.h5", reporter=Meanwhile(act))
    assert warned(caplog) == [
        f"{folder / name} was {how} after it was read. The result is about the data as it was before; run again for "
        "the data as it is now."
    ]


@pytest.mark.parametrize("name", ["training.csv", "validation.csv", "test.csv"])
@pytest.mark.parametrize("metric", ["removal", "leave-one-out"])
def test_an_evaluation_names_what_was_changed_while_it_retrained(folder, caplog, name, metric):
    """Half of the validation rows scores and the other half chooses: the file is named once."""
    data = (folder / "training.csv", folder / "validation.csv")
    project = ProjectRequest("builtin:mlp", *data, training=QUICK)
    options = {"metric": metric, "groups": 3, "amounts": (Count(2),), "methods": ("loss",), "trials": 1}
    request = EvaluateRequest(project, folder / "curve.csv", test=folder / "test.csv", **options)
    evaluated = trained_and_scored(request)
    run = evaluated_curve if metric == "removal" else attribution_results
    run(request, evaluated, Meanwhile((folder / name).unlink, "retraining"))
    (said,) = warned(caplog)
    assert f"{folder / name} was deleted after it was read" in said


def test_so_does_the_choice_of_a_number(folder, caplog):
    project = opened(folder)
    cache = project.train(folder / "c.h5")
    data = evaluation_data(project._opened, selection=folder / "selection.csv")
    scoring = ScoreRequest("loss")
    reporter = Meanwhile((folder / "selection.csv").unlink, "retraining")
    # What was trained for two epochs has not learnt yet; that is not what is asked here.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnabla_influence.workflow.choose.refuse_untrained_choice", lambda *_: None)
        choose(cache, data, scoring, ChooseRequest(orders=2), project=project._opened, reporter=reporter)
    (said,) = warned(caplog)
    assert f"{folder / 'selection.csv'} was deleted after it was read" in said


def test_a_scoring_names_it_too_and_nothing_is_said_twice_or_without_reason(folder, caplog):
    project = opened(folder)
    cache = project.train(folder / "c.h5")
    assert warned(caplog) == []
    (folder / "training.csv").unlink()
    project.score(cache, method="loss")
    assert len(warned(caplog)) == 1 and "was deleted" in warned(caplog)[0]
    project.score(cache, method="random")
    warn_of_changes(project._opened.validation)
    assert len([text for text in warned(caplog) if "was changed" in text]) == 0


@pytest.mark.parametrize("name", ["training.csv", "cleansed.csv", "validation.csv", "test.csv"])
def test_a_comparison_of_two_data_sets_names_what_was_changed(folder, caplog, name):
    lines = (folder / "training.csv").read_text(encoding="utf-8").splitlines()
    (folder / "cleansed.csv").write_text("\n".join(lines[:-4]) + "\n", encoding="utf-8")
    time.sleep(0.02)
    project = ProjectRequest("builtin:mlp", folder / "training.csv", folder / "validation.csv", training=QUICK)
    request = RetrainRequest(project, folder / "cleansed.csv", test=folder / "test.csv", trials=1)
    retrain(request, Meanwhile((folder / name).unlink, "training on both"))
    (said,) = warned(caplog)
    assert f"{folder / name} was deleted after it was read" in said


def test_what_a_run_loses_while_it_trains_is_named_once(folder, caplog):
    """Its training names it, and its scoring need not."""
    run_trials(trials_of(folder, 1), reporter=Meanwhile((folder / "training.csv").unlink, "training"))
    (said,) = warned(caplog)
    assert f"{folder / 'training.csv'} was deleted after it was read" in said


def test_a_run_names_what_was_changed_in_a_trial(folder, caplog):
    run_trials(trials_of(folder, 1), reporter=Meanwhile(lambda: swap_two_rows(folder / "validation.csv")))
    (said,) = warned(caplog)
    assert f"{folder / 'validation.csv'} was changed after it was read" in said


def trials_of(folder, trials):
    project = ProjectRequest("builtin:mlp", folder / "training.csv", folder / "validation.csv", training=QUICK)
    return TrialsRequest(project, folder / "influence.csv", (ScoreRequest("loss"),), trials)


def swap_two_rows(path):
    """Another data set, all of whose rows are still there."""
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1], lines[2] = lines[2], lines[1]
    time.sleep(0.02)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", ["training.csv", "validation.csv"])
def test_trials_of_different_data_have_no_mean(folder, name):
    """Each trial reads its files by itself: the scores of one row were averaged with those of another."""
    with pytest.raises(RunError, match=f"{name}: expected the same data in every trial, .* that of seed 1"):
        mean_scores(trials_of(folder, 2), finished=lambda count, trial: swap_two_rows(folder / name))
    assert not (folder / "influence.csv").exists()


def test_nor_may_they_be_of_other_data_than_was_read_before_them(folder):
    """What an evaluation retrains on, or what workers were started for, was read before the first trial."""
    request = dataclasses.replace(trials_of(folder, 1), data=opened(folder)._opened.fingerprints)
    swap_two_rows(folder / "training.csv")
    with pytest.raises(RunError, match="training.csv: expected the same data"):
        run_trials(request)
