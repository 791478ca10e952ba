"""A state as arrays, and back."""

import numpy as np

from nnabla_influence.parameters import ParameterSpace
from nnabla_influence.training import Checkpoint


def test_arrays_and_back():
    state = Checkpoint(7, np.arange(3.0), np.zeros(0), {"m": np.ones(3), "v": np.full(3, 2.0)})
    again = Checkpoint.from_arrays({**state.to_arrays(), "another": np.zeros(1)})
    assert again.step == 7 and set(again.solver) == {"m", "v"}
    for ours, theirs in ((again.theta, state.theta), (again.solver["v"], state.solver["v"])):
        np.testing.assert_array_equal(ours, theirs)


def test_what_is_not_finite_is_named_wherever_it_stands():
    space, statistics = ParameterSpace.of({"a/W": (2,)}), ParameterSpace.of({"bn/mean": (1, 2)})
    good, bad = np.zeros(2, np.float32), np.array([0, np.nan], np.float32)
    assert Checkpoint(1, good, good, {"m": good}).not_finite(space, statistics) == ""
    for state, said in (
        (
            Checkpoint(1, bad, good, {}),
            "parameters: 1 of 2 numbers are not finite, the first (nan) in parameter 'a/W' at",
        ),
        (
            Checkpoint(1, good, bad, {}),
            "statistics: 1 of 2 numbers are not finite, the first (nan) in parameter 'bn/mean'",
        ),
        (Checkpoint(1, good, good, {"m": good, "v": bad}), "the solver's v: 1 of 2 numbers are not finite"),
    ):
        assert state.not_finite(space, statistics).startswith(said)
