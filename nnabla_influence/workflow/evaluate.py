"""The job *evaluate*: does removing harmful samples help? Trains, scores, retrains without them, and measures.

Every method stands beside ``random``, ``loss``, ``margin`` and removing nothing. The number of samples is chosen on
selection data that neither trained nor scored; the test data says once what that choice was worth. Two further metrics
ask whether the scores predict what leaving samples out does.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, List, Optional, Tuple

from ..choices import (
    COMPARED_METHODS,
    CONTROLS,
    DIVISORS,
    LABELS,
    METHODS,
    METRICS,
    OBJECTIVES,
    SCRATCH,
    STARTS,
    TREATMENTS,
)
from ..cleansing import Amount, Count, Share
from ..errors import ConfigError, DataError, OutputExistsError
from ..evaluation.attribution import Agreement, Retrainings, attribution, known_values
from ..evaluation.evaluation_data import EvaluationData
from ..evaluation.group_plan import GROUP_METRICS, GroupPlan
from ..evaluation.removal_curve import RemovalCurve
from ..evaluation.removal_sweep import RemovalSweep, run_removal_sweep
from ..evaluation.trial import Trial
from ..execution import Execution, check_cluster
from ..files import refuse_overwriting
from ..interrupts import resumable
from ..network import Network
from ..remedies import remedy
from .changed_inputs import warn_of_changes
from .choose import evaluation_data
from .data_reading import Data, csv_of
from .opened_project import open_project
from .progress_reporter import SILENT, ProgressReporter
from .project_request import ProjectRequest
from .request_checks import require_choice, require_choices, require_whole
from .score import ScoreRequest, has_objective
from .trials import TrialsRequest, run_trials

__all__ = [
    "DEFAULT_GROUPS",
    "DEFAULT_SHARES",
    "AttributionResult",
    "EvaluateRequest",
    "EvaluatedTrials",
    "attribution_results",
    "compared_methods",
    "evaluated_curve",
    "trained_and_scored",
]

LOGGER = logging.getLogger("nnabla_influence")
DEFAULT_SHARES: Tuple[Amount, ...] = tuple(Share(share) for share in (0.01, 0.02, 0.05, 0.1, 0.2))
DEFAULT_GROUPS = 32


@dataclass(frozen=True)
class EvaluateRequest:
    """What is compared, on which data.

    Args:
        project: The project; its seed is the first one.
        output: CSV with one row per retraining.
        methods: Names of methods; none: `compared_methods`.
        amounts: Numbers or shares of samples to remove.
        trials: How many seeds.
        starts: Where retraining starts, some of `choices.STARTS`.
        treatments: Some of `choices.TREATMENTS`.
        metric: One of `choices.METRICS`.
        labels: Who predicts the labels of treatment ``relabel``, one of `choices.LABELS`.
        controls: Some of `choices.CONTROLS`, to be measured beside the methods.
        groups: Groups left out, for the metrics other than ``removal``.
        divisor: What a batch is divided by without them, one of `choices.DIVISORS`.
        selection: The data that chooses; None: half of the validation rows.
        test: The data that judges.
        split_seed: Draws the halves of the validation rows.
        execution: Where trainings run.
        overwrite: Replace the output and caches of other runs.
        objective: What the methods that ask the validation data score by, one of `choices.OBJECTIVES`; None: their
            default.

    Raises:
        ConfigError: A name is none of its choices, a number is too small, or there is nothing to remove.

    Example:
        >>> request = EvaluateRequest(ProjectRequest("builtin:cnn"), Path("curve.csv"), amounts=(Count(10), Share(0.5)))
        >>> request.sweep(samples=100).counts
        [10, 50]
    """

    project: ProjectRequest
    output: Path
    methods: Tuple[str, ...] = ()
    amounts: Tuple[Amount, ...] = DEFAULT_SHARES
    trials: int = 3
    starts: Tuple[str, ...] = STARTS[:1]
    treatments: Tuple[str, ...] = TREATMENTS[:1]
    metric: str = METRICS[0]
    groups: int = DEFAULT_GROUPS
    selection: Data = None
    test: Data = None
    split_seed: int = 0
    execution: Execution = field(default_factory=Execution)
    overwrite: bool = False
    objective: Optional[str] = None
    labels: str = LABELS[0]
    controls: Tuple[str, ...] = ()
    divisor: str = DIVISORS[0]

    def __post_init__(self) -> None:
        if self.methods:
            require_choices("methods", self.methods, METHODS)
        if not self.amounts or not all(isinstance(amount, (Count, Share)) for amount in self.amounts):
            raise ConfigError(f"Expected amounts to be some of Count and Share, got {self.amounts!r}.")
        if self.objective is not None:
            require_choice("objective", self.objective, OBJECTIVES)
            self._require_objective()
        require_choices("starts", self.starts, STARTS)
        require_choices("treatments", self.treatments, TREATMENTS)
        require_choice("metric", self.metric, METRICS)
        require_choice("labels", self.labels, LABELS)
        require_choice("divisor", self.divisor, DIVISORS)
        for control in self.controls:
            require_choice("controls", control, CONTROLS)
        if self.labels != LABELS[0] and "relabel" not in self.treatments:
            raise ConfigError(
                f"Labels predicted {self.labels} are for the treatment relabel, but the treatments are "
                f"{', '.join(self.treatments)}. Add it, or leave the labels out."
            )
        require_whole("trials", self.trials, 1)
        require_whole("split_seed", self.split_seed, 0)
        self.plans()  # they refuse too few groups

    def _require_objective(self) -> None:
        """Refuse an objective where no method asks the validation data.

        Raises:
            ConfigError: None does.
        """
        if self.methods and not any(map(has_objective, self.methods)):
            ScoreRequest(self.methods[0], {"objective": self.objective})

    def scorings(self, methods: Iterable[str]) -> Tuple[ScoreRequest, ...]:
        """Return how each of some methods scores."""
        given = {} if self.objective is None else {"objective": self.objective}
        return tuple(
            ScoreRequest(name, given if has_objective(name) else {}, seed=self.project.seed, device=self.project.device)
            for name in methods
        )

    def plans(self) -> List[GroupPlan]:
        """Return which groups are left out, for each start; none for the metric ``removal``."""
        if self.metric not in GROUP_METRICS:
            return []
        return [GroupPlan(self.metric, self.groups, self.split_seed, start, self.divisor) for start in self.starts]

    def table(self, start: str) -> Path:
        """Return the CSV with the retrainings of a group metric: the output, or one for each of several starts."""
        if len(self.starts) == 1:
            return self.output
        return self.output.with_name(f"{self.output.stem}.{start}{self.output.suffix}")

    @property
    def tables(self) -> List[Path]:
        """The CSVs with the retrainings."""
        return [self.table(plan.start) for plan in self.plans()] or [self.output]

    def sweep(self, samples: int) -> RemovalSweep:
        """Return what is retrained and where.

        Raises:
            ConfigError: More samples are to be removed than there are.
        """
        counts = [amount.of(samples) for amount in self.amounts]
        where = (self.project.device, self.execution)
        sweep = RemovalSweep(counts, self.starts, self.treatments, *where, self.controls, folds=SCRATCH in self.starts)
        sweep.check(samples)
        return sweep

    @property
    def kept(self) -> str:
        """Where the results so far are, for whoever interrupts."""
        return f"what is finished lies in '{self.output}' and in the files named after it."


@dataclass(frozen=True)
class EvaluatedTrials:
    """Trainings with their scores, and the data that judges them.

    Attributes:
        data: Training, scoring, selection and test data.
        trials: One for each seed.
    """

    data: EvaluationData
    trials: List[Trial]


def trained_and_scored(request: EvaluateRequest, reporter: ProgressReporter = SILENT) -> EvaluatedTrials:
    """Train and score every trial.

    Raises:
        RequestError: Something does not fit; said before anything is trained.
        Interrupted: Ctrl-C, with how to go on.
    """
    check_cluster(request.execution)
    refuse_overwriting([request.output], [*request.project.inputs, csv_of(request.selection), csv_of(request.test)])
    _refuse_other_tables(request)
    project = open_project(request.project, reporter)
    refuse_overwriting([request.output], project.data_files)
    data = evaluation_data(
        project, selection=request.selection, test=request.test, split_seed=request.split_seed, reporter=reporter
    )
    request.sweep(len(data.train))
    trials = dataclasses.replace(_trials(request, data, compared_methods(project.network)), data=project.fingerprints)
    with resumable(request.kept, remedy("go-on")):
        return EvaluatedTrials(data, run_trials(trials, request.execution, reporter=reporter, finished=_log(trials)))


def _refuse_other_tables(request: EvaluateRequest) -> None:
    """Refuse files in the outputs' places that are no such tables: now, not after hours of training.

    Raises:
        OutputExistsError: One is.
    """
    for table in () if request.overwrite else request.tables:
        try:
            if table.exists():
                (known_values if request.metric in GROUP_METRICS else RemovalCurve.read_csv)(table)
        except DataError as error:
            raise OutputExistsError(
                f"{table}: expected the name of a new file, or retrainings to go on with, got another file.",
                remedy("replace-output"),
            ) from error


def _trials(request: EvaluateRequest, data: EvaluationData, usual: List[str]) -> TrialsRequest:
    """Return what is trained and scored; `usual` are the methods where nobody chose."""
    methods = tuple(dict.fromkeys(request.methods or usual))
    # Margins cost nothing, and somebody may ask for them in a later call into the same file.
    margins = request.project.training.record_margins or "margin" in (*methods, *usual)
    training = dataclasses.replace(request.project.training, record_margins=margins)
    return TrialsRequest(
        dataclasses.replace(request.project, training=training),
        request.output,
        request.scorings(methods),
        request.trials,
        data.scoring,
        request.overwrite,
        labels=_labeller(request),
    )


def _labeller(request: EvaluateRequest) -> Optional[ScoreRequest]:
    """Return the method that predicts labels in place of the trained network."""
    if request.labels == LABELS[0]:
        return None
    return ScoreRequest(request.labels, seed=request.project.seed, device=request.project.device, labels=request.labels)


def _log(trials: TrialsRequest) -> Callable[[int, Trial], None]:
    def finished(count: int, trial: Trial) -> None:
        """Log that a trial is trained and scored."""
        LOGGER.info("trial %d of %d (seed %d) is trained and scored", count, trials.trials, trial.seed)

    return finished


def compared_methods(network: Network) -> List[str]:
    """Return the methods that stand beside each other where nobody chose: margins exist only between classes."""
    label = network.input_shapes().get(str(network.loss_role.target), ())
    margins = network.classes is not None and math.prod(label) == 1
    return [method for method in COMPARED_METHODS if method != "margin" or margins]


def evaluated_curve(
    request: EvaluateRequest, evaluated: EvaluatedTrials, reporter: ProgressReporter = SILENT
) -> RemovalCurve:
    """Retrain without the most harmful samples; what the output holds is not done again.

    Raises:
        CacheMismatchError: The output holds another experiment.
        Interrupted: Ctrl-C, with how to go on.
    """
    _make_room(request, request.output)
    sweep = request.sweep(len(evaluated.data.train))
    with resumable(request.kept, remedy("go-on")), reporter.progress("retraining", "trainings") as progress:
        curve = run_removal_sweep(evaluated.trials, evaluated.data, sweep, request.output, progress)
    warn_of_changes(*evaluated.data.parts)
    return curve


@dataclass(frozen=True)
class AttributionResult:
    """How well scores predict what leaving samples out does.

    Attributes:
        plan: Which groups were left out.
        agreements: One for each method.
        table: CSV with one row per retraining.
    """

    plan: GroupPlan
    agreements: List[Agreement]
    table: Path


def attribution_results(
    request: EvaluateRequest, evaluated: EvaluatedTrials, reporter: ProgressReporter = SILENT
) -> List[AttributionResult]:
    """Leave groups of samples out and correlate, for every start.

    Raises:
        DataError: The output is another table.
        Interrupted: Ctrl-C, with how to go on.
    """
    results = []
    for plan in request.plans():
        table = request.table(plan.start)
        _make_room(request, table)
        retrainings = Retrainings(
            evaluated.data.train, evaluated.data.scoring, table, request.execution, request.project.device
        )
        kept = f"what is finished lies in '{table}' and in the files named after it."
        with resumable(kept, remedy("go-on")), reporter.progress("retraining", "trainings") as progress:
            results.append(AttributionResult(plan, attribution(evaluated.trials, plan, retrainings, progress), table))
    warn_of_changes(*evaluated.data.parts)
    return results


def _make_room(request: EvaluateRequest, table: Path) -> None:
    if request.overwrite:
        RemovalCurve.discard(table)
