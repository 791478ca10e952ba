"""Products by our own pass: against double backward, differences in double precision, and with what training drew."""

import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import (
    at_its_parameters,
    depthwise,
    doubled,
    draw_batch,
    kinked,
    small_network,
    smooth,
    two_dropouts,
)

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_over_reverse import ForwardOverReverse
from nnabla_influence.autodiff.gradient_check import GradientCheck
from nnabla_influence.autodiff.pull import PULLS
from nnabla_influence.autodiff.tangent import random_layers
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import TRAINING

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"
FLOAT64 = "a central difference in float64"


def normalized(x, rng):
    """Fed by a layer that does not move, and by one that does."""
    h = PF.batch_normalization(x, name="first")
    h = F.swish(PF.batch_normalization(PF.convolution(h, 4, (3, 3), rng=rng), name="second"))
    return F.average_pooling(h, (2, 2))


def read_twice(x, rng):
    h = F.tanh(PF.affine(x, 5, rng=rng, name="hidden"))
    return PF.affine(h * F.sigmoid(h) + h, 5, rng=rng, name="hidden2") / (F.exp(h) + 1)


def split_up(x, rng):
    """Of four parts one is read twice, one not at all."""
    first, second, third, _ = F.split(F.reshape(F.tanh(PF.affine(x, 12, rng=rng, name="hidden")), (-1, 4, 3)), axis=1)
    return first * second + F.sigmoid(second) * third


def dropouts_in_a_row(x, rng):
    h = F.dropout(F.relu(PF.affine(F.dropout(x, 0.2), 6, rng=rng, name="first")), 0.5)
    return F.dropout(F.tanh(PF.affine(h, 5, rng=rng, name="second")), 0.5)


def moved_pixels(x, rng):
    h = F.tanh(PF.convolution(F.random_flip(x, (2,)), 3, (3, 3), pad=(1, 1), rng=rng))
    return F.random_shift(F.random_crop(F.random_flip(h, (2, 3)), (3, 5, 5)), (1, 2), border_mode="constant")


def copied_pixels(x, rng):
    return F.random_shift(F.tanh(PF.convolution(x, 3, (3, 3), rng=rng)), (1, 2), border_mode="nearest")


def augmented(x, rng):
    """Layers that draw and that no parameter leads to: NNabla computes them, each once."""
    x = F.image_augmentation(F.random_shift(x * 2, (1, 1)), (1, 6, 6), angle=0.3, noise=0.1)
    return F.dropout(F.tanh(PF.affine(x, 5, rng=rng, name="hidden")), 0.5)


def read_behind_a_probe(x, rng):
    """The same input goes through a layer that shows its draw by it, and through one that NNabla computes."""
    h = F.random_flip(x, (2,)) + F.random_erase(x, area_ratios=(0.1, 0.4))
    return F.tanh(PF.affine(h, 5, rng=rng, name="hidden"))


def power_of_zeros(x, rng):
    """Where a rectifier lets nothing move, the second derivative is without limit."""
    return F.pow_scalar(F.relu(PF.affine(x, 6, rng=rng, name="hidden")), 1.5)


def product_of_one(x, rng):
    return F.mul_n(F.tanh(PF.affine(x, 6, rng=rng, name="hidden")))


def held_weights(x, rng):
    """Weights that do not move, one of them behind a layer that draws, and a trained bias in front of a rectifier."""
    a, b = (F.tanh(PF.affine(x, 6, rng=rng, name=name)) for name in "ab")
    w, v = (
        PF.get_parameter_or_create(name, shape, rng.normal(size=shape), need_grad=False)
        for name, shape in (("w", (6, 5)), ("v", (36, 5)))
    )
    bias = PF.get_parameter_or_create("bias", (5,), rng.normal(size=5))
    return F.affine(a, F.dropout(w, 0.3)) + F.affine(b, w) + F.relu(F.affine(x, v, bias))


DRAWING = [held_weights, read_behind_a_probe, two_dropouts, dropouts_in_a_row, moved_pixels, copied_pixels, augmented]


def name_of(body):
    return body.__name__


@pytest.mark.parametrize("body", [smooth, kinked, normalized, read_twice], ids=name_of)
def test_they_are_those_of_double_backward(body):
    graph, point, direction = at_its_parameters(small_network(body))
    ours, nnablas = (way.run(point, draw_batch(), direction) for way in (ForwardOverReverse(graph), exact(graph)))
    for found, expected in zip(ours, nnablas):
        assert found.dtype == np.float64
        assert_close(found, expected, 1e-5, FLOAT32)


def exact(graph):
    return ExactProducts(graph, fast=True)


@pytest.mark.parametrize("body, replayed", [
    *((body, False) for body in (smooth, depthwise, normalized, read_twice, split_up)),
    *((body, False) for body in (power_of_zeros, product_of_one)),
    *((body, False) for body in (two_dropouts, copied_pixels, augmented)),
    *((body, True) for body in DRAWING),
], ids=lambda value: ("as scored", "as trained")[value] if isinstance(value, bool) else name_of(value))  # fmt: skip
def test_they_are_the_derivatives(body, replayed):
    graph, point, direction = at_its_parameters(small_network(body), *([TRAINING, 3] if replayed else []))
    double = ForwardOverReverse(graph, np.float64)
    scores, curvature = double.run(point, draw_batch(), direction)
    weights = np.ones(len(scores))
    step = 1e-7
    up, down = (double.gradient(point.shifted(s * step * direction), draw_batch(), weights) for s in (1, -1))
    assert_close(curvature, (up - down) / (2 * step), 1e-6, FLOAT64)
    check = GradientCheck(graph, point, draw_batch(), direction)
    assert check.error(scores) <= 1e-5, FLOAT32
    assert check.gradient_error(double.gradient(point, draw_batch(), check.weights)) <= 1e-5, FLOAT32
    for found, expected in zip(ForwardOverReverse(graph).run(point, draw_batch(), direction), (scores, curvature)):
        assert_close(found, expected, 1e-5, FLOAT32)


