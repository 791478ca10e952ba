"""A network that learnt nothing, by what its influence CSV says."""

import numpy as np
import pytest

from nnabla_influence.dataset.csv import Table
from nnabla_influence.report.learning_note import learning_notes
from nnabla_influence.report.scored_samples import ScoredSamples
from nnabla_influence.scores import InfluenceScores

LABELS = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])
ENTROPY = -(0.2 * np.log(0.2) + 0.3 * np.log(0.3) + 0.5 * np.log(0.5))


def notes(folder, columns):
    (folder / "training.csv").touch()
    table = Table(folder / "training.csv", ["x", "y"], [[str(k), str(label)] for k, label in enumerate(LABELS)])
    InfluenceScores(np.linspace(-1, 1, 10), "spectral", columns=columns, table=table).to_csv(
        folder / "influence.csv", overwrite=True
    )
    return learning_notes(ScoredSamples.read(folder / "influence.csv"))


@pytest.mark.parametrize("loss, predicted, count", [(1.1, 2, 1), (0.9, 2, 0), (1.1, LABELS, 0)])
def test_loss_and_answers_are_asked(tmp_path, loss, predicted, count):
    columns = {"predicted_label": np.full(10, predicted), "loss": np.full(10, loss)}
    found = notes(tmp_path, columns)
    assert len(found) == count
    if count:
        assert (
            f"1.1 is no better than the {ENTROPY:.3g} of a constant answer" in found[0] and "right in 50%" in found[0]
        )


def test_without_losses_or_predictions_nobody_can_tell(tmp_path):
    assert notes(tmp_path, {"loss": np.full(10, 9.0)}) == []
    assert notes(tmp_path, {"predicted_label": np.full(10, 2)}) == []
