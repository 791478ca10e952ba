"""The list of suspicious validation rows as a file."""

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import OutputExistsError, RequestError
from nnabla_influence.evaluation.confident_learning import estimate_label_noise
from nnabla_influence.evaluation.suspicious_rows import SuspiciousRows

PROBABILITIES = np.array([[0.9, 0.1], [0.25, 0.75], [0.1, 0.9], [0.95, 0.05], [0.9, 0.1], [0.2, 0.8]])
NOISE = estimate_label_noise(PROBABILITIES, np.array([0, 0, 1, 1, 0, 1]))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data" / "validation.csv"
    path.parent.mkdir()
    rows = [f"Ann,画像/{k}.png,{y},7" for k, y in enumerate([0, 0, 1, 1, 0, 1])]
    path.write_text("\n".join(["# who,x:image,y:label,predicted_label", *rows]) + "\n", encoding="utf-8")
    return Table.read(path)


def test_the_file(tmp_path, table):
    notices = SuspiciousRows(NOISE, table).to_csv(tmp_path / "suspects.csv")
    assert (tmp_path / "suspects.csv").read_text(encoding="utf-8").splitlines() == [
        "x:image,y:label,predicted_label,self_confidence,datasource_index",
        "data/画像/3.png,1,0,0.05,3",
        "data/画像/1.png,0,1,0.25,1",
    ]
    assert notices == [
        "comment column '# who' is left out: Neural Network Console takes numbers and files only",
        "column 'predicted_label' of the validation data is replaced",
    ]


def test_what_cannot_be_written(tmp_path, table):
    with pytest.raises(RequestError, match="arrays in memory"):
        SuspiciousRows(NOISE).to_csv(tmp_path / "suspects.csv")
    with pytest.raises(OutputExistsError, match="validation data itself"):
        SuspiciousRows(NOISE, table).to_csv(table.path)
