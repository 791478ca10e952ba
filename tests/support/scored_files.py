"""A training CSV with every oddity of the grammar, and its influence CSV in another folder."""

import numpy as np

from nnabla_influence.dataset.csv import Table
from nnabla_influence.scores import InfluenceScores


def write_train(folder):
    """A training CSV of 12 rows with comments, odd spellings, and paths with spaces and Japanese characters."""
    folder.mkdir()
    lines = ["# who,x:image,v__0,v__1,y:label"]
    lines += [f'"Ann, {row}",画像\\no {row}.png,{row}.50,1e-{row},{row % 3}' for row in range(12)]
    path = folder / "training.csv"
    path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    return path


def write_influence(train, path):
    """The influence CSV of `train`; row 7 is the most harmful, then 4, 1, 10."""
    values = np.array([6, -1, 3, 9, -2, 8, 5, -3, 7, 4, -0.5, 2.0])
    columns = {"predicted_label": np.zeros(12), "loss": np.linspace(0, 1, 12)}
    InfluenceScores(values, "m", columns=columns).to_csv(path, Table.read(train))
    return path
