"""Which variable plays which role, read from the file and never guessed by position.

The optimizer section of an NNabla file names the network that is trained, the data-set column behind every input
variable, the loss variables and the parameters that train. The validation network is the one the monitors use, if it
computes the same loss; the training network otherwise. A network file that lacks a role is refused with the role named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from ..errors import NetworkError, UnsupportedError
from .randomness import lasting_randomness

# First the prediction, then the target: the order of every NNabla loss function's inputs.
LOSS_FUNCTIONS = (
    "SoftmaxCrossEntropy",
    "SquaredError",
    "SigmoidCrossEntropy",
    "BinaryCrossEntropy",
    "CategoricalCrossEntropy",
    "AbsoluteError",
    "HuberLoss",
    "EpsilonInsensitiveLoss",
    "KLMultinomial",
)
# Losses that are the same with prediction and target exchanged.
SYMMETRIC = ("SquaredError", "AbsoluteError", "HuberLoss", "EpsilonInsensitiveLoss")
# Loss functions whose label is a class number, and where they say along which axis the classes lie.
CLASS_LABELS = {
    "SoftmaxCrossEntropy": "softmax_cross_entropy_param",
    "CategoricalCrossEntropy": "categorical_cross_entropy_param",
}
NORMALIZATION_LAYERS = ("BatchNormalization", "FusedBatchNormalization", "SyncBatchNormalization")


@dataclass(frozen=True)
class LossRole:
    """One loss of a network.

    Args:
        variable: The loss variable's name.
        function: NNabla's type of the function that computes it, e.g. ``SoftmaxCrossEntropy``.
        prediction: Variable compared with the target, if the function is a known loss.
        target: Data-set column of the target, if it is fed directly or only reshaped.
        target_variable: The variable the prediction is compared with, if no parameter enters it.
        weight: Number the loss is multiplied by.
        axis: Along which the classes of the prediction lie, for losses of class numbers.
    """

    variable: str
    function: str
    prediction: Optional[str]
    target: Optional[str]
    target_variable: Optional[str] = None
    weight: float = 1.0
    axis: int = -1

    @property
    def class_numbers(self) -> bool:
        """Whether the target is a class number."""
        return self.function in CLASS_LABELS


@dataclass(frozen=True)
class NetworkRoles:
    """Inputs, losses and constants of one network.

    Args:
        name: The network's name in the file.
        inputs: Variable name to data-set column.
        constants: Generator variables and the constant each is filled with.
        losses: The losses that are summed.
    """

    name: str
    inputs: Dict[str, str]
    constants: Dict[str, float]
    losses: Tuple[LossRole, ...]


@dataclass(frozen=True)
class Roles:
    """All roles of a file: the training network, the validation network and the trainable parameters.

    Args:
        training: Roles in the network the optimizer trains.
        scoring: Roles in the network whose loss is differentiated for scores: the training network, or the validation
            network where the training network's randomness cannot be taken out.
        validation: Roles in the network the validation loss is computed on.
        trainable_patterns: Names of the parameters that train; ``{...}`` stands for the index of a loop.
        note: How the validation network was chosen, and the scoring network if it is another than the training's.
    """

    training: NetworkRoles
    scoring: NetworkRoles
    validation: NetworkRoles
    trainable_patterns: Tuple[str, ...]
    note: str


def read_roles(proto: Any, path: str) -> Roles:
    """Reads the roles from a file's optimizer and monitor sections.

    Raises:
        NetworkError: A section is missing or names something that does not exist.
        UnsupportedError: The file trains several networks, or feeds an input this package cannot supply.
    """
    if not proto.optimizer:
        raise NetworkError(
            f"'{path}' has no optimizer section, so its loss is unknown. Use the results.nnp or "
            "net.nntxt of a training project, not one exported for inference only."
        )
    if len(proto.optimizer) > 1:
        names = ", ".join(o.name for o in proto.optimizer)
        raise UnsupportedError(f"'{path}' has {len(proto.optimizer)} optimizers ({names}); one is supported.")
    optimizer = proto.optimizer[0]
    networks = {network.name: network for network in proto.network}
    training = _network_roles(networks, optimizer, [v.variable_name for v in optimizer.loss_variable], path)
    validation, note = _validation_roles(proto, networks, training, path)
    scoring, reason = _scoring_roles(networks, training, validation)
    trainable = tuple(p.variable_name for p in optimizer.parameter_variable if p.learning_rate_multiplier > 0)
    return Roles(training, scoring, validation, trainable, note + reason)


def matches(pattern: str, name: str) -> bool:
    """Whether a parameter name fits an optimizer's entry.

    NNabla expands loops: in today's files ``{Loop}`` in a name becomes ``[number]``, in older ones ``_Loop[number]`` is
    appended.
    """
    parts = re.split(r"\{[^}]*\}", pattern)
    expanded = r"\[\d+\]".join(map(re.escape, parts)) + r"(_[^/\[\]]+\[\d+\])*"
    return re.fullmatch(expanded, name) is not None


def running_statistics(function: Any) -> Tuple[str, ...]:
    """Names of the running mean and variance of a normalisation layer; empty for other layers.

    They never train, whatever the file's multipliers or an NNP's ``need_grad`` say.
    """
    if function.type not in NORMALIZATION_LAYERS:
        return ()
    # FusedBatchNormalization may have a sixth input; the others may lack beta or gamma.
    return tuple(function.input[3:5] if function.type == "FusedBatchNormalization" else function.input[-2:])


def column_behind(variable: str, producers: Mapping[str, Any], inputs: Mapping[str, str]) -> Optional[str]:
    """The data-set column whose values a variable holds, reshaped at most.

    Args:
        variable: Its name.
        producers: The function that computes a variable, by the variable's name.
        inputs: Variable name to data-set column.
    """
    while variable not in inputs and variable in producers and producers[variable].type in ("Identity", "Reshape"):
        variable = producers[variable].input[0]
    return inputs.get(variable)


def producers_of(network: Any) -> Dict[str, Any]:
    """The function of a network message that computes a variable, by the variable's name."""
    return {output: function for function in network.function for output in function.output}


