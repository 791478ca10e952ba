"""A graph at its point: parameters and random layers are those of the point, whatever was there before."""

import nnabla.functions as F
import numpy as np
from support.comparison import assert_close
from support.small_networks import SAMPLES, at_its_parameters, draw_batch, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.autodiff.loss_values import LossValues
from nnabla_influence.network import SCORING_BATCH, TRAINING


def test_losses_and_their_weighted_gradient_are_those_of_the_oracle():
    network = small_network(smooth)
    graph, point, _ = at_its_parameters(network)
    graph.graph.feed(draw_batch())
    graph.move_to(point)
    oracle = LossOracle(network)
    nnablas = LossValues(GraphCache(network), SCORING_BATCH, forward=False)
    assert np.array_equal(graph.losses(), nnablas.run(network.theta, draw_batch(), False)[0])
    mean = oracle.mean_gradient(network.theta, [draw_batch()])
    assert_close(graph.gradient(np.full(SAMPLES, 1 / SAMPLES)), mean, 1e-6, "the same sums in float32")


def test_a_shifted_point_is_elsewhere_with_the_same_masks():
    _, point, direction = at_its_parameters(small_network(smooth), seed=7)
    shifted = point.shifted(direction)
    assert shifted.seed == 7 and np.array_equal(shifted.theta, point.theta + direction)


def test_moving_there_again_draws_the_same_masks_again():
    graph, point, _ = at_its_parameters(small_network(lambda x, rng: F.dropout(smooth(x, rng), 0.5)), TRAINING, seed=3)
    graph.graph.feed(draw_batch())
    losses = []
    for seed in (3, 3, 4):
        graph.move_to(point._replace(seed=seed))
        losses.append(graph.losses())
    assert np.array_equal(losses[0], losses[1]) and not np.array_equal(losses[0], losses[2])
