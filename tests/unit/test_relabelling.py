"""Relabelling: rows keep their place, selected ones get the predicted label, and the changes are listed."""

import csv

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import DataError, OutputExistsError
from nnabla_influence.relabelling import propose_labels, relabel
from nnabla_influence.scored_data import ScoredData
from nnabla_influence.scores import InfluenceScores

LABELS = ["0", "1.0", "2", "0", "1"]
PREDICTED = np.array([2.0, 1, 0, 0, 0])


def rows_of(path):
    with open(str(path), encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def scored(folder, columns, labels=LABELS):
    train, influence = folder / "train.csv", folder / "influence.csv"
    train.write_text("x:image,y:label\n" + "".join(f"{row}.png,{label}\n" for row, label in enumerate(labels)))
    InfluenceScores(np.arange(5.0), "m", columns=columns).to_csv(influence, Table.read(train))
    return ScoredData.read(influence, train)


def test_selected_rows_get_the_predicted_label_where_it_differs(tmp_path):
    data = scored(tmp_path, {"predicted_label": PREDICTED})
    proposal = propose_labels(data, np.array([0, 1, 2, 3]))
    assert (proposal.new.tolist(), proposal.changed.tolist(), proposal.agreed) == ([2, 1, 0, 0, 1], [0, 2], 2)
    relabel(data, proposal, tmp_path / "new.csv", tmp_path / "lists" / "changed.csv")
    assert rows_of(tmp_path / "new.csv") == [
        ["x:image", "y:label"],
        ["0.png", "2"],
        ["1.png", "1.0"],
        ["2.png", "0"],
        ["3.png", "0"],
        ["4.png", "1"],
    ]
    assert rows_of(tmp_path / "lists" / "changed.csv") == [
        ["x:image", "y:label", "old_label", "new_label", "datasource_index"],
        ["../0.png", "0", "0", "2", "0"],
        ["../2.png", "2", "2", "0", "2"],
    ]


def test_inputs_are_never_overwritten(tmp_path):
    data = scored(tmp_path, {"predicted_label": PREDICTED})
    proposal, before = propose_labels(data, np.array([0])), data.train.read_bytes()
    for output, changed in ((data.train, tmp_path / "c.csv"), (tmp_path / "c.csv", data.influence)):
        with pytest.raises(OutputExistsError):
            relabel(data, proposal, output, changed)
    assert data.train.read_bytes() == before and not (tmp_path / "c.csv").exists()


@pytest.mark.parametrize(
    "columns, labels, reason",
    [
        ({}, LABELS, "needs the column predicted_label"),
        ({"predicted_label": PREDICTED + 0.5}, LABELS, "expected class numbers in column predicted_label"),
        ({"predicted_label": PREDICTED}, ["0", "1", "2", "0", "0.5"], "class number"),
    ],
)
def test_what_cannot_be_relabelled(tmp_path, columns, labels, reason):
    with pytest.raises(DataError, match=reason):
        propose_labels(scored(tmp_path, columns, labels), np.array([0]))
