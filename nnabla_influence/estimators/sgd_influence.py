"""Influence through the training steps as they happened (Hara et al. 2019, arXiv:1906.08473).

Gradients and Hessians are evaluated at the true parameters of every step, with the dropout masks and the augmentation
of that step, over the last epoch or the whole run; what the cache did not keep is replayed. See `recursive_influence`
for the recursion.
"""

from __future__ import annotations

from typing import Iterator

from ..choices import DEFAULT_OBJECTIVE, THROUGH
from ..device import Device
from ..errors import ConfigError
from ..training import Replay, StepTransition, coupled_decay, kept_steps
from ..training.replay import DEFAULT_MEMORY
from .backward_walk import BackwardStep
from .recursive_influence import RecursiveInfluence
from .scoring_task import ScoringTask

__all__ = ["SgdInfluence"]


class SgdInfluence(RecursiveInfluence):
    """Influence through the true parameters of every step, masks and augmentation included.

    Args:
        through: Whose steps are followed: those of the ``last`` epoch or of ``all``.
        recursion: ``corrected`` or ``published``.
        memory: Bytes for replayed states held at a time; more spares computing them again where an epoch has many.
        device: Where to compute; the one trained on, or replay gives other bits.
        objective: ``error`` or ``loss``: which quantity of the validation data, see `objective`.

    Raises:
        ConfigError: A setting has an impossible value.

    >>> import numpy as np
    >>> import tempfile
    >>> from nnabla_influence import Dataset, Network, SgdInfluence, TrainingConfig, train
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.array([0, 1, 2, 0])})
    >>> network = Network.builtin("builtin:mlp", (4,), 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = train(network, data, TrainingConfig(epochs=2, batch_size=2, policy="epochs"), f"{folder}/cache.h5")
    ...     len(SgdInfluence(through="last").estimate(cache, data, data).values)
    4
    """

    method = "sgd-influence"
    replays = True

    def __init__(
        self,
        through: str = "last",
        recursion: str = "corrected",
        memory: int = DEFAULT_MEMORY,
        device: Device = Device(),
        objective: str = DEFAULT_OBJECTIVE,
    ) -> None:
        super().__init__(recursion, "batch", device, objective)
        if through not in THROUGH:
            raise ConfigError(f"Through should be last or all, not '{through}'.")
        self.through = through
        self.memory = memory

    def _steps(self, task: ScoringTask) -> Iterator[BackwardStep]:
        cache = kept_steps(task.training, self.method, "last-epoch" if self.through == "last" else "sqrt")
        replay = Replay(cache, task.train, self.device, self.memory)
        decay = coupled_decay(cache.config.solver)
        after = cache.final

        def transition() -> StepTransition:
            """Return the solver's step from this state to the one after it."""
            # Called before the next step is asked for, so `step`, `state` and `after` are still this step's.
            return StepTransition(state.solver, after.solver, replay.gradient(step, state) + decay * state.theta)

        for step, state in replay.backwards(self.through):
            drawn = [replay.draw(step, number) for number in range(len(step.batches))]
            batches = [batch for batch, _ in drawn]
            seeds = [seed for _, seed in drawn]
            yield BackwardStep(step, state.theta, after.solver, batches, seeds, transition)
            after = state
