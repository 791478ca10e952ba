"""The job *choose*: how many of the most harmful samples are worth removing, decided by training again.

The validation data is halved: one half scores, the other half chooses (or selection data of its own does). The network
is trained again without the most harmful samples, for several numbers and batch orders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ..choices import STARTS
from ..evaluation.choice import Choice
from ..evaluation.evaluation_data import EvaluationData
from ..evaluation.number_search import NumberSearch, choose_number
from ..evaluation.removal_curve import RemovalCurve
from ..evaluation.removal_sweep import RemovalSweep
from ..evaluation.trial import Trial
from ..execution import Execution
from ..scores import InfluenceScores
from ..training import TrainingCache
from .data_reading import Data
from .opened_project import OpenedProject
from .preflight import refuse_untrained_choice
from .progress_reporter import SILENT, ProgressReporter
from .request_checks import require_choice, require_whole

__all__ = ["ChooseRequest", "Chosen", "choose", "evaluation_data"]


@dataclass(frozen=True)
class ChooseRequest:
    """How the number is looked for.

    Args:
        orders: Batch orders that every number is retrained with.
        start: Where retraining starts, one of `choices.STARTS`.
        execution: Where the retrainings run.

    Raises:
        ConfigError: Fewer than two orders, or there is no such start.

    Example:
        >>> ChooseRequest(orders=3).start
        'last-epoch'
    """

    orders: int = 5
    start: str = STARTS[0]
    execution: Execution = field(default_factory=Execution)

    def __post_init__(self) -> None:
        require_choice("start", self.start, STARTS)
        self.search()  # it refuses what has no standard error

    def search(self) -> NumberSearch:
        """Return the numbers and batch orders that are tried."""
        return NumberSearch(self.orders)


@dataclass(frozen=True)
class Chosen:
    """What was decided.

    Attributes:
        choice: The number, and what it does to the losses.
        curve: Every retraining.
        scores: The ranking whose first samples would go.
    """

    choice: Choice
    curve: RemovalCurve
    scores: InfluenceScores

    @property
    def removed(self) -> int:
        """The number that was chosen; 0: nothing is worth removing."""
        return self.choice.removed


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
    scores: InfluenceScores,
    request: ChooseRequest,
    *,
    project: OpenedProject,
    table: Optional[Path] = None,
    reporter: ProgressReporter = SILENT,
) -> Chosen:
    """Retrain without the most harmful samples and choose the number.

    Args:
        cache: The training.
        data: Training, selection and test data.
        scores: The ranking, made with other data than what chooses.
        request: How.
        project: Says where to compute.
        table: CSV that keeps every retraining; what it holds is not done again.
        reporter: Shows how far it is.

    Raises:
        CacheMismatchError: The table holds another experiment.
        RequestError: The network learnt nothing.
    """
    refuse_untrained_choice(cache, project)
    sweep = RemovalSweep((), (request.start,), device=project.device, execution=request.execution)
    trial = Trial(Path(cache.path).absolute(), cache.config.seed, {scores.method: scores})
    with reporter.progress("retraining", "trainings") as progress:
        choice, curve = choose_number(trial, data, request.search(), sweep, table, progress)
    return Chosen(choice, curve, scores)
