"""The noun *Network*: a structure, the roles of its variables, and one set of parameter values.

Wherever it comes from - an ``.nnp``, an ``.nntxt``, a built-in, a graph built in Python - it is held as NNabla's own
message plus NumPy arrays, so a training cache can carry it and every process can rebuild it. A `Network` never
changes; `with_parameters` returns a new one. Live NNabla variables are made by `store` and `build`.

Other modules of this room know the contents of network files (`NetworkFile`) only; this one puts them together.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import MappingProxyType
from typing import Any, Dict, Iterable, Iterator, Mapping, Optional, Sequence, Tuple, Union

import nnabla as nn
from google.protobuf import text_format

from ..array import Array
from ..dataset.dataset import Dataset
from ..errors import DataError, NetworkError
from ..parameters import ParameterSpace
from ..remedies import remedy
from .builtin import INPUT, builtin_file
from .declared_size import require_buildable
from .file_from_loss import file_from_loss
from .file_settings import read_settings
from .graph import TRAINING, Graph, ParameterStore, Purpose, batch_statistics_layers
from .hidden_layer import last_hidden_variable
from .initial_values import complete_values, drawable, initial_values
from .layer_numbers import require_layer_numbers
from .layer_order import require_layer_order
from .lookup_column import LookupColumn
from .loss_role import CLASS_LABELS, LossRole, column_behind, producers_of
from .nnp import NetworkFile, NNablaMessage, parse_bytes, parse_text, read_network_file
from .roles import matches, read_roles, running_statistics
from .standardization import Standardization
from .stated_roles import StatedRoles

__all__ = ["Network"]


class Network:
    """A network with parameter values; made by `load`, `builtin` or `from_loss`.

    >>> network = Network.builtin("builtin:mlp", input_shape=(4,), outputs=3)
    >>> network
    Network('builtin:mlp', 4,675 parameters, x (4,), y (1,))
    >>> network.theta.shape, network.classes, network.settings.epochs
    ((4675,), 3, 20)

    Args:
        file: Message and parameter values; values it lacks are drawn by the file's initializers.
        seed: Seed of the initializers.
        fixed: Values that no seed draws although the file lacks them: those of a `Standardization`.

    Raises:
        NetworkError: A role is missing, the file holds only some of the parameters, or one that is not finite.
        UnsupportedError: The file needs something this package cannot do; it is named.
        TooLargeError: It declares more numbers than this machine holds.

    Attributes:
        path: Where the network came from.
        proto: NNabla's message of the whole file, without parameter values.
        seed: Seed of the initializers.
        roles: The role of each variable: input, loss, target.
        settings: Solver, schedule, batch size, epochs and data sets as the file states them.
        trained: Whether the parameter values are those of a trained network file (or of `with_parameters`).
        space: The trainable parameters, names sorted; a vector of them has shape (P,).
        statistics: Everything else the forward pass reads: running statistics (S,) and frozen weights.
        theta: Values of the trainable parameters (P,).
        statistics_values: Values of everything else (S,).
        parameter_names: Names of all parameters, trainable or not, in the order in which NNabla makes them.
    """

    def __init__(self, file: NetworkFile, seed: int = 0, fixed: Mapping[str, Array] = MappingProxyType({})) -> None:
        self.path = file.path
        self.proto = file.proto
        self.seed = seed
        self.roles = read_roles(file.proto, file.path)
        self.settings = read_settings(file.proto, file.path)
        self.trained = bool(file.parameters)
        require_buildable(file.proto.network, file.path)
        require_layer_numbers(file.proto.network, file.path)
        require_layer_order(file.proto.network, file.path)
        # Drawn even if the file holds values: NNabla alone knows the names that loops expand to.
        drawn = {**initial_values(file.proto, seed), **fixed}
        values = complete_values(drawn, file) if self.trained else drawn
        running = [name for network in self._messages() for f in network.function for name in running_statistics(f)]
        trains = {name for name in values if _fits(name, self.roles.trainable_patterns) and not _fits(name, running)}
        if not trains:
            raise NetworkError(
                f"'{file.path}': the optimizer trains no parameter (all learning-rate multipliers are 0)."
            )
        self.space = ParameterSpace.of({name: v.shape for name, v in values.items() if name in trains})
        self.statistics = ParameterSpace.of({name: v.shape for name, v in values.items() if name not in trains})
        self.parameter_names = tuple(values)
        self._take(values)

    def _take(self, values: Mapping[str, Array]) -> None:
        self.theta = self.space.flatten(values)
        self.statistics_values = self.statistics.flatten(values)
        broken = self.space.not_finite(self.theta) or self.statistics.not_finite(self.statistics_values)
        if broken:
            raise NetworkError(f"'{self.path}': {broken}. Use the network of a training that did not diverge.")

    # -- where networks come from ------------------------------------------------------------------------------

    @classmethod
    def load(
        cls,
        path: Union[str, Path],
        seed: int = 0,
        *,
        inputs: Mapping[str, str] = MappingProxyType({}),
        loss: Optional[str] = None,
        parameters: Union[str, Path, None] = None,
    ) -> Network:
        """Load an ``.nnp`` or ``.nntxt``; without parameters in the file, they are initialised with the seed.

        Args:
            path: The file.
            seed: Of the initializers.
            inputs: Of a file without an optimizer section, as ``nnabla.utils.save.save`` writes it: the column of the
                data set that feeds each input variable. Such a network trains by plain gradient descent unless
                ``TrainingOverrides`` say otherwise.
            loss: Of such a file, the loss variable.
            parameters: A file of parameter values beside the network, such as ``parameters.h5``.

        Raises:
            NetworkError: A file is missing or broken, or lacks what is needed.
        """
        stated = StatedRoles(dict(inputs), loss, parameters)
        return cls(drawable(stated.applied_to(read_network_file(path))), seed)

    @classmethod
    def from_text(cls, text: str, origin: str = "network", seed: int = 0) -> Network:
        """Return a network from NNabla's protocol-buffer text, initialised with the seed."""
        return cls(drawable(NetworkFile(parse_text(text, origin), {}, origin)), seed)

    @classmethod
    def from_values(cls, text: str, theta: Array, statistics: Array, origin: str = "network") -> Network:
        """Return a network from its `text` and its values, theta (P,) and statistics (S,); needs no initializers."""
        return cls(NetworkFile(parse_text(text, origin), {}, origin)).with_parameters(theta, statistics)

    @classmethod
    def builtin(
        cls,
        name: str,
        input_shape: Sequence[int],
        outputs: int,
        task: str = "classification",
        seed: int = 0,
        standardization: Optional[Standardization] = None,
        targets: Optional[Standardization] = None,
    ) -> Network:
        """Return a built-in network for data of a shape.

        Args:
            name: A key of `builtin.BUILTINS`.
            input_shape: Shape of one sample of column ``x``, e.g. (1, 28, 28).
            outputs: Number of classes, labels or target values.
            task: One of `choices.TASKS`.
            seed: Seed of the initial parameters.
            standardization: What the inputs go through first; None: they are read as they are.
            targets: Of values to predict, what the outputs go through last; None: they are compared as they are.

        Raises:
            ConfigError: No such built-in, or the input is not an image of at least 8x8 where one is needed.
        """
        weight = None if targets is None else targets.loss_weight
        file = builtin_file(name, tuple(input_shape), outputs, task, standardization is not None, weight)
        fixed = {} if standardization is None else standardization.input_values
        return cls(file, seed, fixed if targets is None else {**fixed, **targets.target_values})

    @classmethod
    def from_loss(
        cls,
        losses: Union[nn.Variable, Sequence[nn.Variable]],
        inputs: Mapping[str, nn.Variable],
        scope: Mapping[str, Any],
        settings: Optional[Mapping[str, Any]] = None,
        origin: str = "python",
    ) -> Network:
        """Return a network from a graph built in Python.

        Args:
            losses: Loss variables, one value per sample along axis 0; several are added.
            inputs: Data-set column to the variable it feeds; axis 0 is the batch.
            scope: The parameter scope (an ``OrderedDict``) the graph was built in; its values become the network's.
            settings: ``solver`` (a `SolverConfig`), ``epochs`` and ``batch_size``; missing ones take their defaults.
            origin: Name used in messages.

        Raises:
            NetworkError: An input does not belong to the graph.
        """
        network = cls(file_from_loss(losses, inputs, scope, settings, origin))
        network.trained = False  # the values of a graph in Python are where a training starts
        return network

    # -- other values, same structure --------------------------------------------------------------------------

    def with_parameters(self, theta: Array, statistics: Array) -> Network:
        """Return the same network with other values: theta (P,) and statistics (S,)."""
        network = Network.__new__(Network)  # what the constructor finds out about the structure is known
        vars(network).update(vars(self), trained=True)
        network._take({**self.space.unflatten(theta), **self.statistics.unflatten(statistics)})
        return network

    def initialized(self, seed: int) -> Network:
        """Return the same network with freshly drawn parameters; a standardisation keeps its values."""
        held = self.statistics.unflatten(self.statistics_values)
        return Network(drawable(NetworkFile(self.proto, {}, self.path)), seed, Standardization.in_values(held))

    @property
    def text(self) -> str:
        """The structure as NNabla's protocol-buffer text, without parameter values."""
        text: str = text_format.MessageToString(self.proto, as_utf8=True)
        return text

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
        """Return fresh parameter variables holding this network's values, in a private scope."""
        return ParameterStore({**self.space.unflatten(self.theta), **self.statistics.unflatten(self.statistics_values)})

    def build(
        self, store: ParameterStore, batch_size: int, purpose: Purpose = TRAINING, validation: bool = False
    ) -> Graph:
        """Build the training (or validation) network at a batch size.

        Without randomness, the training network may be another than the one that was trained, see `Roles.scoring`.
        """
        training = self.roles.scoring if purpose.deterministic else self.roles.training
        roles = self.roles.validation if validation else training
        # Which layers use batch statistics is the training network's choice, whatever network is built.
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

    def standardized(self, batch: Mapping[str, Array]) -> Dict[str, Array]:
        """Return a batch (B, *shape by column) with its inputs as a built-in network's fixed first layer makes them."""
        layer = Standardization.found_in(self.statistics.unflatten(self.statistics_values))
        return {**batch, INPUT: layer.applied(batch[INPUT])} if layer is not None else dict(batch)

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

    @property
    def last_hidden(self) -> Optional[str]:
        """The variable that enters the last affine layer of the network that is scored; None if there is none."""
        scoring = self.roles.scoring
        return last_hidden_variable(self._message(scoring.name), scoring.losses[0].prediction)

    def input_shapes(self) -> Dict[str, Tuple[int, ...]]:
        """Return the sample shape of every column the network reads."""
        message = self._message(self.roles.training.name)
        shapes = {v.name: tuple(v.shape.dim)[1:] for v in message.variable}
        return {column: shapes[variable] for variable, column in self.roles.training.inputs.items()}

    def check_data(self, dataset: Dataset) -> None:
        """Refuse data this network cannot read.

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
                image = len(shape) == 3  # (C, H, W)
                raise DataError(
                    f"{dataset.path}: column '{column}' should have shape {shape} for network "
                    f"'{self.path}', not {dataset.shapes[column]}.",
                    remedy("resize-images-to", height=shape[1], width=shape[2]) if image else None,
                )
        for looked_up in self._lookup_columns():
            looked_up.check(dataset)

    def _lookup_columns(self) -> Iterator[LookupColumn]:
        """Yield the columns that say which row of a table to take."""
        roles = self.roles.training
        message = self._message(roles.name)
        shapes = {v.name: tuple(v.shape.dim) for v in message.variable}
        for loss in roles.losses:
            if loss.function in CLASS_LABELS and loss.prediction is not None and loss.target is not None:
                size = shapes[loss.prediction][loss.axis]
                yield LookupColumn(loss.target, size, f"the classes of network '{self.path}'")
        for function in message.function:
            column = column_behind(function.input[0], producers_of(message), roles.inputs) if function.input else None
            if function.type == "Embed" and column is not None:
                rows = shapes[function.input[1]][0]
                yield LookupColumn(column, rows, f"the rows of embedding '{function.name}' of network '{self.path}'")

    # -- inside ------------------------------------------------------------------------------------------------

    def __getstate__(self) -> Dict[str, Any]:
        """Return what is sent to another process: NNabla's message as bytes, because it cannot be pickled."""
        return {**vars(self), "proto": self.proto.SerializeToString()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state, proto=parse_bytes(state["proto"]))

    def __repr__(self) -> str:
        columns = ", ".join(f"{column} {shape}" for column, shape in self.input_shapes().items())
        return f"Network('{self.path}', {self.space.size:,} parameters, {columns})"

    def _message(self, name: str) -> NNablaMessage:
        return next(network for network in self.proto.network if network.name == name)

    def _messages(self) -> Tuple[NNablaMessage, ...]:
        names = dict.fromkeys((self.roles.training.name, self.roles.validation.name))
        return tuple(self._message(name) for name in names)


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(matches(pattern, name) for pattern in patterns)
