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
from nnabla_influence.autodiff.tangent import TangentPass, registry
from nnabla_influence.autodiff.tangent.buffers import Buffers
from nnabla_influence.errors import UnsupportedError
from nnabla_influence.network import SCORING_BATCH, SCORING_FROZEN, Network
from nnabla_influence.parameters import ParameterSpace

FLOAT32 = "float32 (6e-8 per operation), a few dozen accumulations"


def twice(x, rng):
    """One variable read by several layers, one of which could overwrite it."""
    h = PF.affine(x, 5, rng=rng, name="hidden")
    return F.relu(h) * h + F.tanh(F.reshape(h, (h.shape[0], 5))) + F.relu(h)


def normalized(x, rng):
    h = PF.batch_normalization(PF.convolution(x, 4, (3, 3), rng=rng), name="norm")
    return F.max_pooling(F.relu(h), (2, 2))


def pass_over(network, purpose=SCORING_BATCH):
    """A pass to the losses, theta and a direction."""
    graph, point, u = at_its_parameters(network, purpose)
    return TangentPass(graph.graph, [graph.graph.sample_losses], network.space), point.theta, u


def run(network, batch=None):
    tangents, theta, u = pass_over(network)
    ((losses, products),) = tangents.run(theta, batch or draw_batch(), u)
    return losses[:, 0], products[:, 0]


@pytest.mark.parametrize("body", [smooth, kinked, twice])
def test_tangents_are_the_products_of_every_sample(body):
    network = small_network(body)
    losses, products = run(network)
    oracle = LossOracle(network)
    u = pass_over(network)[2]
    assert products.dtype == losses.dtype == np.float64
    assert_close(products, one_by_one(oracle, network.theta, u), 1e-5, FLOAT32)
    assert_close(losses, oracle.sample_losses(network.theta, draw_batch()), 1e-6, FLOAT32)


def test_values_alone_need_no_direction():
    network = small_network(kinked)
    tangents, theta, _ = pass_over(network)
    (losses,) = tangents.values(theta, draw_batch())
    assert np.array_equal(losses[:, 0], run(network)[0])


@pytest.mark.parametrize("scale", [0.0, 1e-60, 1e60])
def test_the_length_of_the_direction_does_not_matter(scale):
    """Float32 ends at 1e-38 and 1e38."""
    network = small_network(kinked)
    tangents, theta, u = pass_over(network)
    ((_, scaled),) = tangents.run(theta, draw_batch(), scale * u)
    if scale:
        assert_close(scaled[:, 0], scale * run(network)[1], 1e-6, FLOAT32)
    else:
        assert not scaled.any()


@pytest.mark.parametrize("purpose", [SCORING_BATCH, SCORING_FROZEN])
def test_running_statistics_stay_and_are_read_where_they_count(purpose):
    network = small_network(normalized)
    store = network.store()
    graph = network.build(store, 7, purpose)
    tangents = TangentPass(graph, [graph.sample_losses], network.space)
    before = tangents.values(network.theta, draw_batch())[0]
    assert np.array_equal(store.variables["norm/bn/mean"].d, np.zeros((1, 4, 1, 1)))
    store.write({"norm/bn/mean": np.ones((1, 4, 1, 1), np.float32)})
    after = tangents.values(network.theta, draw_batch())[0]
    assert np.array_equal(before, after) == (purpose is SCORING_BATCH)


def rectified_at_once(x, rng):
    """The data themselves, and a view of them, enter a layer that may overwrite what nobody else reads."""
    h = F.reshape(F.relu(x), (x.shape[0], 36))
    return F.relu(F.concatenate(F.relu(F.reshape(x, (x.shape[0], 36))), h, axis=1))


