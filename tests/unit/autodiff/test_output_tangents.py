"""Both ways to compute ``J v``: the same question, the same answer as far as a difference can see."""

import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import at_its_parameters, draw_batch, kinked, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.difference_tangents import DifferenceTangents
from nnabla_influence.autodiff.forward_tangents import ForwardTangents
from nnabla_influence.autodiff.output_tangents import OutputTangents

WAYS = (ForwardTangents, DifferenceTangents)


@pytest.mark.parametrize("way", WAYS)
def test_shapes_types_and_repetition(way):
    graph, point, direction = at_its_parameters(small_network(smooth))
    tangents = way(graph)
    assert isinstance(tangents, OutputTangents)
    graph.move_to(point)
    first, again = (tangents.run(point, draw_batch(), direction) for _ in range(2))
    for side in (0, 1):
        assert first[side][0].shape == (7, 3) and first[side][0].dtype == np.float64
        assert np.array_equal(first[side][0], again[side][0])
    after = graph.space.flatten(graph.store.read(graph.space.names))
    assert np.array_equal(after, point.theta), "the graph is back at its point"


@pytest.mark.parametrize("body, tolerance", [(smooth, 1e-3), (kinked, 2e-2)])
def test_the_ways_agree(body, tolerance):
    network = small_network(body)
    graph, point, direction = at_its_parameters(network)
    forward, differences = (way(graph).run(point, draw_batch(), direction) for way in WAYS)
    expected = LossOracle(network).predictions(network.theta, draw_batch())
    assert_close(forward.predictions[0], expected, 1e-6, "float32")
    assert_close(differences.predictions[0], expected, 1e-3, "the mean of two ends")
    assert_close(differences.tangents[0], forward.tangents[0], tolerance, "central difference of float32 outputs")


def test_tangents_without_a_way_cannot_be_made():
    graph, _, _ = at_its_parameters(small_network(smooth))
    with pytest.raises(TypeError, match="abstract"):
        OutputTangents(graph)
