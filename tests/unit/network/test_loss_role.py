"""Prediction, target, weight and axis of a loss, followed back through its network."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import pytest

from nnabla_influence.errors import NetworkError
from nnabla_influence.network import Network
from nnabla_influence.network.loss_role import column_behind, producers_of, read_loss_role, sources_of
from nnabla_influence.network.nnp import parse_text
from nnabla_influence.network.roles import read_roles


def roles_of(text):
    return read_roles(parse_text(text, "net.nntxt"), "net.nntxt")


COPY = """function { name: "Copy" type: "Identity" input: "SoftmaxCrossEntropy_T" output: "Copy" }
  variable { name: "Copy" type: "Buffer" shape { dim: -1 dim: 1 } }
  """


def test_a_target_behind_an_identity_layer_is_found(text):
    loss = 'function {\n    name: "SoftmaxCrossEntropy"'
    changed = text().replace('input: "SoftmaxCrossEntropy_T"', 'input: "Copy"').replace(loss, COPY + loss)
    assert changed.count('"Copy"') == 2 * 4, "training and validation network"
    assert roles_of(changed).training.losses[0].target == "y"
    assert Network.from_text(changed).classes == 4


def _loss(from_python, build, **shapes):
    return from_python(build, **shapes).loss_role


def test_prediction_and_target_are_told_apart_by_what_learns(from_python):
    def exchanged(x, y):
        return F.squared_error(y, PF.affine(x, 1, name="out"))

    role = _loss(from_python, exchanged)
    assert (role.prediction, role.target, role.target_variable) == ("@Main/Affine_out", "y", "y")


def test_a_target_may_be_reshaped_or_computed(from_python):
    reshaped = _loss(from_python, lambda x, y: F.squared_error(PF.affine(x, 1), F.reshape(y, (y.shape[0], 1))))
    assert reshaped.target == "y" and reshaped.target_variable != "y"
    hot = _loss(from_python, lambda x, y: F.squared_error(PF.affine(x, 4), F.one_hot(y, (4,))))
    assert hot.target is None and hot.target_variable is not None


def test_a_target_that_is_learned_too_is_none(from_python):
    role = _loss(from_python, lambda x, y: F.squared_error(PF.affine(x, 1, name="a"), PF.affine(y, 1, name="b")))
    assert role.target is None and role.target_variable is None


def test_a_loss_may_be_multiplied_by_a_number(from_python):
    role = _loss(from_python, lambda x, y: 2 * (F.squared_error(PF.affine(x, 1), y) * 0.25))
    assert role.function == "SquaredError" and role.weight == 0.5


def test_classes_lie_along_the_axis_of_the_loss(from_python):
    def pixels(x, y):
        return F.softmax_cross_entropy(PF.convolution(x, 3, (1, 1)), y, axis=1)

    network = from_python(pixels, x=(1, 4, 5), y=(1, 4, 5))
    assert network.classes == 3 and network.loss_role.axis == 1


def test_a_loss_that_no_layer_computes_is_refused(text):
    message = parse_text(text(), "net.nntxt").network[0]
    with pytest.raises(NetworkError, match="'net.nntxt': loss variable 'Nothing' is not computed by network 'Main'"):
        read_loss_role(message, "Nothing", {}, "net.nntxt")


def test_sources_are_what_no_layer_computes(text):
    message = parse_text(text(), "net.nntxt").network[0]
    parameters = {f"Affine{n}/affine/{key}" for n in ("", "_2") for key in "Wb"}
    assert sources_of(message, ["SoftmaxCrossEntropy"]) == {"Input", "SoftmaxCrossEntropy_T"} | parameters
    producers = producers_of(message)
    assert column_behind("Input", producers, {"Input": "x"}) == "x"
    assert column_behind("Affine", producers, {"Input": "x"}) is None, "an affine layer changes the values"
