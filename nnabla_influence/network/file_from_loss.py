"""Turn a graph built in Python with NNabla's functions into what a network file holds.

The graph becomes the same message an NNC project would hold (network, optimizer, data sets), so that everything
downstream sees one kind of network only.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

import nnabla as nn
import numpy as np
from nnabla.initializer import ConstantInitializer, NormalInitializer, UniformInitializer
from nnabla.utils import nnabla_pb2

from ..config import ScheduleConfig, SolverConfig
from ..errors import ConfigError, NetworkError
from .file_settings import LEARNING_RATE_FIELDS, PASSED_OVER, complete_solver, solver_numbers
from .nnp import NetworkFile, NNablaMessage

__all__ = ["file_from_loss", "write_sections"]

NAME = "Main"


def file_from_loss(
    losses: Union[nn.Variable, Sequence[nn.Variable]],
    inputs: Mapping[str, nn.Variable],
    scope: Mapping[str, Any],
    settings: Optional[Mapping[str, Any]] = None,
    origin: str = "python",
) -> NetworkFile:
    """Return the contents of a network file from live NNabla variables.

    Args:
        losses: Loss variables, one value per sample along axis 0; several are added.
        inputs: Data-set column to the variable it feeds; axis 0 is the batch.
        scope: The parameter scope (an ``OrderedDict``) the graph was built in; its values become the network's.
        settings: ``solver`` (a `SolverConfig`), ``epochs`` and ``batch_size``; missing ones take their defaults.
        origin: Name used in messages.

    Raises:
        NetworkError: An input does not belong to the graph.
        ConfigError: A file cannot state such a solver.
    """
    settings = settings or {}
    losses = [losses] if isinstance(losses, nn.Variable) else list(losses)
    with nn.parameter_scope("", scope):
        parameters = nn.get_parameters(grad_only=False)
    proto = nnabla_pb2.NNablaProtoBuf()
    message = proto.network.add()
    message.CopyFrom(_message(losses, inputs, scope, settings.get("batch_size", 64)))
    variables = {v.name for v in message.variable}
    lost = [column for column in inputs if column not in variables]
    if lost:
        raise NetworkError(f"Input '{lost[0]}' is not part of the loss's graph.")
    trainable = [name for name, variable in parameters.items() if variable.need_grad]
    for variable in message.variable:
        if variable.name in parameters:
            _write_initializer(variable, parameters[variable.name])
    names = [f"loss_{index}" for index in range(len(losses))]
    write_sections(proto, NAME, {column: column for column in inputs}, names, trainable, settings)
    return NetworkFile(proto, {n: np.array(v.d, np.float32) for n, v in parameters.items()}, origin)


def _message(
    losses: List[nn.Variable], inputs: Mapping[str, nn.Variable], scope: Mapping[str, Any], batch_size: int
) -> NNablaMessage:
    names: Dict[str, nn.Variable] = dict(inputs)
    names.update({f"loss_{i}": variable for i, variable in enumerate(losses)})
    graph = nn.graph_def.create_graph_from_variable(
        NAME, losses if len(losses) > 1 else losses[0], names=names, parameter_scope=scope
    )
    message = graph.default_graph().as_proto(variable_batch_size=True)
    message.batch_size = batch_size
    return message


def _write_initializer(message: NNablaMessage, parameter: nn.Variable) -> None:
    """State how a parameter was drawn, so that the network can be drawn anew; unknown ways are left out."""
    initializer = getattr(getattr(parameter, "info", None), "initializer", None)
    if isinstance(initializer, ConstantInitializer):
        kind, multiplier = "Constant", initializer.value
    elif isinstance(initializer, NormalInitializer):
        kind, multiplier = "Normal", initializer.sigma
    elif isinstance(initializer, UniformInitializer):
        kind, multiplier = "Uniform", initializer.lim[1]  # NNabla draws from -multiplier to multiplier
    else:
        return
    message.initializer.type = kind
    message.initializer.multiplier = multiplier


def write_sections(
    proto: NNablaMessage,
    network: str,
    inputs: Mapping[str, str],
    losses: Sequence[str],
    trainable: Sequence[str],
    settings: Mapping[str, Any],
) -> None:
    """Write the sections of a training project: optimizer, data set, number of epochs.

    Args:
        proto: The message, which has the network.
        network: The network's name.
        inputs: Variable name to data-set column.
        losses: The loss variables.
        trainable: The parameters that train.
        settings: See `file_from_loss`.
    """
    solver = complete_solver(settings.get("solver", SolverConfig()))
    proto.training_config.max_epoch = settings.get("epochs", 1)
    dataset = proto.dataset.add()
    dataset.name = "Training"
    dataset.shuffle = True
    dataset.batch_size = settings.get("batch_size", 64)
    dataset.variable.extend(inputs.values())
    optimizer = proto.optimizer.add()
    optimizer.name = "Optimizer"
    optimizer.network_name = network
    optimizer.dataset_name.append("Training")
    optimizer.update_interval = solver.update_interval
    for variable, column in inputs.items():
        data = optimizer.data_variable.add()
        data.variable_name, data.data_name = variable, column
    for name in losses:
        optimizer.loss_variable.add().variable_name = name
    for name in trainable:
        parameter = optimizer.parameter_variable.add()
        parameter.variable_name = name
        parameter.learning_rate_multiplier = 1.0
    _write_solver(optimizer.solver, solver)


def _write_solver(message: NNablaMessage, solver: SolverConfig) -> None:
    message.type = solver.name
    message.weight_decay = solver.weight_decay
    numbers = solver_numbers(message)
    fields = [] if numbers is None else [f.name for f in numbers.DESCRIPTOR.fields]
    rate = next((name for name in LEARNING_RATE_FIELDS if name in fields), None)
    if numbers is None or rate is None:
        raise ConfigError(f"Solver '{solver.name}' has no place in NNabla's files. Choose another solver.")
    setattr(numbers, rate, solver.learning_rate)
    lost = [name for name in PASSED_OVER if solver.parameters.get(name)]
    if lost:
        raise ConfigError(
            f"Solver '{solver.name}' with '{lost[0]}' cannot be stated in NNabla's files, whose trainer passes over "
            "it. Leave it out, or name the solver in the training's own configuration."
        )
    # An unset number of a file is 0, not NNabla's own: all are stated.
    for name, value in solver.parameters.items():
        if name in fields:
            setattr(numbers, name, value)
    _write_schedule(message, solver.schedule)


def _write_schedule(message: NNablaMessage, schedule: ScheduleConfig) -> None:
    """State the course of the learning rate, as `file_settings.read_settings` reads it."""
    if schedule.warmup:
        message.lr_warmup_scheduler_type = "Linear"
        message.linear_warmup_scheduler_param.warmup_iter = schedule.warmup
    if schedule.kind == "Constant":
        return
    message.lr_scheduler_type = schedule.kind
    numbers = getattr(message, schedule.kind.lower() + "_scheduler_param")
    for name, value in schedule.parameters.items():
        if isinstance(value, (list, tuple)):
            getattr(numbers, name).extend(value)
        else:
            setattr(numbers, name, value)
