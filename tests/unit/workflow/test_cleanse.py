"""The two files that come of scores: without the harmful rows, or with other labels for them."""

import numpy as np
import pytest
from support.small_projects import TRAINING

from nnabla_influence.cleansing import Below, Count, Listed, Share
from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, DataError, OutputExistsError, RequestError
from nnabla_influence.scores import InfluenceScores
from nnabla_influence.workflow.cleanse import CleanseRequest, cleanse_data


@pytest.fixture
def influence(scores, tmp_path):
    scores.to_csv(tmp_path / "influence.csv")
    return tmp_path / "influence.csv"


@pytest.fixture
def request_of(influence, tmp_path):
    def make(removal=None, given=influence, **options):
        return CleanseRequest(given, removal or Count(3), tmp_path / "clean.csv", tmp_path / "second.csv", **options)

    return make


def test_a_threshold_does_not_judge_losses(request_of):
    with pytest.raises(ConfigError) as caught:
        request_of(Below(0.0), score="loss")
    assert caught.value.said(IN_COMMANDS) == (
        "--below goes with scores, of which low ones are harmful; of losses high ones are odd. Say --remove N or "
        "--list CSV with --score loss."
    )
    assert str(caught.value).endswith('Use Count(...) or Listed(...) with score="loss".')


@pytest.mark.parametrize("options", [{"train": "training.csv"}, {"score": "loss"}], ids=str)
def test_scores_in_memory_are_of_their_own_data(request_of, scores, options):
    with pytest.raises(ConfigError, match="Leave train and score out"):
        request_of(given=scores, **options)


@pytest.mark.parametrize("wrong", [lambda: Count(-1), lambda: Share(1.5), lambda: Below(float("nan"))])
def test_impossible_removals(wrong):
    with pytest.raises(ConfigError):
        wrong()


def test_the_most_harmful_rows_go(request_of, scores, data, tmp_path):
    done = cleanse_data(request_of())
    assert done.selected.tolist() == done.changed.tolist() == sorted(scores.order[:3].tolist())
    rows = Table.read(data / "training.csv").rows
    assert Table.read(tmp_path / "second.csv").rows == [rows[row] for row in done.changed]
    assert len(Table.read(tmp_path / "clean.csv")) == done.samples - 3 == TRAINING - 3
    assert sum(loss.lost for loss in done.losses.largest) == 3


@pytest.mark.parametrize("relabels", [False, True])
def test_scores_in_memory_and_from_a_file_give_the_same_bytes(request_of, scores, tmp_path, data, relabels):
    written = []
    for given, options in ((tmp_path / "influence.csv", {"train": data / "training.csv"}), (scores, {})):
        cleanse_data(request_of(Share(0.5), given, relabels=relabels, overwrite=bool(written), **options))
        written.append([(tmp_path / name).read_bytes() for name in ("clean.csv", "second.csv")])
    assert written[0] == written[1]


def test_relabelled_rows_are_those_that_change(request_of, scores, tmp_path):
    done = cleanse_data(request_of(Count(TRAINING), relabels=True))
    labels = np.array([float(row[2]) for row in Table.read(tmp_path / "clean.csv").rows])
    assert (labels == scores.columns["predicted_label"]).all()
    assert len(done.selected) == TRAINING and len(Table.read(tmp_path / "second.csv")) == len(done.changed)


def test_a_test_set_that_was_trained_on_is_refused(request_of, data, tmp_path):
    with pytest.raises(DataError, match="the training data itself"):
        cleanse_data(request_of(test=data / "training.csv", train=data / "training.csv"))
    lines = (data / "training.csv").read_text(encoding="utf-8").splitlines()
    new = (data / "test.csv").read_text(encoding="utf-8").splitlines()[1]
    (tmp_path / "test.csv").write_text("\n".join([lines[0], lines[4], new]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="but 1 of its 2 rows are in .*line 2 is line 5"):
        cleanse_data(request_of(test=tmp_path / "test.csv", train=data / "training.csv"))
    assert not (tmp_path / "clean.csv").exists()
    cleanse_data(request_of(test=data / "test.csv"))


@pytest.mark.parametrize("which", ["influence", "train", "test", "list", "twice"])
def test_what_is_read_is_not_written_to(influence, data, tmp_path, which):
    (tmp_path / "list.csv").write_text("datasource_index\n1\n", encoding="utf-8")
    outputs = {
        "influence": influence,
        "train": data / "training.csv",
        "test": data / "test.csv",
        "list": tmp_path / "list.csv",
        "twice": tmp_path / "second.csv",
    }
    before = {path: path.read_bytes() for path in outputs.values() if path.exists()}
    request = CleanseRequest(
        influence,
        Listed(tmp_path / "list.csv"),
        outputs[which],
        tmp_path / "second.csv",
        train=data / "training.csv",
        test=data / "test.csv",
    )
    with pytest.raises(OutputExistsError):
        cleanse_data(request)
    assert before == {path: path.read_bytes() for path in before}


def test_scores_of_arrays_have_no_cells(request_of):
    with pytest.raises(RequestError, match="got scores of arrays"):
        cleanse_data(request_of(given=InfluenceScores(np.array([0.1, -0.2, 0.3, 0.4]), "spectral")))


def test_something_must_be_left(request_of, tmp_path):
    with pytest.raises(DataError, match=f"all {TRAINING} would be removed"):
        cleanse_data(request_of(Count(TRAINING)))
    assert not (tmp_path / "clean.csv").exists()
