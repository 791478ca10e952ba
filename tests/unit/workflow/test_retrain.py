"""Original and cleansed data, trained on with the same seeds and compared."""

import dataclasses
import os

import numpy as np
import pytest
from support.small_projects import QUICK, CtrlC, opened

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import CacheMismatchError, ConfigError, DataError, OutputExistsError
from nnabla_influence.evaluation.performance import PerformanceMeter
from nnabla_influence.execution import Execution
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.resume import partial_folder
from nnabla_influence.workflow import retrain as retrain_module
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.retrain import RetrainRequest, retrain


@pytest.fixture
def cleansed(data, tmp_path):
    """The training data without every fifth row."""
    lines = (data / "training.csv").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "cleansed.csv"
    path.write_text("\n".join([lines[0], *(line for row, line in enumerate(lines[1:]) if row % 5)]) + "\n")
    return path


@pytest.fixture
def request_of(data, cleansed, tmp_path):
    def make(**changes):
        project = ProjectRequest("builtin:mlp", data / "training.csv", data / "validation.csv", training=QUICK)
        return RetrainRequest(project, cleansed, **{"trials": 2, "output": tmp_path / "r.csv", **changes})

    return make


def test_the_numbers_are_those_of_training_by_hand(request_of, data, cleansed, tmp_path):
    found = retrain(request_of(output=None))
    accuracies = []
    for train in (data / "training.csv", cleansed):
        of_seeds = []
        for seed in (0, 1):
            project = opened(data, seed=seed) if train.parent == data else opened_on(data, train, seed)
            final = project.train(tmp_path / f"{train.stem}{seed}.h5").final
            measured = PerformanceMeter(project.network).measure(final.theta, final.statistics, project.validation_data)
            of_seeds.append(measured.accuracy)
        accuracies.append(np.mean(of_seeds))
    assert found.original_accuracy.mean == pytest.approx(accuracies[0])
    assert found.cleansed_accuracy.mean == pytest.approx(accuracies[1])
    assert found.judged == "validation"


def opened_on(data, train, seed):
    from nnabla_influence.workflow.project import Project

    return Project.open("builtin:mlp", train, data / "validation.csv", training=QUICK, seed=seed)


def test_every_training_is_a_row_of_the_output_and_nothing_else_is_left(request_of, tmp_path):
    retrain(request_of())
    table = Table.read(tmp_path / "r.csv")
    assert [row[:2] for row in table.rows] == [[data, seed] for seed in "01" for data in ("original", "cleansed")]
    assert not partial_folder(tmp_path / "r.csv").exists()


def test_other_processes_find_the_same(request_of):
    here, there = retrain(request_of(output=None)), retrain(request_of(output=None, execution=Execution(2)))
    assert here == there


def test_two_tables_of_numbers_are_not_held_as_text(tmp_path, monkeypatch, caplog):
    """Of a million rows each is larger than the samples; that one is changed meanwhile is said all the same."""
    numbers = np.random.default_rng(0).normal(size=(60, 2)).round(3)
    lines = [f"{a},{b},{int(a > 0)}" for a, b in numbers]
    paths = {name: tmp_path / f"{name}.csv" for name in ("training", "cleansed", "validation")}
    for path, rows in zip(paths.values(), (lines, lines[:50], lines[::3])):
        path.write_text("\n".join(["x__0,x__1,y", *rows, ""]), encoding="utf-8")
    usual = retrain_module.run_fresh
    held = []

    def changed_meanwhile(job):
        held.append(len(job.train.table))
        os.utime(str(paths["cleansed"]))
        return usual(job)

    monkeypatch.setattr(retrain_module, "run_fresh", changed_meanwhile)
    project = ProjectRequest("builtin:mlp", paths["training"], paths["validation"], training=QUICK)
    retrain(RetrainRequest(project, paths["cleansed"], trials=1))
    assert held == [0, 0]
    assert f"{paths['cleansed']} was changed" in caplog.text


def test_a_change_of_data_that_the_caller_holds_is_said_once(request_of, data, caplog):
    project = opened(data)
    held = project.train_data
    os.utime(str(held.path))
    asked = dataclasses.replace(
        request_of(output=None, trials=1),
        project=ProjectRequest("builtin:mlp", held, data / "validation.csv", training=QUICK),
    )
    for times in (1, 1):
        retrain(asked)
        assert caplog.text.count(f"{held.path} was changed") == times


def test_an_interrupted_run_goes_on_with_what_is_finished(request_of, tmp_path, monkeypatch):
    wanted = retrain(request_of(output=tmp_path / "whole.csv"))
    with pytest.raises(Interrupted):
        retrain(request_of(), CtrlC("training on both", after=4))  # the first call says that nothing is finished yet
    assert len(list(partial_folder(tmp_path / "r.csv").glob("*.npz"))) == 3
    done = []
    run_fresh = retrain.__globals__["run_fresh"]
    monkeypatch.setitem(retrain.__globals__, "run_fresh", lambda job: done.append(job) or run_fresh(job))
    assert retrain(request_of()) == wanted and len(done) == 1


def test_progress_of_other_data_is_refused_or_replaced(request_of, data, tmp_path):
    with pytest.raises(Interrupted):
        retrain(request_of(), CtrlC("training on both", after=2))
    with pytest.raises(CacheMismatchError):
        retrain(request_of(test=data / "test.csv"))
    assert retrain(request_of(test=data / "test.csv", overwrite=True)).judged == "test"


def test_test_rows_judge_in_place_of_validation_rows(request_of, data):
    found = retrain(request_of(test=data / "test.csv", output=None))
    assert found.judged == "test" and found != retrain(request_of(output=None))


def test_what_cannot_be_compared_is_refused(request_of, data, cleansed, tmp_path):
    with pytest.raises(ConfigError):
        request_of(trials=0)
    with pytest.raises(DataError, match="got the same"):
        project = ProjectRequest("builtin:mlp", data / "training.csv", data / "validation.csv", training=QUICK)
        retrain(RetrainRequest(project, data / "training.csv"))
    with pytest.raises(DataError, match="are also in the training data"):
        retrain(request_of(test=data / "training.csv"))
    with pytest.raises(OutputExistsError):
        retrain(request_of(output=cleansed, overwrite=True))
    (tmp_path / "r.csv").write_text("mine")
    with pytest.raises(OutputExistsError):
        retrain(request_of())
    assert (tmp_path / "r.csv").read_text() == "mine"


def test_a_project_takes_a_view_of_its_own_data(project, scores):
    found = project.retrain(project.cleansed(scores, 4), trials=2)
    assert found.gain.seeds == 2 and found.gain.rows == len(project.validation_data)
