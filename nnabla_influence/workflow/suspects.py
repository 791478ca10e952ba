"""The job *suspects*: which validation rows look mislabelled to networks that never saw them.

Of several trainings of the same data (trials), the predicted probabilities are averaged.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import DataError
from ..estimators import require_one_class
from ..evaluation.row_predictions import RowPredictions, predict_rows
from ..evaluation.suspicious_rows import SuspiciousRows
from ..network import Network
from ..training import FinishedTraining, TrainingCache
from .opened_project import open_project
from .preflight import label_noise_of
from .progress_reporter import SILENT, ProgressReporter
from .trials import TrialsRequest, cache_path

__all__ = ["refuse_suspects", "suspects_of_trials", "suspicious_rows"]


def refuse_suspects(network: Network, train: Dataset, validation: Dataset) -> None:
    """Refuse what has no suspicious validation rows.

    Raises:
        UnsupportedError: The network does not predict one class per row.
        DataError: The validation data is the training data.
    """
    require_one_class(network)
    if train.fingerprint == validation.fingerprint:
        raise DataError(
            "Suspicious validation rows need a network that never saw them, and this validation data is the training "
            "data itself. Give other validation data."
        )


def suspicious_rows(
    trainings: Sequence[FinishedTraining], train: Dataset, validation: Dataset, device: Device = Device()
) -> SuspiciousRows:
    """Find the validation rows whose labels are likely wrong.

    Args:
        trainings: What was trained; of several, the mean probabilities count.
        train: The training data of all of them.
        validation: The validation data.
        device: Where to compute.

    Raises:
        UnsupportedError: The network does not predict one class per row.
        DataError: The validation data is the training data, or has labels that are no class numbers; or the network's
            predictions are not finite.
    """
    network = trainings[0].network
    refuse_suspects(network, train, validation)
    predictions = [predict_rows(training, validation, device) for training in trainings]
    known = [each.probabilities for each in predictions if each.probabilities is not None]
    mean = RowPredictions(predictions[0].losses, np.mean(known, axis=0) if known else None)
    noise = label_noise_of(network, validation, mean)
    if noise is None:
        raise DataError(
            "Suspicious validation rows need finite predictions and one class number per row; got others. Leave them "
            "out."
        )
    return SuspiciousRows(noise, validation.table)


def suspects_of_trials(request: TrialsRequest, reporter: ProgressReporter = SILENT) -> SuspiciousRows:
    """Find the suspicious rows by all finished trials of a request.

    Raises:
        InfluenceError: See `suspicious_rows`.
    """
    project = open_project(request.project, reporter)
    caches = [TrainingCache.open(cache_path(request.output, seed)) for seed in request.seeds]
    return suspicious_rows(caches, project.train, project.validation, project.device)
