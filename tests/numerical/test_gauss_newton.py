"""Gauss-Newton products ``J' L'' J v`` against the dense matrix in float64, for every network of the table."""

from collections import OrderedDict

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
import pytest
from reference import gauss_newton
from reference import layers as L
from support.cases import CASES, VECTOR, Case, draw_parameters, hidden, network_of, out, real_targets, with_theta
from support.comparison import assert_close, relative_error

from nnabla_influence.autodiff import LossOracle
from nnabla_influence.autodiff.gauss_newton import GaussNewton
from nnabla_influence.autodiff.parameterized_graph import EvaluationPoint, ParameterizedGraph
from nnabla_influence.config import SolverConfig, TrainingConfig
from nnabla_influence.dataset.dataset import Dataset
from nnabla_influence.dataset.digits import load_digits
from nnabla_influence.network import SCORING_BATCH, SCORING_FROZEN, Network
from nnabla_influence.training import train

SAMPLES = 7
SMOOTH, KINKS = 1e-2, 3e-2  # of the central difference, as design.md states them
DIFFERENCE = "J v is a central difference of float32 outputs with a step of 3e-4 |theta|"
FORWARD = "float32 (6e-8 per operation), a few hundred accumulations"
DOUBLE_BACKWARD = "float32 (6e-8 per operation), a few hundred accumulations"


# --- further networks: several losses with known Hessians, and losses of probabilities --------------------------------


def computed_target(x, y, batch_stat):
    """Two losses, the target of one computed from a column."""
    h = F.tanh(PF.affine(x, 5, name="hidden"))
    binary = F.sigmoid_cross_entropy(PF.affine(h, y.shape[1], name="out"), F.greater_scalar(y, 0))
    return [F.squared_error(PF.affine(h, y.shape[1], name="real"), y), binary]


def computed_target_losses(p, x, y, batch_stat):
    h = np.tanh(hidden(p, x))
    real = L.affine(h, p["real/affine/W"], p["real/affine/b"])
    return L.squared_error(real, y) + L.sigmoid_cross_entropy(out(p, h), (y > 0).astype(float))


def weighted_huber(x, y, batch_stat):
    h = F.tanh(PF.affine(x, 5, name="hidden"))
    return F.mul_scalar(F.huber_loss(PF.affine(h, y.shape[1], name="out"), y, 0.5), 0.3)


def weighted_huber_losses(p, x, y, batch_stat):
    return L.weighted_huber_loss(out(p, np.tanh(hidden(p, x))), y)


def two_predictions(x, y, batch_stat):
    h = F.tanh(PF.affine(x, 5, name="hidden"))
    return [
        F.squared_error(PF.affine(h, y.shape[1], name="out"), y),
        F.sigmoid_cross_entropy(PF.affine(h, y.shape[1], name="real"), y),
    ]


def two_predictions_losses(p, x, y, batch_stat):
    h = np.tanh(hidden(p, x))
    real = L.affine(h, p["real/affine/W"], p["real/affine/b"])
    return L.squared_error(out(p, h), y) + L.sigmoid_cross_entropy(real, y)


def one_prediction_twice(x, y, batch_stat):
    z = PF.affine(F.tanh(PF.affine(x, 5, name="hidden")), y.shape[1], name="out")
    return [F.squared_error(z, y), F.sigmoid_cross_entropy(z, y)]


def one_prediction_twice_losses(p, x, y, batch_stat):
    z = out(p, np.tanh(hidden(p, x)))
    return L.squared_error(z, y) + L.sigmoid_cross_entropy(z, y)


def probabilities(x, y, batch_stat):
    z = F.sigmoid(PF.affine(F.tanh(PF.affine(x, 5, name="hidden")), y.shape[1], name="out"))
    return F.binary_cross_entropy(z, y)


def probabilities_losses(p, x, y, batch_stat):
    return L.binary_cross_entropy(1 / (1 + np.exp(-out(p, np.tanh(hidden(p, x))))), y)


