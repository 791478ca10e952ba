"""Run a training from its first step to its last: `train`.

It keeps the states that the cache policy asks for, saves progress so that an interrupted run goes on bit for bit, and
writes the training cache at the end. The steps themselves are performed by `trainer.Trainer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple, Union

from ..config import TrainingConfig, differences
from ..dataset.dataset import Dataset
from ..device import Device
from ..disk_space import require_room
from ..errors import CacheMismatchError, ComputationError, CorruptFileError, InfluenceError
from ..files import replaceable
from ..machine_memory import require_memory
from ..network import Network
from ..network.file_settings import with_solver_defaults
from ..remedies import remedy
from ..resume import clear_finished, discard, has_progress, working_on
from .cache import TrainingCache, write_cache
from .checkpoint import Checkpoint
from .first_parameters import drawn_from
from .run_passport import comparable, run_passport, start_digest
from .step_plan import StepPlan
from .trainer import Trainer
from .training_progress import TrainingProgress, UnfinishedTraining

__all__ = ["EpochReport", "Hooks", "train"]


@dataclass(frozen=True)
class EpochReport:
    """The figures of an epoch that has ended.

    Args:
        epoch: From 1.
        epochs: Of the run.
        loss: Mean training loss while the epoch ran.
        state: The run's state.
    """

    epoch: int
    epochs: int
    loss: float
    state: Checkpoint


@dataclass(frozen=True)
class Hooks:
    """Callbacks that look on from outside.

    Args:
        progress: Called with (steps done, steps in all) after every step.
        epoch: Called at the end of every epoch; after an interruption perhaps once more for the same one.
    """

    progress: Optional[Callable[[int, int], None]] = None
    epoch: Optional[Callable[[EpochReport], None]] = None


def train(
    network: Network,
    dataset: Dataset,
    config: TrainingConfig,
    target: Union[str, Path],
    *,
    device: Device = Device(),
    overwrite: bool = False,
    hooks: Hooks = Hooks(),
) -> TrainingCache:
    """Train, and write the training cache.

    Progress lives in ``<target>.partial/``; after an interruption the same call goes on from there. An identical
    finished run is opened and returned as it is.

    Args:
        network: Structure and initial parameters.
        dataset: Training data.
        config: The run.
        target: Cache file to write.
        device: Where to compute.
        overwrite: Replace a cache (or an interrupted training) of other settings.
        hooks: Progress and end-of-epoch callbacks.

    Returns:
        The opened cache.

    Raises:
        CacheMismatchError: The target holds another run and `overwrite` is off.
        OutputExistsError: The target is no regular file.
        ConfigError: NNabla has no such solver.
        DivergenceError: The loss is not finite.
        InUseError: Another process is training into the same file.
        TooLargeError: A batch, or what the policy keeps, does not fit this machine.
        ComputationError: NNabla failed at a batch; what was saved before stays, to go on from.

    >>> import os, tempfile
    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Network, TrainingConfig
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.arange(4)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     network = Network.builtin("builtin:mlp", (4,), 4)
    ...     cache = train(network, data, TrainingConfig(epochs=2, batch_size=2), os.path.join(folder, "cache.h5"))
    >>> cache.plan.steps, cache.kept, cache.final.theta.shape
    (4, [2, 4], (4740,))
    """
    target = Path(target)
    replaceable(target)  # now, not after the training
    network.check_data(dataset)
    config = with_solver_defaults(config)
    passport = run_passport(network, dataset, config)
    existing = _existing(target, passport, overwrite)
    if existing is not None:
        clear_finished(target, passport)
        return existing
    trainer = Trainer(network, dataset, config, device)
    _require_room(trainer.state(), StepPlan(config, len(dataset)), target)
    with working_on(target):
        existing = _existing(target, passport, overwrite)  # another process may have finished it meanwhile
        return existing or _train(trainer, passport, target, overwrite, hooks)


def _train(trainer: Trainer, passport: Mapping[str, Any], target: Path, overwrite: bool, hooks: Hooks) -> TrainingCache:
    """Perform what is left of a training, and write its cache."""
    if overwrite:
        discard(target)
    unfinished = UnfinishedTraining(target, passport)
    plan = StepPlan(trainer.config, len(trainer.dataset))
    kept = _kept(plan, trainer.network)
    try:
        history = _run(trainer, plan, kept, unfinished, hooks)
    except InfluenceError as error:
        # Going on would fail again, unless it was for want of memory.
        if not isinstance(error, ComputationError) or not has_progress(target):
            discard(target)
        raise
    records = trainer.records.results(plan.steps - plan.first_step(trainer.config.epochs - 1))
    write_cache(target, {**passport, "training_loss": history}, trainer.network, unfinished.kept(kept), records)
    discard(target)
    return TrainingCache.open(target)


def _require_room(state: Checkpoint, plan: StepPlan, target: Path) -> None:
    """Refuse a policy whose states do not fit the memory, where the cache is put together, or the disk.

    Raises:
        TooLargeError: They do not.
    """
    states = plan.states
    size = sum(array.nbytes for array in state.to_arrays().values())
    work = f"the {states:,} states that policy '{plan.config.policy}' keeps"
    less = remedy("keep-fewer-states")
    require_memory(states * size, work, less)
    require_room(target.parent, states * size, work, less)


def _existing(target: Path, passport: Mapping[str, Any], overwrite: bool) -> Optional[TrainingCache]:
    """Return the finished run that the target holds already, None if the target is to be written."""
    if not target.exists():
        return None
    try:
        cache = TrainingCache.open(target)
    except CorruptFileError:
        if overwrite:
            return None
        raise
    different = differences(comparable(passport), comparable(cache.passport))
    if not different:
        return cache
    if overwrite:
        return None
    raise CacheMismatchError(
        f"'{target}' holds a finished training with other settings (yours / its): {'; '.join(different)}.",
        remedy("replace-output"),
    )


def _kept(plan: StepPlan, network: Network) -> Tuple[int, ...]:
    """Return the steps before which the state is kept: the policy's, and the first where no seed draws it again."""
    kept = plan.kept()
    if plan.config.policy == "final" or 0 in kept:
        return kept
    drawn = drawn_from(network, start_digest(network), plan.config.seed, network.seed)
    return kept if drawn is not None else (0, *kept)


