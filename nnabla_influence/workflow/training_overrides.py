"""What a user sets in place of the network file's training settings, and the configuration that comes of both.

The file says how a network is trained: solver, schedule, batch size, epochs. An override replaces a single value. A
trained network is *continued*, for one epoch at the end of its schedule, unless it is trained from scratch.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Optional

from ..choices import DEFAULT_POLICY, POLICIES, SOLVERS, TASKS
from ..config import ScheduleConfig, SolverConfig, TrainingConfig
from ..errors import ConfigError
from ..network import Network
from ..network.file_settings import solver_defaults
from ..remedies import remedy
from ..training import check_schedule
from .request_checks import require_choice, require_positive, require_whole

__all__ = ["TrainingOverrides", "log_solver", "training_config"]

LOGGER = logging.getLogger("nnabla_influence")
AUTO_TASK = "auto"


@dataclass(frozen=True)
class TrainingOverrides:
    """Training settings of a user; None keeps the network file's.

    Args:
        epochs: Epochs to train; by default those of the file, and 1 where a trained network is continued.
        batch_size: Samples of a batch.
        solver: Another solver, in NNabla's spelling; needs a learning rate too.
        learning_rate: A constant learning rate in place of the file's schedule.
        from_scratch: Draw new initial parameters for a trained network.
        task: What a built-in network learns: ``classification``, ``regression``, or ``auto``: by the labels.
        crop: Pixels of padding for random crops, 0 for none.
        flip: Random horizontal flips.
        policy: Which parameters the cache keeps, one of `choices.POLICIES`.
        record_margins: Keep every sample's logit margin.
        average_parameters: Keep the last epoch's mean parameters; by default with every policy but ``final``, whose
            file is to stay as small as can be.
        needs_average: Whether a method was asked for that scores at these mean parameters.

    Raises:
        ConfigError: A value is impossible.

    Example:
        >>> TrainingOverrides(epochs=20, policy="epochs").records_average
        True
    """

    epochs: Optional[int] = None
    batch_size: Optional[int] = None
    solver: Optional[str] = None
    learning_rate: Optional[float] = None
    from_scratch: bool = False
    task: str = AUTO_TASK
    crop: int = 0
    flip: bool = False
    policy: str = DEFAULT_POLICY
    record_margins: bool = False
    average_parameters: Optional[bool] = None
    needs_average: bool = False

    def __post_init__(self) -> None:
        require_whole("epochs", self.epochs, 1)
        require_whole("batch_size", self.batch_size, 1)
        require_whole("crop", self.crop, 0)
        require_positive("learning_rate", self.learning_rate)
        if self.solver is not None:
            require_choice("solver", self.solver, SOLVERS)
        require_choice("policy", self.policy, POLICIES)
        require_choice("task", self.task, (AUTO_TASK, *TASKS))

    @property
    def records_average(self) -> bool:
        """Whether the mean parameters of the last epoch are kept.

        Raises:
            ConfigError: They are needed and ruled out.
        """
        if self.average_parameters is None:
            return self.needs_average or self.policy != "final"
        if self.needs_average and not self.average_parameters:
            raise ConfigError("", remedy("average-needed-and-ruled-out"))
        return self.average_parameters

    def keeping(
        self,
        policy: Optional[str] = None,
        record_margins: Optional[bool] = None,
        average_parameters: Optional[bool] = None,
    ) -> TrainingOverrides:
        """Return the same training with other things kept in its cache; None keeps what was said."""
        return dataclasses.replace(
            self,
            policy=self.policy if policy is None else policy,
            record_margins=self.record_margins if record_margins is None else record_margins,
            average_parameters=self.average_parameters if average_parameters is None else average_parameters,
        )

    @property
    def augments(self) -> bool:
        """Whether images are changed at random."""
        return bool(self.crop or self.flip)


def training_config(overrides: TrainingOverrides, network: Network, seed: int) -> TrainingConfig:
    """Return the run's configuration: the network file's settings with the overrides.

    Raises:
        ConfigError: A value is impossible, two contradict each other, or the schedule does not last for the run.
    """
    own = network.settings
    epochs = overrides.epochs or (1 if network.trained else own.epochs)
    solver = _solver(overrides, own.solver)
    first_epoch = max(0, own.epochs - epochs) if network.trained else 0
    if own.iterations_per_epoch:  # known before any data is read
        last = (first_epoch + epochs) * own.iterations_per_epoch - 1
        check_schedule(solver, first_epoch * own.iterations_per_epoch, last)
    return TrainingConfig(
        solver=solver,
        epochs=epochs,
        batch_size=overrides.batch_size or own.batch_size,
        seed=seed,
        policy=overrides.policy,
        shuffle=own.shuffle,
        first_epoch=first_epoch,
        iterations_per_epoch=own.iterations_per_epoch,
        crop=overrides.crop,
        record_margins=overrides.record_margins,
        average_parameters=overrides.records_average,
        flip=overrides.flip,
    )


def _solver(overrides: TrainingOverrides, own: SolverConfig) -> SolverConfig:
    if overrides.solver and overrides.solver != own.name:
        if not overrides.learning_rate:
            raise ConfigError(
                "",
                remedy("solver-needs-rate", solver=overrides.solver, rate=f"{own.learning_rate:g}", own=own.name),
            )
        return SolverConfig(
            overrides.solver,
            overrides.learning_rate,
            solver_defaults(overrides.solver),
            weight_decay=own.weight_decay,
            update_interval=own.update_interval,
        )
    if overrides.learning_rate:
        return dataclasses.replace(own, learning_rate=overrides.learning_rate, schedule=ScheduleConfig())
    return own


def log_solver(config: TrainingConfig) -> None:
    """Say in the log how is trained."""
    solver = config.solver
    LOGGER.info(
        "solver: %s, learning rate %g%s, batch size %d, epochs %d",
        solver.name,
        solver.learning_rate,
        f" ({solver.schedule.kind})" if solver.schedule.kind != "Constant" else "",
        config.batch_size,
        config.epochs,
    )
