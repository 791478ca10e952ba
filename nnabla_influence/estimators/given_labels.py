"""The class that every sample is labelled with, where the network learns one class number per sample."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..array import IntArray
from ..dataset.dataset import Dataset
from ..errors import UnsupportedError
from ..network import Network
from .sample_columns import BINARY

__all__ = ["given_labels", "learns_one_class", "require_one_class"]


def learns_one_class(network: Network) -> bool:
    """Whether the network's (first) loss compares one class number per sample."""
    role = network.loss_role
    if role.target is None or role.prediction is None or not (role.class_numbers or role.function in BINARY):
        return False
    return int(np.prod(network.input_shapes()[role.target])) == 1


def require_one_class(network: Network) -> None:
    """Refuse a network that predicts no class.

    Raises:
        UnsupportedError: It predicts none, or several per sample.
    """
    if not learns_one_class(network):
        raise UnsupportedError(
            f"Predicted labels need a network that predicts one class number per sample, and '{network.path}' does "
            "not. Leave them out."
        )


def given_labels(network: Network, data: Dataset) -> Optional[IntArray]:
    """Return the class numbers (N,) of a data set; None if the labels are something else.

    >>> data = Dataset.from_arrays({"x": np.zeros((3, 2)), "y": np.array([0, 2, 1])})
    >>> given_labels(Network.builtin("builtin:mlp", (2,), 3), data).tolist()
    [0, 2, 1]
    """
    column = network.loss_role.target
    if column is None or not learns_one_class(network):
        return None
    if len(data.shapes[column]) != 1:  # an array of one number, from a file of its own for every row
        values = np.concatenate([data.batch([row])[column].ravel() for row in range(len(data))])
    else:
        values = data.column(column)[:, 0]
    if np.any(values != np.floor(values)):
        return None
    labels: IntArray = values.astype(np.int64)
    return labels
