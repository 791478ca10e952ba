"""Chooses the outputs and the task of a built-in network by the labels of the training data."""

from __future__ import annotations

import logging
from typing import Tuple

import numpy as np

from ..array import Array
from ..dataset.dataset import Dataset
from ..errors import DataError
from ..network import Network
from ..remedies import advice, remedy

__all__ = ["builtin_network"]

LOGGER = logging.getLogger("nnabla_influence")
MOST_CLASSES = 1000  # whole numbers beyond are taken as values to predict


def builtin_network(name: str, train: Dataset, task: str, seed: int) -> Network:
    """Build a built-in network for some training data.

    Args:
        name: One of `choices.BUILTINS`.
        train: The training data, with the columns ``x`` and ``y``.
        task: ``classification``, ``regression``, or ``auto``: by the labels.
        seed: Of the initial parameters.

    Raises:
        DataError: A column is missing, or the labels do not fit the task.
        ConfigError: No such built-in, or the input is no image where one is needed.
    """
    missing = [column for column in ("x", "y") if column not in train.shapes]
    if missing:
        raise DataError(
            f"{train.path}: built-in networks read columns x (input) and y (label); the data has "
            f"{', '.join(train.shapes)}. Rename the header, e.g. to x:image,y:label."
        )
    outputs, task = _outputs(train, task)
    return Network.builtin(name, train.shapes["x"], outputs, task, seed)


def _outputs(train: Dataset, task: str) -> Tuple[int, str]:
    """Return the number of outputs and the task; whole numbers from 0 in a single column are classes."""
    labels = train.column("y")
    whole = labels[0].size == 1 and bool((labels == labels.round()).all())
    classes = whole and bool((labels >= 0).all())
    if task == "auto":
        if whole and not classes:
            raise DataError(
                f"{train.path}: column y holds whole numbers from {labels.min():g} to {labels.max():g}. "
                "Class numbers count from 0;",
                remedy("say-regression-for-values"),
            )
        task = "classification" if classes and labels.max() < MOST_CLASSES else "regression"
        LOGGER.info(
            "labels of column y: taken as %s",
            "class numbers" if task == "classification" else "real values",
            extra=advice("task-decides"),
        )
    if task == "regression":
        return labels[0].size, task
    if not classes:
        raise DataError(
            f"{train.path}: classification needs one column y of class numbers 0, 1, 2, ...;",
            remedy("use-regression-for-values"),
        )
    _warn_of_empty_classes(labels)
    return int(labels.max()) + 1, task


def _warn_of_empty_classes(labels: Array) -> None:
    """Say which classes have no sample: labels that count from 1, or one mistyped label, would go unnoticed."""
    empty = np.setdiff1d(np.arange(int(labels.max()) + 1), labels)
    if len(empty):
        shown = ", ".join(map(str, empty[:10])) + (", ..." if len(empty) > 10 else "")
        LOGGER.warning(
            "no training sample of class %s, but labels go up to %d; classes count from 0", shown, int(labels.max())
        )
