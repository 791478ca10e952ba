"""Numbers that would take the whole process down are refused by the layer's name."""

import pytest

from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network
from nnabla_influence.network.nnp import parse_text

TEXT = Network.builtin("builtin:cnn", (1, 8, 8), 2).text


def changed(change):
    message = parse_text(TEXT, "n.nntxt")
    function = next(f for f in message.network[0].function if f.type == "MaxPooling")
    change(function.max_pooling_param)
    return str(message), function.name


@pytest.mark.parametrize("field", ["kernel", "stride"])
@pytest.mark.parametrize("number", [0, -1])
def test_a_number_that_nnabla_divides_by_must_be_positive(field, number):
    def change(parameters):
        getattr(parameters, field).dim[1] = number

    text, layer = changed(change)
    with pytest.raises(NetworkError, match=f"expected {field} of at least 1, got 2, {number}") as caught:
        Network.from_text(text, "n.nntxt")
    assert f"'n.nntxt': layer '{layer}' (MaxPooling) of network" in str(caught.value)


@pytest.mark.parametrize("number", [0, -1])
def test_a_lone_number_must_be_positive_too(number):
    message = parse_text(TEXT, "n.nntxt")
    next(f for f in message.network[0].function if f.type == "Convolution").convolution_param.group = number
    with pytest.raises(NetworkError, match=f"expected group of at least 1, got {number}"):
        Network.from_text(str(message), "n.nntxt")


def test_padding_may_be_zero():
    text, _ = changed(lambda parameters: parameters.pad.dim.__setitem__(0, 0))
    assert Network.from_text(text).theta.size


def test_a_variable_that_no_layer_makes_is_no_error():
    message = parse_text(TEXT, "n.nntxt")
    for network in message.network:
        network.variable.add(name="nobody's", type="Buffer").shape.dim.extend([-1, 3])
    network = Network.from_text(str(message))
    assert "nobody's" not in network.build(network.store(), 2).variables
