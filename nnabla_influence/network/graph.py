"""A network at one batch size, as live NNabla variables.

The network's message is copied and edited for its purpose before it is built (`Purpose`): training keeps it as it
is; scoring and evaluation take randomness (dropout, augmentation) out and choose the statistics of batch
normalisation; `measure` makes every normalisation layer report the statistics of the batch it has just seen.

Per-sample losses: the mean over a loss's non-batch axes; several losses are added, which is how NNabla seeds them
(each with gradient 1 / size). NNabla variables never leave `network`, `autodiff` and `training`.
"""

from __future__ import annotations

from typing import Container, Dict, List, Mapping, NamedTuple, Optional, Tuple

import nnabla as nn
import nnabla.functions as F
import numpy as np

from ..array import Array
from ..errors import DataError, NetworkError, UnsupportedError
from ..machine_memory import require_memory
from ..parameters import ParameterSpace
from ..remedies import remedy
from .build_network import BuiltNetwork, build_network
from .leading_arithmetic import LeadingArithmetic, take_leading_arithmetic
from .loss_role import LossRole
from .nnp import NNablaMessage
from .randomness import make_deterministic, with_common_seed
from .roles import NetworkRoles, running_statistics

__all__ = [
    "MEASURING",
    "SCORING_BATCH",
    "SCORING_FROZEN",
    "TRAINING",
    "Graph",
    "ParameterStore",
    "Purpose",
    "batch_statistics_layers",
    "check_batch",
]

FLOAT_BYTES = 4
PARAMETER_FIELDS = {
    "BatchNormalization": "batch_normalization_param",
    "FusedBatchNormalization": "fused_batch_normalization_param",
    "SyncBatchNormalization": "sync_batch_normalization_param",
}
"""The part of NNabla's message that holds a normalisation layer's settings, by the layer's type."""


class Purpose(NamedTuple):
    """The use a graph is built for.

    Args:
        deterministic: Take dropout and augmentation out.
        batch_norm: ``as-is`` (as the network says), ``batch`` (batch statistics wherever training uses them),
            ``frozen`` (running statistics everywhere) or ``measure`` (batch statistics, reported unsmoothed).
    """

    deterministic: bool
    batch_norm: str


TRAINING = Purpose(False, "as-is")
SCORING_BATCH = Purpose(True, "batch")
SCORING_FROZEN = Purpose(True, "frozen")
MEASURING = Purpose(True, "measure")


class ParameterStore:
    """The parameter arrays shared by all graphs of one owner.

    Args:
        values: Arrays by full parameter name.

    >>> import numpy as np
    >>> store = ParameterStore({"affine/b": np.zeros(2)})
    >>> store.write({"affine/b": np.ones(2, np.float32)})
    >>> store.read(("affine/b",))
    {'affine/b': array([1., 1.], dtype=float32)}
    """

    def __init__(self, values: Mapping[str, Array]) -> None:
        self.variables: Dict[str, nn.Variable] = {
            name: nn.Variable.from_numpy_array(np.asarray(value, np.float32)) for name, value in values.items()
        }

    def write(self, values: Mapping[str, Array]) -> None:
        """Copy arrays into the variables of the same names."""
        for name, value in values.items():
            self.variables[name].data.data = value

    def read(self, names: Tuple[str, ...]) -> Dict[str, Array]:
        """Return copies of the variables' values."""
        return {name: self.variables[name].d.copy() for name in names}


