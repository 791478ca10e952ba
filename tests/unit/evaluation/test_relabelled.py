"""Relabelled data: the labels that were given, everything else as it was, nothing written into the original."""

import numpy as np
import pytest

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import ConfigError
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.relabelled import Relabelled

CHANGE = Change(relabelled=np.array([1, 3]), labels=np.array([7, 8], np.float32))


@pytest.fixture
def samples():
    return Dataset.from_arrays({"x": np.arange(8.0).reshape(4, 2), "y": np.arange(4), "pair": np.zeros((4, 2))})


def test_only_the_labels_of_the_rows_named_change(samples):
    view = Relabelled(samples, "y", CHANGE)
    batch = view.batch([3, 0, 1, 3])
    assert batch["y"].ravel().tolist() == [8, 0, 7, 8]
    assert np.array_equal(batch["x"], samples.batch([3, 0, 1, 3])["x"])
    assert len(view) == 4 and view.shapes == samples.shapes
    assert samples.column("y").ravel().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("column", [None, "pair"])
def test_there_has_to_be_one_label_per_row(samples, column):
    with pytest.raises(ConfigError, match=f"one label per row.*column '{column}'"):
        Relabelled(samples, column, CHANGE)
