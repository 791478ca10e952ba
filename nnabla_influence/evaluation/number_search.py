"""The search for the number of samples to remove, decided by retraining: ``auto``.

First, numbers are tried over the whole range from 1 % to half of the data, then those around the best one, or where it
can be told how many labels are wrong (see `noise_excess`), those that this makes likely; every number is trained with
several seeds. Then what the halves of the rows choose is confirmed with fresh seeds, beside removing nothing
and removing as many at random (see `decision`): a number may have been chosen for the luck of its trainings.
The answer may be zero: nothing is worth removing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np

from ..choices import SCRATCH, TREATMENTS
from ..errors import ConfigError
from ..scores import InfluenceScores
from .choice import likeliest_number
from .cross_fit import CrossFit, cross_fit
from .decision import RANDOM, Decision, Line, chosen_numbers, chosen_picks, decide
from .evaluation_data import EvaluationData
from .noise_excess import FOLDS
from .removal_curve import RemovalCurve
from .removal_sweep import RemovalSweep, run_removal_sweep
from .trial import Trial

__all__ = ["SHARES", "NumberSearch", "choose_number"]

LOGGER = logging.getLogger("nnabla_influence")
JUDGED_RANDOM = "random ranking"
SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
Progress = Optional[Callable[[int, int], None]]


@dataclass(frozen=True)
class NumberSearch:
    """A search: seeds, shares to try, and where the retrainings that choose and that confirm start.

    Example:
        >>> search = NumberSearch(shares=[0.01, 0.1, 0.2])
        >>> search.counts(500), search.between((5, 50, 100), best=50)
        ((5, 50, 100), (28, 75))

    Args:
        orders: Seeds that every number is retrained with; as many fresh ones confirm.
        shares: Shares of the training data that are tried.
        start: Where the retrainings that choose start, one of `choices.STARTS`.
        confirm: Where those that confirm start, likewise. From ``last-epoch`` costs an epoch each, but an epoch does
            not show all the damage that leaving samples out does.
        split_seed: Halves the rows that did not score.
        treatments: ``remove``, and also ``relabel`` if new labels for the samples may be the answer.

    Raises:
        ConfigError: Fewer than two orders, which have no standard error, or a share outside 0 to 1.
    """

    orders: int = 5
    shares: Sequence[float] = SHARES
    start: str = SCRATCH
    confirm: str = SCRATCH
    split_seed: int = 0
    treatments: Tuple[str, ...] = TREATMENTS[:1]

    def __post_init__(self) -> None:
        if self.orders < 2:
            raise ConfigError(f"The number is chosen from 2 or more retrainings each, not {self.orders}.")
        if any(not 0 < share < 1 for share in self.shares):
            raise ConfigError(f"Shares to try lie between 0 and 1, not {list(self.shares)}.")
        if self.treatments[:1] != TREATMENTS[:1] or not set(self.treatments) <= {*TREATMENTS}:
            raise ConfigError(f"Treatments are remove, or remove and relabel, not {', '.join(self.treatments)}.")

    def counts(self, samples: int) -> Tuple[int, ...]:
        """Return the numbers to try, each at least 1."""
        return tuple(sorted({max(1, round(share * samples)) for share in self.shares}))

    @staticmethod
    def between(tried: Sequence[int], best: int) -> Tuple[int, ...]:
        """Return the numbers in the middle between the best one and its neighbours."""
        numbers = sorted({0, *tried})
        place = numbers.index(best)
        around = numbers[max(0, place - 1) : place + 2]
        middles = {(low + high + 1) // 2 for low, high in zip(around, around[1:])}
        return tuple(sorted(middles - {0, *tried}))

    @property
    def counts_wrong_labels(self) -> bool:
        """Whether networks that are trained without folds say how many labels are wrong; they start from scratch."""
        return self.start == SCRATCH

    def trainings(self, samples: int) -> int:
        """Return how many trainings the search takes at most."""
        finer = 3 if self.counts_wrong_labels else 2
        searched = 1 + len(self.counts(samples)) + finer
        confirmed = 1 + 2 * 2
        if len(self.treatments) > 1:
            searched, confirmed = searched + 3, 1 + 2 * 2 * 2
        return self.orders * (searched + confirmed) + (FOLDS if self.counts_wrong_labels else 0)


def choose_number(
    trial: Trial,
    data: EvaluationData,
    search: NumberSearch,
    sweep: RemovalSweep,
    target: Optional[Path] = None,
    progress: Progress = None,
) -> Tuple[Decision, RemovalCurve]:
    """Choose the number of samples to remove by the first ranking of a trial, and confirm it.

    Args:
        trial: A training and its ranking.
        data: Training, selection and test data.
        search: Seeds, shares and treatments.
        sweep: Where the retrainings run; its counts and starts are replaced.
        target: CSV that keeps the retrainings, see `run_removal_sweep`.
        progress: Called with (retrainings done, retrainings in all).

    Returns:
        The decision, and the curve of all retrainings.
    """
    (method, ranking), *_ = trial.scores.items()
    if method == RANDOM:  # the control's name, which is another random ranking for every seed
        method = JUDGED_RANDOM
    samples = len(data.train)
    sweep = replace(sweep, folds=search.counts_wrong_labels)
    run = _Retrainings(data, sweep, target, progress, search.trainings(samples))
    orders = [replace(trial, scores={method: ranking}, order_seed=trial.seed + order) for order in range(search.orders)]
    line = (method, "remove", search.start)
    curve = run(orders, search.counts(samples), search.start)
    cross = cross_fit(curve, search.start, search.split_seed)
    if curve.label_noise:
        LOGGER.info("%s", curve.label_noise)
    curve = run(orders, _finer(search, curve, line, cross), search.start)
    best, parts = chosen_numbers(curve, line, cross)
    wanted = sorted({*parts} - {0})
    if not best or not wanted:
        return decide(curve, line, curve, search.confirm, cross), run.curve
    if "relabel" in search.treatments:
        curve = run(orders, sorted({best, *wanted}), search.start, ("relabel",))
    picks = chosen_picks(curve, method, search.start, cross)
    treatments = tuple(dict.fromkeys(pick.treatment for pick in picks[1] if pick.number))
    LOGGER.info(
        "with fresh seeds, beside as many at random: %s %s",
        " and ".join(treatments),
        " and ".join(f"{number:,}" for number in wanted),
    )
    fresh = [_with_random(order, samples, search.orders) for order in orders]
    confirming = run(fresh, wanted, search.confirm, treatments, alone=True)
    return decide(curve, line, confirming, search.confirm, cross, picks), run.curve


def _finer(search: NumberSearch, curve: RemovalCurve, line: Line, cross: CrossFit) -> Tuple[int, ...]:
    """Return the numbers to try after the first ones.

    Where it is clear how many labels are wrong, those that would be chosen if they had been tried; else those around
    the best one.
    """
    method, treatment, start = line
    tried = curve.numbers(method, treatment, start)
    excesses = [curve.noise_excess(rows) for rows, _ in cross.parts]
    likeliest, parts = chosen_numbers(curve, line, cross, likeliest_number)
    if likeliest and any(excess is not None and excess.clear for excess in excesses):
        return tuple(sorted({likeliest, *parts} - {0, *tried}))
    return search.between(tried, chosen_numbers(curve, line, cross)[0])


class _Retrainings:
    """Retrainings step by step, of which none is done twice.

    Args:
        data: Training, selection and test data.
        sweep: Where they run.
        target: CSV that keeps them.
        progress: Called with (retrainings done, retrainings in all).
        total: How many there will be.
    """

    def __init__(
        self, data: EvaluationData, sweep: RemovalSweep, target: Optional[Path], progress: Progress, total: int
    ) -> None:
        self.curve = RemovalCurve(())
        self._data = data
        self._sweep = sweep
        self._target = target
        self._progress = progress
        self._total = total

    def __call__(
        self,
        trials: Sequence[Trial],
        numbers: Sequence[int],
        start: str,
        treatments: Sequence[str] = TREATMENTS[:1],
        alone: bool = False,
    ) -> RemovalCurve:
        """Retrain; return all retrainings so far, or alone those that were asked for."""
        known = len(self.curve.rows) + len(self.curve.figures.folds)
        others: List[int] = []  # how many are known that are not asked for

        def so_far(done: int, asked: int) -> None:
            """Report what is done, counting the retrainings of earlier questions too."""
            others.append(max(0, known - done))
            if self._progress:
                self._progress(others[0] + done, max(self._total, others[0] + asked))

        folds = self._sweep.folds and not alone
        sweep = replace(self._sweep, counts=numbers, starts=(start,), treatments=treatments, folds=folds)
        asked = run_removal_sweep(trials, self._data, sweep, self._target, so_far, None if alone else self.curve)
        self.curve = self.curve.joined(asked)
        return asked if alone else self.curve


def _with_random(order: Trial, samples: int, orders: int) -> Trial:
    """Return a trial with a fresh seed, and a random ranking of its own beside the one that is judged."""
    seed = (order.order_seed or 0) + orders
    drawn = np.random.default_rng(seed).standard_normal(samples)
    return replace(order, scores={**order.scores, RANDOM: InfluenceScores(drawn, RANDOM)}, order_seed=seed)
