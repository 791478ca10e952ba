"""The type *finished training*: what every influence method needs to know, whatever it was read from.

A `TrainingCache` and the `FinalState` of a trained network file are one. Both know the network with its final
parameters, how the last epoch was trained, and in which batches. Only a cache knows parameters of the way there; a
method that follows the way asks for it with `cache.kept_steps`, so that whoever has a network file only is told what to
train.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Iterator

from ..array import Array
from ..config import TrainingConfig
from ..network import Network
from .checkpoint import Checkpoint
from .step_plan import Step, StepPlan

__all__ = ["FinishedTraining"]


class FinishedTraining(ABC):
    """A training that has ended.

    Attributes:
        network: The network, holding the final parameters.
        config: The run's configuration.
        plan: The run's steps.
        identity: Identifies the training, parameters included.
    """

    network: Network
    config: TrainingConfig
    plan: StepPlan
    identity: str

    @property
    @abstractmethod
    def final(self) -> Checkpoint:
        """The state after the last step."""

    @abstractmethod
    def record(self, name: str) -> Array:
        """Return what training noted down in passing: ``margins`` (N,) or ``average`` (P,).

        Raises:
            CheckpointMissingError: It was not asked to.
        """

    def steps(self, *, epochs: str = "last", backwards: bool = False) -> Iterator[Step]:
        """Yield the steps of the ``last`` epoch or of ``all``, forwards or backwards."""
        numbers = range(self.config.epochs) if epochs == "all" else range(self.config.epochs - 1, self.config.epochs)
        for epoch in reversed(numbers) if backwards else numbers:
            yield from self.plan.epoch(epoch, backwards)
