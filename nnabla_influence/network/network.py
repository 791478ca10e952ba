"""The noun *Network*: a structure, the roles of its variables, and one set of parameter values.

Wherever it comes from - an ``.nnp``, an ``.nntxt``, a built-in, a graph built in Python - it is held as NNabla's own
message plus NumPy arrays, so a training cache can carry it and every process can rebuild it. A `Network` never
changes; `with_parameters` returns a new one. Live NNabla variables are made by `store` and `build`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Mapping, Optional, Sequence, Tuple, Union

import nnabla as nn
import numpy as np
from google.protobuf import text_format

from ..errors import DataError, NetworkError
from ..parameters import ParameterSpace
from .building import build_network
from .graph import TRAINING, Graph, ParameterStore, Purpose, batch_statistics_layers
from .nnp import NetworkFile, parse_text, read_network_file
from .roles import CLASS_LABELS, LossRole, column_behind, matches, producers_of, read_roles, running_statistics
from .settings import read_settings
from .whole_numbers import WholeNumbers


class Network:
    """A network with parameter values.

    Args:
        file: Message and parameter values; values it lacks are drawn by the file's initializers.
        seed: Seed of the initializers.

    Raises:
        NetworkError: A role is missing, or the file holds only some of the parameters.
        UnsupportedError: The file needs something this package cannot do; it is named.

    Attributes:
        path: Where the network came from.
        roles: Which variable is what.
        settings: Solver, schedule, batch size, epochs and data sets as the file states them.
        space: The trainable parameters, names sorted; a vector of them has shape (P,).
        statistics: Everything else the forward pass reads: running statistics (S,) and frozen weights.
        trained: Whether the parameter values came from the file.
    """

    def __init__(self, file: NetworkFile, seed: int = 0) -> None:
        self.path = file.path
        self.proto = file.proto
        self.seed = seed
        self.roles = read_roles(file.proto, file.path)
        self.settings = read_settings(file.proto, file.path)
        self.trained = bool(file.parameters)
        drawn = _initial_values(file.proto, seed)
        values = _complete(drawn, file) if self.trained else drawn
        fixed = [name for network in self._messages() for f in network.function for name in running_statistics(f)]
        trains = {name for name in values if _fits(name, self.roles.trainable_patterns) and not _fits(name, fixed)}
        if not trains:
            raise NetworkError(
                f"'{file.path}': the optimizer trains no parameter (all learning-rate multipliers are 0)."
            )
        self.space = ParameterSpace.of({name: v.shape for name, v in values.items() if name in trains})
        self.statistics = ParameterSpace.of({name: v.shape for name, v in values.items() if name not in trains})
        self.theta = self.space.flatten(values)
        self.statistics_values = self.statistics.flatten(values)

    # -- where networks come from ------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: Union[str, Path], seed: int = 0) -> Network:
        """Loads an ``.nnp`` or ``.nntxt``; without parameters in the file, they are initialised with the seed."""
        return cls(_drawable(read_network_file(path)), seed)

    @classmethod
    def from_text(cls, text: str, origin: str = "network", seed: int = 0) -> Network:
        """A network from NNabla's protocol-buffer text, initialised with the seed."""
        return cls(_drawable(NetworkFile(parse_text(text, origin), {}, origin)), seed)

    @classmethod
    def from_values(cls, text: str, theta: np.ndarray, statistics: np.ndarray, origin: str = "network") -> Network:
        """A network from its `text` and its values, theta (P,) and statistics (S,); needs no initializers."""
        return cls(NetworkFile(parse_text(text, origin), {}, origin)).with_parameters(theta, statistics)

    @classmethod
    def builtin(
        cls, name: str, input_shape: Sequence[int], outputs: int, task: str = "classification", seed: int = 0
    ) -> Network:
        """A built-in network, see `builtin.build`."""
        from .builtin import build

        return build(name, tuple(input_shape), outputs, task, seed)

    @classmethod
    def from_loss(
        cls,
        losses: Union[nn.Variable, Sequence[nn.Variable]],
        inputs: Mapping[str, nn.Variable],
        scope: Mapping[str, Any],
        settings: Optional[Mapping[str, Any]] = None,
        origin: str = "python",
    ) -> Network:
        """A network from a graph built in Python, see `python_graph.network_from_loss`."""
        from .python_graph import network_from_loss

        return network_from_loss(losses, inputs, scope, settings, origin)

    # -- other values, same structure --------------------------------------------------------------------------

    def with_parameters(self, theta: np.ndarray, statistics: np.ndarray) -> Network:
        """The same network with other values: theta (P,) and statistics (S,)."""
        values = {**self.space.unflatten(theta), **self.statistics.unflatten(statistics)}
        return Network(NetworkFile(self.proto, values, self.path), self.seed)

    def initialized(self, seed: int) -> Network:
        """The same network with freshly drawn parameters."""
        return Network(_drawable(NetworkFile(self.proto, {}, self.path)), seed)

    @property
    def text(self) -> str:
        """The structure as NNabla's protocol-buffer text, without parameter values."""
        return text_format.MessageToString(self.proto, as_utf8=True)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what is computed: the networks and roles, not data-set paths or parameter values."""
        digest = hashlib.sha256()
        for network in self._messages():
            digest.update(text_format.MessageToString(network, as_utf8=True).encode("utf-8"))
        digest.update(repr((self.roles.training, self.roles.validation, self.space)).encode("utf-8"))
        return digest.hexdigest()

    # -- live graphs -------------------------------------------------------------------------------------------

    def store(self) -> ParameterStore:
        """Fresh parameter variables holding this network's values, in a private scope."""
        return ParameterStore({**self.space.unflatten(self.theta), **self.statistics.unflatten(self.statistics_values)})

    def build(
        self, store: ParameterStore, batch_size: int, purpose: Purpose = TRAINING, validation: bool = False
    ) -> Graph:
        """Builds the training (or validation) network at a batch size.

        Without randomness, the training network may be another than the one that was trained, see `Roles.scoring`.
        """
        training = self.roles.scoring if purpose.deterministic else self.roles.training
        roles = self.roles.validation if validation else training
        layers = batch_statistics_layers(self._message(self.roles.training.name))
        return Graph(self._message(roles.name), roles, store, set(self.space.names), batch_size, purpose, layers)

    # -- what data fits ----------------------------------------------------------------------------------------

    @property
    def has_batch_norm(self) -> bool:
        """Whether training couples the samples of a batch through batch statistics."""
        return bool(batch_statistics_layers(self._message(self.roles.training.name)))

    @property
    def running_statistics(self) -> Tuple[str, ...]:
        """Names of the running means and variances of the training network's normalisation layers."""
        functions = self._message(self.roles.training.name).function
        written = [name for function in functions for name in running_statistics(function)]
        return tuple(name for name in self.statistics.names if _fits(name, written))

    @property
    def columns(self) -> Tuple[str, ...]:
        """Data-set columns the network reads, inputs and targets."""
        return tuple(dict.fromkeys(self.roles.training.inputs.values()))

    @property
    def loss_role(self) -> LossRole:
        """The (first) loss of the training network."""
        return self.roles.training.losses[0]

    @property
    def classes(self) -> Optional[int]:
        """Number of classes, if the label is a class number."""
        if self.loss_role.function not in CLASS_LABELS or self.loss_role.prediction is None:
            return None
        shapes = {v.name: tuple(v.shape.dim) for v in self._message(self.roles.training.name).variable}
        return int(shapes[self.loss_role.prediction][self.loss_role.axis])

    def input_shapes(self) -> Dict[str, Tuple[int, ...]]:
        """Sample shape of every column the network reads."""
        message = self._message(self.roles.training.name)
        shapes = {v.name: tuple(v.shape.dim)[1:] for v in message.variable}
        return {column: shapes[variable] for variable, column in self.roles.training.inputs.items()}

    def check_data(self, dataset: Any) -> None:
        """Refuses data this network cannot read.

        Args:
            dataset: A `nnabla_influence.dataset.Dataset`.

        Raises:
            DataError: A column is missing, has another shape, or holds a label outside the network's classes.
        """
        for column, shape in self.input_shapes().items():
            if column not in dataset.shapes:
                raise DataError(
                    f"{dataset.path}: the network '{self.path}' reads column '{column}'; the data has "
                    f"{', '.join(dataset.shapes)}. Rename the header, or use the network's own data."
                )
            if tuple(dataset.shapes[column]) != shape:
                raise DataError(
                    f"{dataset.path}: column '{column}' should have shape {shape} for network "
                    f"'{self.path}', not {dataset.shapes[column]}.{_size_advice(shape)}"
                )
        for numbers in self._whole_numbers():
            numbers.check(dataset)

    def _whole_numbers(self) -> Iterator[WholeNumbers]:
        """The columns that say which row of a table to take; NNabla reads beyond its end without a word."""
        message, roles = self._message(self.roles.training.name), self.roles.training
        shapes = {v.name: tuple(v.shape.dim) for v in message.variable}
        for loss in roles.losses:
            if loss.function in CLASS_LABELS and loss.prediction is not None and loss.target is not None:
                size = shapes[loss.prediction][loss.axis]
                yield WholeNumbers(loss.target, size, f"the classes of network '{self.path}'")
        for function in message.function:
            column = column_behind(function.input[0], producers_of(message), roles.inputs) if function.input else None
            if function.type == "Embed" and column is not None:
                rows = shapes[function.input[1]][0]
                yield WholeNumbers(column, rows, f"the rows of embedding '{function.name}' of network '{self.path}'")

    # -- inside ------------------------------------------------------------------------------------------------

    def _message(self, name: str) -> Any:
        return next(network for network in self.proto.network if network.name == name)

    def _messages(self) -> Tuple[Any, ...]:
        names = dict.fromkeys((self.roles.training.name, self.roles.validation.name))
        return tuple(self._message(name) for name in names)


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(matches(pattern, name) for pattern in patterns)


