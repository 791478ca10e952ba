"""Chooses the outputs and the task of a built-in network by the labels of the training data."""

from __future__ import annotations

import logging
from typing import Tuple

import numpy as np

from ..array import Array
from ..choices import TASKS
from ..dataset.dataset import Dataset
from ..errors import DataError
from ..evaluation.finding import listed
from ..missing_numbers import missing_numbers
from ..network import Network, Standardization
from ..remedies import advice, remedy

__all__ = ["builtin_network"]

LOGGER = logging.getLogger("nnabla_influence")
CLASSIFICATION, REGRESSION, MULTI_LABEL = TASKS
MOST_CLASSES = 1000  # whole numbers beyond are taken as values to predict
IMAGE_AXES = 3  # (C, H, W): pixels are alike, and scaled already


def builtin_network(name: str, train: Dataset, task: str, seed: int) -> Network:
    """Build a built-in network for some training data.

    Args:
        name: One of `choices.BUILTINS`.
        train: The training data, with the columns ``x`` and ``y``.
        task: One of `choices.TASKS`, or ``auto``: by the labels.
        seed: Of the initial parameters.

    Raises:
        DataError: A column is missing, or the labels do not fit the task.
        ConfigError: No such built-in, or the input is no image where one is needed.
        TooLargeError: There are more classes than this machine has memory for.
    """
    missing = [column for column in ("x", "y") if column not in train.shapes]
    if missing:
        raise DataError(
            f"{train.path}: built-in networks read columns x (input) and y (label); the data has "
            f"{listed(list(train.shapes))}. Rename the header, e.g. to x:image,y:label.",
            remedy("import-table"),
        )
    outputs, task = _outputs(train, task)
    shape = train.shapes["x"]
    standardization = None if len(shape) == IMAGE_AXES else Standardization.of(train, "x")
    if standardization is not None:
        LOGGER.info("column x: standardised by the mean and deviation of the training data, in the network itself")
    targets = Standardization.of_targets(train, "y") if task == REGRESSION else None
    if targets is not None:
        LOGGER.info("column y: predicted in its own unit, learnt in units of its deviation in the training data")
    return Network.builtin(name, shape, outputs, task, seed, standardization, targets)


def _outputs(train: Dataset, task: str) -> Tuple[int, str]:
    """Return the number of outputs and the task."""
    labels = train.column("y")
    if task == "auto":
        task = _task_of(train, labels)
    if task == MULTI_LABEL:
        _check_zeros_and_ones(train, labels)
    if task != CLASSIFICATION:
        return labels[0].size, task
    if not _are_class_numbers(labels):
        raise DataError(
            f"{train.path}: classification needs one column y of class numbers 0, 1, 2, ...;",
            remedy("use-regression-for-values"),
        )
    _warn_of_empty_classes(labels)
    return int(labels.max()) + 1, task


def _task_of(train: Dataset, labels: Array) -> str:
    """Choose the task by the labels (N, k), and say it.

    Raises:
        DataError: They are whole numbers below 0 in a single column: classes or values, nobody knows.
    """
    whole = labels[0].size == 1 and bool((labels == labels.round()).all())
    if whole and labels.min() < 0:
        raise DataError(
            f"{train.path}: column y holds whole numbers from {labels.min():g} to {labels.max():g}. "
            "Class numbers count from 0;",
            remedy("say-regression-for-values"),
        )
    if labels[0].size > 1 and np.isin(labels, (0, 1)).all():
        task, taken = MULTI_LABEL, f"{labels[0].size} labels of 0 and 1, any number of 1 in a row"
        if (labels.sum(axis=1) == 1).all():
            taken = f"one-hot classes, each of the {labels[0].size} learnt as a label of 0 and 1"
    elif _are_class_numbers(labels) and labels.max() < MOST_CLASSES:
        task, taken = CLASSIFICATION, "class numbers"
    else:
        task, taken = REGRESSION, "real values"
    LOGGER.info("labels of column y: taken as %s", taken, extra=advice("task-decides"))
    return task


def _are_class_numbers(labels: Array) -> bool:
    """Whether labels (N, k) are whole numbers from 0 in a single column."""
    return labels[0].size == 1 and bool(((labels == labels.round()) & (labels >= 0)).all())


def _check_zeros_and_ones(train: Dataset, labels: Array) -> None:
    others = labels[(labels != 0) & (labels != 1)]
    if len(others):
        raise DataError(
            f"{train.path}: several labels (multi-label) are 0 or 1 each, got {others[0]:g} in column y;",
            remedy("use-regression-for-values"),
        )


def _warn_of_empty_classes(labels: Array) -> None:
    """Say which classes have no sample: labels that count from 1, or one mistyped label, would go unnoticed."""
    empty, first = missing_numbers(labels)
    if empty:
        LOGGER.warning(
            "no training sample of class %s, but labels go up to %d; classes count from 0", first, int(labels.max())
        )
