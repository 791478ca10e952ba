"""How many samples are worth removing, decided by training again."""

import pytest
from support.small_projects import VALIDATION, CtrlC, arrays

from nnabla_influence.errors import ConfigError, DataError
from nnabla_influence.evaluation.removal_curve import RemovalCurve
from nnabla_influence.workflow.choose import ChooseRequest, choose, evaluation_data
from nnabla_influence.workflow.score import ScoreRequest, score_training


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"orders": 1}, "The number is chosen from 2 or more retrainings each, not 1."),
        ({"orders": -1}, "2 or more"),
        ({"start": "middle"}, "Expected start to be one of last-epoch, scratch, got 'middle'."),
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


def test_the_number_is_chosen_and_every_retraining_is_kept(project, cache, tmp_path):
    parts = evaluation_data(project._opened)
    scores = score_training(cache, parts.train, parts.scoring, ScoreRequest("last-epoch"))
    table = tmp_path / "retrainings.csv"
    reporter = CtrlC()
    chosen = choose(
        cache, parts, scores, ChooseRequest(orders=2), project=project._opened, table=table, reporter=reporter
    )
    assert reporter.phases == ["retraining"] and chosen.scores is scores
    assert chosen.removed == chosen.choice.removed and chosen.choice.method == "last-epoch"
    assert {row.seed for row in chosen.curve.rows} == {0, 1}
    written = RemovalCurve.read_csv(table)
    assert len(written.rows) == len(chosen.curve.rows)
    before = table.read_bytes()
    again = choose(cache, parts, scores, ChooseRequest(orders=2), project=project._opened, table=table)
    assert again.removed == chosen.removed and table.read_bytes() == before