def _run(
    trainer: Trainer, plan: StepPlan, kept: Sequence[int], unfinished: UnfinishedTraining, hooks: Hooks
) -> List[float]:
    """Perform the steps that are left; return the mean training loss of every epoch."""
    history: List[float] = []
    total = 0.0  # sum of the samples' losses in this epoch so far
    saved = unfinished.load()
    if saved is not None:
        trainer.restore(saved.state)
        trainer.records.restore(saved.records)
        *history, total = saved.history
    samples = plan.batches.draws_per_epoch
    for epoch in range(len(history), trainer.config.epochs):
        for step in plan.epoch(epoch):
            if step.index < trainer.done:  # an epoch that was interrupted: its first steps are done
                continue
            if step.index in kept:
                unfinished.keep(trainer.state())
            total += trainer.step(step)
            if trainer.config.average_parameters and epoch == trainer.config.epochs - 1:
                trainer.records.step(trainer.state().theta)
            if hooks.progress:
                hooks.progress(trainer.done, plan.steps)
            if unfinished.due:
                unfinished.save(TrainingProgress(trainer.state(), [*history, total], trainer.records.sums))
        ahead, state = trainer.ahead(plan.left_over(epoch))
        history.append((total + ahead) / samples)
        total = -ahead  # the next epoch's first step counts these batches again
        if hooks.epoch:  # before the epoch counts as done: killed in between, a resumed run calls it again
            hooks.epoch(EpochReport(epoch + 1, trainer.config.epochs, history[-1], state))
        unfinished.save(TrainingProgress(trainer.state(), [*history, total], trainer.records.sums))
    unfinished.keep(trainer.ahead(plan.left_over(trainer.config.epochs - 1))[1])
    return history
