"""Bytes of the states that each policy keeps."""

from nnabla_influence.choices import POLICIES
from nnabla_influence.config import SolverConfig
from nnabla_influence.training import train
from nnabla_influence.training.bytes_by_policy import bytes_by_policy


def test_bytes_are_states_times_their_arrays(network, data, config, tmp_path):
    """23 samples in batches of 5 are 5 steps an epoch, 15 in all; momentum doubles a state."""
    solver = SolverConfig("Momentum", 0.1, {"momentum": 0.9})
    cache = train(network, data, config(solver=solver), tmp_path / "c.h5")
    state = 2 * 4 * network.space.size
    counts = {"final": 1, "last-epoch": 2, "epochs": 4, "sqrt": 5, "every-step": 16}
    assert bytes_by_policy(cache) == {policy: counts[policy] * state for policy in POLICIES}
