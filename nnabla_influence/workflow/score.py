"""The job *score*: scores every training sample of a finished training by one method.

`score_training` is the scoring alone, with progress that survives an interruption; `score_project` is the whole job of
a command: outputs that are read are refused, a target is looked up, and each sample's loss and predicted label are
added.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Union

from ..autodiff import HERE, Sweep, sweeping
from ..choices import (
    BATCH_NORM_POLICIES,
    CURVATURES,
    DEFAULT_METHOD,
    FEATURES,
    INVERSES,
    LABELS,
    METHODS,
    OBJECTIVES,
    POINTS,
    RECURSIONS,
    THROUGH,
)
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import ComputationError, ConfigError, InfluenceError
from ..estimators import METHODS as ESTIMATORS
from ..estimators import InfluenceEstimator, LabelledInfluence, estimate_rows, sample_columns
from ..estimators.reused_work import ReusedWork
from ..execution import Execution, one_thread
from ..files import refuse_existing, refuse_overwriting
from ..interrupts import resumable
from ..remedies import remedy
from ..resume import PartialFolder, discard, has_progress, partial_folder, working_on
from ..scores import InfluenceScores
from ..training import FinalState, FinishedTraining
from .changed_inputs import warn_of_changes
from .opened_project import OpenedProject, require_trained
from .preflight import preflight, warn_of_equal_scores
from .progress_reporter import SILENT, ProgressReporter
from .request_checks import require_choice, require_whole
from .validation_target import ValidationTarget, narrowed, refuse_target

__all__ = [
    "MethodSetting",
    "ScoreRequest",
    "final_state",
    "has_objective",
    "score_completely",
    "score_project",
    "score_training",
    "scoring_passport",
]

LOGGER = logging.getLogger("nnabla_influence")

MethodSetting = Union[str, int, float, None]
"""A value of one of a method's settings."""

NAMED_SETTINGS = {
    "at": POINTS,
    "batch_norm": BATCH_NORM_POLICIES,
    "curvature": CURVATURES,
    "features": FEATURES,
    "inverse": INVERSES,
    "objective": OBJECTIVES,
    "recursion": RECURSIONS,
    "through": THROUGH,
}
"""Settings that are one of some names; a method may look at them as late as when it scores."""


@dataclass(frozen=True)
class ScoreRequest:
    """How samples are scored.

    Args:
        method: One of `choices.METHODS`.
        settings: The method's own settings, by the names of its constructor; left out, its defaults.
        target: Which validation rows are asked about; None: all of them.
        seed: Of everything the method draws.
        device: Where to compute.
        labels: Who predicts the labels that the scores carry, one of `choices.LABELS`; where these are predicted out
            of fold, that method's settings may be given too.

    Raises:
        ConfigError: There is no such method, it lacks a setting, or a setting has an impossible value.

    Example:
        >>> ScoreRequest("sgd-influence", {"through": "all"}).estimator().settings()["through"]
        'all'
    """

    method: str = DEFAULT_METHOD
    settings: Mapping[str, MethodSetting] = field(default_factory=dict)
    target: Optional[ValidationTarget] = None
    seed: int = 0
    device: Device = Device()
    labels: str = LABELS[0]

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ConfigError(f"Methods are {', '.join(METHODS)}, not '{self.method}'.")
        require_choice("labels", self.labels, LABELS)
        require_whole("seed", self.seed, 0)
        for name, value in self.settings.items():
            if not any(name in _settings_of(method) for method in self._methods):
                raise _no_such_setting(self.method, name, value)
            if name in NAMED_SETTINGS:
                require_choice(name, value, NAMED_SETTINGS[name])
        refuse_target(self.target, self.method)
        self.estimator()  # a method checks its numbers when it is made

    def estimator(self) -> InfluenceEstimator:
        """Make the method with its settings, and with the one that predicts the labels."""
        scorer, *labeller = (self._made(method) for method in self._methods)
        return LabelledInfluence(scorer, labeller[0]) if labeller else scorer

    @property
    def _methods(self) -> List[str]:
        """The method that scores, and the one that predicts labels where that is another."""
        return [self.method] if self.labels in (LABELS[0], self.method) else [self.method, self.labels]

    def _made(self, method: str) -> InfluenceEstimator:
        parameters = inspect.signature(ESTIMATORS[method]).parameters
        given: Dict[str, Any] = {**self.settings, "seed": self.seed, "device": self.device}
        return ESTIMATORS[method](**{name: value for name, value in given.items() if name in parameters})


def _settings_of(method: str) -> Set[str]:
    """Return the names of a method's own settings; seed and device are the request's."""
    return set(inspect.signature(ESTIMATORS[method]).parameters) - {"seed", "device"}


def has_objective(method: str) -> bool:
    """Tell whether a method asks the validation data, so that its objective can be chosen."""
    return "objective" in _settings_of(method)


def _no_such_setting(method: str, name: str, value: MethodSetting) -> ConfigError:
    others = [other for other in METHODS if name in _settings_of(other)]
    if not others:
        known = sorted(set().union(*map(_settings_of, METHODS)))
        return ConfigError(f"Expected a setting of a method ({', '.join(known)}), got '{name}'.")
    action = remedy(
        "method-lacks-setting",
        setting=name,
        option=name.replace("_", "-"),
        value=value,
        method=method,
        default=" (the default)" if method == DEFAULT_METHOD else "",
        others=" or ".join(others),
    )
    return ConfigError("", action)


