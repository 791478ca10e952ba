"""Influence scores: sign and order, and the CSV that Neural Network Console opens."""

import csv
import dataclasses

import numpy as np
import pandas as pd
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError, DivergenceError, OutputExistsError
from nnabla_influence.objective import LOSS, Objective
from nnabla_influence.scores import InfluenceScores, original_table


def _table(folder, header, rows):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "train.csv"
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return Table.read(path)


def _read(path):
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf"), "no byte-order mark"
    return list(csv.reader(data.decode("utf-8").splitlines()))


def test_most_harmful_means_lowest_and_ties_keep_the_order_of_the_data():
    assert InfluenceScores(np.array([0.5, -2.0, 0.5, -2.0]), "m").order.tolist() == [1, 3, 0, 2]


def test_the_mean_over_trials():
    trials = [InfluenceScores(np.array([1.0, 2.0]), "m"), InfluenceScores(np.array([3.0, -4.0]), "m")]
    assert InfluenceScores.mean(trials).values.tolist() == [2.0, -1.0]


def test_a_score_that_is_not_a_number_is_never_written():
    with pytest.raises(DivergenceError, match="row 1"):
        InfluenceScores(np.array([0.0, np.nan]), "m")


def test_the_csv_keeps_the_cells_and_appends_score_and_index(tmp_path):
    table = _table(tmp_path, ["x__0:a", "x__1", "y:label"], [["1.50", "2e-3", "7"], ["3", "4", "8"]])
    InfluenceScores(np.array([0.123456789123, -4e-12]), "m").to_csv(tmp_path / "out.csv", table)
    assert _read(tmp_path / "out.csv") == [
        ["x__0:a", "x__1", "y:label", "influence", "datasource_index"],
        ["3", "4", "8", "-4e-12", "1"],
        ["1.50", "2e-3", "7", "0.123456789", "0"],
    ]


def test_further_columns_stand_between_score_and_index(tmp_path):
    table = _table(tmp_path, ["x", "predicted_label", "y", "loss"], [["1", "9", "7", "9"], ["3", "9", "8", "9"]])
    columns = {"predicted_label": np.array([3.0, 4.0]), "loss": np.array([0.25, 1e-10])}
    notices = InfluenceScores(np.array([2.0, -1.0]), "m", columns=columns).to_csv(tmp_path / "out.csv", table)
    assert _read(tmp_path / "out.csv") == [
        ["x", "y", "influence", "predicted_label", "loss", "datasource_index"],
        ["3", "8", "-1", "4", "1e-10", "1"],
        ["1", "7", "2", "3", "0.25", "0"],
    ]
    assert len(notices) == 2 and "predicted_label" in notices[0] and "loss" in notices[1]


def test_columns_of_those_names_stay_where_the_scores_have_none(tmp_path):
    table = _table(tmp_path, ["x", "loss"], [["1", "9"]])
    assert InfluenceScores(np.array([2.0]), "m").to_csv(tmp_path / "out.csv", table) == []
    assert _read(tmp_path / "out.csv")[0] == ["x", "loss", "influence", "datasource_index"]


def test_trials_agree_on_the_most_frequent_label_and_the_mean_loss():
    labels = [[0, 2, 1, 5], [3, 2, 1, 0], [3, 4, 0, 5], [0, 4, 1, 2]]
    trials = [
        InfluenceScores(np.zeros(4), "m", columns={"predicted_label": np.array(each), "loss": np.full(4, number)})
        for number, each in enumerate(labels)
    ]
    mean = InfluenceScores.mean(trials)
    assert mean.columns["predicted_label"].tolist() == [0, 2, 1, 5], "the lowest of equally frequent ones"
    assert mean.columns["loss"].tolist() == [1.5] * 4


def test_a_column_that_one_trial_lacks_has_no_mean():
    trials = [InfluenceScores(np.zeros(1), "m", columns=columns) for columns in ({"loss": np.zeros(1)}, {})]
    assert InfluenceScores.mean(trials).columns == {}


def test_the_data_set_can_be_taken_out_of_the_csv_again(tmp_path):
    table = _table(tmp_path / "a", ["x:image", "#w", "y"], [["a.png", "3", "1"], ["b.png", "4", "0"]])
    columns = {"loss": np.zeros(2), "margin": np.ones(2)}
    InfluenceScores(np.array([1.0, -1.0]), "m", columns=columns).to_csv(tmp_path / "b" / "out.csv", table)
    original = original_table(Table.read(tmp_path / "b" / "out.csv"))
    assert (original.header, list(original.lines)) == (table.header, [3, 2])
    assert original.rows == [["../a/a.png", "3", "1"], ["../a/b.png", "4", "0"]]


def test_paths_stay_valid_from_another_folder(tmp_path):
    data = tmp_path / "データ 1"
    (data / "images").mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (data / "images" / name).write_bytes(b"")
    table = _table(data, ["x:image", "y"], [["images/a.png", "0"], ["images\\b.png", "1"]])
    out = tmp_path / "results" / "deep" / "influence.csv"
    InfluenceScores(np.array([1.0, 2.0]), "m").to_csv(out, table)
    for row in _read(out)[1:]:
        assert (out.parent / row[0]).is_file()
    assert Table.read(table.path).rows[0][0] == "images/a.png", "the data set itself is untouched"