@pytest.mark.parametrize("body", DRAWING, ids=name_of)
def test_the_seed_draws(body):
    graph, point, direction = at_its_parameters(small_network(body), TRAINING, seed=3)
    own = ForwardOverReverse(graph)
    first, again = (own.run(point, draw_batch(), direction) for _ in range(2))
    other = own.run(point._replace(seed=4), draw_batch(), direction)
    assert all(np.array_equal(a, b) for a, b in zip(first, again))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other))


def test_the_length_of_the_direction_is_a_factor():
    graph, point, direction = at_its_parameters(small_network(normalized))
    own = ForwardOverReverse(graph)
    usual, long, short = (own.run(point, draw_batch(), scale * direction) for scale in (1.0, 1e60, 1e-60))
    for products in zip(usual, long, short):
        assert_close(products[1] / 1e60, products[0], 1e-6, "the same float32 numbers")
        assert_close(products[2] * 1e60, products[0], 1e-6, "the same float32 numbers")


def test_a_direction_of_zeros_moves_nothing():
    graph, point, direction = at_its_parameters(small_network(normalized))
    for product in ForwardOverReverse(graph).run(point, draw_batch(), 0 * direction):
        assert not product.any()


def test_a_layer_without_a_way_back_is_named():
    graph, _, _ = at_its_parameters(small_network(doubled))
    with pytest.raises(UnsupportedError, match="no way back .*CELU"):
        ForwardOverReverse(graph)


def test_a_layer_that_draws_and_mixes_pixels_is_named():
    def augmented_inside(x, rng):
        return F.image_augmentation(F.tanh(PF.convolution(x, 3, (3, 3), rng=rng)), (3, 4, 4), angle=0.3)

    graph, _, _ = at_its_parameters(small_network(augmented_inside), TRAINING, seed=3)
    with pytest.raises(UnsupportedError, match="no rule .*ImageAugmentation"):
        ForwardOverReverse(graph)


def shifted(x, rng):
    h = F.tanh(PF.convolution(x, 3, (3, 3), rng=rng))
    return F.random_shift(h, (1, 2), border_mode="constant", constant_value=0.02)


def mean_that_moves(x, rng):
    return PF.mean_subtraction(F.tanh(PF.affine(x, 5, rng=rng, name="hidden")))


@pytest.mark.parametrize("body, reason", [
    (shifted, "follow RandomShift with zeros around"),
    (mean_that_moves, "MeanSubtraction with its mean held still"),
], ids=["another constant", "a mean that moves"])  # fmt: skip
def test_settings_that_the_rules_do_not_know_are_named(body, reason):
    graph, point, direction = at_its_parameters(small_network(body), TRAINING, seed=3)
    with pytest.raises(UnsupportedError, match=reason):
        ForwardOverReverse(graph).run(point, draw_batch(), direction)


def test_a_batch_with_more_pixels_than_float32_can_number_falls_back(monkeypatch):
    network = small_network(moved_pixels)
    oracle, direction = LossOracle(network), np.random.RandomState(2).normal(size=network.space.size)
    expected = oracle.products(network.theta, draw_batch(20), direction, seed=3)
    monkeypatch.setattr(random_layers, "LARGEST", 8 * 3 * 36)  # eight samples, which decide
    products = LossOracle(network).products(network.theta, draw_batch(20), direction, seed=3)
    assert_close(products[0], expected[0], 1e-4, "a difference of float32 losses")
    monkeypatch.setattr(random_layers, "LARGEST", 10)
    graph, _, _ = at_its_parameters(network, TRAINING, seed=3)
    with pytest.raises(UnsupportedError, match="can follow 10 values through RandomFlip, not 756"):
        ForwardOverReverse(graph)


def test_a_way_back_that_fails_is_named(monkeypatch):
    def fails(node, kept, c):
        raise TypeError("what NumPy says")

    monkeypatch.setitem(PULLS, "Tanh", fails)
    graph, point, direction = at_its_parameters(small_network(smooth))
    with pytest.raises(UnsupportedError, match="no way back .*Tanh"):
        ForwardOverReverse(graph).run(point, draw_batch(), direction)


def test_given_statistics_count_where_a_step_is_followed():
    def normalized_as_given(x, rng):
        h = PF.batch_normalization(PF.convolution(x, 4, (3, 3), rng=rng), batch_stat=False)
        return F.dropout(F.tanh(h), 0.3)

    network = small_network(normalized_as_given)
    oracle, direction = LossOracle(network), np.ones(network.space.size)
    before = oracle.products(network.theta, draw_batch(), direction, seed=3)[0]
    oracle.set_statistics(network.statistics_values + 1)
    assert not np.allclose(oracle.products(network.theta, draw_batch(), direction, seed=3)[0], before)
