"""Order-averaged SGD-influence by a short Lanczos run (ours), the default of the command line.

The batch order of the last epoch is an accident, and so is the place at which a sample was drawn. Averaging the
last-epoch score over all orders, with mean curvature G at the final parameters and constant learning rate eta, gives

    r_i = (eta K / N) <grad l_i, f(G) g>,    f(x) = mean over s = 0..K-1 of clip(1 - eta x, 0, 1)^s,

with g the validation gradient and K the number of steps. ``f(G) g`` comes from a few Lanczos steps on a random
subset of the training data, then one pass of sample products over all of it gives the scores. Only one
set of parameters is needed: the final ones or, better where measured, their mean over the last epoch. ``horizon`` lets
K run over several epochs.

With another solver, eta becomes the rate D at which it moves a parameter under a steady gradient (with momentum
eta / (1 - m); with a second moment a diagonal matrix), and ``eta f(G)`` becomes ``D^1/2 f(D^1/2 G D^1/2) D^1/2``. A
step that adds the gradients of k batches has k times the rate; coupled weight decay joins G, decoupled the product.
"""

from __future__ import annotations

import logging
from typing import Dict, Optional, Union

import numpy as np

from ..array import Array
from ..autodiff import LossOracle
from ..choices import CURVATURES, DEFAULT_OBJECTIVE
from ..device import Device
from ..errors import CacheMismatchError, ConfigError
from ..linalg import FunctionProduct, Operator, Scaled, Shifted, function_times_vector, lanczos, sgd_horizon
from ..objective import require_objective
from ..remedies import advice
from ..scores import InfluenceScores
from ..training import FinishedTraining, coupled_decay, effective_rate, shrinkage
from .influence_estimator import InfluenceEstimator
from .negative_curvature import log_negative_curvature
from .scoring_point import scoring_point
from .scoring_task import ScoringTask

__all__ = ["SpectralInfluence"]

LOGGER = logging.getLogger("nnabla_influence")
UNCERTAIN = 0.1  # relative change by the last Lanczos step that is worth a word