def test_old_scores_are_replaced_and_text_comments_dropped_with_a_notice(tmp_path):
    table = _table(
        tmp_path,
        ["x__0", "y", "# note", "# weight", "influence", "datasource_index"],
        [["1", "0", "blurred", "3", "9", "0"], ["2", "1", "fine", "4", "9", "1"]],
    )
    notices = InfluenceScores(np.array([2.0, 1.0]), "m").to_csv(tmp_path / "out.csv", table)
    assert _read(tmp_path / "out.csv")[0] == ["x__0", "y", "# weight", "influence", "datasource_index"]
    assert len(notices) == 3 and any("# note" in notice for notice in notices)


def test_the_training_data_itself_is_never_overwritten(tmp_path):
    table = _table(tmp_path, ["x", "y"], [["1", "0"]])
    before = table.path.read_bytes()
    with pytest.raises(OutputExistsError):
        InfluenceScores(np.array([1.0]), "m").to_csv(table.path, table)
    assert table.path.read_bytes() == before


def test_scores_of_other_data_are_refused(tmp_path):
    with pytest.raises(DataError, match="1 rows.*2 scores"):
        InfluenceScores(np.array([1.0, 2.0]), "m").to_csv(
            tmp_path / "o.csv", _table(tmp_path, ["x", "y"], [["1", "0"]])
        )


def test_scores_that_carry_the_table_need_no_other(tmp_path):
    table = _table(tmp_path, ["x", "y"], [["1", "0"], ["2", "1"]])
    scores = InfluenceScores(np.array([2.0, -1.0]), "m", table=table)
    scores.to_csv(tmp_path / "own.csv")
    dataclasses.replace(scores, columns={}).to_csv(tmp_path / "replaced.csv")
    InfluenceScores.mean([scores, scores]).to_csv(tmp_path / "mean.csv")
    InfluenceScores(scores.values, "m").to_csv(tmp_path / "given.csv", table)
    written = [(tmp_path / f"{name}.csv").read_bytes() for name in ("own", "replaced", "mean", "given")]
    assert len(set(written)) == 1
    other = _table(tmp_path / "other", ["z"], [["8"], ["9"]])
    scores.to_csv(tmp_path / "other.csv", other)
    assert _read(tmp_path / "other.csv")[1] == ["9", "-1", "1"], "the table that is given comes first"


def test_without_any_table_the_scores_stand_alone(tmp_path):
    columns = {"loss": np.array([0.5, 2.0])}
    assert InfluenceScores(np.array([2.0, -1.0]), "m", columns=columns).to_csv(tmp_path / "o.csv") == []
    assert _read(tmp_path / "o.csv") == [["influence", "loss", "datasource_index"], ["-1", "2", "1"], ["2", "0.5", "0"]]


def test_a_frame_has_the_scores_beside_the_rows_of_another():
    scores = InfluenceScores(np.array([2.0, -1.0, 0.5]), "m", columns={"loss": np.array([0.5, 2.0, 1.0])})
    frame = scores.to_frame()
    assert list(frame.columns) == ["influence", "loss"] and frame.index.name == "datasource_index"
    assert frame.index.tolist() == [1, 2, 0] and frame["influence"].tolist() == [-1.0, 0.5, 2.0]
    joined = pd.DataFrame({"kind": ["a", "b", "c"]}).join(frame)
    assert joined["influence"].tolist() == scores.values.tolist() and joined["loss"].tolist() == [0.5, 2.0, 1.0]


def test_the_repr_says_method_number_and_how_many_are_harmful(tmp_path):
    scores = InfluenceScores(np.array([2.0, -1.0, 0.0, -3.0]), "spectral", {"a": 1.0}, {"loss": np.zeros(4)})
    assert repr(scores) == "<InfluenceScores: 4 samples by 'spectral', 2 of them harmful>"
    assert scores.harmful == 2


def test_the_header_names_an_objective_other_than_the_mean_loss_and_numbers_stay_numbers(tmp_path):
    table = _table(tmp_path / "training", ["x", "y:label"], [["1", "0"], ["2", "1"]])
    values = np.array([0.5, -1.0])
    for objective, header in ((None, "influence"), (LOSS, "influence"), (Objective("error", 2.0), "influence:error")):
        scores = InfluenceScores(values, "m", objective=objective)
        scores.to_csv(tmp_path / "out.csv", table, overwrite=True)
        written = Table.read(tmp_path / "out.csv")
        assert written.header == ["x", "y:label", header, "datasource_index"]
        assert all(float(cell) or True for row in written.rows for cell in row)
        assert original_table(written).header == table.header
        again = InfluenceScores(values, "m").to_csv(tmp_path / "again.csv", written, overwrite=True)
        assert any(f"column '{header}' of the training data is replaced" in notice for notice in again)


def test_the_objective_is_part_of_what_scores_say_and_of_their_mean():
    trials = [InfluenceScores(np.array([1.0, -1.0]), "m", objective=Objective("error", s)) for s in (2.0, 3.0)]
    assert repr(trials[0]) == "<InfluenceScores: 2 samples by 'm' (objective error), 1 of them harmful>"
    assert InfluenceScores.mean(trials).objective == trials[0].objective
