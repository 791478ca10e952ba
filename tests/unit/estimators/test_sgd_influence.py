"""SGD-influence: whose steps, and what has to be kept for them."""

import numpy as np
import pytest

from nnabla_influence.cli.remedies import IN_COMMANDS
from nnabla_influence.errors import CheckpointMissingError, ConfigError
from nnabla_influence.estimators import SgdInfluence
from nnabla_influence.training import FinalState


def test_of_a_single_epoch_all_steps_are_those_of_the_last(run, scores):
    finished = run(epochs=1, policy="every-step")
    assert np.array_equal(scores(SgdInfluence("all"), *finished), scores(SgdInfluence("last"), *finished))


def test_earlier_epochs_count_if_they_are_asked_for(run, scores):
    finished = run(policy="every-step")
    assert not np.allclose(scores(SgdInfluence(through="all"), *finished), scores(SgdInfluence(), *finished))


@pytest.mark.parametrize("through, policy", [("last", "last-epoch"), ("all", "sqrt")])
def test_a_network_file_has_no_steps_and_the_error_says_what_to_train(run, through, policy):
    cache, training, validation = run()
    state = FinalState(cache.network, cache.config, 23)
    with pytest.raises(CheckpointMissingError, match="sgd-influence follows the steps") as refusal:
        SgdInfluence(through=through).estimate(state, training, validation)
    assert f"--policy {policy}" in refusal.value.said(IN_COMMANDS)


def test_other_steps_are_refused():
    with pytest.raises(ConfigError, match="Through should be last or all, not 'some'"):
        SgdInfluence(through="some")
