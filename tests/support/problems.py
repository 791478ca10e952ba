"""Whole problems for the recursion tests: data, a network, a training by our trainer, and its NumPy twin.

`trained` trains a network of `cases` with the package and returns everything a comparison needs. The twin sees the
same float32 data and parameters, converted to float64.
"""

from typing import Any, List, NamedTuple, Tuple

import numpy as np

from support.cases import (
    Case,
    case_named,
    draw_parameters,
    exact_hessian,
    exact_losses,
    exact_sample_gradients,
    network_of,
)

Data = Tuple[np.ndarray, np.ndarray]  # x (N, ...), y (N,) or (N, K)


class Trained(NamedTuple):
    """A finished training.

    Attributes:
        network: The network before training.
        cache: Its training cache.
        training: Training data as the package's data set.
        validation: Validation data, likewise.
    """

    network: Any
    cache: Any
    training: Any
    validation: Any

    @property
    def data(self) -> Data:
        return as_float64(self.training)

    @property
    def validation_data(self) -> Data:
        return as_float64(self.validation)

    @property
    def start(self) -> np.ndarray:
        """Parameters at the start of the last epoch (P,)."""
        return self.cache.checkpoint(self.cache.kept[-2]).theta.astype(float)

    @property
    def final(self) -> np.ndarray:
        return self.cache.final.theta.astype(float)

    def steps(self, epochs="last") -> List[Any]:
        """(batches, learning rate) of every step, in order, as the references want them."""
        return [(list(step.batches), step.learning_rate) for step in self.cache.steps(epochs=epochs)]


def as_float64(dataset) -> Data:
    """Class labels as whole numbers (N,), everything else as it is."""
    whole = dataset.batch(np.arange(len(dataset)))
    y = whole["y"]
    labels = y.shape[1:] == (1,) and np.array_equal(y, y.astype(int))
    return whole["x"].astype(float), y[:, 0].astype(int) if labels else y.astype(float)


def dataset(x, y):
    from nnabla_influence.dataset.dataset import Dataset

    y = np.asarray(y, np.float32)
    return Dataset.from_arrays({"x": np.asarray(x, np.float32), "y": y[:, None] if y.ndim == 1 else y})


def trained(folder, network, training, validation, *, solver=None, **config) -> Trained:
    """Trains and keeps the parameters at the start and the end of the last epoch."""
    from nnabla_influence.config import SolverConfig, TrainingConfig
    from nnabla_influence.training import train

    settings = TrainingConfig(solver=SolverConfig(**(solver or {})), policy="last-epoch", **config)
    return Trained(network, train(network, training, settings, folder / "cache.h5"), training, validation)


def replayable(t, folder, policy="sqrt") -> Trained:
    """The same run with a policy from which every step can be computed again."""
    from dataclasses import replace

    from nnabla_influence.training import train

    cache = train(t.network, t.training, replace(t.cache.config, policy=policy), folder / f"{policy}.h5")
    return t._replace(cache=cache)


def replayable_run(folder, network, solver, samples, batch_size, epochs=6, seed=0, iterator=None) -> Trained:
    """A training on overlapping classes; 100 validation samples."""
    data, validation = (dataset(*overlapping_classes(n, s)) for n, s in ((samples, seed), (100, seed + 1)))
    options = {"epochs": epochs, "batch_size": batch_size, "seed": seed, "iterator": iterator}
    return replayable(trained(folder, network, data, validation, solver=solver, **options), folder)


def whole_run_truth(compare, problem, t, rule):
    """`reference.whole_run.derivative` or `leave_one_out` of a run (N,)."""
    start, decay = t.network.theta.astype(float), t.cache.config.solver.weight_decay
    return compare(problem, start, t.data, t.validation_data, t.steps("all"), rule, decay)


def overlapping_classes(samples, seed, features=5, flipped=0.1) -> Data:
    """Three Gaussian classes that overlap, some labels wrong: the loss stays curved, its optimum finite."""
    random = np.random.RandomState(seed)
    centres = 1.2 * np.random.RandomState(42).normal(size=(3, features))
    y = random.randint(3, size=samples)
    x = centres[y] + random.normal(size=(samples, features))
    wrong = random.uniform(size=samples) < flipped
    y[wrong] = (y[wrong] + 1 + random.randint(2, size=wrong.sum())) % 3
    return x.astype(np.float32), y


def handwritten_digits(samples, seed) -> Data:
    """Real data: threes, fives and eights as 2 x 2 means (16 numbers between 0 and 1), as classes 0, 1, 2."""
    from nnabla_influence.dataset.digits import load_digits

    images, labels = load_digits()
    chosen = np.flatnonzero(np.isin(labels, (3, 5, 8)))
    rows = np.random.RandomState(0).permutation(chosen)[seed * 100 : seed * 100 + samples]
    x = images[rows].reshape(samples, 4, 2, 4, 2).mean((2, 4)).reshape(samples, 16) / 255
    return x.astype(np.float32), np.searchsorted((3, 5, 8), labels[rows])


def softmax_network(features, seed=0):
    """Softmax regression with small initial weights, as a case with so many features."""
    case = case_named("affine")
    case = Case(case.name, case.build, case.losses, (features,), case.target, case.draw_target)
    values = {name: 0.3 * value for name, value in draw_parameters(case, seed).items()}
    return network_of(case, values)


class CaseProblem:
    """A case of the table as a problem for `reference.last_epoch`, all derivatives by complex steps."""

    def __init__(self, case, values):
        self.case, self.values = case, values

    def sample_losses(self, theta, x, y):
        return exact_losses(self.case, self.values, self._batch(x, y))(theta)

    def sample_gradients(self, theta, x, y):
        return exact_sample_gradients(self.case, self.values, theta, self._batch(x, y))

    def hessian(self, theta, x, y):
        return exact_hessian(self.case, self.values, theta, self._batch(x, y))

    @staticmethod
    def _batch(x, y):
        return {"x": x, "y": y[:, None] if y.ndim == 1 else y}


def without_initializers(network):
    """The network as one made in Python by ways of drawing that no file states."""
    for message in network.proto.network:
        for variable in message.variable:
            variable.initializer.type = ""
    return network
