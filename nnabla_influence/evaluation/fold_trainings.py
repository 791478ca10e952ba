"""Trainings without a fold of the training data, measured there and on the validation rows; see `noise_excess`."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, NamedTuple

import numpy as np

from ..choices import SCRATCH
from ..dataset.folds import draw_folds
from ..device import Device
from ..estimators import given_labels
from ..training import TrainingCache
from .change import Change
from .evaluation_data import SELECTION, EvaluationData
from .experiment import experiment_of, job_digest
from .noise_excess import FOLD, FOLDS, SCORING, fold_name
from .retraining import Retraining

__all__ = ["FoldTrainings", "fold_trainings"]


class FoldTrainings(NamedTuple):
    """Trainings, none of which is done yet.

    Args:
        jobs: By the name of their figures, fold by fold; empty where labels cannot be counted.
        classes: How many classes the labels have.
    """

    jobs: Dict[str, Retraining]
    classes: int


def fold_trainings(cache: TrainingCache, data: EvaluationData, seed: int, device: Device) -> FoldTrainings:
    """Return the trainings.

    Args:
        cache: The training that is repeated without the folds.
        data: Training, scoring and selection data.
        seed: Of the trainings and the folds.
        device: Where each training computes.

    Returns:
        `FOLDS` jobs; none where the labels are not one of several classes for each row, or there are fewer rows.
    """
    labels = given_labels(cache.network, data.train)
    classes = 0 if labels is None else len(np.unique(labels))
    if labels is None or classes < 2 or len(labels) < FOLDS:
        return FoldTrainings({}, classes)
    path = Path(cache.path).absolute()
    parts = draw_folds(len(labels), FOLDS, seed, labels)
    experiment = experiment_of(cache, data)
    # The folds are a function of the seed, so nothing of them need be in the name.
    name = job_digest(experiment, cache, SCRATCH, seed, Change(), device, data.scoring.fingerprint)
    jobs: Dict[str, Retraining] = {}
    for fold in range(FOLDS):
        rows = np.flatnonzero(parts == fold)
        measured = {FOLD: data.train.subset(rows), SCORING: data.scoring, SELECTION: data.selection}
        where = (SCRATCH, seed, device)
        jobs[fold_name(name, fold)] = Retraining(
            path, data.train, measured, Change(excluded=rows), *where, divisor="remaining"
        )
    return FoldTrainings(jobs, classes)