def _initial_values(proto: Any, seed: int) -> Dict[str, np.ndarray]:
    """Draws every parameter with the file's initializers, in NNabla's own order of networks and layers."""
    scope: OrderedDict = OrderedDict()
    rng = np.random.RandomState(seed)
    for message in proto.network:
        build_network(message, 2, scope=scope, rng=rng)
    with nn.parameter_scope("", scope):
        return {name: variable.d.copy() for name, variable in nn.get_parameters(grad_only=False).items()}


def _drawable(file: NetworkFile) -> NetworkFile:
    """Passes a file on whose parameters are there, or can be drawn."""
    lacking = [
        v.name
        for network in file.proto.network
        for v in network.variable
        if v.type == "Parameter" and not v.initializer.type
    ]
    if lacking and not file.parameters:
        raise NetworkError(
            f"'{file.path}' holds no value for parameter '{lacking[0]}' and states no initializer to "
            "draw one. Use a file with trained parameters (.nnp)."
        )
    return file


def _complete(drawn: Mapping[str, np.ndarray], file: NetworkFile) -> Dict[str, np.ndarray]:
    missing = sorted(set(drawn) - set(file.parameters))
    if missing:
        raise NetworkError(
            f"'{file.path}' lacks {len(missing)} of {len(drawn)} parameters, for example "
            f"'{missing[0]}'. Use a file saved after training, or the .nntxt to train from scratch."
        )
    wrong = [name for name, value in drawn.items() if file.parameters[name].shape != value.shape]
    if wrong:
        raise NetworkError(
            f"'{file.path}': parameter '{wrong[0]}' has shape {file.parameters[wrong[0]].shape}, the "
            f"network expects {drawn[wrong[0]].shape}."
        )
    return {name: file.parameters[name] for name in drawn}


def _size_advice(shape: Tuple[int, ...]) -> str:
    return f" Resize the images with --image-size {shape[1]}x{shape[2]}." if len(shape) == 3 else ""
