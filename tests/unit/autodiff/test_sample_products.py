"""Both ways to compute products are used alike."""

import numpy as np
import pytest
from support.small_networks import SAMPLES, at_its_parameters, draw_batch, small_network, smooth

from nnabla_influence.autodiff.difference_products import DifferenceProducts
from nnabla_influence.autodiff.exact_products import ExactProducts
from nnabla_influence.autodiff.forward_and_differences import ForwardAndDifferences
from nnabla_influence.autodiff.forward_scores import ForwardScores
from nnabla_influence.autodiff.sample_products import SampleProducts

WAYS = {
    "exact": lambda graph: ExactProducts(graph, fast=True),
    "differences": DifferenceProducts,
    "forward and differences": lambda graph: ForwardAndDifferences(ForwardScores(graph), DifferenceProducts(graph)),
}


@pytest.mark.parametrize("way", WAYS)
def test_shapes_types_and_repetition(way):
    graph, point, direction = at_its_parameters(small_network(smooth))
    products = WAYS[way](graph)
    assert isinstance(products, SampleProducts)
    scores, curvature = products.run(point, draw_batch(), direction)
    assert (scores.shape, curvature.shape) == ((SAMPLES,), direction.shape)
    assert scores.dtype == curvature.dtype == np.float64
    again = products.run(point, draw_batch(), direction)
    assert np.array_equal(scores, again[0]) and np.array_equal(curvature, again[1])
    assert np.array_equal(scores, products.scores(point, draw_batch(), direction))


def test_products_without_a_way_cannot_be_made():
    graph, _, _ = at_its_parameters(small_network(smooth))
    with pytest.raises(TypeError, match="abstract"):
        SampleProducts(graph)
