"""Order-averaged SGD-influence by a short Lanczos run (ours), the default of the command line.

The batch order of the last epoch is an accident, and so is the place at which a sample was drawn. Averaging the
last-epoch score over all orders, with mean curvature G at the final parameters and constant learning rate eta, gives

    r_i = (eta K / N) <grad l_i, f(G) g>,    f(x) = mean over s = 0..K-1 of clip(1 - eta x, 0, 1)^s,

with g the mean validation gradient and K the number of steps. ``f(G) g`` comes from a few Lanczos steps on a random
subset of the training data, then one pass of sample products over all of it gives the scores. Only one
set of parameters is needed: the final ones or, better where measured, their mean over the last epoch. ``horizon`` lets
K run over several epochs.

With another solver, eta becomes the rate D at which it moves a parameter under a steady gradient (with momentum
eta / (1 - m); with a second moment a diagonal matrix), and ``eta f(G)`` becomes ``D^1/2 f(D^1/2 G D^1/2) D^1/2``. A
step that adds the gradients of k batches has k times the rate; coupled weight decay joins G, decoupled the product.
"""

from __future__ import annotations

import logging
from typing import Any, Dict, Optional

import numpy as np

from ..autodiff import CURVATURES, LossOracle, MeanCurvature, drawn_batches
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import CacheMismatchError, ConfigError
from ..linalg import FunctionProduct, Operator, Scaled, Shifted, function_times_vector, lanczos, sgd_horizon
from ..scores import InfluenceScores
from ..training import FinishedTraining, coupled_decay, effective_rate, shrinkage
from .base import (
    InfluenceEstimator,
    OracleSettings,
    Progress,
    Store,
    in_batches,
    note_negative_curvature,
    prepared_oracle,
    sample_products,
    scoring_point,
)

LOGGER = logging.getLogger("nnabla_influence")
UNCERTAIN = 0.1  # relative change by the last Lanczos step that is worth a word


class SpectralInfluence(InfluenceEstimator):
    """Expectation of `last-epoch` over all batch orders.

    Args:
        curvature: ``ggn`` (Gauss-Newton), ``hessian``, or ``auto``: the Hessian only where there is no Gauss-Newton.
        steps: Lanczos steps, one curvature product each.
        subset: Training samples the curvature is taken from; None for all.
        horizon: Epochs whose steps count.
        batch_norm: Policy of `LossOracle`.
        seed: Draws the subset.
        at: ``final`` parameters, the ``average`` of the last epoch, or ``auto``: the average if training recorded it.
        device: Where to compute.

    Raises:
        ConfigError: A setting has an impossible value.
    """

    method = "spectral"

    def __init__(
        self,
        curvature: str = "auto",
        steps: int = 8,
        subset: Optional[int] = 1024,
        horizon: int = 1,
        batch_norm: str = "batch",
        seed: int = 0,
        at: str = "auto",
        device: Device = Device(),
    ) -> None:
        if curvature not in CURVATURES:
            raise ConfigError(f"Curvature should be one of {', '.join(CURVATURES)}, not '{curvature}'.")
        if steps < 1 or horizon < 1:
            raise ConfigError(f"Lanczos steps and horizon should be 1 or more, not {steps} and {horizon}.")
        self.curvature, self.steps, self.subset, self.horizon = curvature, steps, subset, horizon
        self.batch_norm, self.seed, self.at, self.device = batch_norm, seed, at, device

    def estimate(
        self,
        training: FinishedTraining,
        train: Dataset,
        validation: Dataset,
        progress: Optional[Progress] = None,
        store: Optional[Store] = None,
    ) -> InfluenceScores:
        """See `InfluenceEstimator.estimate`."""
        theta, config = scoring_point(training, self.at), training.config
        oracle = prepared_oracle(training, train, theta, OracleSettings(self.batch_norm, self.device))
        start = oracle.mean_gradient(theta, in_batches(validation, config.batch_size), validation=True)
        batches = drawn_batches(len(train), config.batch_size, self.subset, self.seed)
        together, count = training.plan.batches_per_step, self.horizon * training.plan.steps_per_epoch
        # A step adds the gradients of several batches but the decay once.
        decay = coupled_decay(config.solver) / together
        curvature = MeanCurvature(oracle, theta, train, batches, self.curvature, decay)
        mean = self._learning_rate(training)
        rate = np.broadcast_to(together * self._rate(oracle, theta, training, train, mean), start.shape)  # (P,)
        # With u = D^1/2 v everything is the SGD of rate 1 on the scaled curvature.
        operator: Operator = Shifted(Scaled(curvature, rate), shrinkage(config.solver, mean))
        found = function_times_vector(lanczos(operator, np.sqrt(rate) * start, self.steps), sgd_horizon(1.0, count))
        self._confess(found)
        products = sample_products(oracle, theta, training, train, np.sqrt(rate) * found.value, progress)
        return InfluenceScores(count / len(train) * products, self.method, self._facts(found))

    def _learning_rate(self, training: FinishedTraining) -> float:
        """The mean over the horizon's steps."""
        epochs = range(max(0, training.config.epochs - self.horizon), training.config.epochs)
        return float(np.mean([step.learning_rate for epoch in epochs for step in training.plan.epoch(epoch)]))

    @staticmethod
    def _rate(oracle: LossOracle, theta: np.ndarray, training: FinishedTraining, train: Dataset, mean: float) -> Any:
        """How far the solver moves per unit of a step's gradient, at a mean learning rate: a number or (P,)."""
        config, plan = training.config, training.plan
        try:
            return effective_rate(config.solver, mean, plan.steps, training.final.solver)
        except CacheMismatchError:
            LOGGER.info(
                "solver %s: its second moment is not in the network file; it is estimated from the squared batch "
                "gradients of one pass over the training data",
                config.solver.name,
            )
        return effective_rate(config.solver, mean, plan.steps, estimated_state(oracle, theta, training, train))

    @staticmethod
    def _confess(found: FunctionProduct) -> None:
        note_negative_curvature(found)
        if found.change > UNCERTAIN:
            LOGGER.info(
                "the last Lanczos step still changed the result by %.0f %%; more --lanczos-steps sharpen it",
                100 * found.change,
            )

    @staticmethod
    def _facts(found: FunctionProduct) -> Dict[str, float]:
        return {
            "largest eigenvalue of rate x curvature": float(found.ritz_values.max(initial=0.0)),
            "change by the last Lanczos step": found.change,
        }


def estimated_state(
    oracle: LossOracle, theta: np.ndarray, training: FinishedTraining, train: Dataset
) -> Dict[str, np.ndarray]:
    """A second moment from the steps' gradients of one pass, under every name a solver may look for.

    ``var``, ``v`` and ``v_hat`` are mean squares; ``u`` (Adamax) is the largest absolute value.
    """
    plan, decay = training.plan, coupled_decay(training.config.solver)
    square, largest = np.zeros(theta.size), np.zeros(theta.size)
    for step in plan.epoch(training.config.epochs - 1):
        gradients = [oracle.mean_gradient(theta, [train.batch(rows)]) for rows in step.batches]
        gradient = np.sum(gradients, axis=0) + decay * theta
        square, largest = square + gradient**2, np.maximum(largest, np.abs(gradient))
    mean = square / plan.steps_per_epoch
    # Adagrad's sum runs over the whole training.
    total = mean * plan.steps if training.config.solver.name == "Adagrad" else mean
    return {"var": mean, "v_hat": mean, "v": total, "u": largest}
