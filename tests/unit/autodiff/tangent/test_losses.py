"""Losses, softmax and their conventions: classes along any axis, labels that are none, logarithms of zero."""

import nnabla.functions as F
import numpy as np
import pytest
from support.comparison import assert_close
from support.tangent_rules import Fixed, applied, assert_tangents, drawn, nnablas

from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.autodiff.tangent.node import Node
from nnabla_influence.errors import ComputationError

Z, TARGET = drawn(5, 4), drawn(5, 4, seed=1)
BINARY = np.float32(TARGET > 0)
SHARES = np.exp(drawn(5, 4, seed=3)) / np.exp(drawn(5, 4, seed=3)).sum(1, keepdims=True)
PROBABILITIES = 1 / (1 + np.exp(-Z))


def labels(*shape, classes=4):
    return Fixed(np.random.RandomState(2).randint(classes, size=shape).astype(np.float32))


@pytest.mark.parametrize("loss", [F.squared_error, F.absolute_error, F.huber_loss, lambda x, y: F.huber_loss(x, y, 0.5),
                                  lambda x, y: F.epsilon_insensitive_loss(x, y, 0.4)])  # fmt: skip
def test_errors_of_real_values(loss):
    assert_tangents(loss, 2 * Z, TARGET)
    assert_tangents(loss, 2 * Z, Fixed(TARGET))


def test_losses_of_binary_targets():
    assert_tangents(F.sigmoid_cross_entropy, Z, Fixed(BINARY))
    assert_tangents(F.sigmoid_cross_entropy, Z, Fixed(1.7 * TARGET))  # of which NNabla takes the whole numbers
    assert_tangents(F.binary_cross_entropy, PROBABILITIES, Fixed(BINARY))


@pytest.mark.parametrize(
    "shape, axis", [((5, 4), 1), ((5, 4), None), ((5, 4, 3), 1), ((5, 3, 4), 2), ((5, 4, 3, 2), 1), ((5, 3, 4), -1)]
)
def test_losses_of_class_numbers(shape, axis):
    place = len(shape) - 1 if axis is None else axis
    place %= len(shape)
    y = labels(*shape[:place], 1, *shape[place + 1 :])
    settings = {} if axis is None else {"axis": axis}
    assert_tangents(lambda x, t: F.softmax_cross_entropy(x, t, **settings), drawn(*shape), y)
    assert_tangents(lambda x, t: F.categorical_cross_entropy(x, t, **settings), drawn(*shape, positive=True), y)


@pytest.mark.parametrize("softmax", [F.softmax, F.log_softmax])
@pytest.mark.parametrize("axis", [1, 2, -1])
def test_softmax(softmax, axis):
    assert_tangents(lambda x: softmax(x, axis=axis), drawn(5, 4, 3))


def test_divergence():
    assert_tangents(F.kl_multinomial, drawn(5, 4, positive=True), Fixed(SHARES), float32=1e-4)


def test_large_logits_do_not_overflow():
    assert_tangents(F.softmax_cross_entropy, 100 * Z, labels(5, 1), float32=1e-4)
    assert_tangents(F.sigmoid_cross_entropy, 100 * Z, Fixed(BINARY))


@pytest.mark.parametrize("loss, targets, p", [
    (F.categorical_cross_entropy, [[0]], [[0.0, 1.0]]),
    (F.binary_cross_entropy, [[1, 0]], [[0.0, 1.0]]),
])  # fmt: skip
def test_logarithms_of_zero_are_cut_off_where_nnabla_does(loss, targets, p):
    p, targets = np.float32(p), np.float32(targets)
    function, outputs, pull = nnablas(loss, [p, targets], [0])
    (y,) = applied(node_of(function), [p, targets], [1e-30 * np.ones_like(p), None], np.float32)
    assert_close(y.value, outputs[0].d, 1e-6, "the same constant")
    expected = 1e-30 * pull(0, np.ones_like(y.value))[0].sum()
    assert abs(y.tangent.sum() - expected) <= 1e-5 * np.abs(y.tangent).max()


@pytest.mark.parametrize("loss", [F.softmax_cross_entropy, F.categorical_cross_entropy])
def test_a_negative_label_is_none_and_has_no_loss(loss):
    x, y = drawn(3, 4, positive=True), np.float32([[1], [-1], [3]])
    function, outputs, _ = nnablas(loss, [x, y], [0])
    (found,) = applied(node_of(function), [x, y], [np.ones_like(x) * [1, 2, 3, 4], None], float)
    assert_close(found.value, outputs[0].d, 1e-6, "float32")
    assert found.value[1] == 0 and found.tangent[1] == 0 and found.tangent[0] != 0


def test_a_label_beyond_the_classes_is_refused_with_its_number():
    x, y = drawn(3, 4), np.float32([[1], [4], [3]])
    node = Node("SoftmaxCrossEntropy", {"axis": 1}, [], [(3, 1)], Buffers())
    with pytest.raises(ComputationError, match="SoftmaxCrossEntropy.*0 to 3, not 4"):
        applied(node, [x, y], [x, None], float)


def node_of(function):
    shapes = ([v.shape for v in side] for side in (function.inputs, function.outputs))
    return Node(function.info.type_name, function.info.args, *shapes, Buffers())
