"""Do scores predict what leaving samples out does? Two measures against retraining.

A score is the predicted change of an objective (the validation loss, or the expected validation error) if the sample is
left out; for a group of samples the predictions add up. *Leave-one-out*: groups of one sample, drawn at random. *Linear
datamodeling score* (LDS; Park et al., TRAK, arXiv:2303.14186): groups that are random halves of the training data. Each
group is left out and the training repeated; the measure is the rank correlation of predicted and actual changes over
the groups (Spearman's rho for LDS; Kendall's tau for leave-one-out, as in Hara et al. 2019), and beside it Pearson's
correlation.

*Left out* means that a sample's gradient is zero while the divisor of its batch stays what it was, which is what scores
predict (divisor ``batch``). Half of the samples then make steps of about half the length, and every group's network is
trained less. Published LDS trains on the other half as on a data set of its own, whose batches are divided by what is
in them: divisor ``remaining`` does so within the batches of the original run. To first order both order the groups
alike, because groups of one size take the same number of gradients away; the changes themselves are not the same.

Measured is the objective of the scores, with the very scale that they were computed with, on the data they were
computed with: the question is whether they answer what they were asked, not whether removal helps (see
`removal_curve`). Scores without an objective, such as ``random``, are held against that of the first that has one.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..array import Array
from ..choices import DIVISORS
from ..dataset.csv import Table, is_number, write_csv
from ..dataset.dataset import Dataset
from ..device import Device
from ..errors import DataError
from ..execution import Execution, completed
from ..objective import LOSS, Objective
from ..remedies import remedy
from ..training import TrainingCache
from .change import Change
from .group_plan import GroupPlan
from .interval import Interval
from .retraining import Retraining, run_retraining
from .trial import Trial

__all__ = ["Agreement", "Retrainings", "attribution", "known_values"]

VALIDATION = "validation"
COLUMNS = ("start", "seed", "group", "samples", "objective", "value", "job")
VALUE, JOB = 5, 6  # places in a row


@dataclass(frozen=True)
class Agreement:
    """Correlations of predicted and actual changes of the objective, as means over trainings.

    Attributes:
        method: The method.
        spearman: Spearman's rho.
        kendall: Kendall's tau-b.
        pearson: Pearson's correlation.
    """

    method: str
    spearman: Interval
    kendall: Interval
    pearson: Interval


@dataclass(frozen=True)
class Retrainings:
    """The data and the place for the retrainings.

    Args:
        train: Training data.
        validation: The data the scores were computed with.
        target: CSV with one row per retraining and objective; what it holds is not done again.
        execution: Where jobs run.
        device: Where each of them computes.
    """

    train: Dataset
    validation: Dataset
    target: Optional[Path] = None
    execution: Execution = Execution()
    device: Device = Device()


def attribution(
    trials: Sequence[Trial],
    plan: GroupPlan,
    where: Retrainings,
    progress: Optional[Callable[[int, int], None]] = None,
) -> List[Agreement]:
    """Leave groups out and correlate the predicted with the actual changes of the objective.

    Args:
        trials: Trainings with their scores.
        plan: Which groups.
        where: Data, file and executor.
        progress: Called with (retrainings done, retrainings in all).

    Returns:
        One `Agreement` for each method.

    Raises:
        ConfigError: There are fewer samples than groups of one.
        DataError: The target holds something else.
        CheckpointMissingError: A cache did not keep where retraining starts.
    """
    planned = [group for trial in trials for group in _left_out(trial, plan, where)]
    values = _values(planned, where, progress)
    return _agreements(trials, plan, len(where.train), values)


class _LeftOut(NamedTuple):
    """A group that is left out: the job, and a row of the CSV for each of its objectives, without the value."""

    job: Retraining
    rows: List[List[str]]


def _left_out(trial: Trial, plan: GroupPlan, where: Retrainings) -> List[_LeftOut]:
    """Return the groups of a trial; the first is empty, the objective that the changes are measured from."""
    cache = TrainingCache.open(trial.cache)
    measured = {VALIDATION: where.validation}
    objectives = _objectives(trial)
    prints = (cache.identity, where.train.fingerprint, where.validation.fingerprint, where.device.kind)
    groups = [np.zeros(0, np.int64), *plan.draw(len(where.train), trial.seed)]
    planned = []
    for number, group in enumerate(groups):
        change = Change(excluded=group)
        job = Retraining(
            trial.cache,
            where.train,
            measured,
            change,
            plan.start,
            device=where.device,
            objectives=objectives,
            divisor=plan.divisor,
        )
        begin = [plan.start, str(trial.seed), str(number), str(len(group))]
        what = (*prints, plan.start, change.digest(), *(() if plan.divisor == DIVISORS[0] else (plan.divisor,)))
        identities = [_identity((*what, repr(asked))) for asked in objectives]
        rows = [[*begin, asked.name, "", identity] for asked, identity in zip(objectives, identities)]
        planned.append(_LeftOut(job, rows))
    return planned


def _objectives(trial: Trial) -> Tuple[Objective, ...]:
    """Return the different objectives of a trial's scores: usually one, several where methods chose other scales."""
    asked = [scores.objective for scores in trial.scores.values() if scores.objective is not None]
    return tuple(dict.fromkeys(asked)) or (LOSS,)


