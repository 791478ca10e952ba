"""A trained network without a cache, for methods that need the final parameters only.

An ``.nnp`` says how it was trained but not in which order the samples came; the batch order of a last epoch is drawn
from the seed. The parameters are those in the file, which may be the best epoch's rather than the last one's.
"""

from __future__ import annotations

from hashlib import sha256

from ..array import Array
from ..config import TrainingConfig
from ..errors import CheckpointMissingError
from ..network import Network
from ..network.file_settings import with_solver_defaults
from ..remedies import remedy
from .checkpoint import Checkpoint
from .finished_training import FinishedTraining
from .step_plan import StepPlan

__all__ = ["FinalState"]


class FinalState(FinishedTraining):
    """The end of a training, read from a trained network file; offers what a `TrainingCache` of policy ``final`` does.

    Args:
        network: The trained network.
        config: The run its last epoch is taken from.
        samples: N.

    >>> from nnabla_influence import Network, TrainingConfig
    >>> state = FinalState(Network.builtin("builtin:mlp", (4,), 3), TrainingConfig(batch_size=10), samples=25)
    >>> state
    FinalState('builtin:mlp', 4,675 parameters, 25 samples)
    >>> [len(step.batches[0]) for step in state.steps()]
    [9, 8, 8]
    """

    def __init__(self, network: Network, config: TrainingConfig, samples: int) -> None:
        self.network = network
        self.config = with_solver_defaults(config)
        self.plan = StepPlan(self.config, samples)
        self.identity = network.fingerprint + sha256(network.theta.tobytes()).hexdigest()

    def __repr__(self) -> str:
        sizes = f"{self.network.space.size:,} parameters, {self.plan.batches.samples} samples"
        return f"FinalState('{self.network.path}', {sizes})"

    @property
    def final(self) -> Checkpoint:
        """The parameters in the file."""
        return Checkpoint(self.plan.steps, self.network.theta, self.network.statistics_values, {})

    def record(self, name: str) -> Array:
        """Refuse: nothing was recorded.

        Raises:
            CheckpointMissingError: Always.
        """
        raise CheckpointMissingError(
            f"'{self.network.path}' is a network file and holds no {name} of its training;", remedy("train-for-records")
        )
