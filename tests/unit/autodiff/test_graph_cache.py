"""Graphs are built once, and share their parameters."""

import numpy as np
from support.small_networks import draw_batch, small_network, smooth

from nnabla_influence.autodiff.graph_cache import GraphCache
from nnabla_influence.network import MEASURING, SCORING_BATCH


def test_a_graph_is_built_once_for_each_size_purpose_and_data():
    cache = GraphCache(small_network(smooth))
    first = cache.graph(3, SCORING_BATCH)
    assert cache.graph(3, SCORING_BATCH) is first is cache.with_parameters(3, SCORING_BATCH).graph
    others = [cache.graph(4, SCORING_BATCH), cache.graph(3, MEASURING), cache.graph(3, SCORING_BATCH, validation=True)]
    assert len({id(graph) for graph in (first, *others)}) == 4


def test_all_graphs_read_the_same_parameters_and_the_network_keeps_its_own():
    network = small_network(smooth)
    before = network.theta.copy()
    cache = GraphCache(network)
    cache.store.write(network.space.unflatten(0 * before))
    for size in (2, 5):
        graph = cache.with_parameters(size, SCORING_BATCH)
        graph.graph.feed(draw_batch(size))
        np.testing.assert_allclose(graph.losses(), np.log(3), rtol=1e-6)  # three classes, undecided
    assert np.array_equal(network.theta, before)
