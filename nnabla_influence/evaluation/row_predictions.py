"""What a trained network makes of the rows of a data set: each row's loss, and the probabilities of its classes.

Measured is the network as it is used, the validation network with running statistics, in one forward pass. The
probabilities are those of the loss: ``softmax`` of the logits behind a softmax cross-entropy, the outputs themselves
where they are probabilities, ``(1 - p, p)`` where the network has a single output.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional

import numpy as np

from ..array import Array
from ..autodiff import LossOracle
from ..dataset.batches import consecutive_batches
from ..dataset.samples import Samples
from ..device import Device
from ..estimators import learns_one_class
from ..network.loss_role import LossRole
from ..training import FinishedTraining

__all__ = ["RowPredictions", "class_probabilities", "predict_rows"]

BATCH_SIZE = 100


class RowPredictions(NamedTuple):
    """Predictions of N rows.

    Args:
        losses: (N,) the network's loss.
        probabilities: (N, C) of the classes; None where the network does not predict one class per row.

    >>> RowPredictions(np.array([0.7]), np.array([[0.5, 0.5]])).probabilities.shape
    (1, 2)
    """

    losses: Array
    probabilities: Optional[Array]


def predict_rows(training: FinishedTraining, data: Samples, device: Device = Device()) -> RowPredictions:
    """Run the trained network over a data set.

    Args:
        training: A finished training.
        data: The rows.
        device: Where to compute.

    Raises:
        ComputationError: NNabla failed at a batch.
    """
    oracle = LossOracle(training.network, "frozen", device)
    theta = training.final.theta
    role = training.network.roles.validation.losses[0]
    classes = learns_one_class(training.network)
    losses: List[Array] = []
    probabilities: List[Array] = []
    for rows in consecutive_batches(len(data), BATCH_SIZE):
        loss, prediction = oracle.losses_and_predictions(theta, data.batch(rows), validation=True)
        losses.append(loss)
        if classes and prediction is not None:
            probabilities.append(class_probabilities(prediction, role))
    complete = len(probabilities) == len(losses)
    return RowPredictions(np.concatenate(losses), np.concatenate(probabilities) if complete else None)


def class_probabilities(prediction: Array, role: LossRole) -> Array:
    """Turn what a loss of one class per row compares with the label into probabilities (B, C).

    Args:
        prediction: Logits or probabilities (B, ...).
        role: What the loss is.

    >>> role = LossRole("loss", "SigmoidCrossEntropy", "logit", "y")
    >>> class_probabilities(np.array([[0.0], [20.0]]), role).round(3).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    values = prediction.astype(np.float64)
    if role.class_numbers:
        by_class = np.moveaxis(values, role.axis, -1)
        by_class = by_class.reshape(len(values), by_class.shape[-1])  # one class number per row: nothing else is left
        return _softmax(by_class) if role.function == "SoftmaxCrossEntropy" else by_class
    single = values.reshape(len(values), 1)
    ones = np.exp(-np.logaddexp(0.0, -single)) if role.function == "SigmoidCrossEntropy" else single
    return np.concatenate([1.0 - ones, ones], axis=1)


def _softmax(logits: Array) -> Array:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares
