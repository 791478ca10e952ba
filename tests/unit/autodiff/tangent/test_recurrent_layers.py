"""NNabla's recurrent layers, of one layer and several, in one direction of time and both."""

import nnabla.functions as F
import pytest
from support.tangent_rules import assert_tangents, drawn

STEPS, BATCH, INPUTS, HIDDEN = 3, 2, 4, 3


def inputs(gates, layers, directions, states, biases):
    x = drawn(STEPS, BATCH, INPUTS)
    start = [drawn(layers, directions, BATCH, HIDDEN, seed=1 + k) for k in range(states)]
    first = drawn(directions, *gates, HIDDEN, INPUTS + HIDDEN, seed=5)
    others = [drawn(layers - 1, directions, *gates, HIDDEN, (directions + 1) * HIDDEN, seed=6)] if layers > 1 else []
    return [x, *start, first, *others, drawn(layers, directions, *biases, HIDDEN, seed=7)]


every_depth = pytest.mark.parametrize("layers", [1, 3])
every_way = pytest.mark.parametrize("both", [False, True], ids=["forwards", "both ways"])


@every_depth
@every_way
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn(layers, both, nonlinearity):
    def build(x, h, first, *rest):
        others, bias = (None, *rest) if layers == 1 else rest
        return F.rnn(x, h, first, others, bias, num_layers=layers, nonlinearity=nonlinearity, bidirectional=both)

    assert_tangents(build, *inputs((), layers, 1 + both, 1, ()))


@every_depth
@every_way
def test_lstm(layers, both):
    def build(x, h, c, first, *rest):
        others, bias = (None, *rest) if layers == 1 else rest
        return F.lstm(x, h, c, first, others, bias, num_layers=layers, bidirectional=both)

    assert_tangents(build, *inputs((4,), layers, 1 + both, 2, (4,)))


@every_depth
@every_way
def test_gru(layers, both):
    def build(x, h, first, *rest):
        others, bias = (None, *rest) if layers == 1 else rest
        return F.gru(x, h, first, others, bias, num_layers=layers, bidirectional=both)

    assert_tangents(build, *inputs((3,), layers, 1 + both, 1, (4,)))


def test_a_layer_without_biases():
    x, h, first, _ = inputs((), 1, 1, 1, ())
    assert_tangents(lambda *v: F.rnn(*v), x, h, first)
