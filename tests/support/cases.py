"""The test networks, one row each: adding a row adds a network to every numerical test.

A case says the same network twice: ``build`` in NNabla, ``losses`` in float64 NumPy (`reference.layers`). Both name
their parameters alike, so one vector theta (names sorted) serves both. The networks are tiny (P about 50), because
the reference evaluates the network several times per parameter.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Callable, Dict, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.parametric_functions as PF
import numpy as np
from reference import derivatives
from reference import layers as L

CLASSES = 3
RUNNING = ("mean", "var")  # parameters that batch normalisation keeps but does not train


@dataclass(frozen=True)
class Case:
    """A network in NNabla and in NumPy.

    Args:
        name: Name of the row.
        build: ``build(x, y, batch_stat)`` -> loss variable (B, ...), or a list of them, in the current scope.
        losses: ``losses(p, x, y, batch_stat)`` -> (B,), p the parameters by name; or stacks of both.
        input: Shape of one sample.
        target: Shape of one sample's target.
        draw_target: ``draw_target(random, shape)`` -> targets.
        batch_norm: Policy; only ``batch`` with a batch normalisation couples the samples of a batch.
    """

    name: str
    build: Callable
    losses: Callable
    input: Tuple[int, ...]
    target: Tuple[int, ...]
    draw_target: Callable
    batch_norm: str = "batch"
    coupled: bool = False

    def __str__(self):
        return self.name

    @property
    def batch_stat(self):
        return self.batch_norm == "batch"

    def draw_batch(self, samples, seed=0):
        """A batch as the package's API wants it."""
        random = np.random.RandomState(seed)
        x = random.normal(size=(samples,) + self.input).astype(np.float32)
        y = self.draw_target(random, (samples,) + self.target).astype(np.float32)
        return {"x": x, "y": y}


# --- the same layers twice ----------------------------------------------------------------------------------------


def affine(x, y, batch_stat):
    return F.softmax_cross_entropy(PF.affine(x, CLASSES, name="out"), y)


def affine_losses(p, x, y, batch_stat):
    return L.softmax_cross_entropy(out(p, x), y)


def perceptron(x, y, batch_stat):
    return F.softmax_cross_entropy(PF.affine(F.relu(PF.affine(x, 6, name="hidden")), CLASSES, name="out"), y)


def perceptron_losses(p, x, y, batch_stat):
    return L.softmax_cross_entropy(out(p, L.relu(hidden(p, x))), y)


def convolution(x, y, batch_stat):
    h = F.relu(F.max_pooling(PF.convolution(x, 2, (3, 3), name="conv"), (2, 2)))
    return F.softmax_cross_entropy(PF.affine(h, CLASSES, name="out"), y)


def convolution_losses(p, x, y, batch_stat):
    h = L.relu(L.max_pooling(L.convolution(x, p["conv/conv/W"], p["conv/conv/b"])))
    return L.softmax_cross_entropy(out(p, L.flattened(h)), y)


def batch_norm(x, y, batch_stat):
    h = PF.batch_normalization(PF.convolution(x, 2, (3, 3), name="conv"), batch_stat=batch_stat, name="norm")
    h = F.max_pooling(F.relu(h), (2, 2))
    return F.softmax_cross_entropy(PF.affine(h, CLASSES, name="out"), y)


def batch_norm_losses(p, x, y, batch_stat):
    h = L.convolution(x, p["conv/conv/W"], p["conv/conv/b"])
    statistics = None if batch_stat else (p["norm/bn/mean"], p["norm/bn/var"])
    h = L.batch_normalization(h, p["norm/bn/beta"], p["norm/bn/gamma"], statistics)
    return L.softmax_cross_entropy(out(p, L.flattened(L.max_pooling(L.relu(h)))), y)


def two_batch_norms(x, y, batch_stat):
    """Behind affine layers there is no image to average over: a channel has only B values, and eps matters."""
    h = x
    for layer in ("first", "second"):
        with nn.parameter_scope(layer):
            h = PF.affine(h, 4, name="hidden")
            h = F.tanh(PF.batch_normalization(h, eps=0.01, batch_stat=batch_stat, name="norm"))
    return F.squared_error(PF.affine(h, y.shape[1], name="out"), y)


