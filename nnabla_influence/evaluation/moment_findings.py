"""Is the training long enough for what its solver remembers?

Momentum spreads a gradient over later steps: with factor m the steps that follow carry ``m, m^2, ...`` of it, about
``M = 1 / (1 - m)`` steps in all. Scores say what a sample does *until the end* of the steps they follow, the last epoch
of K steps. With ``K < M`` most of a sample's push would come after that end. The scores are right, but small.

A second moment averages squared gradients over about ``M_2 = 1 / (1 - beta_2)`` steps, 1,000 with Adam's default. A
training of fewer steps T ends while that average still holds the large gradients of its beginning, so the step size of
every parameter would still change. Methods that hold the second moment fixed (`spectral`, `last-epoch`) are the
rougher for it.
"""

from __future__ import annotations

from typing import List

from ..config import SolverConfig
from ..remedies import remedy
from .finding import Finding

__all__ = ["moment_findings"]

FIRST = ("momentum", "beta1")
SECOND = {"Adam": "beta2", "AdamW": "beta2", "AMSGRAD": "beta2", "Adamax": "beta2", "RMSprop": "decay"}


def moment_findings(solver: SolverConfig, steps_per_epoch: int, steps: int) -> List[Finding]:
    """Compare a solver's memory with the steps that were taken.

    Args:
        solver: The solver.
        steps_per_epoch: K.
        steps: T, of the whole training.

    >>> adam = SolverConfig("Adam", 0.001, parameters={"beta1": 0.9, "beta2": 0.999})
    >>> for finding in moment_findings(adam, steps_per_epoch=4, steps=40):
    ...     print(finding.text)
    an epoch has 4 steps, fewer than Adam spreads a gradient over (10): much of what a sample does comes after its end
    the training had 40 steps, fewer than Adam's second moment averages over (1,000): its step sizes are not settled
    """
    findings = []
    first = _memory(solver, next((name for name in FIRST if name in solver.parameters), ""))
    if steps_per_epoch < first:
        text = (
            f"an epoch has {_steps(steps_per_epoch)}, fewer than {solver.name} spreads a gradient over ({first:,}): "
            "much of what a sample does comes after its end"
        )
        findings.append(Finding(text, remedy("smaller-batches-or-longer-horizon")))
    second = _memory(solver, SECOND.get(solver.name, ""))
    if steps < second:
        text = (
            f"the training had {_steps(steps)}, fewer than {solver.name}'s second moment averages over ({second:,}): "
            "its step sizes are not settled"
        )
        findings.append(Finding(text, remedy("train-longer-or-forget-sooner")))
    return findings


def _memory(solver: SolverConfig, name: str) -> int:
    """Return over how many steps a moment averages; 1 without one."""
    kept = solver.parameters.get(name, 0.0)
    return round(1.0 / (1.0 - kept)) if kept < 1.0 else 1


def _steps(number: int) -> str:
    return f"{number:,} step{'' if number == 1 else 's'}"
