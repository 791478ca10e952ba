"""A training repeated from initial parameters on some of the rows, for networks that must not know the others.

The project's own settings hold: solver, schedule, batch size, epochs, augmentation. A smaller data set has fewer
batches in an epoch, and the schedule of the learning rate follows the epochs. The parameters are drawn by the run's
seed. So a training that began with them begins with the same ones, and one that went on from trained parameters, which
have seen every row, is trained anew for all of its epochs. Frozen weights are settings, not results, and stay.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import Callable, Optional

from ..config import TrainingConfig
from ..dataset.samples import Samples
from ..device import Device
from ..network import Network
from ..progress import ProgressStore
from .checkpoint import Checkpoint
from .finished_training import FinishedTraining
from .first_parameters import drawn_anew, kept_first, redrawn
from .step_plan import StepPlan
from .trainer import Trainer

__all__ = ["FreshTraining", "resized"]

LOGGER = logging.getLogger("nnabla_influence")
SECONDS_BETWEEN_SAVES = 20.0


@dataclass(frozen=True)
class FreshTraining:
    """How a network that has seen nothing is trained like one that is finished.

    Args:
        network: The network, with the parameters it begins with.
        config: The run on all rows.
        plan: The steps of the finished run.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network
    >>> from nnabla_influence.training import FinalState
    >>> data = Dataset.from_arrays({"x": np.eye(6), "y": np.array([0, 1, 2, 0, 1, 2])})
    >>> finished = FinalState(Network.builtin("builtin:mlp", (6,), 3), TrainingConfig(batch_size=2), samples=6)
    >>> fresh = FreshTraining.of(finished)
    >>> fresh.trained(data.subset([0, 1, 2, 3])).step  # two batches of two
    2
    """

    network: Network
    config: TrainingConfig
    plan: StepPlan

    @classmethod
    def of(cls, training: FinishedTraining) -> FreshTraining:
        """Return how a finished training is repeated.

        Raises:
            CheckpointMissingError: The network states no initializers, and its first parameters were not kept.
        """
        config = training.config
        config = replace(
            config,
            epochs=config.first_epoch + config.epochs,
            first_epoch=0,
            policy="final",
            record_margins=False,
            average_parameters=False,
        )
        return cls(_begun(training), config, training.plan)

    def settings(self, samples: int) -> TrainingConfig:
        """Return the configuration of a run on so many rows."""
        return resized(self.config, self.plan, samples)

    def trained(
        self,
        samples: Samples,
        device: Device = Device(),
        progress: Optional[Callable[[int], None]] = None,
        store: Optional[ProgressStore] = None,
        name: str = "training",
    ) -> Checkpoint:
        """Train, and return the state at the end.

        Args:
            samples: The rows to train on.
            device: Where to compute.
            progress: Called with the rows drawn so far, after every step.
            store: Where the state is kept every now and then, to go on from.
            name: What it is kept under.

        Raises:
            DivergenceError: The loss is not finite.
            ComputationError: NNabla failed at a batch.
        """
        plan = StepPlan(self.settings(len(samples)), len(samples))
        trainer = Trainer(self.network, samples, plan.config, device)
        saved = store.load(name) if store is not None else None
        if saved is not None:
            trainer.restore(Checkpoint.from_arrays(saved))
        drawn = 0
        last_save = time.monotonic()
        for epoch in range(plan.config.epochs):
            for step in plan.epoch(epoch):
                if step.index >= trainer.done:
                    trainer.step(step)
                drawn += sum(map(len, step.batches))
                if progress:
                    progress(drawn)
                if store is not None and time.monotonic() - last_save > SECONDS_BETWEEN_SAVES:
                    store.save(name, trainer.state().to_arrays())
                    last_save = time.monotonic()
        return trainer.ahead(plan.left_over(plan.config.epochs - 1))[1]


def resized(config: TrainingConfig, plan: StepPlan, samples: int) -> TrainingConfig:
    """Return the configuration of a run whose epochs go over another number of rows.

    Args:
        config: Of the run.
        plan: The steps of the run on all of its rows.
        samples: How many rows instead.
    """
    whole = plan.batches
    iterator = config.iterator
    if iterator is not None:  # NNabla's iterator draws a fixed number of batches, here the same share of the rows
        batches = max(1, round(iterator.iterations * samples / whole.samples))
        iterator = replace(iterator, iterations=batches, monitored=0)
    per_epoch = config.iterations_per_epoch or whole.batches_per_epoch
    return replace(config, iterator=iterator, iterations_per_epoch=per_epoch)


def _begun(training: FinishedTraining) -> Network:
    """Return the network with parameters that have seen no row.

    Raises:
        CheckpointMissingError: It states no initializers, and its first parameters were not kept.
    """
    network = training.network
    drawn = redrawn(training)
    if drawn is None:
        drawn = drawn_anew(network, training.config.seed)
        if drawn is None:  # made in Python: no initializers
            first = kept_first(training)
            return network.with_parameters(first.theta, first.statistics)
        LOGGER.info(
            "the parameters that '%s' began with are not known, or have seen every row: drawing new ones (seed %d)",
            network.path,
            training.config.seed,
        )
    values = {**drawn.statistics.unflatten(drawn.statistics_values)}
    held = network.statistics.unflatten(network.statistics_values)
    values.update({name: held[name] for name in held if name not in network.running_statistics})
    return drawn.with_parameters(drawn.theta, drawn.statistics.flatten(values))