class SpectralInfluence(InfluenceEstimator):
    """Expectation of `last-epoch` over all batch orders.

    Args:
        curvature: ``ggn`` (Gauss-Newton), ``hessian``, or ``auto``: the Hessian only where there is no Gauss-Newton.
        lanczos_steps: One curvature product each.
        subset: Training samples the curvature is taken from; None for all.
        horizon: Epochs whose steps count.
        batch_norm: Policy of `LossOracle`.
        seed: Draws the subset.
        at: ``final`` parameters, the ``average`` of the last epoch, or ``auto``: the average if training recorded it.
        device: Where to compute.
        objective: ``error`` or ``loss``: which quantity of the validation data, see `objective`.

    Raises:
        ConfigError: A setting has an impossible value.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network, SpectralInfluence, TrainingConfig
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> training = FinalState(network, TrainingConfig(epochs=1, batch_size=2), samples=4)
    >>> len(SpectralInfluence(lanczos_steps=2).estimate(training, data, data).values)
    4
    """

    method = "spectral"

    def __init__(
        self,
        curvature: str = "auto",
        lanczos_steps: int = 8,
        subset: Optional[int] = 1024,
        horizon: int = 1,
        batch_norm: str = "batch",
        seed: int = 0,
        at: str = "auto",
        device: Device = Device(),
        objective: str = DEFAULT_OBJECTIVE,
    ) -> None:
        if curvature not in CURVATURES:
            raise ConfigError(f"Curvature should be one of {', '.join(CURVATURES)}, not '{curvature}'.")
        if lanczos_steps < 1 or horizon < 1:
            raise ConfigError(f"Lanczos steps and horizon should be 1 or more, not {lanczos_steps} and {horizon}.")
        require_objective(objective)
        self.curvature = curvature
        self.lanczos_steps = lanczos_steps
        self.subset = subset
        self.horizon = horizon
        self.batch_norm = batch_norm
        self.seed = seed
        self.at = at
        self.objective = objective
        self.device = device

    def _scores(self, task: ScoringTask) -> InfluenceScores:
        training = task.training
        theta = scoring_point(training, self.at)
        oracle = task.oracle(theta, self.batch_norm, self.device)
        objective = task.objective(self.objective, oracle, theta)
        gradient = task.validation_gradient(oracle, theta, objective)  # g
        curvature = task.mean_curvature(oracle, theta, self.curvature, self.subset, self.seed)  # G
        steps = self.horizon * training.plan.steps_per_epoch  # K
        learning_rate = self._learning_rate(training)
        one_batch = self._rate(oracle, theta, task, learning_rate)
        rate = np.broadcast_to(training.plan.batches_per_step * one_batch, gradient.shape)  # D (P,)
        # With u = D^1/2 v everything is the SGD of rate 1 on the scaled curvature D^1/2 G D^1/2.
        operator: Operator = Shifted(Scaled(curvature, rate), shrinkage(training.config.solver, learning_rate))
        krylov = lanczos(operator, np.sqrt(rate) * gradient, self.lanczos_steps)
        filtered = function_times_vector(krylov, sgd_horizon(1.0, steps))
        self._log_uncertainty(filtered)
        products = task.sample_products(oracle, theta, np.sqrt(rate) * filtered.value)
        values = steps / len(task.train) * products
        return InfluenceScores(values, self.method, self._facts(filtered), objective=objective)

    def _learning_rate(self, training: FinishedTraining) -> float:
        """Compute the mean learning rate of the horizon's steps."""
        epochs = range(max(0, training.config.epochs - self.horizon), training.config.epochs)
        return float(np.mean([step.learning_rate for epoch in epochs for step in training.plan.epoch(epoch)]))

    @staticmethod
    def _rate(oracle: LossOracle, theta: Array, task: ScoringTask, mean: float) -> Union[float, Array]:
        """Return how far the solver moves per unit of a step's gradient, at a mean learning rate: a number or (P,)."""
        config = task.training.config
        steps = task.training.plan.steps
        try:
            return effective_rate(config.solver, mean, steps, task.training.final.solver)
        except CacheMismatchError:
            LOGGER.info(
                "solver %s: its second moment is not in the network file; it is estimated from the squared batch "
                "gradients of one pass over the training data",
                config.solver.name,
            )
        return effective_rate(config.solver, mean, steps, estimated_state(oracle, theta, task))

    @staticmethod
    def _log_uncertainty(filtered: FunctionProduct) -> None:
        """Say in the log what the Krylov space does not know."""
        log_negative_curvature(filtered)
        if filtered.change > UNCERTAIN:
            LOGGER.info(
                "the last Lanczos step still changed the result by %.0f %%",
                100 * filtered.change,
                extra=advice("more-lanczos-steps"),
            )

    @staticmethod
    def _facts(filtered: FunctionProduct) -> Dict[str, float]:
        return {
            "largest eigenvalue of rate x curvature": float(filtered.ritz_values.max(initial=0.0)),
            "change by the last Lanczos step": filtered.change,
        }


def estimated_state(oracle: LossOracle, theta: Array, task: ScoringTask) -> Dict[str, Array]:
    """Estimate a second moment from the steps' gradients of one pass, under every name a solver may look for.

    ``var``, ``v`` and ``v_hat`` are mean squares; ``u`` (Adamax) is the largest absolute value.
    """
    plan = task.training.plan
    solver = task.training.config.solver
    decay = coupled_decay(solver)
    square = np.zeros(theta.size)
    largest = np.zeros(theta.size)
    for step in plan.epoch(task.training.config.epochs - 1):
        gradients = [oracle.mean_gradient(theta, [task.train.batch(rows)]) for rows in step.batches]
        gradient = np.sum(gradients, axis=0) + decay * theta
        square = square + gradient**2
        largest = np.maximum(largest, np.abs(gradient))
    mean = square / plan.steps_per_epoch
    # Adagrad's sum runs over the whole training.
    total = mean * plan.steps if solver.name == "Adagrad" else mean
    return {"var": mean, "v_hat": mean, "v": total, "u": largest}
