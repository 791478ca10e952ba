"""A sweep: the retrainings of a removal curve as independent jobs, run wherever there is room, none of them twice.

Every finished retraining is written to the curve's CSV at once. A later sweep into the same file performs only what is
missing; more methods, numbers or seeds can be added, and a ranking that has changed is measured again.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..array import Array
from ..choices import CONTROLS, STARTS, TREATMENTS
from ..device import Device
from ..errors import CacheMismatchError, ConfigError, DataError
from ..estimators import likelihood_scale
from ..execution import Execution, completed
from ..training import TrainingCache
from .change import Change
from .curve_row import CurveRow
from .evaluation_data import SELECTION, TEST, EvaluationData
from .experiment import experiment_of, job_digest
from .fold_trainings import FoldTrainings, fold_trainings
from .performance import Performance
from .removal_curve import NOTHING, RemovalCurve, of_experiment
from .retraining import Retraining, RetrainingResult, run_retraining
from .row_figures import RowFigures
from .trial import Trial

__all__ = ["RemovalSweep", "discard_other", "run_removal_sweep"]

_Key = Tuple[str, str, int, str, int]


@dataclass(frozen=True)
class RemovalSweep:
    """A request: numbers of samples, kinds of retraining, and where to compute.

    Example:
        >>> RemovalSweep([10, 30], starts=["last-epoch", "scratch"]).counts
        [10, 30]

    Args:
        counts: Numbers of samples; 0 is always measured.
        starts: Some of `choices.STARTS`.
        treatments: Some of `choices.TREATMENTS`.
        device: Where each job computes.
        execution: Where jobs run.
        controls: Some of `choices.CONTROLS`, each retrained once for every seed and start.
        folds: Whether networks are also trained without each fold of the data, which tells how many labels are wrong.

    Raises:
        ConfigError: A value is impossible.
    """

    counts: Sequence[int]
    starts: Sequence[str] = ("last-epoch",)
    treatments: Sequence[str] = ("remove",)
    device: Device = Device()
    execution: Execution = field(default_factory=Execution)
    controls: Sequence[str] = ()
    folds: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (("starts", STARTS), ("treatments", TREATMENTS), ("controls", CONTROLS)):
            wrong = [value for value in getattr(self, name) if value not in allowed]
            if wrong:
                raise ConfigError(f"The {name} of a removal curve are some of {', '.join(allowed)}, not '{wrong[0]}'.")
        if any(count < 0 for count in self.counts):
            raise ConfigError(f"Numbers of samples to remove should be 0 or more, not {min(self.counts)}.")

    def check(self, samples: int) -> None:
        """Refuse to remove everything.

        Raises:
            ConfigError: More samples are to be removed than there are.
        """
        if any(count >= samples for count in self.counts):
            raise ConfigError(
                f"Of {samples} training samples, {max(self.counts)} cannot be removed. Some must be left to train on; "
                "remove fewer."
            )


def run_removal_sweep(
    trials: Sequence[Trial],
    data: EvaluationData,
    sweep: RemovalSweep,
    target: Optional[Path] = None,
    progress: Optional[Callable[[int, int], None]] = None,
    earlier: Optional[RemovalCurve] = None,
) -> RemovalCurve:
    """Perform the retrainings that neither `target` nor an earlier curve holds yet.

    Args:
        trials: The trainings and their rankings.
        data: Training, selection and test data.
        sweep: What to retrain, and where.
        target: CSV that is written after every retraining, with the figures of rows beside it, and read at the start.
        progress: Called with (retrainings done, retrainings in all).
        earlier: A curve of the same experiment.

    Returns:
        The rows of this sweep, and those of the earlier curve.

    Raises:
        ConfigError: More samples are to be removed than there are.
        CacheMismatchError: The target holds another experiment, or a cache is of other data.
    """
    sweep.check(len(data.train))
    planned = list(_planned(trials, data, sweep))
    cache = TrainingCache.open(trials[0].cache)
    folds = fold_trainings(cache, data, trials[0].seed, sweep.device) if sweep.folds else FoldTrainings({}, 0)
    before = earlier.rows if earlier is not None else ()
    rows = {row.key: row for row in (*_earlier_rows(target, planned[0].row.experiment), *before)}
    figures = RowFigures.read(target) if target else RowFigures()
    if earlier is not None:
        figures.update(earlier.figures)
    scale = likelihood_scale(cache.network.roles.validation.losses)
    figures.scale = math.nan if scale is None else scale
    if folds.jobs:
        figures.begin_folds(list(folds.jobs), folds.classes)
    unknown = {name: job for name, job in folds.jobs.items() if name not in figures}
    missing = [plan for plan in planned if not _finished(plan.row, rows, figures)]
    jobs = [*unknown.values(), *(plan.job for plan in missing)]
    total = len(folds.jobs) + len(planned)
    done = total - len(jobs)
    if progress:
        progress(done, total)
    with closing(completed(run_retraining, jobs, sweep.execution)) as results:
        for count, (number, result) in enumerate(results, start=done + 1):
            of_rows = {name: performance.rows for name, performance in result.performance.items()}
            if number < len(unknown):
                figures.add(list(unknown)[number], of_rows)
                if target:
                    figures.write(target)
            else:
                row = _with_figures(missing[number - len(unknown)].row, result)
                rows[row.key] = row
                figures.add(row.job, of_rows)
                if target:  # what it held is in it
                    RemovalCurve(_sorted(rows, planned), figures).to_csv(target, overwrite=True)
            if progress:
                progress(count, total)
    asked = dict.fromkeys([row.key for row in before] + [plan.row.key for plan in planned])
    return RemovalCurve([rows[key] for key in asked], figures)


def discard_other(target: Path, cache: TrainingCache, data: EvaluationData) -> None:
    """Remove a curve's files, unless they hold retrainings of this experiment, which are used again."""
    try:
        _earlier_rows(target, experiment_of(cache, data))
        RowFigures.read(target)
    except (CacheMismatchError, DataError):
        RemovalCurve.discard(target)


