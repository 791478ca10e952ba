"""Trainings without a fold of the training data, and how often these networks are wrong; see `noise_excess`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Callable, List, Optional

import numpy as np

from ..array import Array
from ..choices import STARTS
from ..dataset.folds import draw_folds
from ..device import Device
from ..estimators import given_labels, likelihood_scale
from ..execution import Execution, completed
from ..objective import Objective
from ..training import TrainingCache
from .change import Change
from .evaluation_data import SELECTION, EvaluationData
from .noise_excess import FoldErrors
from .removal_sweep import experiment_of, job_digest
from .retraining import Retraining, run_retraining
from .row_figures import RowFigures

__all__ = ["FOLDS", "fold_errors"]

FOLDS = 5
SCRATCH = STARTS[1]
FOLD = "fold"
SCORING = "scoring"


def fold_errors(
    cache_file: Path,
    data: EvaluationData,
    seed: int,
    device: Device = Device(),
    execution: Execution = Execution(),
    target: Optional[Path] = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Optional[FoldErrors]:
    """Train without each fold, and see how often these networks are wrong.

    Args:
        cache_file: The training that is repeated without the folds.
        data: Training, scoring and selection data.
        seed: Of the trainings and the folds.
        device: Where each training computes.
        execution: Where trainings run.
        target: The table of a curve: what each training says of the rows is kept beside it, and not trained again.
        progress: Called with how many trainings are done.

    Returns:
        The errors; None where the labels are not one of several classes for each row, there are fewer rows than folds,
        or a training diverged.
    """
    cache = TrainingCache.open(cache_file)
    labels = given_labels(cache.network, data.train)
    classes = 0 if labels is None else len(np.unique(labels))
    if labels is None or classes < 2 or len(labels) < FOLDS:
        return None
    parts = draw_folds(len(labels), FOLDS, seed, labels)
    rows = [np.flatnonzero(parts == fold) for fold in range(FOLDS)]
    changes = [Change(excluded=own) for own in rows]
    run = (experiment_of(cache, data), cache, SCRATCH, seed)
    names = [f"{FOLD}-{job_digest(*run, change, device, data.scoring.fingerprint)}" for change in changes]
    figures = RowFigures() if target is None else RowFigures.read(target)
    missing = [fold for fold, name in enumerate(names) if name not in figures]
    jobs = [_job(cache_file, data, rows[fold], changes[fold], seed, device) for fold in missing]
    progress(FOLDS - len(missing))
    with closing(completed(run_retraining, jobs, execution)) as results:
        for done, (number, result) in enumerate(results, start=FOLDS - len(missing) + 1):
            name = names[missing[number]]
            figures.add(name, {of: performance.rows for of, performance in result.performance.items()})
            if target is not None:
                figures.write(target)
            progress(done)
    scale = likelihood_scale(cache.network.roles.validation.losses) if classes == 2 else None
    errors = {of: [_errors(figures, name, of, scale) for name in names] for of in (FOLD, SCORING, SELECTION)}
    known = {of: [e for e in of_folds if e is not None] for of, of_folds in errors.items()}
    if any(len(of_folds) < FOLDS for of_folds in known.values()):
        return None
    training = np.zeros(len(labels))
    for own, of_rows in zip(rows, known[FOLD]):
        training[own] = of_rows
    return FoldErrors(training, _mean(known[SCORING]), _mean(known[SELECTION]), classes)


def _job(cache_file: Path, data: EvaluationData, own: Array, change: Change, seed: int, device: Device) -> Retraining:
    """Return the training without a fold, which is measured there and on the validation rows."""
    measured = {FOLD: data.train.subset(own), SCORING: data.scoring, SELECTION: data.selection}
    return Retraining(cache_file, data.train, measured, change, SCRATCH, seed, device, divisor="remaining")


def _errors(figures: RowFigures, name: str, data: str, scale: Optional[float]) -> Optional[Array]:
    """Return the errors of rows: 1 - p if a loss says p, else whether the answer is wrong; None if nobody knows."""
    wrong = figures.wrong(name, data)
    if wrong is None or scale is None:  # no classes, or the training diverged
        return wrong
    return Objective("error", scale).terms(figures.losses(name, data))


def _mean(errors: List[Array]) -> Array:
    mean: Array = np.mean(errors, axis=0)
    return mean
