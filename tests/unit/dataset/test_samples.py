"""Whatever training and measuring read is `Samples`, by its members alone."""

import numpy as np
import pytest

from nnabla_influence import Dataset
from nnabla_influence.dataset.samples import Samples
from nnabla_influence.evaluation.change import Change
from nnabla_influence.evaluation.relabelled import Relabelled

ARRAYS = {"x": np.arange(6.0).reshape(3, 2), "y": np.arange(3)}
MEMBERS = {name for name in vars(Samples) if not name.startswith("_")} | {"__len__"}


def whole():
    return Dataset.from_arrays(ARRAYS)


def relabelled():
    return Relabelled(whole(), "y", Change(relabelled=np.array([1]), labels=np.array([7.0], np.float32)))


@pytest.mark.parametrize("make, labels", [(whole, [2, 0, 1]), (relabelled, [2, 0, 7])])
def test_data_sets_and_their_views_are_samples(make, labels):
    samples = make()
    assert MEMBERS == {"shapes", "batch", "__len__"} and all(hasattr(samples, member) for member in MEMBERS)
    assert len(samples) == 3 and samples.shapes == {"x": (2,), "y": (1,)}
    batch = samples.batch(np.array([2, 0, 1]))
    assert batch["y"].ravel().tolist() == labels and batch["x"].shape == (3, 2) and batch["x"].dtype == np.float32


def test_a_subset_is_samples():
    assert whole().subset([2, 1]).batch([0])["y"].tolist() == [[2.0]]
