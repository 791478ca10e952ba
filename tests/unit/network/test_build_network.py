"""Networks that cannot be built at some batch size, or at all: refused with the layer and NNabla's own words."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.errors import NetworkError, UnsupportedError
from nnabla_influence.network import Network
from nnabla_influence.network.nnabla_errors import NNABLA_ERRORS, one_line

WHERE = "/ml/nnabla/src/nbla/function/./generic/affine.cpp:46"


def head(h, y):
    return F.squared_error(PF.affine(h, 1, name="out"), y)


def losses_at(network, size):
    """Losses (B,) of rows of ones; the batch size is the only difference."""
    graph = network.build(network.store(), size)
    graph.feed({"x": np.ones((size, 3)), "y": np.zeros((size, 1))})
    graph.sample_losses.forward()
    return graph.sample_losses.d[:, 0]


@pytest.mark.parametrize(
    "body",
    [
        lambda x: x[:, :2],
        lambda x: F.concatenate(x[:, 1:], x[:, ::2], axis=1),
        lambda x: F.reshape(F.reshape(x, (x.shape[0], 3, 1)), (x.shape[0], 3)),
        lambda x: F.broadcast(F.sum(x, axis=1, keepdims=True), (x.shape[0], 4)),
    ],
    ids=["slice", "several slices", "reshape", "broadcast"],
)
def test_what_python_says_about_the_whole_batch_holds_at_any_batch_size(from_python, body):
    """Built with two samples."""
    network = from_python(lambda x, y: head(body(x), y))
    for size in (1, 2, 9):
        assert_close(losses_at(network, size), np.full(size, losses_at(network, 2)[0]), 1e-6, "equal samples")


def test_a_slice_of_the_batch_stays_one(from_python):
    """A loss of the first sample only: no sample's loss is defined."""
    network = from_python(lambda x, y: head(x[:1], y[:1]))
    with pytest.raises(UnsupportedError, match=r"shape \(1, 1\) at batch size 5"):
        losses_at(network, 5)


def test_a_batch_size_written_into_a_layer_is_refused_by_its_name(from_python):
    network = from_python(lambda x, y: head(x + F.constant(1.0, (2, 3)), y))
    losses_at(network, 2)
    with pytest.raises(UnsupportedError, match=r"(?s)'Main' cannot be built at batch size 5: layer '.*Add2' \(Add2\)"):
        losses_at(network, 5)
    with pytest.raises(UnsupportedError, match=r"Failed `.*It can be at 2, so .*Write -1 for the batch axis") as caught:
        losses_at(network, 7)
    assert "\n" not in str(caught.value) and ".cpp" not in str(caught.value)


def test_layers_that_do_not_fit_each_other_are_refused_by_name(text):
    weight = 'name: "Affine/affine/W"\n    type: "Parameter"\n    shape {\n      dim: 64'
    assert weight in text()
    with pytest.raises(NetworkError, match=r"layer 'Affine' \(Affine\) says: .*63.*do not fit each other"):
        Network.from_text(text().replace(weight, weight.replace("64", "63")))


def test_a_layer_whose_output_is_said_to_be_a_parameter_is_refused_by_name(text):
    declared = 'name: "Affine"\n    type: "Buffer"\n'
    drawn = 'name: "Affine"\n    type: "Parameter"\n    initializer { type: "Constant" multiplier: 1 }\n'
    assert declared in text()
    with pytest.raises(NetworkError, match=r"layer 'Affine' \(Affine\) says: there is no 'Affine'\. Its layers"):
        Network.from_text(text().replace(declared, drawn, 1))


def test_a_parameter_that_no_layer_reads_is_left_alone():
    network = Network.builtin("builtin:mlp", (3,), 2)  # its biases are drawn as zeros
    bias = '    input: "affine1/affine/b"\n'
    assert network.text.count(bias) == 1
    without = Network.from_text(network.text.replace(bias, ""))
    assert set(network.parameter_names) - set(without.parameter_names) == {"affine1/affine/b"}
    values = network.space.unflatten(network.theta)
    theta = without.space.flatten({name: values[name] for name in without.space.names})
    assert_close(
        losses_at(without.with_parameters(theta, without.statistics_values), 4),
        losses_at(network, 4),
        1e-6,
        "the bias was 0",
    )


def test_a_layer_that_nnabla_does_not_know_is_refused(text):
    with pytest.raises(NetworkError, match="network 'Main'.*Mystery"):
        Network.from_text(text().replace('type: "ReLU"', 'type: "Mystery"'))


@pytest.mark.parametrize(
    "error, line",
    [
        (RuntimeError(f"value error\n{WHERE}\nFailed `a == b`: Sizes differ.\n"), "Failed `a == b`: Sizes differ"),
        (KeyError("x"), "there is no 'x'"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_what_nnabla_says_in_one_line(error, line):
    assert isinstance(error, NNABLA_ERRORS) and one_line(error) == line
