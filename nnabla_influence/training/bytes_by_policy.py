"""The size of a run's cache under each policy: what it is, and what it would have been."""

from __future__ import annotations

from typing import Dict

from ..choices import POLICIES
from ..config import TrainingConfig
from .cache import TrainingCache
from .first_parameters import redrawn
from .step_plan import StepPlan

__all__ = ["bytes_by_policy"]


def bytes_by_policy(cache: TrainingCache) -> Dict[str, int]:
    """Return the bytes of the kept states (parameters, statistics, the solver's vectors) for every policy.

    Args:
        cache: A finished run; its configuration and data decide how many states a policy keeps.

    Returns:
        Bytes by policy; the file adds the network's text and the passport.
    """
    final = cache.final
    state = sum(array.nbytes for array in (final.theta, final.statistics, *final.solver.values()))
    settings = cache.config.to_dict()
    samples = cache.plan.batches.samples
    lost = set() if redrawn(cache) else {0}  # a start that no seed draws again is kept too
    sizes = {}
    for policy in POLICIES:
        kept = StepPlan(TrainingConfig.from_dict({**settings, "policy": policy}), samples).kept()
        sizes[policy] = len({*kept, *(lost if policy != "final" else ())}) * state
    return sizes