def class_probabilities(x, y, batch_stat):
    return F.categorical_cross_entropy(F.softmax(PF.affine(F.tanh(PF.affine(x, 5, name="hidden")), 3, name="out")), y)


def class_probabilities_losses(p, x, y, batch_stat):
    scores = np.exp(out(p, np.tanh(hidden(p, x))))
    return L.categorical_cross_entropy(scores / scores.sum(-1, keepdims=True), y)


def binary(random, shape):
    return random.randint(2, size=shape)


def classes(random, shape):
    return random.randint(3, size=shape)


MORE = (
    Case("computed target", computed_target, computed_target_losses, VECTOR, (2,), real_targets),
    Case("Huber, weighted", weighted_huber, weighted_huber_losses, VECTOR, (2,), real_targets),
    Case("two losses", two_predictions, two_predictions_losses, VECTOR, (2,), binary),
    Case("one prediction, two losses", one_prediction_twice, one_prediction_twice_losses, VECTOR, (2,), binary),
    Case("binary cross entropy", probabilities, probabilities_losses, VECTOR, (3,), binary),
    Case("categorical cross entropy", class_probabilities, class_probabilities_losses, VECTOR, (1,), classes),
)
KNOWN = tuple(case for case in CASES if case.name != "shared weights, two losses") + MORE
every_case = pytest.mark.parametrize("case", KNOWN, ids=str)


class Setting:
    """A case at a point of its own, and its Gauss-Newton matrix (P, P) by the reference."""

    def __init__(self, case):
        self.case, self.batch = case, case.draw_batch(SAMPLES, seed=3)
        drawn = draw_parameters(case)
        self.network = network_of(case, drawn)
        self.oracle = LossOracle(self.network, case.batch_norm)
        random = np.random.RandomState(6)
        size = self.network.space.size
        self.theta = (self.network.theta + 0.1 * random.normal(size=size)).astype(np.float32)
        self.u, self.v = random.normal(size=(2, size))
        self.values = with_theta(drawn, self.theta)
        self.dense = self._dense()

    def product(self, direction):
        return self.oracle.gauss_newton(self.theta, self.batch, direction)

    def product_by_differences(self, direction):
        purpose = SCORING_BATCH if self.case.batch_stat else SCORING_FROZEN
        store = self.network.with_parameters(self.theta, self.network.statistics_values).store()
        graph = ParameterizedGraph(self.network.build(store, SAMPLES, purpose), store, self.network.space)
        return GaussNewton(graph).run(EvaluationPoint(self.theta), self.batch, direction) / SAMPLES

    def _dense(self):
        x, y = self.batch["x"].astype(float), self.batch["y"].astype(float)

        def recorded(theta):
            with Recorder() as calls:
                self.case.losses(with_theta(self.values, theta), x, y, self.case.batch_stat)
            return calls

        theta = self.theta.astype(float)
        losses = [(loss, target) for loss, _, target in recorded(theta)]
        return gauss_newton.dense(lambda t: [z for _, z, _ in recorded(t)], theta, losses)


class Recorder:
    """What a reference network passes to the losses of `reference.layers` while this is active."""

    NAMES = tuple(name for name in vars(L) if name.endswith(("entropy", "error", "loss")))

    def __enter__(self):
        self.calls, self.originals = [], {name: getattr(L, name) for name in self.NAMES}
        for name, original in self.originals.items():
            setattr(L, name, self._recording(original))
        return self.calls

    def __exit__(self, *_):
        for name, original in self.originals.items():
            setattr(L, name, original)

    def _recording(self, original):
        def loss(prediction, target):
            self.calls.append((original, prediction, target))
            return original(prediction, target)

        return loss


@every_case
def test_products_equal_the_dense_matrix(case):
    s = Setting(case)
    assert_close(s.product(s.v), s.dense @ s.v, 1e-5, FORWARD)


