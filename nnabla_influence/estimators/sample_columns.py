"""What the trained network makes of every training sample: its loss, and the label or value it predicts.

Both belong beside an influence score: a high loss and another predicted label than the given one say that the sample is
*odd*, which is not the same as harmful. They are taken at the final parameters as the network is used: without dropout
and augmentation, batch normalisation with its stored running statistics.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Dict, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..array import Array, IntArray
from ..autodiff import HERE, LossOracle, Sweep
from ..autodiff.loss_values import Values
from ..autodiff.parameterized_graph import Batch
from ..dataset.batches import consecutive_batches
from ..dataset.dataset import Dataset
from ..device import Device
from ..network.loss_role import SYMMETRIC, LossRole
from ..scores import LABEL_COLUMN, LOSS_COLUMN, VALUE_COLUMN
from ..training import FinishedTraining
from .reused_work import ReusedWork

__all__ = [
    "WHOLE_COLUMNS",
    "come_with_products",
    "joined",
    "labels_of",
    "predicted_labels",
    "products_and_columns",
    "sample_columns",
]

LOGGER = logging.getLogger("nnabla_influence")

COLUMNS = (LABEL_COLUMN, VALUE_COLUMN, LOSS_COLUMN)
WHOLE_COLUMNS = "sample columns"
"""The key of all columns in a `ReusedWork`."""

# Losses of one probability, and where the prediction changes from class 0 to class 1.
BINARY = {"SigmoidCrossEntropy": 0.0, "BinaryCrossEntropy": 0.5}


def sample_columns(
    training: FinishedTraining,
    train: Dataset,
    device: Device = Device(),
    sweep: Sweep = HERE,
    reused: Optional[ReusedWork] = None,
) -> Dict[str, Array]:
    """Compute loss and predicted label or value of every training sample, for `InfluenceScores.columns`.

    Args:
        training: A finished training.
        train: The training `Dataset`.
        device: Where to compute.
        sweep: Asks about batches, here or in workers.
        reused: What a scoring of this training and data has computed; it may have come by the columns.

    Returns:
        ``predicted_label`` (N,), only where the network predicts one class number per sample; ``predicted_value``
        (N,), only where it predicts one value per sample; and ``loss`` (N,). Each only if all of it is finite.
    """

    def asked() -> Dict[str, Array]:
        """Compute them in a pass of their own."""
        oracle = LossOracle(training.network, "frozen", device)
        batches = consecutive_batches(len(train), training.config.batch_size)
        question = partial(_columns_of_batch, theta=training.final.theta)
        return joined(list(sweep.batches(oracle, question, train, batches)), batches)

    columns = (reused or ReusedWork()).once(WHOLE_COLUMNS, asked)
    return {name: values for name, values in columns.items() if _is_finite(name, values)}


def products_and_columns(
    oracle: LossOracle, theta: Array, direction: Array, batch: Batch
) -> Tuple[Array, Optional[Dict[str, Array]]]:
    """Return the sample products (B,) of a batch, and its columns (B,) where they come at no further cost."""
    products, values = oracle.sample_products_and_values(theta, batch, direction)
    return products, None if values is None else _columns_of(oracle, values)


def come_with_products(training: FinishedTraining, theta: Array) -> bool:
    """Tell whether sample products at theta (P,) look at the network as it is used.

    They do at the final parameters, unless batch normalisation takes other statistics than the stored ones then.
    """
    return not training.network.running_statistics and np.array_equal(theta, training.final.theta)


def joined(parts: Sequence[Mapping[str, Array]], batches: Sequence[IntArray]) -> Dict[str, Array]:
    """Put the columns of batches together: (N,), float64, in the order of the rows."""
    order = np.argsort(np.concatenate(batches))
    # A prediction of some batches only is none.
    names = [name for name in COLUMNS if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts])[order].astype(np.float64) for name in names}


def _columns_of_batch(oracle: LossOracle, theta: Array, batch: Batch) -> Dict[str, Array]:
    """Return the columns (B,) of a batch."""
    return _columns_of(oracle, oracle.losses_and_predictions(theta, batch))


def _columns_of(oracle: LossOracle, values: Values) -> Dict[str, Array]:
    """Return the columns (B,) of the losses and predictions of a batch."""
    role = oracle.network.roles.scoring.losses[0]
    loss, prediction = values
    by_name = {LABEL_COLUMN: labels_of(prediction, role), VALUE_COLUMN: _values_of(prediction, role), LOSS_COLUMN: loss}
    return {name: values for name, values in by_name.items() if values is not None}


def _is_finite(name: str, values: Array) -> bool:
    """Whether all numbers of a column are finite; says so where they are not."""
    broken = int((~np.isfinite(values)).sum())
    if broken:
        LOGGER.warning("%d samples have a %s that is not finite; the column is left out", broken, name)
    return not broken


def predicted_labels(training: FinishedTraining, train: Dataset, device: Device = Device()) -> Optional[Array]:
    """Predict the class number (N,) of every training sample; None where the network predicts none."""
    return sample_columns(training, train, device).get(LABEL_COLUMN)


def labels_of(prediction: Optional[Array], role: LossRole) -> Optional[IntArray]:
    """Return the class with the largest logit or probability.

    Args:
        prediction: What the loss compares with the target (B, ...), None if unknown.
        role: What the network's loss is.

    Returns:
        Class numbers (B,); None if the loss is not about classes, or there are several labels per sample.
    """
    if prediction is None:
        return None
    if role.function in BINARY:
        values = prediction.reshape(len(prediction), -1)  # (B, labels of a sample)
        return (values[:, 0] > BINARY[role.function]).astype(np.int64) if values.shape[1] == 1 else None
    if not role.class_numbers:
        return None
    best = prediction.argmax(axis=role.axis).reshape(len(prediction), -1)  # (B, positions)
    label: IntArray = best[:, 0]
    return label if best.shape[1] == 1 else None


def _values_of(prediction: Optional[Array], role: LossRole) -> Optional[Array]:
    """Return the predicted value (B,) of each sample; None if the loss is not about values, or there are several."""
    if prediction is None or role.function not in SYMMETRIC:
        return None
    values = prediction.reshape(len(prediction), -1)  # (B, values of a sample)
    return values[:, 0] if values.shape[1] == 1 else None
