"""Does removing help, and do scores predict what leaving samples out does?"""

import dataclasses

import pytest
from support.small_projects import QUICK, TRAINING, VALIDATION, CtrlC, arrays

from nnabla_influence.choices import OBJECTIVES
from nnabla_influence.cleansing import Count, Share
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import CacheMismatchError, ConfigError, OutputExistsError
from nnabla_influence.estimators import OutOfFold
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.interrupts import Interrupted
from nnabla_influence.network import Network
from nnabla_influence.training import FreshTraining, TrainingCache
from nnabla_influence.workflow.evaluate import (
    EvaluateRequest,
    attribution_results,
    compared_methods,
    evaluated_curve,
    trained_and_scored,
)
from nnabla_influence.workflow.project_request import ProjectRequest


@pytest.fixture(scope="module")
def request_of(data, tmp_path_factory):
    """``request_of(...)``: one trial of two quick methods; trainings are shared by the tests of this module."""
    folder = tmp_path_factory.mktemp("evaluation")
    project = ProjectRequest("builtin:mlp", data / "training.csv", data / "validation.csv", training=QUICK)

    def make(name="curve.csv", **changes):
        options = {"methods": ("loss", "random"), "amounts": (Count(3),), "trials": 1}
        return EvaluateRequest(project, folder / name, **{**options, **changes})

    return make


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"methods": ("loss", "magic")}, "Expected methods to be some of .*, got 'magic'"),
        ({"amounts": ()}, "Expected amounts"),
        ({"amounts": (3,)}, "Expected amounts"),
        ({"starts": ()}, "Expected starts to be some of last-epoch, scratch, got none"),
        ({"starts": ("middle",)}, "got 'middle'"),
        ({"treatments": ("burn",)}, "Expected treatments to be some of remove, relabel, got 'burn'"),
        ({"labels": "mine", "treatments": ("relabel",)}, "Expected labels to be one of network, out-of-fold"),
        ({"labels": "out-of-fold"}, "are for the treatment relabel, but the treatments are remove"),
        ({"metric": "auc"}, "Expected metric to be one of removal, lds, leave-one-out, got 'auc'"),
        ({"metric": "lds", "groups": 2}, "A correlation needs at least 3 groups, not 2."),
        ({"trials": 0}, "Expected trials to be a whole number of at least 1, got 0."),
        ({"split_seed": -1}, "split_seed"),
    ],
    ids=str,
)
def test_impossible_requests(request_of, wrong, said):
    with pytest.raises(ConfigError, match=said):
        request_of(**wrong)