@every_case
def test_products_by_differences_equal_the_dense_matrix(case):
    s = Setting(case)
    tolerance = KINKS if "batch norm" in case.name else SMOOTH
    assert_close(s.product_by_differences(s.v), s.dense @ s.v, tolerance, DIFFERENCE)


@every_case
def test_the_exact_reference_by_double_backward_equals_the_dense_matrix(case):
    """``J v`` without a difference: the derivative of ``<J' c, v>`` in c."""
    s = Setting(case)
    purpose = SCORING_BATCH if case.batch_stat else SCORING_FROZEN
    store = s.network.with_parameters(s.theta, s.network.statistics_values).store()
    graph = s.network.build(store, SAMPLES, purpose)
    graph.feed(s.batch)
    tangents = exact_tangents(graph, s.network.space.unflatten(s.v.astype(np.float32)))
    ours = GaussNewton(ParameterizedGraph(graph, store, s.network.space))
    product = ours.pulled_back(ours.output_curvature(predictions(graph), tangents)) / SAMPLES
    assert_close(product, s.dense @ s.v, 1e-4, DOUBLE_BACKWARD)


@pytest.mark.parametrize("kind", ["gradient", "random"])
def test_products_of_a_trained_network_with_kinks_equal_the_exact_reference(kind, tmp_path):
    """6,090 parameters, ReLU and max pooling, in the direction the spectral method starts at."""
    images, labels = load_digits()
    data = Dataset.from_arrays({"x": images[:320, None] / 255.0, "y": labels[:320, None]})
    network = Network.builtin("builtin:cnn", (1, 8, 8), 10)
    cache = train(network, data, TrainingConfig(SolverConfig(learning_rate=0.05), 8, 32), tmp_path / "c.h5")
    theta, batch, oracle = cache.final.theta, data.batch(np.arange(32)), LossOracle(cache.network)
    random = np.random.RandomState(0).normal(size=theta.size)
    v = random if kind == "random" else oracle.mean_gradient(theta, [data.batch(np.arange(100, 300))])
    store = network.with_parameters(theta, cache.final.statistics).store()
    graph = network.build(store, 32, SCORING_BATCH)
    graph.feed(batch)
    ours = GaussNewton(ParameterizedGraph(graph, store, network.space))
    tangents = exact_tangents(graph, network.space.unflatten(v.astype(np.float32)))
    exact = ours.pulled_back(ours.output_curvature(predictions(graph), tangents)) / 32
    assert_close(oracle.gauss_newton(theta, batch, v), exact, 1e-5, FORWARD)
    differences = GaussNewton(ParameterizedGraph(graph, store, network.space))
    assert_close(differences.run(EvaluationPoint(theta), batch, v) / 32, exact, 3e-3, DIFFERENCE)


def predictions(graph):
    """Of every loss, in double precision, for the batch in the graph."""
    outputs = [variable for _, variable in graph.predictions]
    nn.forward_all(outputs)
    return [variable.d.astype(float) for variable in outputs]


def exact_tangents(graph, direction):
    """``J v`` of every loss's prediction, by NNabla's double backward."""
    outputs = [variable for _, variable in graph.predictions]
    seeds = [nn.Variable.from_numpy_array(np.ones(z.shape, np.float32)).apply(need_grad=True) for z in outputs]
    names = [name for name in graph.leaves if name in direction]
    gradients = nn.grad(
        [F.add_n(*[F.sum(c * z) for c, z in zip(seeds, outputs)])], [graph.leaves[name] for name in names]
    )
    scalar = F.add_n(*[F.sum(g * nn.Variable.from_numpy_array(direction[n])) for n, g in zip(names, gradients)])
    for seed in seeds:
        seed.grad.zero()
    scalar.forward()
    scalar.backward()
    return [seed.g.astype(float) for seed in seeds]