@pytest.mark.parametrize("body", [normalized, twice, rectified_at_once])
def test_the_same_question_gets_the_same_bits_and_arguments_stay(body):
    tangents, theta, u = pass_over(small_network(body))
    batch = draw_batch()
    kept = [a.copy() for a in (*batch.values(), theta, u)]
    first = tangents.run(theta, batch, u)[0]
    copies = [a.copy() for a in first]
    tangents.run(theta + 1, batch, -u)
    again = tangents.run(theta, batch, u)[0]
    assert all(np.array_equal(a, b) for a, b in zip(first, copies)), "handed out for good"
    assert all(np.array_equal(a, b) for a, b in zip(again, copies))
    assert all(np.array_equal(a, b) for a, b in zip(kept, (*batch.values(), theta, u)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_handed_on_without_a_word(value):
    tangents, theta, u = pass_over(small_network(normalized))
    ((losses, products),) = tangents.run(theta + value, draw_batch(), u)
    assert not np.isfinite(losses).all() or not np.isfinite(products).all()


def test_memory_does_not_grow_with_depth():
    def deep(layers):
        def body(x, rng):
            for layer in range(layers):
                x = F.tanh(F.relu(PF.convolution(x, 4, (3, 3), pad=(1, 1), rng=rng, name=str(layer))))
            return x

        return small_network(body)

    held = []
    for layers in (3, 6):
        buffers = Buffers()
        graph, point, u = at_its_parameters(deep(layers))
        TangentPass(graph.graph, [graph.graph.sample_losses], graph.space, buffers).run(point.theta, draw_batch(), u)
        held.append(sum(buffer.nbytes for buffer in buffers._buffers))
    assert held[0] == held[1]


def test_several_outputs_share_one_pass():
    network = small_network(kinked)
    graph, point, u = at_its_parameters(network)
    prediction = graph.graph.predictions[0][1]
    both = TangentPass(graph.graph, [prediction, graph.graph.sample_losses], network.space)
    (logits, moved), (_, products) = both.run(point.theta, draw_batch(), u)
    assert_close(logits, LossOracle(network).predictions(network.theta, draw_batch()), 1e-6, FLOAT32)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    y = draw_batch()["y"].astype(int)
    expected = (p * moved).sum(1) - np.take_along_axis(moved, y, 1)[:, 0]
    assert_close(products[:, 0], expected, 1e-5, FLOAT32)


def test_a_layer_without_a_rule_is_named():
    with pytest.raises(UnsupportedError, match="no rule .*BinaryTanh"):
        run(small_network(binary))


@pytest.mark.parametrize(
    "rule", [lambda node, x: [x, x], lambda node, x: x.value["no such"]], ids=["outputs", "raises"]
)
def test_a_setting_that_a_rule_does_not_know_is_named(monkeypatch, rule):
    monkeypatch.setitem(registry.RULES, "MaxPooling", rule)
    with pytest.raises(UnsupportedError, match=r"no rule .*MaxPooling: kernel=\[2, 2\]"):
        run(small_network(kinked))


def test_what_no_parameter_leads_to_is_left_to_nnabla():
    """The label goes through a layer without a rule."""
    assert "Floor" not in registry.RULES
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, 1, 6, 6)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        loss = F.softmax_cross_entropy(PF.affine(x, 3, rng=rng, name="out"), F.floor(y))
    network = Network.from_loss(loss, {"x": x, "y": y}, scope)
    batch = draw_batch()
    batch["y"] += 0.5
    found, plain = run(network, batch), run(small_network(lambda x, rng: x))
    assert all(np.array_equal(a, b) for a, b in zip(found, plain)) and plain[1].any()


def test_a_parameter_outside_the_space_does_not_move():
    network = small_network(smooth)
    graph, point, u = at_its_parameters(network)
    parts = network.space.unflatten(u)
    some = ParameterSpace.of({n: a.shape for n, a in parts.items() if n.startswith("out")})
    theta = some.flatten(network.space.unflatten(point.theta))
    along = np.concatenate([parts[n].ravel() for n in some.names])
    graph.move_to(point)
    ((_, found),) = TangentPass(graph.graph, [graph.graph.sample_losses], some).run(theta, draw_batch(), along)
    still = np.concatenate([(a if n in some.names else 0 * a).ravel() for n, a in parts.items()])
    every = TangentPass(graph.graph, [graph.graph.sample_losses], network.space)
    assert_close(found, every.run(point.theta, draw_batch(), still)[0][1], 1e-6, FLOAT32)
