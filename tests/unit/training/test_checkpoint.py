"""A state is fixed once it is taken."""

import dataclasses

import numpy as np
import pytest

from nnabla_influence.training import Checkpoint


def test_a_state_cannot_be_given_other_values():
    state = Checkpoint(3, np.zeros(2), np.zeros(0), {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.step = 4
    assert dataclasses.replace(state, step=4).theta is state.theta
