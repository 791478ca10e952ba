"""Several seeds: trained and scored here or in other processes, with the same bytes."""

from pathlib import Path

import pytest
from support.small_projects import QUICK, CtrlC, arrays

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import ConfigError, OutputExistsError, UnsupportedError
from nnabla_influence.estimators import OutOfFold
from nnabla_influence.execution import Execution
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.network import Network, Standardization
from nnabla_influence.training import TrainingCache
from nnabla_influence.workflow.opened_project import open_project
from nnabla_influence.workflow.project_request import ProjectRequest
from nnabla_influence.workflow.score import ScoreRequest
from nnabla_influence.workflow.trials import TrialsRequest, cache_path, mean_scores, run_trials, scores_path
from nnabla_influence.workflow.validation_target import ValidationTarget


@pytest.fixture
def request_of(data, tmp_path):
    """``request_of(...)``: two trials of two quick methods into ``influence.csv`` of a folder of this test."""

    def make(folder=tmp_path, **changes):
        folder.mkdir(exist_ok=True)
        project = ProjectRequest("builtin:mlp", data / "training.csv", data / "validation.csv", training=QUICK)
        options = {"methods": (ScoreRequest("last-epoch"), ScoreRequest("random")), "trials": 2}
        return TrialsRequest(project, folder / "influence.csv", **{**options, **changes})

    return make


@pytest.mark.parametrize(
    "wrong", [{"trials": 0}, {"trials": 1.5}, {"methods": ()}, {"methods": (ScoreRequest(), ScoreRequest())}], ids=str
)
def test_impossible_requests(request_of, wrong):
    with pytest.raises(ConfigError):
        request_of(**wrong)


def test_one_trial_has_one_seed(request_of):
    one = request_of(trials=3).one(2)
    assert one.project.seed == 2 and one.trials == 1 and [method.seed for method in one.methods] == [2, 2]


def test_absolute_paths_for_machines_that_share_the_disk(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    method = ScoreRequest(target=ValidationTarget(Path("rows.csv")))
    request = TrialsRequest(ProjectRequest("a.nntxt", Path("t.csv")), Path("i.csv"), (method,)).absolute()
    assert request.output == tmp_path / "i.csv" and request.project.train == tmp_path / "t.csv"
    assert request.methods[0].target == ValidationTarget(tmp_path / "rows.csv")


def test_files_lie_beside_the_output():
    assert cache_path(Path("a/i.csv"), 3) == Path("a/i.seed3.h5")
    assert scores_path(Path("a/i.csv"), 3, "loss") == Path("a/i.seed3.loss")


def test_workers_give_the_same_bytes_as_this_process(request_of, tmp_path):
    """Trainings, scores, and the influence CSV of their mean, whose cells did not travel."""
    here, there = [], []
    reporter = CtrlC()
    mean = mean_scores(request_of(tmp_path / "here"), finished=lambda count, trial: here.append(trial))
    mean.to_csv(tmp_path / "here.csv")
    elsewhere = mean_scores(
        request_of(tmp_path / "there"),
        Execution(workers=2),
        reporter=reporter,
        finished=lambda count, trial: there.append(trial),
    )
    elsewhere.to_csv(tmp_path / "there.csv")
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "there.csv").read_bytes()
    assert "trials" in reporter.phases and [trial.seed for trial in here] == [0, 1]
    for one, other in zip(here, sorted(there, key=lambda trial: trial.seed)):
        assert one.cache.read_bytes() == other.cache.read_bytes()
        assert list(one.scores) == list(other.scores) == ["last-epoch", "random"]
        for method, scores in one.scores.items():
            assert scores.values.tobytes() == other.scores[method].values.tobytes()
            assert scores.columns["loss"].tobytes() == other.scores[method].columns["loss"].tobytes()
        assert (one.labels == other.labels).all()


