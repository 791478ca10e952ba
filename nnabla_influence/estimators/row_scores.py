"""Scores for each of several validation rows: what helped and harmed the network at this one, and at that one.

A method's question is about the mean over the validation data. Asked about V rows one by one it gives a matrix (N, V):
a column for each row, the same numbers that scoring this row alone gives. The scores themselves are the mean over the
columns. What does not depend on the validation row is computed once, see `reused_work`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Mapping, Optional, Sequence

import numpy as np

from ..array import Array
from ..autodiff import HERE, Sweep
from ..dataset.dataset import Dataset
from ..progress import ProgressCallback, ProgressStore
from ..scores import InfluenceScores
from ..training import FinishedTraining
from .influence_estimator import InfluenceEstimator
from .reused_work import ReusedWork

__all__ = ["estimate_rows"]


def estimate_rows(
    estimator: InfluenceEstimator,
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    columns: Sequence[str],
    progress: Optional[ProgressCallback] = None,
    store: Optional[ProgressStore] = None,
    sweep: Sweep = HERE,
    reused: Optional[ReusedWork] = None,
) -> InfluenceScores:
    """Score every training sample for each validation row.

    Args:
        estimator: The method.
        training: What was trained.
        train: Its training data.
        validation: The V rows that are asked about.
        columns: The name of each row's column.
        progress: Called with (samples done, samples in all), of all rows together.
        store: Keeps finished rows, and the progress of the one at work.
        sweep: Asks about batches of data, here or in workers.
        reused: What other scorings of the same training have computed already.

    Returns:
        The mean over the rows, with a column (N,) for each row.

    Raises:
        InfluenceError: See `InfluenceEstimator.estimate`.
    """
    work = reused or ReusedWork()
    by_row: Dict[str, Array] = {}
    for row, name in enumerate(columns):
        kept = store.load(name) if store is not None and row < len(columns) - 1 else None
        if kept is not None:  # of a scoring that was interrupted
            by_row[name] = kept["scores"]
            continue
        part = None if progress is None else _Part(progress, row, len(columns))
        inner = None if store is None else _NamedStore(store, name)
        last = estimator.estimate(training, train, validation.subset(np.array([row])), part, inner, sweep, work)
        by_row[name] = last.values
        if store is not None:
            store.save(name, {"scores": last.values})
    mean: Array = np.mean(list(by_row.values()), axis=0)  # (N,)
    return replace(last, values=mean, facts={}, columns={**last.columns, **by_row})


class _Part:
    """Reports the progress of one row as a part of all."""

    def __init__(self, report: ProgressCallback, row: int, of: int) -> None:
        self._report = report
        self._row = row
        self._of = of

    def __call__(self, done: int, total: int) -> None:
        self._report(self._row * total + done, self._of * total)


class _NamedStore:
    """A store inside a store: what one row keeps."""

    def __init__(self, store: ProgressStore, name: str) -> None:
        self._store = store
        self._name = name

    def load(self, name: str) -> Optional[Dict[str, Array]]:
        """See `ProgressStore.load`."""
        return self._store.load(f"{self._name} {name}")

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """See `ProgressStore.save`."""
        self._store.save(f"{self._name} {name}", arrays)
