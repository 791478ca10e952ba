"""The groups of samples that an attribution metric leaves out: random halves, or single samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List

import numpy as np

from ..array import Array
from ..choices import DIVISORS, METRICS, STARTS
from ..errors import ConfigError

__all__ = ["GROUP_METRICS", "GroupPlan"]

GROUP_METRICS = tuple(metric for metric in METRICS if metric != "removal")
"""Metrics that leave groups out: ``lds`` and ``leave-one-out``."""


@dataclass(frozen=True)
class GroupPlan:
    """A drawing of groups to leave out.

    Example:
        >>> [len(group) for group in GroupPlan("lds", groups=3).draw(samples=40, seed=0)]
        [20, 20, 20]

    Args:
        metric: ``lds`` or ``leave-one-out``.
        groups: How many groups for each training.
        seed: Draws them.
        start: Where retraining starts, one of `choices.STARTS`.
        divisor: What a batch is divided by without the group, one of `choices.DIVISORS`.

    Raises:
        ConfigError: A value is impossible.
    """

    metric: str
    groups: int = 32
    seed: int = 0
    start: str = "last-epoch"
    divisor: str = DIVISORS[0]

    def __post_init__(self) -> None:
        if self.metric not in GROUP_METRICS or self.start not in STARTS:
            raise ConfigError(
                f"Expected a metric of {', '.join(GROUP_METRICS)} and a start of {', '.join(STARTS)}, "
                f"not '{self.metric}' and '{self.start}'."
            )
        if self.divisor not in DIVISORS:
            raise ConfigError(f"Expected a divisor of {', '.join(DIVISORS)}, not '{self.divisor}'.")
        if self.groups < 3:
            raise ConfigError(f"A correlation needs at least 3 groups, not {self.groups}.")

    def draw(self, samples: int, seed: int) -> List[Array]:
        """Draw the rows of each group for a training with a seed; groups of one are all different.

        Raises:
            ConfigError: There are fewer samples than groups of one.
        """
        if self.metric != "lds" and self.groups > samples:
            raise ConfigError(f"Of {samples} training samples, at most {samples} can be left out, not {self.groups}.")
        # A list of seeds: trainings and metrics draw independently of each other.
        random = np.random.default_rng([self.seed, seed, GROUP_METRICS.index(self.metric)])
        if self.metric == "lds":
            return [np.sort(random.permutation(samples)[: samples // 2]) for _ in range(self.groups)]
        return [np.array([row]) for row in random.permutation(samples)[: self.groups]]