def final_state(project: OpenedProject) -> FinalState:
    """Return what a trained network file says, for methods that need the final parameters only.

    Raises:
        NetworkError: The network is not trained.
    """
    require_trained(project.network, project.network.path)
    LOGGER.info(
        "scoring the parameters in %s (they may be the best epoch's, not the last one's) with the learning "
        "rates of the schedule's end",
        project.network.path,
    )
    return FinalState(project.network, project.config, len(project.train))


def score_project(
    project: OpenedProject,
    training: FinishedTraining,
    request: ScoreRequest,
    *,
    output: Optional[Path] = None,
    overwrite: bool = False,
    execution: Execution = Execution(),
    reporter: ProgressReporter = SILENT,
) -> InfluenceScores:
    """Score a project's training data, with each sample's loss and predicted label.

    Args:
        project: The training's data.
        training: What was trained.
        request: By which method, and what is asked.
        output: The influence CSV that will be written: progress is kept beside it.
        overwrite: Whether it may replace a file that is there.
        execution: Where batches of samples are computed; the scores are the same to the last bit. A cluster needs an
            output, whose folder carries what its machines share.
        reporter: Shows how far it is.

    Raises:
        ConfigError: A cluster is to score, but no output is given.
        OutputExistsError: The output exists and may not be replaced, or is one of the files that are read.
        Interrupted: Ctrl-C, with how to go on.
        InfluenceError: The method cannot score this training, or the cluster cannot be used.
    """
    if execution.scheduler is not None:
        if output is None:
            raise ConfigError(
                "Scoring on a cluster needs an output, got none: its folder carries what the machines share."
            )
        output = output.absolute()
    if output is not None:
        target = request.target.file if request.target is not None else None
        refuse_overwriting([output], [*project.inputs, target])
        refuse_existing([output], overwrite)
    asked = narrowed(project.validation, training.network, request.target)
    preflight(training, project.train, project.validation, request.device, method=request.method)
    with sweeping(
        execution, output.parent if output is not None and execution.scheduler is not None else None
    ) as sweep:
        complete = score_completely(
            training, project.train, asked, request, beside=output, reporter=reporter, sweep=sweep
        )
    warn_of_changes(project.train, project.validation)
    return complete


def score_training(
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    request: ScoreRequest,
    *,
    beside: Optional[Path] = None,
    reporter: ProgressReporter = SILENT,
    sweep: Sweep = HERE,
    reused: Optional[ReusedWork] = None,
) -> InfluenceScores:
    """Score every training sample.

    Args:
        training: What was trained.
        train: Its training data.
        validation: The validation rows that are asked about.
        request: By which method, and whether about each of these rows by itself.
        beside: The file that is to be written: progress is kept beside it, and removed at the end; None keeps none.
        reporter: Shows how far it is.
        sweep: Asks about batches of data, here or in workers.
        reused: Receives what other work on this training may have in common with it.

    Returns:
        The scores; see `score_completely` for each sample's loss and predicted label.

    Raises:
        Interrupted: Ctrl-C, with how to go on.
        InfluenceError: The method cannot score this training.
    """
    estimator = request.estimator()
    columns = request.target.columns if request.target is not None else []

    def estimated(store: Optional[PartialFolder]) -> InfluenceScores:
        """Score, with progress kept in a folder where there is one."""
        with one_thread(), reporter.progress(f"scoring ({estimator.method})", "samples") as progress:
            if columns:
                return estimate_rows(estimator, training, train, validation, columns, progress, store, sweep, reused)
            return estimator.estimate(training, train, validation, progress, store, sweep, reused)

    if beside is None:
        scores = estimated(None)
    else:
        passport = scoring_passport(estimator, training, train, validation)
        scores = _with_kept_progress(estimated, {**passport, **({"each": columns} if columns else {})}, beside)
    if scores.objective is not None:
        LOGGER.info("objective %s: the scores are changes of the %s", scores.objective.name, scores.objective.formula)
    for name, value in scores.facts.items():
        LOGGER.info("%s: %.3g", name, value)
    warn_of_equal_scores(scores)
    return scores


def score_completely(
    training: FinishedTraining,
    train: Dataset,
    validation: Dataset,
    request: ScoreRequest,
    *,
    beside: Optional[Path] = None,
    reporter: ProgressReporter = SILENT,
    sweep: Sweep = HERE,
) -> InfluenceScores:
    """Score every training sample, with its loss and predicted label; see `score_training`.

    They cost a pass forwards, unless the scoring came by them.
    """
    reused = ReusedWork()
    scores = score_training(
        training, train, validation, request, beside=beside, reporter=reporter, sweep=sweep, reused=reused
    )
    columns = sample_columns(training, train, request.device, sweep, reused)
    return dataclasses.replace(scores.with_columns(columns), table=train.table)


def _with_kept_progress(
    estimated: Callable[[PartialFolder], InfluenceScores], passport: Mapping[str, Any], beside: Path
) -> InfluenceScores:
    kept = f"the scoring's progress is in '{partial_folder(beside)}'."
    with working_on(beside):
        store = PartialFolder(beside, passport)
        try:
            with resumable(kept, remedy("go-on-or-discard")):
                scores = estimated(store)
        except InfluenceError as error:  # going on would fail again, unless it was for want of memory
            if not isinstance(error, ComputationError) or not has_progress(beside):
                discard(beside)
            raise
        discard(beside)
    return scores


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
