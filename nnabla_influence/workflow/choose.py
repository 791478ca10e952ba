"""The job *choose*: how many of the most harmful samples are worth removing, decided by training again.

The validation data is halved: one half scores; of the other half, or of selection data, one part chooses the number and
another one confirms it, see `evaluation.decision`. The network is trained again without the most harmful samples, for
several numbers and seeds.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional, Tuple, Union

from ..choices import SCRATCH, STARTS, TREATMENTS
from ..evaluation.decision import Decision
from ..evaluation.evaluation_data import EvaluationData
from ..evaluation.number_search import NumberSearch, choose_number
from ..evaluation.removal_curve import RemovalCurve
from ..evaluation.removal_sweep import RemovalSweep
from ..evaluation.trial import Trial
from ..execution import Execution
from ..scores import LABEL_COLUMN, InfluenceScores
from ..training import TrainingCache
from .changed_inputs import warn_of_changes
from .data_reading import Data
from .opened_project import OpenedProject
from .preflight import refuse_untrained_choice
from .progress_reporter import SILENT, ProgressReporter
from .request_checks import require_choice, require_whole
from .score import ScoreRequest, score_completely

__all__ = ["ChooseRequest", "Chosen", "choose", "evaluation_data"]

LOGGER = logging.getLogger("nnabla_influence")


@dataclass(frozen=True)
class ChooseRequest:
    """How the number is looked for.

    Args:
        orders: Seeds that every number is retrained with; as many fresh ones confirm.
        start: Where the retrainings that choose start, one of `choices.STARTS`.
        execution: Where the retrainings run.
        confirm: Where the retrainings that confirm start, one of `choices.STARTS`. From ``last-epoch`` costs much less,
            but an epoch does not show all the damage that leaving samples out does.
        treatments: ``remove``, and also ``relabel`` if new labels for the samples may be the answer: those that the
            scores carry, predicted by the network or out of fold.

    Raises:
        ConfigError: Fewer than two orders, or there is no such start.

    Example:
        >>> ChooseRequest(orders=3).confirm
        'scratch'
    """

    orders: int = 5
    start: str = SCRATCH
    execution: Execution = field(default_factory=Execution)
    confirm: str = SCRATCH
    treatments: Tuple[str, ...] = TREATMENTS[:1]

    def __post_init__(self) -> None:
        require_choice("start", self.start, STARTS)
        require_choice("confirm", self.confirm, STARTS)
        self.search()  # it refuses what has no standard error

    def search(self, split_seed: int = 0) -> NumberSearch:
        """Return what is tried; the seed halves the rows that did not score."""
        return NumberSearch(
            self.orders,
            start=self.start,
            confirm=self.confirm,
            split_seed=split_seed,
            treatments=self.treatments,
        )


@dataclass(frozen=True)
class Chosen:
    """What was decided.

    Attributes:
        decision: How many samples, and why.
        curve: Every retraining.
        scores: The ranking whose first samples would go.
    """

    decision: Decision
    curve: RemovalCurve
    scores: InfluenceScores

    @property
    def removed(self) -> int:
        """The number that was chosen; 0: nothing is removed."""
        return self.decision.number

    @property
    def relabels(self) -> bool:
        """Whether the samples get new labels instead of being removed."""
        return self.decision.number > 0 and self.decision.treatment == TREATMENTS[1]


def evaluation_data(
    project: OpenedProject,
    *,
    selection: Data = None,
    test: Data = None,
    split_seed: int = 0,
    reporter: ProgressReporter = SILENT,
) -> EvaluationData:
    """Read or split the data that scores, chooses and judges; nothing is used twice.

    Args:
        project: Training and validation data.
        selection: The data that chooses; None: half of the validation rows, and the other half scores.
        test: The data that judges the choice, if any.
        split_seed: Draws the halves.
        reporter: Shows how far it is.

    Raises:
        DataError: Two of the data sets share rows.
        ConfigError: The validation data is too small to be halved, or the seed is negative.
    """
    require_whole("split_seed", split_seed, 0)
    chooses = project.read_further(selection, reporter) if selection is not None else None
    data = EvaluationData.split(project.train, project.validation, chooses, split_seed=split_seed)
    return data if test is None else data.judged_by(project.read_further(test, reporter), project.validation)


def choose(
    cache: TrainingCache,
    data: EvaluationData,
    ranking: Union[InfluenceScores, ScoreRequest],
    request: ChooseRequest,
    *,
    project: OpenedProject,
    beside: Optional[Path] = None,
    table: Optional[Path] = None,
    split_seed: int = 0,
    reporter: ProgressReporter = SILENT,
) -> Chosen:
    """Retrain without the most harmful samples, choose the number and confirm it.

    Args:
        cache: The training.
        data: Training, selection and test data.
        ranking: Scores that were made with other data than what chooses, or how the rows that score make them.
        request: How.
        project: All data that is read, and where to compute.
        beside: The file that the scoring's progress is kept beside; None keeps none.
        table: CSV that keeps every retraining; what it holds is not done again.
        split_seed: Halves the rows that did not score.
        reporter: Shows how far it is.

    Raises:
        CacheMismatchError: The table holds another experiment.
        RequestError: The network learnt nothing.
        Interrupted: Ctrl-C while it scored, with how to go on.
        InfluenceError: The method cannot score this training.
    """
    refuse_untrained_choice(cache, project)
    scores = ranking if isinstance(ranking, InfluenceScores) else _ranked(cache, data, ranking, beside, reporter)
    search = request.search(split_seed)
    LOGGER.info(
        "choosing how many to remove takes up to %d trainings; how long is said after the first one",
        search.trainings(len(data.train)),
    )
    if request.confirm != SCRATCH:
        LOGGER.warning(
            "what is confirmed by repeating the last epoch alone may still do harm in a training from scratch"
        )
    sweep = RemovalSweep((), device=project.device, execution=request.execution)
    labels = scores.columns.get(LABEL_COLUMN)
    trial = Trial(Path(cache.path).absolute(), cache.config.seed, {scores.method: scores}, labels)
    with reporter.progress("retraining", "trainings") as progress:
        decision, curve = choose_number(trial, data, search, sweep, table, _Estimate(progress))
    warn_of_changes(*data.parts)
    return Chosen(decision, curve, scores)


def _ranked(
    cache: TrainingCache,
    data: EvaluationData,
    request: ScoreRequest,
    beside: Optional[Path],
    reporter: ProgressReporter,
) -> InfluenceScores:
    """Rank the samples by the rows that score, with each sample's loss and predicted label."""
    return score_completely(cache, data.train, data.scoring, request, beside=beside, reporter=reporter)


class _Estimate:
    """Says how long all trainings will take, once the first one is done.

    Args:
        progress: What shows how far it is.
    """

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        self._progress = progress
        self._begun: Optional[Tuple[int, float]] = None

    def __call__(self, done: int, total: int) -> None:
        self._progress(done, total)
        now = time.monotonic()
        if self._begun is None:
            self._begun = done, now
        elif done == self._begun[0] + 1:
            each = now - self._begun[1]
            LOGGER.info(
                "a training takes %.3g s: about %.2g min for all that are left", each, each * (total - done) / 60
            )