def test_amounts_are_numbers_of_this_data(request_of):
    assert request_of(amounts=(Count(2), Share(0.5))).sweep(TRAINING).counts == [2, TRAINING // 2]
    with pytest.raises(ConfigError, match="cannot be removed. Some must be left"):
        trained_and_scored(request_of("all.csv", amounts=(Share(1.0),)))
    assert not request_of("all.csv").output.exists()


def test_margins_exist_between_classes_only():
    assert compared_methods(Network.builtin("builtin:mlp", (2,), 3)) == ["spectral", "loss", "margin", "random"]
    values = Network.builtin("builtin:mlp", (2,), 1, "regression")
    assert compared_methods(values) == ["spectral", "loss", "random"]


def test_one_row_for_each_retraining(request_of):
    request = request_of(test=arrays(VALIDATION, 3), treatments=("remove", "relabel"), trials=2)
    evaluated = trained_and_scored(request)
    assert [trial.seed for trial in evaluated.trials] == [0, 1] and len(evaluated.data.test) == VALIDATION
    curve = evaluated_curve(request, evaluated)
    assert {(row.method, row.treatment, row.removed) for row in curve.rows} == {
        ("none", "remove", 0),
        ("loss", "remove", 3),
        ("random", "remove", 3),
        ("loss", "relabel", 3),
        ("random", "relabel", 3),
    }
    before = request.output.read_bytes()
    assert evaluated_curve(request, evaluated).rows and request.output.read_bytes() == before
    assert len(RemovalCurve.read_csv(request.output).rows) == len(curve.rows)


def test_another_experiment_is_refused_unless_asked(request_of):
    request = request_of("other.csv")
    evaluated = trained_and_scored(request)
    evaluated_curve(request, evaluated)
    other = dataclasses.replace(request, split_seed=1)
    with pytest.raises(CacheMismatchError) as caught:
        evaluated_curve(other, trained_and_scored(other))
    assert caught.value.said(IN_COMMANDS).endswith("Choose another file, or replace it with --overwrite.")
    again = dataclasses.replace(other, overwrite=True)
    assert len(evaluated_curve(again, trained_and_scored(again)).rows) == 3


@pytest.mark.parametrize("metric", ["lds", "leave-one-out"])
def test_groups_are_left_out_for_every_start(request_of, metric):
    request = request_of(f"{metric}.csv", metric=metric, groups=3, starts=("last-epoch", "scratch"), trials=1)
    # From scratch needs the first parameters.
    training = dataclasses.replace(request.project.training, policy="epochs")
    request = dataclasses.replace(request, project=dataclasses.replace(request.project, training=training))
    results = attribution_results(request, trained_and_scored(request))
    assert [result.plan.start for result in results] == ["last-epoch", "scratch"]
    assert [result.table.name for result in results] == [f"{metric}.last-epoch.csv", f"{metric}.scratch.csv"]
    for result in results:
        assert [agreement.method for agreement in result.agreements] == ["loss", "random"]
        assert result.table == request.table(result.plan.start) and result.table.exists()


def test_overwrite_replaces_the_table_of_every_start(request_of):
    request = request_of("groups.csv", metric="lds", groups=3, starts=("last-epoch", "scratch"), overwrite=True)
    training = dataclasses.replace(request.project.training, policy="epochs")
    request = dataclasses.replace(request, project=dataclasses.replace(request.project, training=training))
    for start in request.starts:
        request.table(start).write_text("another,table\n1,2\n", encoding="utf-8")
    with pytest.raises(OutputExistsError, match="or retrainings to go on with"):
        trained_and_scored(dataclasses.replace(request, overwrite=False))
    assert request.table("scratch").read_text(encoding="utf-8") == "another,table\n1,2\n"
    assert len(attribution_results(request, trained_and_scored(request))) == 2


def test_ctrl_c_says_how_to_go_on(request_of):
    request = request_of("interrupted.csv")
    kept = f"what is finished lies in '{request.output}' and in the files named after it."
    with pytest.raises(Interrupted) as caught:
        trained_and_scored(request, CtrlC("training", 3))
    assert str(caught.value) == f"{kept} The same call goes on."
    assert caught.value.said(IN_COMMANDS) == f"{kept} The same command goes on."
    evaluated = trained_and_scored(request)
    with pytest.raises(Interrupted) as caught:
        evaluated_curve(request, evaluated, CtrlC("retraining", 2))
    assert str(caught.value) == f"{kept} The same call goes on."
    assert evaluated_curve(request, evaluated).rows


@pytest.mark.parametrize("name", ["training.csv", "validation.csv", "selection.csv", "test.csv"])
def test_what_is_read_is_not_written_to(request_of, data, name):
    request = dataclasses.replace(
        request_of(), output=data / name, selection=data / "selection.csv", test=data / "test.csv"
    )
    with pytest.raises(OutputExistsError):
        trained_and_scored(request)


def test_the_objective_is_that_of_every_method_that_has_one(request_of):
    asked = request_of(methods=("tracin", "loss", "spectral"), objective="error")
    scorings = asked.scorings(asked.methods)
    assert [scoring.settings for scoring in scorings] == [{"objective": "error"}, {}, {"objective": "error"}]
    assert all(not scoring.settings for scoring in request_of(methods=("spectral",)).scorings(("spectral",)))


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"objective": "accuracy"}, "Expected objective to be one of error, loss, got 'accuracy'"),
        ({"objective": "error"}, "Setting objective=error means nothing to method loss"),
    ],
)
def test_an_objective_that_there_is_not_or_nobody_has(request_of, wrong, said):
    with pytest.raises(ConfigError, match=said):
        request_of(**wrong)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_leaving_out_measures_the_objective_of_the_scores(request_of, objective):
    methods = ("random", "spectral")
    asked = request_of(f"{objective}.csv", methods=methods, metric="lds", groups=4, objective=objective)
    (result,) = attribution_results(asked, trained_and_scored(asked))
    assert {row[4] for row in Table.read(result.table).rows} == {objective}
    assert [agreement.method for agreement in result.agreements] == list(methods)


@pytest.mark.parametrize("methods", [("loss",), ("loss", "out-of-fold")])
def test_relabelling_may_use_labels_predicted_out_of_fold(request_of, methods, monkeypatch):
    """Predicted once for each trial, whatever the number of methods."""
    trained = []
    fresh = FreshTraining.trained
    monkeypatch.setattr(FreshTraining, "trained", lambda self, *rest: trained.append(1) or fresh(self, *rest))
    request = request_of("relabelled.csv", methods=methods, treatments=("relabel",), labels="out-of-fold")
    evaluated = trained_and_scored(request)
    assert len(trained) == 5
    (trial,) = evaluated.trials
    cache = TrainingCache.open(trial.cache)
    expected = OutOfFold().estimate(cache, evaluated.data.train, evaluated.data.scoring).columns["predicted_label"]
    assert (trial.labels == expected).all()
    assert all((scores.columns["predicted_label"] == expected).all() for scores in trial.scores.values())
    curve = evaluated_curve(request, evaluated)
    expected_rows = {("none", "remove"), *((method, "relabel") for method in methods)}
    assert {(row.method, row.treatment) for row in curve.rows} == expected_rows
