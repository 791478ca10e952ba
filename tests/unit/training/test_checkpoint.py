"""A state as arrays, and back."""

import numpy as np

from nnabla_influence.training import Checkpoint


def test_arrays_and_back():
    state = Checkpoint(7, np.arange(3.0), np.zeros(0), {"m": np.ones(3), "v": np.full(3, 2.0)})
    again = Checkpoint.from_arrays({**state.to_arrays(), "another": np.zeros(1)})
    assert again.step == 7 and set(again.solver) == {"m", "v"}
    for ours, theirs in ((again.theta, state.theta), (again.solver["v"], state.solver["v"])):
        np.testing.assert_array_equal(ours, theirs)
