"""What caches and trained network files share: the steps of the run."""

import pytest

from nnabla_influence.training import FinalState, FinishedTraining, train


@pytest.fixture(params=["cache", "file"])
def training(request, network, data, config, tmp_path):
    if request.param == "cache":
        return train(network, data, config(), tmp_path / "c.h5")
    return FinalState(network, config(), 23)


def numbers(steps):
    return [step.index for step in steps]


def test_steps_of_the_last_epoch_or_of_all_in_both_directions(training):
    assert isinstance(training, FinishedTraining)
    assert numbers(training.steps()) == list(range(10, 15))
    assert numbers(training.steps(backwards=True)) == list(range(10, 15))[::-1]
    assert numbers(training.steps(epochs="all")) == list(range(15))
    assert numbers(training.steps(epochs="all", backwards=True)) == list(range(15))[::-1]


def test_the_network_holds_the_final_parameters(training):
    assert (training.network.theta == training.final.theta).all()
    assert training.final.step == training.plan.steps == 15


def test_the_type_itself_is_not_one():
    with pytest.raises(TypeError, match="abstract"):
        FinishedTraining()