def test_who_looks_on_is_told_of_every_trial(request_of):
    begun, finished = [], []
    request = request_of(methods=(ScoreRequest("random"),))
    trials = run_trials(request, begun=begun.append, finished=lambda count, trial: finished.append((count, trial.seed)))
    assert begun == [0, 1] == [trial.seed for trial in trials] and finished == [(1, 0), (2, 1)]


def test_a_finished_trial_is_not_trained_again(request_of, tmp_path):
    run_trials(request_of(trials=1))
    before = cache_path(tmp_path / "influence.csv", 0).stat().st_mtime_ns
    trials = run_trials(request_of())
    assert trials[0].cache.stat().st_mtime_ns == before and len(trials) == 2


def test_ctrl_c_in_a_trial_and_the_same_call_goes_on(request_of, tmp_path):
    whole = mean_scores(request_of(tmp_path / "whole")).values
    with pytest.raises(Interrupted) as caught:
        mean_scores(request_of(), reporter=CtrlC("training", 12))
    assert str(caught.value).endswith("to begin anew, delete that folder.")
    assert caught.value.said(IN_COMMANDS) == (
        f"the training's progress is in '{cache_path(tmp_path / 'influence.csv', 1)}.partial'. The same command goes "
        "on, --discard removes it."
    )
    assert mean_scores(request_of()).values.tobytes() == whole.tobytes()


def test_what_is_read_is_not_written_to(data, request_of):
    request = TrialsRequest(request_of().project, data / "validation.csv", (ScoreRequest("random"),))
    for execution in (Execution(), Execution(workers=2)):
        with pytest.raises(OutputExistsError):
            mean_scores(request, execution)
    assert not list(data.glob("*.h5"))


def test_a_network_in_memory_is_drawn_anew_for_each_seed_like_a_built_in(tmp_path):
    """The trials of a network object are those of the same built-in by name."""
    methods = (ScoreRequest("last-epoch"),)
    network = Network.builtin("builtin:mlp", (2,), 3, standardization=Standardization.of(arrays(), "x"))
    (tmp_path / "named").mkdir()
    given = TrialsRequest(
        ProjectRequest(network, arrays(), arrays(seed=1), training=QUICK), tmp_path / "i.csv", methods, 2
    )
    named = TrialsRequest(
        ProjectRequest("builtin:mlp", arrays(), arrays(seed=1), training=QUICK),
        tmp_path / "named" / "i.csv",
        methods,
        2,
    )
    assert mean_scores(given).values.tobytes() == mean_scores(named).values.tobytes()


@pytest.mark.parametrize("method", [ScoreRequest("knn-shapley"), ScoreRequest("random", labels="out-of-fold")], ids=str)
def test_a_network_that_a_method_cannot_score_is_refused_before_it_is_trained(tmp_path, method):
    values = ProjectRequest(Network.builtin("builtin:mlp", (2,), 1, "regression"), arrays(), arrays(seed=1))
    request = TrialsRequest(values, tmp_path / "i.csv", (method,))
    with pytest.raises(UnsupportedError, match="one class number per sample"):
        mean_scores(request)
    labelled = TrialsRequest(values, tmp_path / "i.csv", (ScoreRequest("random"),), labels=ScoreRequest("out-of-fold"))
    with pytest.raises(UnsupportedError, match="one class number per sample"):
        run_trials(labelled)
    assert not list(tmp_path.iterdir())


def test_labels_are_drawn_by_the_seed_of_the_trial(request_of):
    labels = ScoreRequest("out-of-fold", {"folds": 3})
    trials = run_trials(request_of(methods=(ScoreRequest("random"),), labels=labels))
    for seed, trial in enumerate(trials):
        cache = TrainingCache.open(trial.cache)
        data = open_project(request_of().project).train
        expected = OutOfFold(3, seed).estimate(cache, data, data).columns["predicted_label"]
        assert (trial.labels == expected).all()
        assert (trial.scores["random"].columns["predicted_label"] == expected).all()