def _network_roles(networks: Dict[str, Any], section: Any, losses: Iterable[str], path: str) -> NetworkRoles:
    if section.network_name not in networks:
        raise NetworkError(
            f"'{path}': '{section.name}' uses network '{section.network_name}', which is not in the "
            f"file (networks: {', '.join(networks) or 'none'})."
        )
    network = networks[section.network_name]
    inputs = {d.variable_name: d.data_name for d in section.data_variable}
    for variable, column in inputs.items():
        if column.startswith("%"):
            raise UnsupportedError(
                f"'{path}': variable '{variable}' is fed with '{column}', the training progress; "
                "scores of such a network are not defined."
            )
    roles = tuple(_loss_role(network, name, inputs, path) for name in losses)
    if not roles:
        raise NetworkError(f"'{path}': '{section.name}' names no loss variable.")
    constants = _constants(section, path)
    _check_fed(network, roles, inputs, constants, f"'{path}': '{section.name}'")
    return NetworkRoles(network.name, inputs, constants, roles)


def _check_fed(
    network: Any, losses: Iterable[LossRole], inputs: Iterable[str], constants: Iterable[str], section: str
) -> None:
    """Every variable the losses start from must be given; NNabla would compute with whatever lies in memory."""
    names = {variable.name for variable in network.variable}
    lost = [variable for variable in inputs if variable not in names]
    if lost:
        raise NetworkError(f"{section} feeds variable '{lost[0]}', which network '{network.name}' does not have.")
    parameters = {variable.name for variable in network.variable if variable.type == "Parameter"}
    sources = _sources(network, (loss.variable for loss in losses))
    starved = sorted(sources - parameters - {*inputs, *constants})
    if starved:
        raise NetworkError(
            f"{section} names no data-set column for variable '{starved[0]}' of network "
            f"'{network.name}'. Save the network with a data_variable for each of its inputs."
        )


def _sources(network: Any, losses: Iterable[str]) -> Set[str]:
    """Variables that the losses depend on and no function computes."""
    producers = producers_of(network)
    waiting: List[str] = list(losses)
    seen: Set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += producers[name].input if name in producers else ()
    return seen - set(producers)


def _constants(section: Any, path: str) -> Dict[str, float]:
    constants = {}
    for generator in section.generator_variable:
        if generator.type != "Constant":
            raise UnsupportedError(
                f"'{path}': variable '{generator.variable_name}' is filled by a random generator "
                f"({generator.type}); only constants are supported."
            )
        constants[generator.variable_name] = float(generator.multiplier)
    return constants


def _loss_role(network: Any, variable: str, inputs: Dict[str, str], path: str) -> LossRole:
    producers = producers_of(network)
    if variable not in producers:
        raise NetworkError(f"'{path}': loss variable '{variable}' is not computed by network '{network.name}'.")
    function, weight = producers[variable], 1.0
    while function.type == "MulScalar" and function.input[0] in producers:
        weight *= function.mul_scalar_param.val
        function = producers[function.input[0]]
    if function.type not in LOSS_FUNCTIONS:
        return LossRole(variable, producers[variable].type, None, None)
    prediction, target = function.input[:2]
    parameters = {v.name for v in network.variable if v.type == "Parameter"}
    learns = {name: bool(_sources(network, [name]) & parameters) for name in (prediction, target)}
    if function.type in SYMMETRIC and learns[target] and not learns[prediction]:
        prediction, target = target, prediction
    return LossRole(
        variable,
        function.type,
        prediction if learns[prediction] else None,
        column_behind(target, producers, inputs),
        None if learns[target] else target,
        weight,
        _class_axis(function),
    )


def _class_axis(function: Any) -> int:
    # The batch axis cannot hold the classes; 0 is what an unwritten number reads as.
    return (getattr(function, CLASS_LABELS[function.type]).axis or -1) if function.type in CLASS_LABELS else -1


def _scoring_roles(
    networks: Dict[str, Any], training: NetworkRoles, validation: NetworkRoles
) -> Tuple[NetworkRoles, str]:
    lasting = lasting_randomness(networks[training.name])
    if lasting is None or lasting_randomness(networks[validation.name]):
        return training, ""
    return validation, f"; training samples are scored on it too, because {lasting}"


def _validation_roles(
    proto: Any, networks: Dict[str, Any], training: NetworkRoles, path: str
) -> Tuple[NetworkRoles, str]:
    wanted = [loss.variable for loss in training.losses]
    # A monitor of another data set than the training one comes first: it is the validation monitor.
    trained_on = set(proto.optimizer[0].dataset_name)
    for monitor in sorted(proto.monitor, key=lambda m: bool(trained_on & set(m.dataset_name))):
        network = networks.get(monitor.network_name)
        computed = {output for function in network.function for output in function.output} if network else set()
        if network is not None and network.name != training.name and computed.issuperset(wanted):
            return (
                _network_roles(networks, monitor, wanted, path),
                f"validation loss: '{', '.join(wanted)}' of network '{network.name}' (monitor '{monitor.name}')",
            )
    return training, f"validation loss: '{', '.join(wanted)}' of the training network '{training.name}'"