def _finished(row: CurveRow, rows: Mapping[_Key, CurveRow], figures: RowFigures) -> bool:
    return row.key in rows and rows[row.key].job == row.job and row.job in figures


class _Planned(NamedTuple):
    """A retraining and its row, still without figures."""

    row: CurveRow
    job: Retraining


class _Wanted(NamedTuple):
    """A point of the curve."""

    method: str
    treatment: str
    removed: int
    change: Change


def _earlier_rows(target: Optional[Path], experiment: str) -> Sequence[CurveRow]:
    if target is None or not target.exists():
        return ()
    return of_experiment(RemovalCurve.read_csv(target), experiment, target).rows


def _planned(trials: Sequence[Trial], data: EvaluationData, sweep: RemovalSweep) -> Iterator[_Planned]:
    """Yield every retraining with its row; removing nothing comes first."""
    for trial in trials:
        cache = TrainingCache.open(trial.cache)
        shared = experiment_of(cache, data)
        for start in sweep.starts:
            for wanted in _wanted(trial, sweep):
                change = wanted.change
                added = data.scoring if wanted.treatment in CONTROLS else None
                where = (start, trial.order_seed, sweep.device)
                job = Retraining(trial.cache, data.train, data.measured, change, *where, added=added)
                seed = trial.retraining_seed
                others = [] if added is None else [added.fingerprint]
                identity = job_digest(shared, cache, start, seed, change, sweep.device, *others)
                yield _Planned(_empty_row(wanted, start, seed, identity, shared), job)


def _wanted(trial: Trial, sweep: RemovalSweep) -> List[_Wanted]:
    counts = sorted({count for count in sweep.counts if count})
    wanted = [_Wanted(NOTHING, treatment, 0, Change()) for treatment in ("remove", *dict.fromkeys(sweep.controls))]
    for method, scores in trial.scores.items():
        for treatment in sweep.treatments:
            wanted += [_Wanted(method, treatment, n, _change(trial, treatment, scores.order[:n])) for n in counts]
    return wanted


def _empty_row(wanted: _Wanted, start: str, seed: int, job: str, experiment: str) -> CurveRow:
    nan = math.nan  # losses, accuracies and seconds, until they are known
    key = (wanted.method, wanted.treatment, wanted.removed, start, seed)
    return CurveRow(*key, nan, nan, nan, nan, nan, "", job, experiment)


def _change(trial: Trial, treatment: str, rows: Array) -> Change:
    if treatment == "remove":
        return Change(excluded=rows)
    if trial.labels is None:
        raise ConfigError("Relabelling needs predicted labels; they exist for classification only.")
    return Change(relabelled=rows, labels=trial.labels[rows])


def _with_figures(row: CurveRow, result: RetrainingResult) -> CurveRow:
    figures: Dict[str, float] = {}
    for name in (SELECTION, TEST):
        performance = result.performance.get(name, Performance(math.nan))
        figures[f"{name}_loss"] = performance.loss
        figures[f"{name}_accuracy"] = math.nan if performance.accuracy is None else performance.accuracy
    return replace(row, **figures, seconds=result.seconds, cpu=result.cpu)  # type: ignore[arg-type]


def _sorted(rows: Mapping[_Key, CurveRow], planned: Sequence[_Planned]) -> List[CurveRow]:
    """Return rows in the order of the plan, whatever the order in which they finished; earlier rows first."""
    asked = [plan.row.key for plan in planned]
    others = [row for key, row in rows.items() if key not in set(asked)]
    return others + [rows[key] for key in asked if key in rows]
