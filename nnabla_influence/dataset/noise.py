"""Wrong labels on purpose, to measure whether a method finds them.

Exactly round(rate * N) rows, drawn by a seed, get another class:

- ``symmetric``: any other class with equal probability;
- ``pairwise``: class c becomes c + 1, the last one class 0, as when annotators confuse neighbours.

The truth is kept beside the noisy data set, so that the detection of flipped labels can be measured later.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Union

import numpy as np

from ..errors import ConfigError, DataError
from ..files import refuse_overwriting
from .csv import Column, Table, write_csv
from .labels import class_labels, label_column

__all__ = ["KINDS", "TRUTH_HEADER", "NoisyLabels", "flip_labels", "write_noisy"]

KINDS = ("symmetric", "pairwise")
TRUTH_HEADER = ("datasource_index", "clean_label", "noisy_label", "flipped")


@dataclass(frozen=True)
class NoisyLabels:
    """Labels before and after.

    Attributes:
        clean: (N,) int64, the labels as they were.
        noisy: (N,) int64, the labels with some flipped.
        flipped: (N,) bool, where they differ.
    """

    clean: np.ndarray
    noisy: np.ndarray
    flipped: np.ndarray


def flip_labels(
    labels: np.ndarray, rate: float, kind: str = "symmetric", seed: int = 0, classes: Optional[int] = None
) -> NoisyLabels:
    """Flip a share of the labels.

    Args:
        labels: (N,) whole numbers from 0.
        rate: the share to flip, from 0 to 1; exactly round(rate * N) labels change.
        kind: ``symmetric`` or ``pairwise``.
        seed: a whole number from 0; the same seed flips the same labels.
        classes: the number of classes C; None for the largest label plus one.

    Raises:
        ConfigError: `rate`, `kind`, `seed` or `classes` has an impossible value.
        DataError: the labels are no whole numbers from 0 to C - 1.
    """
    clean = _whole_labels(labels)
    count = int(clean.max()) + 1 if classes is None else classes
    _check_settings(rate, kind, seed, count)
    if int(clean.max()) >= count:
        raise DataError(
            "expected labels from 0 to {}, found {}. Correct the number of classes.".format(count - 1, int(clean.max()))
        )
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed])))
    rows = generator.choice(len(clean), size=int(round(rate * len(clean))), replace=False)
    steps = generator.integers(1, count, size=len(rows)) if kind == "symmetric" else 1
    noisy = clean.copy()
    noisy[rows] = (clean[rows] + steps) % count  # 1 to C-1 steps around the circle: every other class once
    return NoisyLabels(clean, noisy, noisy != clean)


def _whole_labels(labels: np.ndarray) -> np.ndarray:
    values = np.asarray(labels)
    if values.ndim != 1 or values.size == 0:
        raise DataError(
            "expected labels of shape (N,), got shape {}. Pass one class number per sample.".format(values.shape)
        )
    if values.dtype.kind not in "biuf" or np.any(values != np.floor(values)) or np.any(values < 0):
        raise DataError("expected labels that are whole numbers from 0, found others. Noise needs class numbers.")
    return values.astype(np.int64)


def _check_settings(rate: float, kind: str, seed: int, classes: int) -> None:
    if not 0.0 <= rate <= 1.0:
        raise ConfigError("expected a noise rate from 0 to 1, got {!r}. For ten percent say 0.1.".format(rate))
    if kind not in KINDS:
        raise ConfigError("expected the kind of noise to be one of {}, got {!r}. Choose one.".format(KINDS, kind))
    if seed < 0:
        raise ConfigError("expected a seed of at least 0, got {!r}. Change it.".format(seed))
    if classes < 2:
        raise ConfigError(
            "expected at least 2 classes to flip between, got {}. Pass the number of classes.".format(classes)
        )


def write_noisy(
    table: Table, label: str, rate: float, kind: str, seed: int, output: Union[str, Path], truth: Union[str, Path]
) -> NoisyLabels:
    """Write a noisy copy of a data set, and the truth about it.

    Header, rows and their order stay; only flipped label cells change, and relative paths where the folder differs.

    Args:
        table: the clean data set.
        label: the variable with the class numbers, such as ``y``.
        rate: the share of labels to flip, from 0 to 1.
        kind: ``symmetric`` or ``pairwise``.
        seed: a whole number from 0.
        output: the noisy CSV to write.
        truth: the CSV to write with one line per row and the columns ``datasource_index`` (row number from 0),
            ``clean_label``, ``noisy_label`` and ``flipped`` (0 or 1).

    Raises:
        ConfigError: a setting has an impossible value.
        DataError: there is no such label column, or it holds something else than class numbers.
        OutputExistsError: a target is the clean data set itself, or both are the same file.
    """
    column = label_column(table, label)
    refuse_overwriting([Path(output), Path(truth)], [table.path])
    labels = flip_labels(class_labels(table, label), rate, kind, seed)
    write_csv(output, table.header, _noisy_rows(table, column, labels, Path(output)))
    lines = zip(labels.clean.tolist(), labels.noisy.tolist(), labels.flipped.astype(int).tolist())
    write_csv(truth, TRUTH_HEADER, [[str(row), *map(str, line)] for row, line in enumerate(lines)])
    return labels


def _noisy_rows(table: Table, column: Column, labels: NoisyLabels, output: Path) -> List[List[str]]:
    target = Path(os.path.abspath(str(output))).parent
    rows = []
    for row, written in enumerate(table.rows_in(target)):
        if labels.flipped[row]:
            written[column.position] = str(int(labels.noisy[row]))
        rows.append(written)
    return rows