def two_batch_norms_losses(p, x, y, batch_stat):
    h = x
    for layer in ("first/", "second/"):
        h = L.affine(h, p[layer + "hidden/affine/W"], p[layer + "hidden/affine/b"])
        mean, var = p[layer + "norm/bn/mean"], p[layer + "norm/bn/var"]
        beta, gamma = p[layer + "norm/bn/beta"], p[layer + "norm/bn/gamma"]
        h = np.tanh(L.batch_normalization(h, beta, gamma, None if batch_stat else (mean, var), 0.01))
    return L.squared_error(out(p, h), y)


def regression(x, y, batch_stat):
    return F.squared_error(PF.affine(F.tanh(PF.affine(x, 6, name="hidden")), y.shape[1], name="out"), y)


def regression_losses(p, x, y, batch_stat):
    return L.squared_error(out(p, np.tanh(hidden(p, x))), y)


def sigmoid(x, y, batch_stat):
    return F.sigmoid_cross_entropy(PF.affine(F.tanh(PF.affine(x, 6, name="hidden")), y.shape[1], name="out"), y)


def sigmoid_losses(p, x, y, batch_stat):
    return L.sigmoid_cross_entropy(out(p, np.tanh(hidden(p, x))), y)


def shared_weights(x, y, batch_stat):
    """One layer used twice, and two losses of different widths: NNabla seeds each with 1 / its size."""
    h = F.tanh(PF.affine(x, 5, name="hidden"))
    h = F.tanh(PF.affine(h, 5, name="hidden"))
    return [F.squared_error(PF.affine(h, y.shape[1], name="out"), y), F.pow_scalar(h, 2.0)]


def shared_weights_losses(p, x, y, batch_stat):
    h = np.tanh(hidden(p, np.tanh(hidden(p, x))))
    return L.squared_error(out(p, h), y) + L.squared_error(h, 0)


def hidden(p, x):
    return L.affine(x, p["hidden/affine/W"], p["hidden/affine/b"])


def out(p, x):
    return L.affine(x, p["out/affine/W"], p["out/affine/b"])


def class_labels(random, shape):
    return random.randint(CLASSES, size=shape)


def real_targets(random, shape):
    return random.normal(size=shape)


def binary_targets(random, shape):
    return random.randint(2, size=shape)


IMAGE, VECTOR = (1, 6, 6), (5,)

CASES = (
    Case("affine", affine, affine_losses, VECTOR, (1,), class_labels),
    Case("affine + ReLU", perceptron, perceptron_losses, VECTOR, (1,), class_labels),
    Case("convolution + pooling", convolution, convolution_losses, IMAGE, (1,), class_labels),
    Case("batch norm, frozen", batch_norm, batch_norm_losses, IMAGE, (1,), class_labels, "frozen"),
    Case("batch norm, batch", batch_norm, batch_norm_losses, IMAGE, (1,), class_labels, "batch", coupled=True),
    Case("two batch norms, frozen", two_batch_norms, two_batch_norms_losses, VECTOR, (2,), real_targets, "frozen"),
    Case("two batch norms, batch", two_batch_norms, two_batch_norms_losses, VECTOR, (2,), real_targets, "batch", True),
    Case("regression", regression, regression_losses, VECTOR, (4,), real_targets),
    Case("sigmoid cross entropy", sigmoid, sigmoid_losses, VECTOR, (3,), binary_targets),
    Case("shared weights, two losses", shared_weights, shared_weights_losses, VECTOR, (3,), real_targets),
)
UNCOUPLED = tuple(case for case in CASES if not case.coupled)


def case_named(name):
    return next(case for case in CASES if case.name == name)


# --- parameters ---------------------------------------------------------------------------------------------------


def trains(name):
    return name.rsplit("/", 1)[-1] not in RUNNING


