"""The job *score*: scores every training sample of a finished training by one method."""

from __future__ import annotations

import dataclasses
import inspect
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ..choices import DEFAULT_METHOD, METHODS
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ComputationError, ConfigError, InfluenceError
from ..estimators import METHODS as ESTIMATORS
from ..estimators import InfluenceEstimator, sample_columns
from ..execution import one_thread
from ..interrupts import resumable
from ..remedies import remedy
from ..resume import PartialFolder, discard, has_progress, partial_folder
from ..scores import InfluenceScores
from ..training import FinalState, FinishedTraining
from .opened_project import OpenedProject
from .progress_reporter import SILENT, ProgressReporter
from .validation_target import ValidationTarget, refuse_target

__all__ = ["ScoreRequest", "final_state", "score_training", "scoring_passport", "with_sample_columns"]

LOGGER = logging.getLogger("nnabla_influence")


@dataclass(frozen=True)
class ScoreRequest:
    """How samples are scored.

    Args:
        method: One of `choices.METHODS`.
        settings: The method's own settings, by the names of its constructor; left out, its defaults.
        target: Which validation rows are asked about; None: all of them.
        seed: Of everything the method draws.
        device: Where to compute.

    Raises:
        ConfigError: There is no such method, it lacks a setting, or a setting has an impossible value.
    """

    method: str = DEFAULT_METHOD
    settings: Mapping[str, Any] = field(default_factory=dict)
    target: Optional[ValidationTarget] = None
    seed: int = 0
    device: Device = Device()

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"Methods are {', '.join(METHODS)}, not '{self.method}'.")
        self.estimator()
        refuse_target(self.target, self.method)

    def estimator(self) -> InfluenceEstimator:
        """Make the method with its settings."""
        accepted = {name: set(inspect.signature(made).parameters) for name, made in ESTIMATORS.items()}
        for name, value in self.settings.items():
            if name not in accepted[self.method]:
                raise ConfigError("", _no_such_setting(self.method, name, value, accepted))
        shared = {"seed": self.seed, "device": self.device}
        drawn = {name: value for name, value in shared.items() if name in accepted[self.method]}
        return ESTIMATORS[self.method](**self.settings, **drawn)


def _no_such_setting(method: str, name: str, value: object, accepted: Mapping[str, Any]) -> Any:
    return remedy(
        "method-lacks-setting",
        setting=name,
        option=name.replace("_", "-"),
        value=value,
        method=method,
        default=" (the default)" if method == DEFAULT_METHOD else "",
        others=" or ".join(other for other in METHODS if name in accepted[other]),
    )


def final_state(project: OpenedProject) -> FinalState:
    """Return what a trained network file says, for methods that need the final parameters only."""
    LOGGER.info(
        "scoring the parameters in %s (they may be the best epoch's, not the last one's) with the learning "
        "rates of the schedule's end",
        project.network.path,
    )
    return FinalState(project.network, project.config, len(project.train))


def score_training(
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    request: ScoreRequest,
    *,
    beside: Optional[Path] = None,
    reporter: ProgressReporter = SILENT,
) -> InfluenceScores:
    """Score every training sample.

    Args:
        training: What was trained.
        train: Its training data.
        validation: The validation rows that are asked about.
        request: By which method.
        beside: The file that is to be written: progress is kept beside it, and removed at the end; None keeps none.
        reporter: Shows how far it is.

    Returns:
        The scores; see `with_sample_columns` for each sample's loss and predicted label.

    Raises:
        Interrupted: Ctrl-C, with how to go on.
        InfluenceError: The method cannot score this training.
    """
    estimator = request.estimator()
    if beside is None:
        scores = _estimated(estimator, training, train, validation, None, reporter)
    else:
        scores = _with_kept_progress(estimator, training, train, validation, beside, reporter)
    for name, value in scores.facts.items():
        LOGGER.info("%s: %.3g", name, value)
    return scores


def with_sample_columns(
    scores: InfluenceScores, training: FinishedTraining, train: Dataset, device: Device
) -> InfluenceScores:
    """Return the scores with each sample's loss and predicted label, at the cost of one forward pass."""
    return dataclasses.replace(scores.with_columns(sample_columns(training, train, device)), table=train.table)


def _with_kept_progress(
    estimator: InfluenceEstimator,
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    beside: Path,
    reporter: ProgressReporter,
) -> InfluenceScores:
    store = PartialFolder(beside, scoring_passport(estimator, training, train, validation))
    kept = f"the scoring's progress is in '{partial_folder(beside)}'."
    try:
        with resumable(kept, remedy("go-on-or-discard")):
            scores = _estimated(estimator, training, train, validation, store, reporter)
    except InfluenceError as error:  # going on would fail again, unless it was for want of memory
        if not isinstance(error, ComputationError) or not has_progress(beside):
            discard(beside)
        raise
    discard(beside)
    return scores


def _estimated(
    estimator: InfluenceEstimator,
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    store: Optional[PartialFolder],
    reporter: ProgressReporter,
) -> InfluenceScores:
    with one_thread(), reporter.progress(f"scoring ({estimator.method})", "samples") as progress:
        return estimator.estimate(training, train, validation, progress, store)


def scoring_passport(
    estimator: InfluenceEstimator, training: FinishedTraining, train: Dataset, validation: Dataset
) -> Dict[str, str]:
    """Return what identifies a scoring that was interrupted."""
    return {
        **estimator.settings(),
        "training": training.identity,
        "training data": train.fingerprint,
        "validation data": validation.fingerprint,
    }
