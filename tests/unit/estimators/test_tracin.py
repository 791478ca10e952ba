"""TracIn: which checkpoints, and what the solver contributes."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CheckpointMissingError, ConfigError
from nnabla_influence.estimators import TracIn
from nnabla_influence.nnc.host.remedies import IN_FIELDS
from nnabla_influence.training import FinalState


def test_all_checkpoints_are_those_of_every_epoch_and_progress_counts_them(run):
    calls = []
    cache, training, validation = run(epochs=3, policy="epochs")
    whole = TracIn().estimate(cache, training, validation, lambda *call: calls.append(call)).values
    assert calls[-1] == (69, 69) and [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert np.array_equal(whole, TracIn(checkpoints=3).estimate(cache, training, validation).values)
    assert not np.allclose(whole, TracIn(checkpoints=1).estimate(cache, training, validation).values)


def test_a_missing_epoch_is_named_with_what_to_do(run):
    with pytest.raises(CheckpointMissingError, match="lacks epoch 1") as refusal:
        TracIn().estimate(*run(epochs=3))
    assert refusal.value.said(IN_COMMANDS).endswith("lacks epoch 1. Train with --policy epochs.")
    assert refusal.value.said(IN_FIELDS).endswith("lacks epoch 1. Train with the plugin Train with influence cache.")


def test_a_network_file_has_no_checkpoints(run):
    cache, training, validation = run()
    with pytest.raises(CheckpointMissingError, match="tracin follows the steps"):
        TracIn().estimate(FinalState(cache.network, cache.config, 23), training, validation)


def test_no_checkpoint_is_refused():
    with pytest.raises(ConfigError, match="at least 1 checkpoint, not 0"):
        TracIn(checkpoints=0)
