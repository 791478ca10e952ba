"""What the trained network makes of every training sample: its loss, and the label it predicts.

Both belong beside an influence score: a high loss and another predicted label than the given one say that the sample is
*odd*, which is not the same as harmful. They are taken at the final parameters as the network is used: without dropout
and augmentation, batch normalisation with its stored running statistics.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import numpy as np

from ..autodiff import LossOracle
from ..dataset.dataset import Dataset
from ..dataset.batches import consecutive_batches
from ..device import Device
from ..scores import LABEL_COLUMN, LOSS_COLUMN
from ..training import FinishedTraining
from .base import LOGGER

# Losses of one probability, and where the prediction changes from class 0 to class 1.
BINARY = {"SigmoidCrossEntropy": 0.0, "BinaryCrossEntropy": 0.5}


def sample_columns(training: FinishedTraining, train: Dataset, device: Device = Device()) -> Dict[str, np.ndarray]:
    """Loss and predicted label of every training sample, for `InfluenceScores.columns`.

    Args:
        training: A finished training.
        train: The training `Dataset`.
        device: Where to compute.

    Returns:
        ``predicted_label`` (N,), only where the network predicts one class number per sample, and ``loss`` (N,), only
        if every loss is finite.
    """
    theta = training.final.theta
    oracle, role = LossOracle(training.network, "frozen", device), training.network.roles.scoring.losses[0]
    losses: List[np.ndarray] = []
    labels: List[Optional[np.ndarray]] = []
    for rows in consecutive_batches(len(train), training.config.batch_size):
        loss, prediction = oracle.outcomes(theta, train.batch(rows))
        losses.append(loss)
        labels.append(labels_of(prediction, role))
    columns = {}
    if all(label is not None for label in labels):
        columns[LABEL_COLUMN] = np.concatenate(labels).astype(np.float64)  # type: ignore[arg-type]
    columns[LOSS_COLUMN] = np.concatenate(losses)
    broken = int((~np.isfinite(columns[LOSS_COLUMN])).sum())
    if broken:
        LOGGER.warning("%d samples have a loss that is not finite; the column '%s' is left out", broken, LOSS_COLUMN)
        del columns[LOSS_COLUMN]
    return columns


def predicted_labels(training: FinishedTraining, train: Dataset, device: Device = Device()) -> Optional[np.ndarray]:
    """The class number (N,) the trained network predicts for every training sample; None where it predicts none."""
    return sample_columns(training, train, device).get(LABEL_COLUMN)


def labels_of(prediction: Optional[np.ndarray], role: Any) -> Optional[np.ndarray]:
    """The class with the largest logit or probability.

    Args:
        prediction: What the loss compares with the target (B, ...), None if unknown.
        role: The `LossRole`.

    Returns:
        Class numbers (B,); None if the loss is not about classes, or there are several labels per sample.
    """
    if prediction is None:
        return None
    if role.function in BINARY:
        values = prediction.reshape(len(prediction), -1)  # (B, k)
        return (values[:, 0] > BINARY[role.function]).astype(np.int64) if values.shape[1] == 1 else None
    if not role.class_numbers:
        return None
    best = prediction.argmax(axis=role.axis).reshape(len(prediction), -1)  # (B, positions)
    label: np.ndarray = best[:, 0]
    return label if best.shape[1] == 1 else None
