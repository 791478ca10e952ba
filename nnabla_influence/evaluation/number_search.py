"""The search for the number of samples to remove, decided by retraining: ``auto``.

The rankings of one training are judged by repeating its last epoch without the most harmful samples, for a few numbers
and several batch orders, on data that neither trained nor scored (see `choice` for the rule). The answer may be zero:
nothing is worth removing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Optional, Sequence, Tuple

from ..errors import ConfigError
from .choice import Choice
from .evaluation_data import EvaluationData
from .removal_curve import RemovalCurve
from .removal_sweep import RemovalSweep, run_removal_sweep
from .trial import Trial

__all__ = ["SHARES", "NumberSearch", "choose_number"]

SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class NumberSearch:
    """A search: batch orders and shares to try.

    Example:
        >>> NumberSearch(shares=[0.01, 0.1]).counts(500)
        (5, 50)

    Args:
        orders: Batch orders that every number is retrained with; the first is the training's own.
        shares: Shares of the training data that are tried.

    Raises:
        ConfigError: Fewer than two orders, which have no standard error, or a share outside 0 to 1.
    """

    orders: int = 5
    shares: Sequence[float] = SHARES

    def __post_init__(self) -> None:
        if self.orders < 2:
            raise ConfigError(f"The number is chosen from 2 or more retrainings each, not {self.orders}.")
        if any(not 0 < share < 1 for share in self.shares):
            raise ConfigError(f"Shares to try lie between 0 and 1, not {list(self.shares)}.")

    def counts(self, samples: int) -> Tuple[int, ...]:
        """Return the numbers to try, each at least 1."""
        return tuple(sorted({max(1, round(share * samples)) for share in self.shares}))


def choose_number(
    trial: Trial,
    data: EvaluationData,
    search: NumberSearch,
    sweep: RemovalSweep,
    target: Optional[Path] = None,
    progress: Optional[Callable[[int, int], None]] = None,
) -> Tuple[Choice, RemovalCurve]:
    """Choose the number of samples to remove by the first ranking of a trial.

    Args:
        trial: A training and its ranking.
        data: Training, selection and test data.
        search: Orders and shares.
        sweep: Where retraining starts and where it runs; its counts are replaced.
        target: CSV that keeps the retrainings, see `run_removal_sweep`.
        progress: Called with (retrainings done, retrainings in all).

    Returns:
        The choice, and the curve it was made from.
    """
    sweep = replace(sweep, counts=search.counts(len(data.train)))
    # One training, several orders: the spread of the orders is the standard error that the rule needs.
    trials = [replace(trial, order_seed=trial.seed + order) for order in range(search.orders)]
    curve = run_removal_sweep(trials, data, sweep, target, progress)
    return curve.choice(*curve.series[0], sweep.starts[0]), curve
