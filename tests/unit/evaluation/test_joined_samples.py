"""Two sets of samples as one."""

import numpy as np
import pytest

from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.errors import DataError
from nnabla_influence.evaluation.joined_samples import JoinedSamples


def samples(start, count):
    x = np.arange(start, start + count, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)
    return Dataset.from_arrays({"x": x, "y": np.arange(start, start + count)})


@pytest.mark.parametrize("rows", [[0, 4, 2, 6, 6], [1], [5], [6, 0]], ids=str)
def test_it_is_the_data_set_of_both(rows):
    joined, whole = JoinedSamples(samples(0, 4), samples(4, 3)), samples(0, 7)
    assert len(joined) == 7 and joined.shapes == whole.shapes
    ours, theirs = joined.batch(rows), whole.batch(rows)
    assert set(ours) == set(theirs)
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])
        assert ours[name].dtype == np.float32


def test_variables_have_to_fit():
    with pytest.raises(DataError, match=r"variable 'x' of shape \(2, 2\) to add, got none"):
        JoinedSamples(samples(0, 2), Dataset.from_arrays({"y": np.zeros(2)}))
