"""A trained network without a cache, for methods that need the final parameters only.

An ``.nnp`` says how it was trained but not in which order the samples came; the batch order of a last epoch is drawn
from the seed. The parameters are those in the file, which may be the best epoch's rather than the last one's.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from ..config import TrainingConfig
from ..errors import CheckpointMissingError
from ..network import Network
from .checkpoint import Checkpoint
from .finished_training import FinishedTraining
from .steps import StepPlan


class FinalState(FinishedTraining):
    """What a `TrainingCache` of policy ``final`` offers, made from a trained network file.

    Args:
        network: The trained network.
        config: The run its last epoch is taken from.
        samples: N.
    """

    def __init__(self, network: Network, config: TrainingConfig, samples: int) -> None:
        self.network, self.config = network, config
        self.plan = StepPlan(config, samples)
        self.identity = network.fingerprint + sha256(network.theta.tobytes()).hexdigest()

    @property
    def final(self) -> Checkpoint:
        """The parameters in the file."""
        return Checkpoint(self.plan.steps, self.network.theta, self.network.statistics_values, {})

    def record(self, name: str) -> np.ndarray:
        """Nothing was recorded.

        Raises:
            CheckpointMissingError: Always.
        """
        raise CheckpointMissingError(
            f"'{self.network.path}' is a network file and holds no {name} of its training; train with the package and "
            "score with --cache."
        )