def draw_parameters(case, seed=0):
    """Values by name, far from special points: biases are not zero, running statistics not 0 and 1."""
    random = np.random.RandomState(seed)
    values = OrderedDict()
    for name, variable in sorted(plain_graph(case, 2)[0].items()):
        around = 1.0 if name.endswith(("gamma", "var")) else 0.0
        spread = 0.2 if around else 0.4
        values[name] = (around + spread * random.normal(size=variable.shape)).astype(np.float32)
        if name.endswith("var"):
            values[name] = np.abs(values[name]) + np.float32(0.3)
    return values


def flat(values: Dict[str, np.ndarray]) -> np.ndarray:
    """The vector theta (P,) of the parameters that train, names sorted."""
    return np.concatenate([values[name].ravel() for name in sorted(values) if trains(name)])


def with_theta(values, theta):
    """The same parameters with theta (..., P) in place of those that train; float64 or complex."""
    changed, start = dict(values), 0
    for name in sorted(values):
        if trains(name):
            size = values[name].size
            changed[name] = theta[..., start : start + size].reshape(*theta.shape[:-1], *values[name].shape)
            start += size
    return changed


# --- NNabla without our package -----------------------------------------------------------------------------------


def plain_graph(case, samples, values=None, batch_stat=None):
    """(scope, x, y, losses (B, 1)) of a case, built with nothing but NNabla."""
    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        x, y = nn.Variable((samples,) + case.input), nn.Variable((samples,) + case.target)
        losses = case.build(x, y, case.batch_stat if batch_stat is None else batch_stat)
        variables = OrderedDict(nn.get_parameters(grad_only=False))
        losses = losses if isinstance(losses, list) else [losses]
        means = [F.mean(F.reshape(loss, (samples, -1)), axis=1, keepdims=True) for loss in losses]
        total = means[0] if len(means) == 1 else F.add_n(*means)
    for name, value in (values or {}).items():
        variables[name].d = value
    return variables, x, y, total


def plain_gradients(case, values, batch, seeds):
    """Gradients (len(seeds), P): row k is the gradient of ``seeds[k] . losses``, by NNabla's backward pass."""
    variables, x, y, losses = plain_graph(case, len(batch["x"]), values)
    x.d, y.d = batch["x"], batch["y"]
    rows = []
    for seed in seeds:
        for variable in variables.values():
            variable.g = 0
        losses.forward()
        losses.backward(np.asarray(seed, np.float32).reshape(losses.shape))
        rows.append(flat({name: variable.g.copy() for name, variable in variables.items()}))
    return np.stack(rows).astype(float)


def batch_one_gradients(case, values, batch):
    """Sample gradients (B, P) by the slow way: one sample at a time through a graph of batch size 1."""
    rows = [
        plain_gradients(case, values, {k: v[i : i + 1] for k, v in batch.items()}, [[1.0]])[0]
        for i in range(len(batch["x"]))
    ]
    return np.stack(rows)


def network_of(case, values):
    """The same network as an object of our package."""
    from nnabla_influence.network import Network

    scope = OrderedDict()
    with nn.parameter_scope("", scope), nn.auto_forward(False):
        x, y = nn.Variable((2,) + case.input), nn.Variable((2,) + case.target)
        losses = case.build(x, y, True)
        for name, variable in nn.get_parameters(grad_only=False).items():
            variable.d = values[name]
    return Network.from_loss(losses, {"x": x, "y": y}, scope)


# --- the truth ----------------------------------------------------------------------------------------------------


def exact_losses(case, values, batch):
    """``theta -> losses (B,)`` in float64, and of a stack (..., P) ``-> (..., B)``."""
    x, y = batch["x"].astype(float), batch["y"].astype(float)
    return lambda theta: case.losses(with_theta(values, theta), x, y, case.batch_stat)


def exact_sample_gradients(case, values, theta, batch):
    """(B, P): the gradient of each sample's loss term inside its batch."""
    return derivatives.sample_gradients(exact_losses(case, values, batch), theta.astype(float))


def exact_hessian(case, values, theta, batch):
    """(P, P): the Hessian of the batch's mean loss."""
    return derivatives.hessian(exact_losses(case, values, batch), theta.astype(float))
