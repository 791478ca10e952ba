"""What should be known before the scores: did the network learn, are data and solver fit to be scored with.

One place for commands, clicks and Python: whatever is found goes to the log as a sentence with its remedy, before the
first score is made. Nothing is refused here but a choice: how many samples to remove cannot be decided by retraining a
network that learnt nothing. It costs a forward pass over the validation rows and over at most 10,000 training rows, and
reading both data sets once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np

from ..choices import METHODS_WITHOUT_VALIDATION
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import RequestError
from ..estimators import given_labels
from ..evaluation.confident_learning import LabelNoise, estimate_label_noise
from ..evaluation.data_findings import data_findings
from ..evaluation.finding import Finding, listed
from ..evaluation.learning_check import LearningCheck, check_learning
from ..evaluation.moment_findings import moment_findings
from ..evaluation.row_predictions import RowPredictions, predict_rows
from ..network import Network
from ..remedies import remedy
from ..scores import InfluenceScores
from ..training import FinishedTraining
from .opened_project import OpenedProject

__all__ = ["Preflight", "label_noise_of", "preflight", "refuse_untrained_choice", "warn_of_equal_scores"]

LOGGER = logging.getLogger("nnabla_influence")


@dataclass(frozen=True)
class Preflight:
    """What was found before the scores; made by `preflight`, which also says it in the log.

    Attributes:
        learning: The network's losses beside the best constant predictor's; None where the loss has no such.
        noise: The label noise of the validation rows; None without classes, or where the network learnt nothing.
        findings: What was warned of, one sentence each.
    """

    learning: Optional[LearningCheck]
    noise: Optional[LabelNoise]
    findings: Tuple[Finding, ...]


def preflight(
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    device: Device = Device(),
    *,
    method: str = "",
    with_data: bool = True,
) -> Preflight:
    """Look at a training and its data before it is scored, and say in the log what is found.

    Args:
        training: What was trained.
        train: Its training data.
        validation: All validation data, also where only some rows are asked about.
        device: Where to compute.
        method: How it will be scored; the solver's memory means nothing to methods without validation data.
        with_data: Whether the data sets are looked at; several trainings of the same data need it once.

    Raises:
        ComputationError: NNabla failed at a batch.
    """
    predictions = predict_rows(training, validation, device)
    learning = check_learning(training, train, validation, predictions, device)
    findings = [] if learning is None else learning.findings()
    if with_data:
        findings += data_findings(training.network, train, validation)
        if method not in METHODS_WITHOUT_VALIDATION:
            plan = training.plan
            findings += moment_findings(training.config.solver, plan.steps_per_epoch, plan.steps)
    if learning is not None and learning.learnt:
        LOGGER.info("%s", learning.text)
    for finding in findings:
        LOGGER.warning("%s.", finding.text, extra={"remedy": finding.remedy} if finding.remedy else None)
    known = train.fingerprint == validation.fingerprint or (learning is not None and not learning.learnt)
    noise = None if known else label_noise_of(training.network, validation, predictions)
    if noise is not None and len(noise.rows):
        LOGGER.info(
            "%d of %d validation rows may be mislabelled, by predictions of a network that never saw them (confident "
            "learning, estimated share %.1f %%); the most suspicious first: rows %s.",
            len(noise.rows),
            len(validation),
            100 * noise.share,
            listed(noise.rows.tolist()),
            extra={"remedy": remedy("list-suspects")},
        )
    return Preflight(learning, noise, tuple(findings))


def label_noise_of(network: Network, validation: Dataset, predictions: RowPredictions) -> Optional[LabelNoise]:
    """Estimate the label noise of validation rows; None where the network does not predict one class per row."""
    labels = given_labels(network, validation)
    probabilities = predictions.probabilities
    if labels is None or probabilities is None or not np.isfinite(probabilities).all():
        return None
    return estimate_label_noise(probabilities, labels)


def refuse_untrained_choice(training: FinishedTraining, project: OpenedProject) -> None:
    """Refuse to choose how many samples to remove for a network that learnt nothing; other findings go to the log.

    Raises:
        RequestError: Its losses are no better than those of a constant.
    """
    learning = preflight(training, project.train, project.validation, project.device).learning
    if learning is not None and not learning.learnt:
        raise RequestError(
            "How many samples to remove cannot be chosen for a network that learnt no more than a constant answer.",
            remedy("learn-first"),
        )


def warn_of_equal_scores(scores: InfluenceScores) -> None:
    """Say it where all scores are the same number: there is no ranking then."""
    if len(scores.values) > 1 and np.ptp(scores.values) == 0:
        LOGGER.warning(
            "all %d scores are %g, so there is no order among the samples.",
            len(scores.values),
            scores.values[0],
            extra={"remedy": remedy("why-equal-scores")},
        )
