"""A sweep: the retrainings of a removal curve as independent jobs, run wherever there is room, none of them twice.

Every finished retraining is written to the curve's CSV at once. A later sweep into the same file performs only what is
missing; more methods, numbers or seeds can be added, and a ranking that has changed is measured again.
"""

from __future__ import annotations

import hashlib
import json
import math
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ..device import Device
from ..errors import ConfigError
from ..execution import Execution, completed
from ..scores import InfluenceScores
from ..training import TrainingCache
from .quality import Quality
from .removal_curve import NOTHING, CurveRow, RemovalCurve, merged
from .retraining import STARTS, Change, Outcome, Retraining, run_retraining

SELECTION, TEST = "selection", "test"
TREATMENTS = ("remove", "relabel")


@dataclass(frozen=True)
class Trial:
    """One training whose rankings are judged.

    Args:
        cache: Its training cache.
        seed: Its seed.
        scores: The rankings, by method.
        labels: Predicted label (N,) of every row, for treatment ``relabel``.
        order_seed: Seed of the retrainings' batch order and masks; None for the training's own.
    """

    cache: Path
    seed: int
    scores: Mapping[str, InfluenceScores]
    labels: Optional[np.ndarray] = None
    order_seed: Optional[int] = None


@dataclass(frozen=True)
class EvaluationData:
    """The data of a sweep.

    Args:
        train: What is trained on.
        selection: What chooses the number of samples; neither trained on nor scored with.
        test: What judges the choice, if there is any.
    """

    train: Any
    selection: Any
    test: Optional[Any] = None

    @property
    def measured(self) -> Dict[str, Any]:
        """The data sets to measure on, by name."""
        return {SELECTION: self.selection, **({TEST: self.test} if self.test is not None else {})}


@dataclass(frozen=True)
class Sweep:
    """What is asked for.

    Args:
        counts: Numbers of samples; 0 is always measured.
        starts: Some of `STARTS`.
        treatments: Some of `TREATMENTS`.
        device: Where each job computes.
        execution: Where jobs run.

    Raises:
        ConfigError: A value is impossible.
    """

    counts: Sequence[int]
    starts: Sequence[str] = ("last-epoch",)
    treatments: Sequence[str] = ("remove",)
    device: Device = Device()
    execution: Execution = field(default_factory=Execution)

    def __post_init__(self) -> None:
        for name, allowed in (("starts", STARTS), ("treatments", TREATMENTS)):
            wrong = [value for value in getattr(self, name) if value not in allowed]
            if wrong:
                raise ConfigError(f"The {name} of a removal curve are some of {', '.join(allowed)}, not '{wrong[0]}'.")
        if any(count < 0 for count in self.counts):
            raise ConfigError(f"Numbers of samples to remove should be 0 or more, not {min(self.counts)}.")

    def check(self, samples: int) -> None:
        """Refuses to remove everything.

        Raises:
            ConfigError: More samples are to be removed than there are.
        """
        if any(count >= samples for count in self.counts):
            raise ConfigError(
                f"Of {samples} training samples, {max(self.counts)} cannot be removed. Some must be left to train on; "
                "remove fewer."
            )


def removal_curve(
    trials: Sequence[Trial],
    data: EvaluationData,
    sweep: Sweep,
    target: Optional[Path] = None,
    progress: Optional[Callable[[int, int], None]] = None,
) -> RemovalCurve:
    """Performs the retrainings that `target` does not hold yet.

    Args:
        trials: The trainings and their rankings.
        data: Training, selection and test data.
        sweep: What to retrain, and where.
        target: CSV that is written after every retraining and read at the start.
        progress: Called with (retrainings done, retrainings in all).

    Returns:
        The rows of this sweep.

    Raises:
        ConfigError: More samples are to be removed than there are.
        CacheMismatchError: The target holds another experiment, or a cache is of other data.
    """
    sweep.check(len(data.train))
    planned = list(_planned(trials, data, sweep))
    experiment = planned[0][0].experiment
    earlier = merged(RemovalCurve.read_csv(target), experiment, target) if target and target.exists() else None
    rows = {row.key: row for row in earlier.rows} if earlier else {}
    missing = [(row, job) for row, job in planned if row.key not in rows or rows[row.key].job != row.job]
    done = len(planned) - len(missing)
    if progress:
        progress(done, len(planned))
    with closing(completed(run_retraining, [job for _, job in missing], sweep.execution)) as outcomes:
        for count, (number, outcome) in enumerate(outcomes, start=done + 1):
            row = _with_outcome(missing[number][0], outcome)
            rows[row.key] = row
            if target:
                RemovalCurve(_sorted(rows, planned)).to_csv(target)
            if progress:
                progress(count, len(planned))
    return RemovalCurve([rows[row.key] for row, _ in planned])


def _planned(trials: Sequence[Trial], data: EvaluationData, sweep: Sweep) -> Iterator[Tuple[CurveRow, Retraining]]:
    """Every retraining with its row, still without figures; removing nothing comes first."""
    counts = sorted({count for count in sweep.counts if count})
    for trial in trials:
        cache = TrainingCache.open(trial.cache)
        shared = _experiment(cache, data)
        for start in sweep.starts:
            wanted = [(NOTHING, "remove", 0, Change())]
            for method, scores in trial.scores.items():
                for treatment in sweep.treatments:
                    wanted += [(method, treatment, n, _change(trial, treatment, scores.order[:n])) for n in counts]
            for method, treatment, count, change in wanted:
                seed = trial.seed if trial.order_seed is None else trial.order_seed
                job = Retraining(trial.cache, data.train, data.measured, change, start, trial.order_seed, sweep.device)
                identity = _digest([shared, cache.identity, start, seed, change.digest(), sweep.device.kind])
                nan = math.nan
                yield (
                    CurveRow(method, treatment, count, start, seed, nan, nan, nan, nan, nan, "", identity, shared),
                    job,
                )


def _change(trial: Trial, treatment: str, rows: np.ndarray) -> Change:
    if treatment == "remove":
        return Change(excluded=rows)
    if trial.labels is None:
        raise ConfigError("Relabelling needs predicted labels; they exist for classification only.")
    return Change(relabelled=rows, labels=trial.labels[rows])


def _experiment(cache: TrainingCache, data: EvaluationData) -> str:
    """Identifies what all rows of a curve share; seeds and what a cache keeps differ between them."""
    config = cache.config.to_dict()
    for name in ("seed", "policy", "record_margins", "average_parameters"):
        config.pop(name)
    prints = [data.train.fingerprint] + [measured.fingerprint for measured in data.measured.values()]
    return _digest([config, cache.passport["network"]["fingerprint"], *prints])


def _digest(parts: List[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()[:16]


def _with_outcome(row: CurveRow, outcome: Outcome) -> CurveRow:
    figures = {}
    for name in (SELECTION, TEST):
        quality = outcome.quality.get(name, Quality(math.nan))
        figures[f"{name}_loss"] = quality.loss
        figures[f"{name}_accuracy"] = math.nan if quality.accuracy is None else quality.accuracy
    return CurveRow(**{**vars(row), **figures, "seconds": outcome.seconds, "cpu": outcome.cpu})


def _sorted(rows: Mapping[Any, CurveRow], planned: Sequence[Tuple[CurveRow, Retraining]]) -> List[CurveRow]:
    """Rows in the order of the plan, whatever the order in which they finished; earlier rows first."""
    asked = [row.key for row, _ in planned]
    others = [row for key, row in rows.items() if key not in set(asked)]
    return others + [rows[key] for key in asked if key in rows]
