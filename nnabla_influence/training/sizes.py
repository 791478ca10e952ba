"""How large a run's cache is, or would have been under another policy."""

from __future__ import annotations

from typing import Dict

from ..choices import POLICIES
from ..config import TrainingConfig
from .cache import TrainingCache
from .steps import StepPlan

__all__ = ["bytes_by_policy"]


def bytes_by_policy(cache: TrainingCache) -> Dict[str, int]:
    """Bytes of the kept states (parameters, statistics, the solver's vectors) for every policy.

    Args:
        cache: A finished run; its configuration and data decide how many states a policy keeps.
    """
    final = cache.final
    state = sum(array.nbytes for array in (final.theta, final.statistics, *final.solver.values()))
    settings, samples = cache.config.to_dict(), cache.passport["training_data"]["samples"]
    return {
        policy: len(StepPlan(TrainingConfig.from_dict({**settings, "policy": policy}), samples).kept()) * state
        for policy in POLICIES
    }
