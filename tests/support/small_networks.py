"""Networks of a few parameters with and without second derivatives, and a point to look at them."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np

from nnabla_influence.autodiff.parameterized_graph import EvaluationPoint, ParameterizedGraph
from nnabla_influence.network import SCORING_BATCH, Network

SAMPLES = 7


def small_network(body):
    scope, rng = OrderedDict(), np.random.RandomState(0)
    x, y = nn.Variable((2, 1, 6, 6)), nn.Variable((2, 1))
    with nn.parameter_scope("", scope):
        loss = F.softmax_cross_entropy(PF.affine(body(x, rng), 3, rng=rng, name="out"), y)
    return Network.from_loss(loss, {"x": x, "y": y}, scope)


def smooth(x, rng):
    return F.tanh(PF.affine(x, 5, rng=rng, name="hidden"))


def kinked(x, rng):
    return F.max_pooling(F.relu(PF.convolution(x, 4, (3, 3), rng=rng)), (2, 2))


def depthwise(x, rng):
    return F.tanh(PF.depthwise_convolution(PF.convolution(x, 4, (3, 3), rng=rng), (3, 3), rng=rng))


def wavy(x, rng):
    return F.sin(100 * PF.affine(x, 5, rng=rng, name="hidden"))


def binary(x, rng):
    return F.binary_tanh(PF.affine(x, 5, rng=rng, name="hidden"))


def binary_weights(x, rng):
    return F.tanh(PF.binary_connect_affine(x, 5, rng=rng, name="hidden"))


def spectral(x, rng):
    """What NNabla cannot differentiate twice, and our own pass forwards only."""
    return F.tanh(PF.affine(x, 5, apply_w=lambda w: PF.spectral_norm(w, dim=1, name="u"), rng=rng, name="hidden"))


def doubled(x, rng):
    """What NNabla can differentiate twice, and our own pass forwards only."""
    return F.celu(PF.affine(x, 5, rng=rng, name="hidden"))


def two_dropouts(x, rng):
    h = smooth(x, rng)
    return F.dropout(h, 0.5) + F.dropout(h, 0.5)


def draw_batch(samples=7):
    random = np.random.RandomState(1)
    return {
        "x": random.normal(size=(samples, 1, 6, 6)).astype(np.float32),
        "y": random.randint(3, size=(samples, 1)).astype(np.float32),
    }


def at_its_parameters(network, purpose=SCORING_BATCH, seed=None):
    """The network built for `SAMPLES`, the point of its own parameters, and a random direction."""
    store = network.store()
    graph = ParameterizedGraph(network.build(store, SAMPLES, purpose), store, network.space)
    return graph, EvaluationPoint(network.theta, seed), np.random.RandomState(2).normal(size=network.space.size)


def one_by_one(oracle, theta, direction):
    """``<grad l_i, u>`` (B,) of the batch, a sample at a time."""
    batch = draw_batch()
    rows = [{name: array[i : i + 1] for name, array in batch.items()} for i in range(SAMPLES)]
    return np.array([oracle.mean_gradient(theta, [row]) @ direction for row in rows])