@every_case
def test_the_matrix_is_positive_semi_definite_and_nearly_symmetric(case):
    s = Setting(case)
    gu, gv = s.product(s.u), s.product(s.v)
    size = np.linalg.norm(gu) * np.linalg.norm(s.v)
    assert abs(gu @ s.v - gv @ s.u) <= 1e-5 * size, FORWARD
    assert gu @ s.u > 0 and gv @ s.v > 0
    assert np.linalg.eigvalsh(s.dense).min() > -1e-6 * np.linalg.norm(s.dense, 2), "the premise"


@pytest.mark.parametrize("scale", [1e-6, 1e6], ids=["short", "long"])
def test_the_length_of_the_direction_does_not_matter(scale):
    """Neither a tangent nor a step may be shorter or longer than float32 can say."""
    s = Setting(KNOWN[0])
    for product in (s.product, s.product_by_differences):
        assert_close(product(scale * s.v), scale * product(s.v), 1e-5, "the same numbers, rounded once more")
    assert not s.product(0 * s.v).any()


def test_the_gauss_newton_matrix_is_not_the_hessian():
    """The tolerance of the products tells them apart, except where the network is linear."""
    linear, curved = (Setting(next(c for c in KNOWN if c.name == name)) for name in ("affine", "regression"))
    hessians = [s.oracle.products(s.theta, s.batch, s.v)[1] for s in (linear, curved)]
    assert_close(linear.product(linear.v), hessians[0], 1e-5, FORWARD)
    assert relative_error(curved.product(curved.v), hessians[1]) > 10 * SMOOTH


# --- classes along any axis ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [1, 2, None], ids=["channels first", "channels last", "default"])
@pytest.mark.parametrize("loss", [F.softmax_cross_entropy, F.categorical_cross_entropy], ids=lambda f: f.__name__)
def test_classes_may_lie_along_any_axis(loss, axis):
    """A sample with several positions, each with a class: images, sequences. The network is linear up to the loss."""
    last = axis != 1
    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        x, y = nn.Variable((2, 5)), nn.Variable((2, 4, 1) if last else (2, 1, 4))
        z = F.reshape(PF.affine(x, 12, rng=np.random.RandomState(0), name="out"), (2, 4, 3) if last else (2, 3, 4))
        z = z if loss is F.softmax_cross_entropy else F.sigmoid(z)
        made = loss(z, y, **({} if axis is None else {"axis": axis}))
    oracle, random = LossOracle(Network.from_loss(made, {"x": x, "y": y}, scope)), np.random.RandomState(2)
    batch = {"x": random.normal(size=(6, 5)), "y": random.randint(3, size=(6, *y.shape[1:]))}
    direction = random.normal(size=oracle.space.size)
    outputs = linear_outputs(oracle, batch["x"], z.shape[1:], loss)
    position_last = np.moveaxis(batch["y"], 1 if not last else 2, -1)  # (6, 4, 1)
    targets = position_last.reshape(-1, 1).astype(float)
    dense = gauss_newton.dense(
        lambda theta: [class_rows(outputs(theta), last)],
        oracle.network.theta.astype(float),
        [(L.softmax_cross_entropy if loss is F.softmax_cross_entropy else L.categorical_cross_entropy, targets)],
    )
    batch = {name: array.astype(np.float32) for name, array in batch.items()}
    found = oracle.gauss_newton(oracle.network.theta, batch, direction)
    assert_close(found, dense @ direction, 1e-5, FORWARD)


def linear_outputs(oracle, x, shape, loss):
    def outputs(theta):
        parts = oracle.space.unflatten(theta)
        z = L.affine(x, parts["out/affine/W"], parts["out/affine/b"]).reshape(len(x), *shape)
        return z if loss is F.softmax_cross_entropy else 1 / (1 + np.exp(-z))

    return outputs


def class_rows(z, last):
    """(B, positions, classes) or (B, classes, positions) as rows of classes."""
    return (z if last else np.moveaxis(z, 1, 2)).reshape(-1, 3)
