"""Where the last hidden layer ends."""

from nnabla_influence.network import Network
from nnabla_influence.network.hidden_layer import last_hidden_variable
from nnabla_influence.network.loss_role import producers_of


def test_it_is_the_input_of_the_affine_layer_nearest_to_the_prediction():
    network = Network.builtin("builtin:mlp", (4,), 3)
    message = network.proto.network[0]
    name = last_hidden_variable(message, network.loss_role.prediction)
    assert name == network.last_hidden
    assert producers_of(message)[name].type == "ReLU"
    (last,) = (f for f in message.function if f.type == "Affine" and network.loss_role.prediction in f.output)
    assert last.input[0] == name


def test_there_may_be_none():
    network = Network.builtin("builtin:mlp", (4,), 3)
    assert last_hidden_variable(network.proto.network[0], None) is None
    assert last_hidden_variable(network.proto.network[0], "x") is None
