"""The formula of every layer against NNabla's own gradient, one sample at a time."""

import nnabla as nn
import nnabla.functions as F
import numpy as np
import pytest
from support.comparison import assert_close

from nnabla_influence.autodiff.layer_norms import Layer, squared_norms
from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.node import Node

B = 5
RANDOM = np.random.RandomState(0)


def variable(*shape, need_grad=False):
    return nn.Variable.from_numpy_array(RANDOM.normal(size=shape).astype(np.float32)).apply(need_grad=need_grad)


LAYERS = {
    "affine": (F.affine, (6,), [(6, 3), (3,)], {}),
    "affine of a map": (F.affine, (2, 3, 4), [(24, 3), (3,)], {}),
    "affine at few positions": (F.affine, (2, 40), [(40, 30), (30,)], {"base_axis": 2}),
    "affine at many positions": (F.affine, (30, 2), [(2, 3), (3,)], {"base_axis": 2}),
    "affine without bias": (F.affine, (6,), [(6, 3)], {}),
    "convolution": (F.convolution, (3, 6, 5), [(4, 3, 3, 3), (4,)], {"pad": (1, 1)}),
    "strided": (F.convolution, (3, 8, 7), [(4, 3, 3, 2), (4,)], {"stride": (2, 3), "pad": (1, 0)}),
    "dilated": (F.convolution, (3, 8, 9), [(4, 3, 3, 2), (4,)], {"dilation": (2, 3)}),
    "all of it, grouped": (
        F.convolution,
        (4, 9, 8),
        [(6, 2, 3, 3), (6,)],
        {"group": 2, "stride": (2, 2), "dilation": (2, 1), "pad": (2, 1)},
    ),
    "one dimension": (F.convolution, (3, 9), [(4, 3, 3)], {"stride": (2,)}),
    "depthwise": (F.depthwise_convolution, (3, 6, 5), [(6, 3, 3), (6,)], {"pad": (1, 1), "multiplier": 2}),
    "deconvolution": (F.deconvolution, (3, 4, 5), [(3, 4, 3, 2), (4,)], {"stride": (2, 1), "pad": (1, 0)}),
    "PReLU": (F.prelu, (3, 4, 4), [(3,)], {}),
    "layer norm": (F.layer_normalization, (3, 4), [(1, 3, 4)] * 2, {}),
    "batch norm of a map": (F.batch_normalization, (3, 4, 4), [(1, 3, 1, 1)] * 2, {"batch_stat": False}),
    "batch norm of a vector": (F.batch_normalization, (3,), [(1, 3)] * 2, {"batch_stat": False}),
}


def layer_of(y, d, trains):
    function = y.parent
    inputs, outputs = ([v.shape for v in side] for side in (function.inputs, function.outputs))
    node = Node(function.info.type_name, dict(function.info.args), inputs, outputs, Buffers())
    return Layer(node, [v.d for v in function.inputs], y.d, d, trains)


def norms(function, shape, parameter_shapes, settings):
    """The formula's, and NNabla's in a loop."""
    x = variable(B, *shape, need_grad=True)
    parameters = [variable(*shape, need_grad=True) for shape in parameter_shapes]
    frozen = []
    if function is F.batch_normalization:
        frozen = [variable(*parameter_shapes[0]), nn.Variable.from_numpy_array(np.full(parameter_shapes[0], 0.7))]
    y = function(x, *parameters, *frozen, **settings)
    d = RANDOM.normal(size=y.shape).astype(np.float32)
    y.forward()
    expected = []
    for row in range(B):
        for parameter in parameters:
            parameter.grad.zero()
        alone = np.zeros_like(d)
        alone[row] = d[row]
        y.backward(alone)
        expected.append([float((parameter.g.astype(np.float64) ** 2).sum()) for parameter in parameters])
    layers = []
    for number in range(len(parameters)):  # each alone, and then all of them
        trains = [number == other for other in range(len(parameters))]
        layers.append(layer_of(y, d, [False, *trains, *[False] * len(frozen)]))
    layers.append(layers[0]._replace(trains=[False, *[True] * len(parameters), *[False] * len(frozen)]))
    assert all(Layer.is_known(layer.node, layer.trains, B) for layer in layers)
    found = [squared_norms(layer) for layer in layers]
    return np.stack(found, 1), np.array([[*row, sum(row)] for row in expected])


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_the_norm_of_each_samples_gradient(name):
    assert_close(*norms(*LAYERS[name]), 1e-5, "float32, squared")


def test_a_row_that_is_looked_up_twice_gets_both_gradients():
    x = nn.Variable.from_numpy_array(np.array([[0, 1, 0], [2, 2, 2]], np.float32))
    y = F.embed(x, variable(3, 4))
    y.forward()
    d = RANDOM.normal(size=(2, 3, 4)).astype(np.float32)
    found = squared_norms(layer_of(y, d, [False, True]))
    rows = [[d[0, 0] + d[0, 2], d[0, 1]], [d[1].sum(0)]]
    assert_close(found, np.array([sum((row**2).sum() for row in sample) for sample in rows]), 1e-5, "float32")


def node(kind, arguments, *inputs):
    return Node(kind, arguments, list(inputs), [inputs[0]], Buffers())


@pytest.mark.parametrize("made, trains", [
    (node("CELU", {}, (2, 3)), [False]),
    (node("BatchNormalization", {"batch_stat": True}, (2, 3), (1, 3), (1, 3), (1, 3), (1, 3)), [False, True, True]),
    (node("WeightNormalization", {}, (2, 3), (2,)), [True, True]),
    (node("Identity", {}, ()), [False]),
    (node("Embed", {}, (6,), (6, 3)), [False, True]),
], ids=["no way back", "coupled samples", "a parameter as input", "no batch", "other rows"])  # fmt: skip
def test_without_a_way_to_it_it_is_not_known(made, trains):
    assert not Layer.is_known(made, trains, 2)


@pytest.mark.parametrize("name", ["affine", "affine at few positions", "affine at many positions", "convolution"])
def test_squares_may_be_larger_than_float32_can_say(name):
    function, shape, parameters, settings = LAYERS[name]
    y = function(variable(B, *shape), *(variable(*shape) for shape in parameters), **settings)
    y.forward()
    d = RANDOM.normal(size=y.shape).astype(np.float32)
    trains = [False] + [True] * len(parameters)
    usual, large = (squared_norms(layer_of(y, scale * d, trains)) for scale in (np.float32(1), np.float32(1e18)))
    assert_close(large / 1e36, usual, 1e-6, "float32")


def test_rows_are_looked_up_by_whole_numbers():
    x = nn.Variable.from_numpy_array(np.array([[0.0, 1.0, 0.0]], np.float32))
    y = F.embed(x, variable(3, 4))
    y.forward()
    layer = layer_of(y, RANDOM.normal(size=(1, 3, 4)).astype(np.float32), [False, True])
    between = layer._replace(inputs=[np.array([[0.2, 1.4, 0.0]]), layer.inputs[1]])
    assert squared_norms(between) == squared_norms(layer)
