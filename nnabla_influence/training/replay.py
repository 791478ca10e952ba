"""Replay: every state of a run, last to first, from the few that a cache kept.

A step is a function of (state, step number, seed), so what lies between two kept states can be computed again, bit for
bit. From policy ``last-epoch`` this gives the true parameters of every step of the last epoch, from ``sqrt`` those of
the whole run, at the price of one more training of that part.

Backwards iteration needs a segment's states in reverse. They are held in memory if they fit; otherwise every m-th
state is held and the stretches between are computed once more, so memory stays bounded whatever the segment's length.
"""

from __future__ import annotations

import math
from typing import Dict, Iterator, List, Sequence, Tuple

from ..array import Array
from ..dataset.samples import Samples
from ..device import Device
from ..errors import CheckpointMissingError, ConfigError
from ..remedies import remedy
from .cache import TrainingCache
from .checkpoint import Checkpoint
from .step_plan import Step
from .trainer import Trainer

__all__ = ["Replay"]

DEFAULT_MEMORY = 128 * 2**20


class Replay:
    """The states of a run, computed again from the few that were kept.

    Args:
        cache: The run.
        dataset: Its training data.
        device: Where to compute; the same as in training, or the bits differ.
        memory: Bytes for states held at a time.

    Raises:
        ConfigError: The memory does not hold three states.

    >>> import os, tempfile
    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Device, Network, TrainingConfig, train
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.arange(4)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     network = Network.builtin("builtin:mlp", (4,), 4)
    ...     cache = train(network, data, TrainingConfig(epochs=2, batch_size=1), os.path.join(folder, "cache.h5"))
    >>> cache.kept  # 4 and 8, and nothing of what lies between
    [4, 8]
    >>> [step.index for step, state in Replay(cache, data, Device()).backwards()]
    [7, 6, 5, 4]
    """

    def __init__(self, cache: TrainingCache, dataset: Samples, device: Device, memory: int = DEFAULT_MEMORY) -> None:
        self.cache = cache
        final = cache.final
        size = sum(array.nbytes for array in (final.theta, final.statistics, *final.solver.values()))
        self.capacity = memory // max(size, 1)
        if self.capacity < 3:
            raise ConfigError(
                f"Replay holds at least 3 states of {size:,} bytes at a time; {memory:,} bytes are too few.",
                remedy("more-memory"),
            )
        self._trainer = Trainer(cache.network, dataset, cache.config, device)

    def backwards(self, epochs: str = "last") -> Iterator[Tuple[Step, Checkpoint]]:
        """Yield every step with the state before it, last step first.

        Args:
            epochs: ``last`` or ``all``.

        Raises:
            CheckpointMissingError: The cache kept nothing at or before the first step.
        """
        steps = list(self.cache.steps(epochs=epochs))
        kept = [step for step in self.cache.kept if step < self.cache.plan.steps]
        if not any(step <= steps[0].index for step in kept):
            raise CheckpointMissingError(
                f"'{self.cache.path}' was trained with policy '{self.cache.config.policy}' and cannot be replayed "
                f"from step {steps[0].index}.",
                remedy("train-with-policy", policy="last-epoch" if epochs == "last" else "sqrt"),
            )
        first = steps[0].index
        end = steps[-1].index + 1  # the first step that was yielded already
        for start in reversed(kept):
            if end <= first:
                return
            begin = max(start, first)
            state = self._advanced(self.cache.checkpoint(start), self._run_up(start, begin))
            yield from self._segment(state, steps[begin - first : end - first], self.capacity)
            end = begin

    def _run_up(self, start: int, begin: int) -> List[Step]:
        """Return the steps between a kept state and the first step asked for; they are replayed, not yielded."""
        return [step for step in self.cache.steps(epochs="all") if start <= step.index < begin] if start < begin else []

    def draw(self, step: Step, number: int) -> Tuple[Dict[str, Array], int]:
        """Return a batch as training saw it, augmented, and the seed of its random layers."""
        return self._trainer.draw(step, number)

    def gradient(self, step: Step, state: Checkpoint) -> Array:
        """Return the gradient (P,) of a step, from the state before it; weight decay is not part of it."""
        self._trainer.restore(state)
        gradient = self._trainer.gradient(step)
        self._trainer.done = -1  # running statistics have moved, so nobody may go on from here
        return gradient

    def _segment(self, state: Checkpoint, steps: Sequence[Step], capacity: int) -> Iterator[Tuple[Step, Checkpoint]]:
        """Yield the steps of a stretch, last first, from the state before the first of them."""
        if len(steps) == 1:
            yield steps[0], state
            return
        # Half of the memory for every m-th state of this stretch; the rest is for the stretches between them.
        stride = 1 if len(steps) <= capacity else max(2, math.ceil(len(steps) / max(2, capacity // 2)))
        held: List[Tuple[int, Checkpoint]] = []
        for start in range(0, len(steps), stride):
            held.append((start, state))
            if start + stride < len(steps):
                state = self._advanced(state, steps[start : start + stride])
        for start, state in reversed(held):
            yield from self._segment(state, steps[start : start + stride], max(3, capacity - len(held)))

    def _advanced(self, state: Checkpoint, steps: Sequence[Step]) -> Checkpoint:
        """Return the state after some steps."""
        if not steps:
            return state
        # Going on from where the trainer stands spares restoring it.
        # A fresh trainer counts 0 steps too, but it holds the final parameters of the cache's network.
        if self._trainer.done != state.step or state.step == 0:
            self._trainer.restore(state)
        for step in steps:
            self._trainer.step(step)
        return self._trainer.state()