class Graph:
    """A network at one batch size: inputs to fill, sample losses (B, 1) to compute, parameters to differentiate.

    >>> from nnabla_influence import Network
    >>> network = Network.builtin("builtin:mlp", (4,), outputs=3)
    >>> graph = network.build(network.store(), batch_size=2)
    >>> graph.feed({"x": np.zeros((2, 4)), "y": np.array([[0], [2]])})
    >>> graph.sample_losses.forward()
    >>> graph.sample_losses.d.round(3).ravel()  # log 3: all logits are 0
    array([1.099, 1.099], dtype=float32)

    Args:
        message: NNabla's network message; copied, never changed.
        roles: Roles of its variables.
        store: Where its parameters live.
        trainable: Names of the parameters that are differentiated; all others are constants.
        batch_size: B.
        purpose: What it is built for.
        batch_statistics: Running-mean names of the layers that use batch statistics in training.

    Raises:
        NetworkError: An input is missing from the network.
        UnsupportedError: A loss has no batch axis, or a random layer cannot be taken out.
        TooLargeError: A batch does not fit the memory of this machine.

    Attributes:
        variables: Every variable of the network, by name.
        inputs: Data-set column and the variable it feeds; in training, with the arithmetic right behind it done.
        sample_losses: The loss of every sample (B, 1).
        predictions: Every loss and the variable it compares with the target, None if the loss is of no known kind.
        targets: Every loss's target, None where parameters enter it.
        leaves: The variable of every parameter, by name; one even where a parameter is used several times.
    """

    def __init__(
        self,
        message: NNablaMessage,
        roles: NetworkRoles,
        store: ParameterStore,
        trainable: Container[str],
        batch_size: int,
        purpose: Purpose,
        batch_statistics: Tuple[str, ...] = (),
    ) -> None:
        self.batch_size = batch_size
        self.leaves: Dict[str, nn.Variable] = {}

        def leaf(name: str) -> nn.Variable:
            """Return a variable of its own for a parameter, and remember it."""
            self.leaves[name] = store.variables[name].get_unlinked_variable(need_grad=name in trainable)
            return self.leaves[name]

        message = prepared(message, purpose, batch_statistics)
        # Other purposes ask for derivatives and activations of layers by name, and seldom compute with NNabla.
        taken = take_leading_arithmetic(message, roles.inputs, trainable) if purpose == TRAINING else {}
        built = build_network(message, batch_size, leaf=leaf)
        self._require_memory(built, purpose, roles.name)
        made = {name: v.variable_instance for name, v in built.variables.items() if v.variable_instance is not None}
        leading = {name: taken.get(name, LeadingArithmetic(name)) for name in roles.inputs}
        missing = [name for name, first in leading.items() if first.variable not in made]
        if missing:
            raise NetworkError(f"Input variable '{missing[0]}' is not in network '{roles.name}'.")
        self.variables: Mapping[str, nn.Variable] = made
        self.inputs = [(column, made[leading[name].variable]) for name, column in roles.inputs.items()]
        self._leading = list(leading.values())
        self._store = store
        for name, value in roles.constants.items():
            if name in made:
                made[name].data.fill(value)
        self.sample_losses = _sample_losses(built, roles, batch_size)  # (B, 1)
        self.predictions: List[Tuple[LossRole, Optional[nn.Variable]]] = [
            (loss, _variable(built, loss.prediction)) for loss in roles.losses
        ]
        self.targets = [_variable(built, loss.target_variable) for loss in roles.losses]

    def _require_memory(self, built: BuiltNetwork, purpose: Purpose, name: str) -> None:
        """Refuse a batch that does not fit the memory: NNabla would be killed in the middle of the first pass.

        A training pass keeps what enters a layer with parameters, for their gradients; any pass holds the largest
        variable.
        """
        # A variable that no layer makes has no instance.
        instances = ((name, variable.variable_instance) for name, variable in built.variables.items())
        sizes = {name: FLOAT_BYTES * instance.size for name, instance in instances if instance is not None}
        needed = max(sizes.values(), default=0)
        if purpose == TRAINING:
            layers = [f.inputs for f in built.forward_sequence() if any(name in self.leaves for name in f.inputs)]
            kept = {name for inputs in layers for name in inputs if name not in self.leaves}
            needed = max(needed, sum(sizes.get(name, 0) for name in kept))
        work = f"a batch of {self.batch_size} samples in network '{name}'"
        require_memory(needed, work, remedy("smaller-batches"))

    def feed(self, batch: Mapping[str, Array]) -> None:
        """Copy a batch, data-set column to array (B, ...), into the input variables."""
        for (column, variable), leading in zip(self.inputs, self._leading):
            data = variable.data.cast(np.float32)
            data[...] = batch[column].reshape(variable.shape)
            leading.apply(data, self._fixed)

    def _fixed(self, name: str) -> Array:
        value: Array = self._store.variables[name].d
        return value

    def keep_predictions(self) -> None:
        """Make the (first) prediction survive a forward pass that clears what it does not need."""
        prediction = self.predictions[0][1]
        if prediction is not None:
            prediction.persistent = True

    def prediction_values(self) -> Array:
        """Return the (first) prediction after a forward pass (B, ...), if it is kept; empty if there is none."""
        prediction = self.predictions[0][1]
        return np.zeros(0) if prediction is None else prediction.d.copy()

    def clear_gradients(self) -> None:
        """Set the parameters' gradients to zero; NNabla's backward pass adds to them."""
        for variable in self.leaves.values():
            variable.grad.zero()

    def gradient(self, space: ParameterSpace) -> Array:
        """Return the parameters' gradients as a vector (P,); zero for those this network does not use."""
        gradients = {
            name: self.leaves[name].g if name in self.leaves else np.zeros(shape, np.float32)
            for name, shape in zip(space.names, space.shapes)
        }
        return space.flatten(gradients)


