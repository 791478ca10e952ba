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
from typing import Iterator, List, Optional, Union

import numpy as np

from ..array import Array, IntArray
from ..choices import NOISE_KINDS
from ..errors import ConfigError, DataError
from ..files import refuse_overwriting
from .csv import Column, Table, write_csvs
from .labels import class_labels, label_column

__all__ = ["TRUTH_HEADER", "NoisyLabels", "flip_labels", "write_noisy"]

TRUTH_HEADER = ("datasource_index", "clean_label", "noisy_label", "flipped")


@dataclass(frozen=True)
class NoisyLabels:
    """Labels before and after.

    Attributes:
        clean: (N,) int64, the labels as they were.
        noisy: (N,) int64, the labels with some flipped.
        flipped: (N,) bool, where they differ.
    """

    clean: IntArray
    noisy: IntArray
    flipped: Array


def flip_labels(
    labels: Array, rate: float, kind: str = "symmetric", seed: int = 0, classes: Optional[int] = None
) -> NoisyLabels:
    """Flip a share of the labels.

    Args:
        labels: (N,) whole numbers from 0.
        rate: The share to flip, from 0 to 1; exactly round(rate * N) labels change.
        kind: ``symmetric`` or ``pairwise``.
        seed: A whole number from 0; the same seed flips the same labels.
        classes: The number of classes C; None for the largest label plus one.

    Raises:
        ConfigError: `rate`, `kind`, `seed` or `classes` has an impossible value.
        DataError: The labels are no whole numbers from 0 to C - 1.

    Example:
        >>> flip_labels(np.array([0, 1, 2, 0, 1, 2]), rate=0.5, kind="pairwise").flipped.sum()
        3
    """
    clean = _whole_labels(labels)
    count = int(clean.max()) + 1 if classes is None else classes
    _check_settings(rate, kind, seed, count)
    if int(clean.max()) >= count:
        raise DataError(
            f"Expected labels from 0 to {count - 1}, got {int(clean.max())}. Correct the number of classes."
        )
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed])))
    rows = generator.choice(len(clean), size=int(round(rate * len(clean))), replace=False)
    # Drawn after the rows: both kinds of noise flip the same rows for the same seed.
    steps = generator.integers(1, count, size=len(rows)) if kind == "symmetric" else 1
    noisy = clean.copy()
    noisy[rows] = (clean[rows] + steps) % count  # 1 to C-1 steps around the circle: every other class once
    return NoisyLabels(clean, noisy, noisy != clean)


def _whole_labels(labels: Array) -> IntArray:
    values = np.asarray(labels)
    if values.ndim != 1 or values.size == 0:
        raise DataError(f"Expected labels of shape (N,), got shape {values.shape}. Pass one class number per sample.")
    if values.dtype.kind not in "biuf" or np.any(values != np.floor(values)) or np.any(values < 0):
        raise DataError("Expected labels that are whole numbers from 0, got others. Noise needs class numbers.")
    return values.astype(np.int64)


def _check_settings(rate: float, kind: str, seed: int, classes: int) -> None:
    if not 0.0 <= rate <= 1.0:
        raise ConfigError(f"Expected a noise rate from 0 to 1, got {rate!r}. For ten percent say 0.1.")
    if kind not in NOISE_KINDS:
        raise ConfigError(f"Expected the kind of noise to be one of {NOISE_KINDS}, got {kind!r}. Choose one.")
    if seed < 0:
        raise ConfigError(f"Expected a seed of at least 0, got {seed!r}. Change it.")
    if classes < 2:
        raise ConfigError(f"Expected at least 2 classes to flip between, got {classes}. Pass the number of classes.")


def write_noisy(
    table: Table, label: str, rate: float, kind: str, seed: int, output: Union[str, Path], truth: Union[str, Path]
) -> NoisyLabels:
    """Write a noisy copy of a data set, and the truth about it.

    Header, rows and their order stay; only flipped label cells change, and relative paths where the folder differs.

    Args:
        table: The clean data set.
        label: The variable with the class numbers, such as ``y``.
        rate: The share of labels to flip, from 0 to 1.
        kind: ``symmetric`` or ``pairwise``.
        seed: A whole number from 0.
        output: The noisy CSV to write.
        truth: The CSV to write with one line per row and the columns ``datasource_index`` (row number from 0),
            ``clean_label``, ``noisy_label`` and ``flipped`` (0 or 1).

    Raises:
        ConfigError: A setting has an impossible value.
        DataError: There is no such label column, or it holds something else than class numbers.
        OutputExistsError: A target is the clean data set itself, or both are the same file.
    """
    column = label_column(table, label)
    refuse_overwriting([Path(output), Path(truth)], [table.path])
    labels = flip_labels(class_labels(table, label), rate, kind, seed)
    write_csvs(
        (output, table.header, _noisy_rows(table, column, labels, Path(output))),
        (truth, TRUTH_HEADER, _truth(labels)),
    )
    return labels


def _truth(labels: NoisyLabels) -> Iterator[List[str]]:
    for row, (clean, noisy, flipped) in enumerate(zip(labels.clean, labels.noisy, labels.flipped)):
        yield [str(row), str(clean), str(noisy), str(int(flipped))]


def _noisy_rows(table: Table, column: Column, labels: NoisyLabels, output: Path) -> Iterator[List[str]]:
    target = Path(os.path.abspath(str(output))).parent
    for row, written in enumerate(table.rows_in(target)):
        if labels.flipped[row]:
            written[column.position] = str(int(labels.noisy[row]))
        yield written
