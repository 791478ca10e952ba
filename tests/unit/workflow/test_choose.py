"""How many samples are worth removing, decided by training again."""

import logging

import pytest
from support.small_projects import VALIDATION, CtrlC, arrays

from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.evaluation.decision import Decision, Outcome
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.workflow.choose import ChooseRequest, choose, evaluation_data
from nnabla_influence.workflow.score import ScoreRequest, score_training

QUICK = ChooseRequest(orders=2, start="last-epoch", confirm="last-epoch")


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"orders": 1}, "The number is chosen from 2 or more retrainings each, not 1."),
        ({"orders": -1}, "2 or more"),
        ({"start": "middle"}, "Expected start to be one of last-epoch, scratch, got 'middle'."),
        ({"confirm": "middle"}, "Expected confirm to be one of last-epoch, scratch, got 'middle'."),
    ],
    ids=str,
)
def test_impossible_requests(wrong, said):
    with pytest.raises(ConfigError, match=said):
        ChooseRequest(**wrong)


def test_the_validation_data_is_halved_or_other_data_chooses(project, data):
    halved = evaluation_data(project._opened)
    assert (len(halved.scoring), len(halved.selection), halved.test) == (VALIDATION // 2, VALIDATION // 2, None)
    other = evaluation_data(project._opened, split_seed=1)
    assert other.scoring.fingerprint != halved.scoring.fingerprint
    given = evaluation_data(project._opened, selection=data / "selection.csv", test=arrays(VALIDATION, 3))
    assert given.scoring is project.validation_data
    assert given.selection.path == data / "selection.csv" and len(given.test) == VALIDATION


def test_data_that_chooses_is_new(project, data):
    with pytest.raises(DataError, match="rows of the selection data"):
        evaluation_data(project._opened, selection=data / "validation.csv")
    with pytest.raises(ConfigError, match="split_seed"):
        evaluation_data(project._opened, split_seed=-1)


def test_both_kinds_of_retraining_start_from_scratch_unless_told_otherwise():
    request = ChooseRequest()
    assert (request.start, request.confirm) == ("scratch", "scratch")
    search = ChooseRequest(3, "last-epoch").search(split_seed=4)
    assert (search.orders, search.start, search.confirm, search.split_seed) == (3, "last-epoch", "scratch", 4)


@pytest.fixture(scope="module")
def parts(project):
    return evaluation_data(project._opened)


@pytest.fixture(scope="module")
def ranking(cache, parts):
    return score_training(cache, parts.train, parts.scoring, ScoreRequest("last-epoch"))


def test_the_number_is_chosen_and_every_retraining_is_kept(project, cache, parts, ranking, tmp_path):
    table = tmp_path / "retrainings.csv"
    reporter = CtrlC()
    chosen = choose(cache, parts, ranking, QUICK, project=project._opened, table=table, reporter=reporter)
    assert reporter.phases == ["retraining"] and chosen.scores is ranking
    assert chosen.removed == chosen.decision.number and chosen.decision.method == "last-epoch"
    assert {row.seed for row in chosen.curve.rows} in ({0, 1}, {0, 1, 2, 3}), "fresh ones confirm, if anything does"
    written = RemovalCurve.read_csv(table)
    assert len(written.rows) == len(chosen.curve.rows)
    assert all(row.job in written.figures for row in written.rows)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["retrainings.csv", "retrainings.rows.npz"]
    again = choose(cache, parts, ranking, QUICK, project=project._opened, table=table)
    assert again.decision == chosen.decision
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.fixture
def asked(monkeypatch):
    """The searches that `choose` asks for; nothing is trained."""
    searches = []

    def pretended(trial, data, search, sweep, table, progress):
        searches.append(search)
        for done in range(4):
            progress(done, 30)
        return Decision(Outcome.NOTHING, "m", "remove", search.confirm, 0, (), "selection"), RemovalCurve(())

    monkeypatch.setattr("nnabla_influence.workflow.choose.choose_number", pretended)
    return searches


def test_a_ranking_is_made_by_the_rows_that_score_with_what_is_known_of_every_sample(project, cache, parts, asked):
    request = ScoreRequest("loss")
    made = choose(cache, parts, request, QUICK, project=project._opened).scores
    assert (made.values == score_training(cache, parts.train, parts.scoring, request).values).all()
    assert {"loss", "predicted_label"} <= set(made.columns)


@pytest.mark.parametrize("confirm, warnings", [("scratch", 0), ("last-epoch", 1)])
def test_the_cost_is_said_first_and_what_an_epoch_cannot_show(
    project, cache, parts, ranking, asked, caplog, confirm, warnings
):
    caplog.set_level(logging.INFO, "nnabla_influence")
    request = ChooseRequest(orders=2, confirm=confirm)
    choose(cache, parts, ranking, request, project=project._opened, split_seed=5)
    (search,) = asked
    assert (search.start, search.confirm, search.split_seed) == ("scratch", confirm, 5)
    trainings = search.trainings(len(parts.train))
    cost = f"choosing how many to remove takes up to {trainings} trainings; how long is said after the first one"
    assert cost in caplog.messages
    assert sum("for all that are left" in message for message in caplog.messages) == 1
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == warnings
    assert all("may still do harm in a training from scratch" in message for message in warned)