def prepared(message: NNablaMessage, purpose: Purpose, batch_statistics: Tuple[str, ...]) -> NNablaMessage:
    """Return a copy of a network message, edited for its purpose."""
    copy = type(message)()
    copy.CopyFrom(message)
    if purpose.deterministic:
        make_deterministic(copy)
    for function in copy.function:
        with_common_seed(function)
        statistics = running_statistics(function)
        if statistics and purpose.batch_norm != "as-is":
            parameter = getattr(function, PARAMETER_FIELDS[function.type])
            in_batch = statistics[0] in batch_statistics
            parameter.batch_stat = in_batch and purpose.batch_norm != "frozen"
            if purpose.batch_norm == "measure":
                # running = decay * running + (1 - decay) * batch: with 0 the layer reports the batch alone.
                parameter.decay_rate = 0.0
    return copy


def batch_statistics_layers(message: NNablaMessage) -> Tuple[str, ...]:
    """Return the running-mean parameters of the layers that use batch statistics in this network."""
    return tuple(
        running_statistics(function)[0]
        for function in message.function
        if running_statistics(function) and getattr(function, PARAMETER_FIELDS[function.type]).batch_stat
    )


def _variable(built: BuiltNetwork, name: Optional[str]) -> Optional[nn.Variable]:
    return built.variables[name].variable_instance if name in built.variables else None


def _sample_losses(built: BuiltNetwork, roles: NetworkRoles, batch_size: int) -> nn.Variable:
    total = None
    for loss in roles.losses:
        variable = built.variables[loss.variable].variable_instance
        if len(variable.shape) == 0 or variable.shape[0] != batch_size:
            raise UnsupportedError(
                f"Loss '{loss.variable}' ({loss.function}) has shape {variable.shape} at batch size {batch_size}: it "
                "has no batch axis, so a single sample's loss is not defined. Remove the layer that averages the loss."
            )
        sample = F.mean(F.reshape(variable, (batch_size, -1)), axis=1, keepdims=True)  # (B, 1)
        total = sample if total is None else total + sample
    return total


def check_batch(batch: Mapping[str, Array], graph: Graph) -> None:
    """Refuse a batch whose columns or shapes do not fit the graph.

    Raises:
        DataError: A column is missing or has another shape.
    """
    for column, variable in graph.inputs:
        if column not in batch:
            raise DataError(f"The network reads column '{column}'; the data has {', '.join(batch)}.")
        if batch[column].size != variable.size:
            raise DataError(f"Column '{column}' should have shape {variable.shape}, not {batch[column].shape}.")
