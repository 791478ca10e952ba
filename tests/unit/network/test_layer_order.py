"""Layers that NNabla would walk through for ever are refused."""

import pytest

from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network
from nnabla_influence.network.nnp import parse_text

TEXT = Network.builtin("builtin:mlp", (4,), 3).text


def test_a_name_that_two_layers_have_is_refused():
    message = parse_text(TEXT, "n.nntxt")
    first, second = message.network[0].function[:2]
    second.name = first.name
    with pytest.raises(NetworkError, match=f"a name of its own .* got '{first.name}' 2 times"):
        Network.from_text(str(message), "n.nntxt")


@pytest.mark.parametrize("back", [0, 1, 2])
def test_layers_that_wait_for_each_other_are_refused(back):
    message = parse_text(TEXT, "n.nntxt")
    layers = message.network[0].function
    layers[0].input[0] = layers[back].output[0]
    with pytest.raises(NetworkError, match="layers that follow each other .* got some that wait for each other"):
        Network.from_text(str(message), "n.nntxt")


def test_names_of_two_networks_may_be_the_same_and_layers_may_stand_in_any_order():
    message = parse_text(TEXT, "n.nntxt")
    layers = list(message.network[0].function)
    del message.network[0].function[:]
    message.network[0].function.extend(layers[::-1])
    assert Network.from_text(str(message)).theta.size == Network.from_text(TEXT).theta.size
