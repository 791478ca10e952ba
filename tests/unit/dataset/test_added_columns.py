"""Rows of a data set with further columns (the influence CSV and the list of suspicious rows test the rest)."""

import numpy as np

from nnabla_influence.dataset.added_columns import write_with_columns
from nnabla_influence.dataset.csv import Table


def test_chosen_rows_in_their_order(tmp_path):
    rows = [["1", "5", "0"], ["2", "6", "1"], ["3", "7", "0"]]
    table = Table(tmp_path / "data.csv", ["x", "influence:old", "y"], rows)
    added = {"influence:error": np.array([0.5, -1 / 3, 2.0])}
    notices = write_with_columns(tmp_path / "out.csv", table, added, np.array([1, 0]), "training data")
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "x,y,influence:error,datasource_index",
        "2,1,-0.333333333,1",
        "1,0,0.5,0",
    ]
    assert notices == ["column 'influence:old' of the training data is replaced"]
