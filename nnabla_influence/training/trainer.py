"""Perform training steps so that every one can be computed again, bit for bit.

One step is a function of (state, step number, seed): batch order, augmentation and dropout masks are drawn from the
seed and the step. The solver is NNabla's own. `train` performs all steps of a training.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Dict, Iterator, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import nnabla.random
import nnabla.solvers as S
import numpy as np

from ..array import Array, IntArray
from ..choices import DIVISORS
from ..config import TrainingConfig
from ..dataset.augmentation import Augmentation, augment
from ..dataset.samples import Samples
from ..device import Device
from ..errors import DivergenceError
from ..network import TRAINING, Graph, Network
from ..network.nnabla_errors import translated_errors
from .checkpoint import Checkpoint
from .records import Records
from .step_plan import Step
from .update_rules import rule

__all__ = ["Trainer", "function_seed"]

ROWS_SHOWN = 10


class Trainer:
    """A network in training: live variables, a solver, and one step after another.

    Args:
        network: Structure and initial parameters.
        dataset: Training data.
        config: The run.
        device: Where to compute.
        weights: Factor (N,) on every sample's gradient; None means ones.
        divisor: What a batch's weighted sum is divided by, one of `choices.DIVISORS`: its size, or its sum of weights.

    Raises:
        UnsupportedError: The solver has no adjoint, so its run could not be scored.

    Attributes:
        records: What is noted down in passing.
        done: Updates performed; -1 after something that cannot be gone on from.

    >>> import numpy as np
    >>> from nnabla_influence import Dataset, Device, Network, TrainingConfig
    >>> from nnabla_influence.training import StepPlan
    >>> data = Dataset.from_arrays({"x": np.eye(4), "y": np.arange(4)})
    >>> config = TrainingConfig(batch_size=2)
    >>> trainer = Trainer(Network.builtin("builtin:mlp", (4,), 4), data, config, Device())
    >>> losses = [trainer.step(step) for step in StepPlan(config, len(data)).epoch(0)]
    >>> trainer.done, trainer.state().theta.shape
    (2, (4740,))
    """

    def __init__(
        self,
        network: Network,
        dataset: Samples,
        config: TrainingConfig,
        device: Device,
        weights: Optional[Array] = None,
        divisor: str = DIVISORS[0],
    ) -> None:
        rate = rule(config.solver).rate
        self.network = network
        self.dataset = dataset
        self.config = config
        self.device = device
        self.records = Records(network, config, len(dataset))
        self._augmentation = Augmentation(config.crop, config.flip)
        self._images = [name for name, shape in network.input_shapes().items() if len(shape) == 3]
        self._store = network.store()
        self._weights = weights
        self._divisor = divisor
        self._weight_inputs: Dict[int, nn.Variable] = {}
        self._losses: Dict[int, nn.Variable] = {}
        self._graphs: Dict[int, Graph] = {}
        solver = config.solver
        with device.scope():
            self._solver = getattr(S, solver.name)(**{rate: solver.learning_rate}, **solver.parameters)
            variables = {name: self._store.variables[name] for name in network.space.names}
            for variable in variables.values():
                variable.need_grad = True
            self._solver.set_parameters(variables)
        self.done = 0
        self._epoch = 0  # of the step that was last performed

    def state(self) -> Checkpoint:
        """Return the current state, copied.

        Raises:
            DivergenceError: A parameter, a running statistic or a number of the solver's is not finite.
        """
        state = self._state()
        broken = state.not_finite(self.network.space, self.network.statistics)
        if broken:
            raise self._diverged(f"after step {self.done} (epoch {self._epoch + 1})", broken)
        return state

    def _state(self) -> Checkpoint:
        solver: Dict[str, Dict[str, Array]] = {}
        for name, entry in self._solver.get_states().items():
            for key, variable in entry.pstate.items():
                solver.setdefault(key, {})[name] = variable.d
        return Checkpoint(
            self.done,
            self.network.space.flatten(self._store.read(self.network.space.names)),
            self.network.statistics.flatten(self._store.read(self.network.statistics.names)),
            {key: self.network.space.flatten(arrays) for key, arrays in solver.items()},
        )

    def restore(self, state: Checkpoint) -> None:
        """Go back (or forward) to a state."""
        self._store.write(self.network.space.unflatten(state.theta))
        self._store.write(self.network.statistics.unflatten(state.statistics))
        arrays = {key: self.network.space.unflatten(vector) for key, vector in state.solver.items()}
        entries = self._solver.get_states()
        for name, entry in entries.items():
            entry.t = state.step  # Adam and its kin correct their bias by it
            for key in entry.pstate:
                entry.pstate[key].d = arrays[key][name]
        self._solver.set_states(entries)
        self.done = state.step

    def step(self, step: Step) -> float:
        """Perform one update; return the sum of the samples' losses before it.

        Raises:
            DivergenceError: The loss or its gradient is not finite.
            ComputationError: NNabla failed at this batch.
        """
        self._epoch = step.epoch
        with self._computing(step):
            total = self._gradients(step)
            if not np.isfinite(total):
                raise self._diverged(_at(step), f"the training loss became {total}")
            if self._solver.check_inf_or_nan_grad():
                raise self._diverged(_at(step), f"gradient: {self.network.space.not_finite(self._gradient())}")
            if self.config.solver.weight_decay:
                self._solver.weight_decay(self.config.solver.weight_decay)
            self._solver.set_learning_rate(step.learning_rate)
            self._solver.update()
        self.done = step.index + 1
        return total

    def ahead(self, step: Optional[Step]) -> Tuple[float, Checkpoint]:
        """Look at the network after batches whose update is still to come, as NNabla does at the end of an epoch.

        Args:
            step: The batches, see `StepPlan.left_over`; None for none.

        Returns:
            The sum of the samples' losses, and the state with the running statistics that these batches leave; the
            trainer itself is as it was.

        Raises:
            ComputationError: NNabla failed at a batch.
        """
        if step is None:
            return 0.0, self.state()
        before = self.state()
        with self._computing(step):
            total = self._gradients(step)
        after = self.state()
        self.restore(before)
        return total, after

    def gradient(self, step: Step) -> Array:
        """Return the gradient (P,) that a step would use at the current parameters, without weight decay.

        Running statistics move on, as in the step itself.

        Raises:
            DivergenceError: It is not finite.
            ComputationError: NNabla failed at this batch.
        """
        with self._computing(step):
            self._gradients(step)
            gradient = self._gradient()
        broken = self.network.space.not_finite(gradient)
        if broken:
            raise self._diverged(_at(step), f"gradient: {broken}")
        return gradient

    def _gradient(self) -> Array:
        return self.network.space.flatten({n: self._store.variables[n].g for n in self.network.space.names})

    def _diverged(self, where: str, what: str) -> DivergenceError:
        return DivergenceError(
            f"The training of '{self.network.path}' diverged {where}: {what}. Lower the learning rate (now "
            f"{self.config.solver.learning_rate:g}), or look for extreme values in the data."
        )

    @contextmanager
    def _computing(self, step: Step) -> Iterator[None]:
        with translated_errors(self.network.path, f"step {step.index + 1} of the training"), self.device.scope():
            yield

    def _gradients(self, step: Step) -> float:
        """Leave the sum of the batches' mean gradients in the variables; return the sum of the samples' losses."""
        self._solver.zero_grad()
        return sum(self._accumulate(step.batches[n], *self.draw(step, n)) for n in range(len(step.batches)))

    def draw(self, step: Step, number: int) -> Tuple[Dict[str, Array], int]:
        """Return a batch of a step as training sees it, augmented, and the seed of its random layers."""
        batch = self.dataset.batch(step.batches[number])
        if self._augmentation.active:
            draws = step.index * self.config.solver.update_interval + number
            batch = augment(batch, self._images, self._augmentation, self.config.seed, draws)
        return batch, function_seed(self.config.seed, step.index, number)

    def _accumulate(self, rows: IntArray, batch: Dict[str, Array], seed: int) -> float:
        """Add the gradient of one batch's mean loss; return the sum of its losses."""
        size = len(rows)
        # The one permitted global: dropout and augmentation layers draw from it.
        nnabla.random.set_function_seed(seed)
        if size not in self._graphs:
            self._build(size)
        self._graphs[size].feed(batch)
        if self._weights is not None:
            self._weight_inputs[size].d = self._factors(rows)[:, np.newaxis]
        loss = self._losses[size]
        loss.forward(clear_no_need_grad=True)
        if self.records.wants_margins:
            self.records.batch(rows, batch, self._graphs[size].prediction_values())
        loss.backward(clear_buffer=True)
        return float(loss.d) * size

    def _factors(self, rows: IntArray) -> Array:
        """Return the factors (B,) on the gradients of a batch, whose mean is taken afterwards."""
        weights: Array = np.ones(len(rows)) if self._weights is None else self._weights[rows]
        total = weights.sum()
        # A batch of which nothing is left has a zero gradient, whatever it is divided by.
        return weights * (len(rows) / total) if self._divisor == "remaining" and total else weights

    def _build(self, size: int) -> None:
        """Build the graph of a batch size and its mean loss."""
        graph = self._graphs[size] = self.network.build(self._store, size, TRAINING)
        losses = graph.sample_losses  # (B, 1)
        if self._weights is not None:
            self._weight_inputs[size] = nn.Variable((size, 1))
            losses = losses * self._weight_inputs[size]
        self._losses[size] = F.mean(losses)
        self._losses[size].persistent = True
        if self.records.wants_margins:
            graph.keep_predictions()


def _at(step: Step) -> str:
    rows = np.concatenate(step.batches).tolist()
    shown = ", ".join(map(str, rows[:ROWS_SHOWN])) + (", ..." if len(rows) > ROWS_SHOWN else "")
    return f"in epoch {step.epoch + 1} (step {step.index + 1}, rows {shown})"


def function_seed(seed: int, step: int, batch: int) -> int:
    """Return a 31-bit seed for the random layers of one batch of a step."""
    return int(np.random.SeedSequence([seed, step, batch]).generate_state(1)[0] >> 1)
