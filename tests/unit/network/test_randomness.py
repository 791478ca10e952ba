"""Network messages without randomness: what becomes of each kind of layer."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import pytest

from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network.randomness import (
    POWER_ITERATIONS,
    lasting_randomness,
    make_deterministic,
    with_common_seed,
)


@pytest.fixture
def message(from_python):
    """``message(body)``: the network message of ``body(x)`` with a loss behind it."""

    def make(body, x=(1, 4, 4)):
        network = from_python(lambda x, y: F.squared_error(PF.affine(body(x), 1, name="out"), y), x=x)
        return network.proto.network[0]

    return make


def layers(message, kind):
    return [function for function in message.function if function.type == kind]


@pytest.mark.parametrize(
    "body, kind",
    [
        (lambda x: F.dropout(x, 0.5), "Dropout"),
        (lambda x: F.random_flip(x, (2,)), "RandomFlip"),
        (lambda x: F.random_shift(x, (1, 1)), "RandomShift"),
    ],
)
def test_a_layer_that_keeps_the_shape_becomes_an_identity(message, body, kind):
    network = message(body)
    (drawn,) = layers(network, kind)
    name, inputs, outputs = drawn.name, list(drawn.input), list(drawn.output)
    assert lasting_randomness(network) is None
    make_deterministic(network)
    assert not layers(network, kind)
    (passed,) = [function for function in layers(network, "Identity") if function.name == name]
    assert list(passed.input) == inputs[:1] and list(passed.output) == outputs
    assert passed.WhichOneof("parameter") is None, "nothing is left of the layer's settings"


def test_a_layer_in_a_loop_stays_in_it(message):
    network = message(lambda x: F.dropout(x, 0.5))
    layers(network, "Dropout")[0].repeat_id.append("Loop")
    make_deterministic(network)
    assert list(layers(network, "Identity")[0].repeat_id) == ["Loop"]


def test_a_layer_that_changes_the_shape_stays_and_is_named(message):
    network = message(lambda x: F.random_crop(x, (1, 3, 3)))
    assert "(RandomCrop) of network 'Main' draws at random" in lasting_randomness(network)
    with pytest.raises(UnsupportedError, match="RandomCrop.*cannot be taken out for scoring"):
        make_deterministic(network)


def test_states_of_layers_are_held_still(message):
    network = message(lambda x: PF.mean_subtraction(x))
    make_deterministic(network)
    (layer,) = layers(network, "MeanSubtraction")
    assert not layer.mean_subtraction_param.update_running_mean


def test_spectral_normalisation_is_iterated_to_the_end(message):
    def body(x):
        return PF.affine(x, 3, name="inner", apply_w=lambda w: PF.spectral_norm(w, dim=1))

    network = message(body)
    make_deterministic(network)
    assert layers(network, "SpectralNorm")[0].spectral_norm_param.itr == POWER_ITERATIONS


def test_a_seed_of_its_own_is_taken_from_a_layer(message):
    network = message(lambda x: F.dropout(x, 0.5, seed=7))
    (layer,) = layers(network, "Dropout")
    assert layer.dropout_param.seed == 7
    with_common_seed(layer)
    assert layer.dropout_param.seed == -1
    with_common_seed(layers(network, "Affine")[0])  # has none; nothing happens
