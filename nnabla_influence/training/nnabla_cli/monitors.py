"""The monitors that ``nnabla_cli train`` reports at the end of an epoch, on the batches it would draw.

A monitor is a network of the project, usually the validation network, and variables whose means are added up. NNabla
evaluates whole batches only and goes on where the evaluation before stopped, so 22 samples in batches of 8 are two
batches, other ones each time. Drawn otherwise, the curve and the choice of the best epoch would differ.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Optional

import nnabla.functions as F
import numpy as np

from ...array import Array, IntArray
from ...config import TrainingConfig
from ...dataset.dataset import Dataset
from ...device import Device
from ...errors import UnsupportedError
from ...network import Network
from ...network.build_network import build_network
from ...network.graph import ParameterStore
from ...network.nnabla_errors import translated_errors
from ...network.nnp import NNablaMessage
from ..checkpoint import Checkpoint
from .nnabla_iterator import monitor_batches, monitor_interval, nnabla_iterator
from .wrapping_plan import WrappingPlan, is_evaluated

__all__ = ["Monitors"]


class Monitors:
    """The monitors of a project: networks whose variables' means are reported after an epoch.

    Args:
        network: The project's network.
        data: The data of every data-set section that is used, by name.
        config: The run; its iterator draws the batches of monitors on the training data, if it has one.
        device: Where to compute.

    Raises:
        UnsupportedError: A monitor is fed with random numbers.
        NetworkError: A monitor's network cannot be built.
    """

    def __init__(self, network: Network, data: Mapping[str, Dataset], config: TrainingConfig, device: Device) -> None:
        self._network = network
        self._data = data
        self._device = device
        self._store = network.store()
        proto = network.proto
        with device.scope():
            self._monitors = [_Monitor(network, monitor, self._store) for monitor in proto.monitor]
        self._counts = [monitor_batches(proto, monitor, data) for monitor in proto.monitor]
        self._interval = monitor_interval(proto)
        read = {name for monitor in proto.monitor for name in monitor.dataset_name}
        self._plans = {
            section.name: _plan(proto, section, data, config) for section in proto.dataset if section.name in read
        }

    def measure(self, state: Checkpoint, epoch: int) -> Optional[Dict[str, float]]:
        """Return every monitor's value by name; None after an epoch at which NNabla does not evaluate.

        Args:
            state: The state after the epoch.
            epoch: Its number, from 0.
        """
        if not is_evaluated(epoch, self._interval):
            return None
        self._store.write(self._network.space.unflatten(state.theta))
        self._store.write(self._network.statistics.unflatten(state.statistics))
        streams = {name: iter(plan.monitored(epoch)) for name, plan in self._plans.items()}
        with translated_errors(self._network.path, f"the evaluation after epoch {epoch + 1}"), self._device.scope():
            return {
                monitor.name: monitor.value(self._batches(monitor.datasets, streams, count))
                for monitor, count in zip(self._monitors, self._counts)
            }

    def _batches(
        self, names: List[str], streams: Mapping[str, Iterator[IntArray]], count: int
    ) -> Iterator[Mapping[str, Array]]:
        for _ in range(count):
            batch: Dict[str, Array] = {}
            for name in names:
                batch.update(self._data[name].batch(next(streams[name])))
            yield batch


class _Monitor:
    """One monitor's network at its batch size."""

    def __init__(self, network: Network, section: NNablaMessage, store: ParameterStore) -> None:
        self.name: str = section.name
        self.datasets: List[str] = list(section.dataset_name)
        message = next(m for m in network.proto.network if m.name == section.network_name)
        sizes = [d.batch_size for d in network.proto.dataset if d.name in self.datasets]
        # Of several data sets, the larger batch decides.
        built = build_network(
            message, max(sizes), leaf=lambda name: store.variables[name].get_unlinked_variable(need_grad=False)
        )
        variables = {name: variable.variable_instance for name, variable in built.variables.items()}
        self._inputs = [(d.data_name, variables[d.variable_name]) for d in section.data_variable]
        for generator in section.generator_variable:
            if generator.type != "Constant":
                raise UnsupportedError(
                    f"Monitor '{section.name}' of '{network.path}' fills variable '{generator.variable_name}' by a "
                    f"random generator ({generator.type}); only constants are supported."
                )
            variables[generator.variable_name].data.fill(generator.multiplier)
        self._watched = [variables[watched.variable_name] for watched in section.monitor_variable]
        for variable in self._watched:
            variable.persistent = True
        self._target = F.sink(*self._watched)

    def value(self, batches: Iterator[Mapping[str, Array]]) -> float:
        """Return the sum of the variables' means, averaged over batches; 0 where it is no number, as NNabla has it."""
        total = 0.0
        count = 0
        for batch in batches:
            for column, variable in self._inputs:
                variable.data.cast(np.float32)[...] = batch[column].reshape(variable.shape)
            self._target.forward(clear_no_need_grad=True)
            total = total + sum(np.mean(variable.d) for variable in self._watched)
            count += 1
        mean = float(total / count) if count else 0.0
        return mean if np.isfinite(mean) else 0.0


def _plan(
    proto: NNablaMessage, section: NNablaMessage, data: Mapping[str, Dataset], config: TrainingConfig
) -> WrappingPlan:
    """Return the draws from a data set; one that training reads as well is drawn from by both."""
    iterator = config.iterator if section.name == proto.optimizer[0].dataset_name[0] else None
    settings = nnabla_iterator(proto, section.name, data, iterator.iterations if iterator else 0)
    seed = config.seed if iterator else 0
    return WrappingPlan(len(data[section.name]), section.batch_size, seed, section.shuffle, settings)
