"""Do scores predict what leaving samples out does? Two measures against retraining.

A score is the predicted change of the validation loss if the sample is left out; for a group of samples the
predictions add up. *Leave-one-out*: groups of one sample, drawn at random. *Linear datamodeling score* (LDS; Park et
al., TRAK, arXiv:2303.14186): groups that are random halves of the training data. Each group is left out and the
training repeated; the measure is the rank correlation of predicted and actual changes over the groups (Spearman's rho
for LDS; Kendall's tau for leave-one-out, as in Hara et al. 2019), and beside it Pearson's correlation.

The loss is that of the data the scores were computed with: the question is whether they answer what they were asked,
not whether removal helps (see `removal_curve`).
"""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

import numpy as np
from scipy import stats

from ..dataset.csv import Table, write_csv
from ..device import Device
from ..errors import ConfigError, DataError
from ..execution import Execution, completed
from ..training import TrainingCache
from .removal_curve import Interval
from .retraining import STARTS, Change, Retraining, run_retraining
from .sweep import Trial

METRICS = ("lds", "leave-one-out")
VALIDATION = "validation"
COLUMNS = ("start", "seed", "group", "samples", "loss", "job")


@dataclass(frozen=True)
class GroupPlan:
    """Which groups of samples are left out.

    Args:
        metric: ``lds`` or ``leave-one-out``.
        groups: How many groups for each training.
        seed: Draws them.
        start: Where retraining starts, one of `STARTS`.

    Raises:
        ConfigError: A value is impossible.
    """

    metric: str
    groups: int = 32
    seed: int = 0
    start: str = "last-epoch"

    def __post_init__(self) -> None:
        if self.metric not in METRICS or self.start not in STARTS:
            raise ConfigError(
                f"Expected a metric of {', '.join(METRICS)} and a start of {', '.join(STARTS)}, "
                f"not '{self.metric}' and '{self.start}'."
            )
        if self.groups < 3:
            raise ConfigError(f"A correlation needs at least 3 groups, not {self.groups}.")

    def draw(self, samples: int, seed: int) -> List[np.ndarray]:
        """The rows of each group for a training with a seed; groups of one are all different.

        Raises:
            ConfigError: There are fewer samples than groups of one.
        """
        if self.metric != "lds" and self.groups > samples:
            raise ConfigError(f"Of {samples} training samples, at most {samples} can be left out, not {self.groups}.")
        random = np.random.default_rng([self.seed, seed, METRICS.index(self.metric)])
        if self.metric == "lds":
            return [np.sort(random.permutation(samples)[: samples // 2]) for _ in range(self.groups)]
        return [np.array([row]) for row in random.permutation(samples)[: self.groups]]


@dataclass(frozen=True)
class Agreement:
    """How well a method predicts, over trainings.

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
        target: CSV with one row per retraining; what it holds is not done again.
        execution: Where jobs run.
        device: Where each of them computes.
    """

    train: Any
    validation: Any
    target: Optional[Path] = None
    execution: Execution = Execution()
    device: Device = Device()


def attribution(
    trials: Sequence[Trial],
    plan: GroupPlan,
    where: Retrainings,
    progress: Optional[Callable[[int, int], None]] = None,
) -> List[Agreement]:
    """Leaves groups out and correlates.

    Args:
        trials: Trainings with their scores.
        plan: Which groups.
        where: Data, file and executor.
        progress: Called with (retrainings done, retrainings in all).

    Returns:
        One `Agreement` for each method.
    """
    jobs, rows = [], []
    for trial in trials:
        cache = TrainingCache.open(trial.cache)
        groups = [np.zeros(0, np.int64), *plan.draw(len(where.train), trial.seed)]
        for number, group in enumerate(groups):
            change = Change(excluded=group)
            measured = {VALIDATION: where.validation}
            jobs.append(Retraining(trial.cache, where.train, measured, change, plan.start, None, where.device))
            prints = (cache.identity, where.train.fingerprint, where.validation.fingerprint, where.device.kind)
            identity = hashlib.sha256("|".join((*prints, plan.start, change.digest())).encode("ascii")).hexdigest()[:16]
            rows.append([plan.start, str(trial.seed), str(number), str(len(group)), "", identity])
    losses = _losses(jobs, rows, where, progress)
    return _agreements(trials, plan, len(where.train), losses)


def _losses(jobs: List[Retraining], rows: List[List[str]], where: Retrainings, progress: Any) -> np.ndarray:
    """The validation loss of every job; those in the target are not done again."""
    known = _known(where.target) if where.target and where.target.exists() else {}
    for row in rows:
        row[4] = known.get(row[5], "")
    missing = [number for number, row in enumerate(rows) if not row[4]]
    done = len(rows) - len(missing)
    with closing(completed(run_retraining, [jobs[number] for number in missing], where.execution)) as outcomes:
        for count, (index, outcome) in enumerate(outcomes, start=done + 1):
            rows[missing[index]][4] = repr(outcome.quality[VALIDATION].loss)
            if where.target:
                write_csv(where.target, list(COLUMNS), (row for row in rows if row[4]))
            if progress:
                progress(count, len(rows))
    return np.array([float(row[4]) for row in rows])


def _known(path: Union[str, Path]) -> Dict[str, str]:
    table = Table.read(path)
    if tuple(table.header) != COLUMNS:
        raise DataError(
            f"{table.path}: expected the columns {', '.join(COLUMNS)}, found {', '.join(table.header)}. Choose another "
            "output, or replace the file with --overwrite."
        )
    return {row[5]: row[4] for row in table.rows}


def _agreements(trials: Sequence[Trial], plan: GroupPlan, samples: int, losses: np.ndarray) -> List[Agreement]:
    per_trial = losses.reshape(len(trials), plan.groups + 1)
    changes = per_trial[:, 1:] - per_trial[:, :1]  # (trials, groups)
    found = []
    for method in trials[0].scores:
        measures = []
        for trial, actual in zip(trials, changes):
            groups = plan.draw(samples, trial.seed)
            predicted = np.array([trial.scores[method].values[group].sum() for group in groups])
            measures.append(_correlations(predicted, actual))
        found.append(Agreement(method, *(Interval.of(column) for column in zip(*measures))))
    return found


def _correlations(predicted: np.ndarray, actual: np.ndarray) -> List[float]:
    """Spearman, Kendall, Pearson; NaN where one side is constant or a training diverged."""
    if not np.isfinite(actual).all() or np.ptp(predicted) == 0 or np.ptp(actual) == 0:
        return [math.nan] * 3
    measures = (stats.spearmanr, stats.kendalltau, stats.pearsonr)
    return [float(measure(predicted, actual)[0]) for measure in measures]