def _identity(parts: Sequence[str]) -> str:
    return hashlib.sha256("|".join(parts).encode("ascii")).hexdigest()[:16]


def _values(
    planned: Sequence[_LeftOut], where: Retrainings, progress: Optional[Callable[[int, int], None]]
) -> List[Array]:
    """Compute the objectives of every job, each (objectives,); those in the target are not done again."""
    known = known_values(where.target) if where.target and where.target.exists() else {}
    rows = [row for group in planned for row in group.rows]
    for row in rows:
        row[VALUE] = known.get(row[JOB], "")
    missing = [number for number, group in enumerate(planned) if not all(row[VALUE] for row in group.rows)]
    jobs = [planned[number].job for number in missing]
    with closing(completed(run_retraining, jobs, where.execution)) as results:
        for count, (index, result) in enumerate(results, start=len(planned) - len(missing) + 1):
            for row, value in zip(planned[missing[index]].rows, result.performance[VALIDATION].objectives):
                # repr: every digit, because correlations of small changes depend on the last ones
                row[VALUE] = repr(value)
            if where.target:
                write_csv(where.target, list(COLUMNS), (row for row in rows if row[VALUE]))
            if progress:
                progress(count, len(planned))
    return [np.array([float(row[VALUE]) for row in group.rows]) for group in planned]


def known_values(path: Path) -> Dict[str, str]:
    """Read what retrainings that are finished found, by job.

    Raises:
        DataError: The file is no such table.
    """
    table = Table.read(path)
    if tuple(table.header) != COLUMNS:
        raise DataError(
            f"{table.path}: expected the columns {', '.join(COLUMNS)}, found {', '.join(table.header)}.",
            remedy("replace-groups"),
        )
    broken = next((n for n, row in enumerate(table.rows) if not is_number(row[VALUE])), None)
    if broken is not None:
        raise DataError(
            f"{table.path}: line {table.line(broken)}, column {COLUMNS[VALUE]}: expected a number, found "
            f"'{table.rows[broken][VALUE]}'.",
            remedy("replace-groups"),
        )
    return {row[JOB]: row[VALUE] for row in table.rows}


def _agreements(trials: Sequence[Trial], plan: GroupPlan, samples: int, values: Sequence[Array]) -> List[Agreement]:
    per_trial = [np.array(values[i : i + plan.groups + 1]) for i in range(0, len(values), plan.groups + 1)]
    agreements = []
    for method in trials[0].scores:
        measures = []
        for trial, measured in zip(trials, per_trial):  # (groups + 1, objectives)
            groups = plan.draw(samples, trial.seed)
            scores = trial.scores[method]
            # Scores are first order: what leaving a group out does is predicted by their sum.
            predicted = np.array([scores.values[group].sum() for group in groups])
            own = 0 if scores.objective is None else _objectives(trial).index(scores.objective)
            measures.append(_correlations(predicted, measured[1:, own] - measured[0, own]))
        agreements.append(Agreement(method, *(Interval.of(column) for column in zip(*measures))))
    return agreements


def _correlations(predicted: Array, actual: Array) -> List[float]:
    """Compute Spearman, Kendall, Pearson; NaN where one side is constant or a training diverged."""
    if not np.isfinite(actual).all() or np.ptp(predicted) == 0 or np.ptp(actual) == 0:
        return [math.nan] * 3
    from scipy import stats  # here, because it takes a while to load

    measures = (stats.spearmanr, stats.kendalltau, stats.pearsonr)
    return [float(measure(predicted, actual)[0]) for measure in measures]
