"""The pass over a graph: what enters it, what it leaves alone, and what it says of layers without a rule."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from support.comparison import assert_close
from support.small_networks import at_its_parameters, binary, draw_batch, kinked, one_by_one, small_network, smooth

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.tangent import TangentPass
from nnabla_influence.autodiff.tangent.registry import RULES
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import SCORING_BATCH, SCORING_FROZEN, Network

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"


def twice(x, rng):
    """One variable read by several layers, one of which could overwrite it."""
    h = PF.affine(x, 5, rng=rng, name="hidden")
    return F.relu(h) * h + F.tanh(F.reshape(h, (h.shape[0], 5))) + F.relu(h)


def normalized(x, rng):
    h = PF.batch_normalization(PF.convolution(x, 4, (3, 3), rng=rng), name="norm")
    return F.max_pooling(F.relu(h), (2, 2))


def run(network, purpose=SCORING_BATCH, direction=True, batch=None):
    graph, point, u = at_its_parameters(network, purpose)
    space = network.space
    tangents = TangentPass(graph.graph, [graph.graph.sample_losses], space.names)
    directions = space.unflatten(u.astype(np.float32)) if direction else None
    (losses,) = tangents.run(batch or draw_batch(), space.unflatten(point.theta), directions)
    return losses, u


@pytest.mark.parametrize("body", [smooth, kinked, twice])
def test_tangents_are_the_products_of_every_sample(body):
    network = small_network(body)
    losses, u = run(network)
    oracle = LossOracle(network)
    assert_close(losses.tangent[:, 0], one_by_one(oracle, network.theta, u), 1e-5, FLOAT32)
    assert_close(losses.value[:, 0], oracle.sample_losses(network.theta, draw_batch()), 1e-6, FLOAT32)


def test_values_alone_need_no_direction():
    losses, _ = run(small_network(kinked), direction=False)
    assert losses.tangent is None
    assert np.array_equal(losses.value, run(small_network(kinked))[0].value)


@pytest.mark.parametrize("purpose", [SCORING_BATCH, SCORING_FROZEN])
def test_running_statistics_stay_and_are_read_where_they_count(purpose):
    network = small_network(normalized)
    store = network.store()
    graph = network.build(store, 7, purpose)
    tangents = TangentPass(graph, [graph.sample_losses], network.space.names)
    parameters = network.space.unflatten(network.theta)
    before = tangents.run(draw_batch(), parameters, None)[0].value
    assert np.array_equal(store.variables["norm/bn/mean"].d, np.zeros((1, 4, 1, 1)))
    store.write({"norm/bn/mean": np.ones((1, 4, 1, 1), np.float32)})
    after = tangents.run(draw_batch(), parameters, None)[0].value
    assert np.array_equal(before, after) == (purpose is SCORING_BATCH)


def test_the_same_question_gets_the_same_bits_and_arguments_stay():
    network = small_network(normalized)
    graph, point, u = at_its_parameters(network)
    tangents = TangentPass(graph.graph, [graph.graph.sample_losses], network.space.names)
    batch, theta = draw_batch(), point.theta.copy()
    parameters, directions = (network.space.unflatten(a.astype(np.float32)) for a in (theta, u))
    kept = [a.copy() for a in (*batch.values(), *parameters.values(), *directions.values())]
    first = tangents.run(batch, parameters, directions)[0]
    copies = first.value.copy(), first.tangent.copy()
    tangents.run(draw_batch(), {n: a + 1 for n, a in parameters.items()}, directions)
    again = tangents.run(batch, parameters, directions)[0]
    assert np.array_equal(first.value, copies[0]) and np.array_equal(first.tangent, copies[1]), "handed out for good"
    assert np.array_equal(again.value, copies[0]) and np.array_equal(again.tangent, copies[1])
    now = [*batch.values(), *parameters.values(), *directions.values()]
    assert all(np.array_equal(a, b) for a, b in zip(kept, now))


def test_several_outputs_share_one_pass():
    network = small_network(kinked)
    graph, point, u = at_its_parameters(network)
    prediction = graph.graph.predictions[0][1]
    both = TangentPass(graph.graph, [prediction, graph.graph.sample_losses], network.space.names)
    parameters, directions = (network.space.unflatten(a.astype(np.float32)) for a in (point.theta, u))
    logits, losses = both.run(draw_batch(), parameters, directions)
    oracle = LossOracle(network)
    assert_close(logits.value, oracle.predictions(network.theta, draw_batch()), 1e-6, FLOAT32)
    p = np.exp(logits.value) / np.exp(logits.value).sum(1, keepdims=True)
    y = draw_batch()["y"].astype(int)
    expected = (p * logits.tangent).sum(1) - np.take_along_axis(logits.tangent, y, 1)[:, 0]
    assert_close(losses.tangent[:, 0], expected, 1e-5, FLOAT32)


def test_a_layer_without_a_rule_is_named():
    with pytest.raises(UnsupportedError, match="no rule .*BinaryTanh"):
        run(small_network(binary))


def test_what_no_parameter_leads_to_is_left_to_nnabla():
    """The label goes through a layer without a rule."""
    assert "Floor" not in RULES
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, 1, 6, 6)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        loss = F.softmax_cross_entropy(PF.affine(x, 3, rng=rng, name="out"), F.floor(y))
    network = Network.from_loss(loss, {"x": x, "y": y}, scope)
    batch = draw_batch()
    batch["y"] += 0.5
    losses, u = run(network, batch=batch)
    plain, _ = run(small_network(lambda x, rng: x))
    assert np.array_equal(losses.value, plain.value) and np.array_equal(losses.tangent, plain.tangent)
    assert u.any()


def test_a_frozen_parameter_does_not_move():
    network = small_network(smooth)
    graph, point, u = at_its_parameters(network)
    parameters, directions = (network.space.unflatten(a.astype(np.float32)) for a in (point.theta, u))
    names = [name for name in network.space.names if name.startswith("out")]
    some = TangentPass(graph.graph, [graph.graph.sample_losses], names)
    found = some.run(draw_batch(), parameters, directions)[0].tangent
    still = {n: (d if n in names else 0 * d) for n, d in directions.items()}
    every = TangentPass(graph.graph, [graph.graph.sample_losses], network.space.names)
    assert_close(found, every.run(draw_batch(), parameters, still)[0].tangent, 1e-6, FLOAT32)
