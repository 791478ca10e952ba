"""Wrong labels on purpose, and the truth about them."""

import pytest
from support.small_projects import TRAINING

from nnabla_influence.dataset.csv import Table
from nnabla_influence.errors import ConfigError, OutputExistsError
from nnabla_influence.workflow.compare import CompareRequest, compare
from nnabla_influence.workflow.noise import NoiseRequest, add_noise


@pytest.mark.parametrize(
    "wrong", [{"rate": -0.1}, {"rate": 1.1}, {"rate": float("nan")}, {"kind": "random"}, {"seed": -1}], ids=str
)
def test_impossible_requests(wrong):
    with pytest.raises(ConfigError):
        NoiseRequest(**{"train": "t.csv", "rate": 0.1, "output": "o.csv", "truth": "x.csv", **wrong})


def test_the_truth_is_what_a_comparison_reads(data, scores, tmp_path):
    labels = add_noise(NoiseRequest(str(data / "training.csv"), 0.25, tmp_path / "noisy.csv", tmp_path / "truth.csv"))
    assert labels.flipped.sum() == TRAINING // 4
    noisy = [float(row[2]) for row in Table.read(tmp_path / "noisy.csv").rows]
    assert noisy == labels.noisy.tolist()
    scores.to_csv(tmp_path / "influence.csv", Table.read(tmp_path / "noisy.csv"))
    comparison = compare(CompareRequest([tmp_path / "influence.csv"], tmp_path / "truth.csv"))
    assert comparison.mislabel[0][1].flips == TRAINING // 4


def test_the_clean_data_is_not_written_to(data, tmp_path):
    with pytest.raises(OutputExistsError):
        add_noise(NoiseRequest(data / "training.csv", 0.1, data / "training.csv", tmp_path / "truth.csv"))
