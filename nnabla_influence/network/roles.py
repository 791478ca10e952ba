"""The roles of a network's variables, read from the file and never guessed by position.

The optimizer section of an NNabla file names the network that is trained, the data-set column behind every input
variable, the loss variables and the parameters that train. The validation network is the one the monitors use, if it
computes the same loss; the training network otherwise. A network file that lacks a role is refused with the role named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterable, Sequence, Tuple

from ..errors import NetworkError, UnsupportedError
from ..remedies import remedy
from .loss_role import LossRole, loss_variables, read_loss_role, sources_of
from .nnp import NNablaMessage
from .randomness import lasting_randomness

__all__ = ["NetworkRoles", "Roles", "matches", "read_roles", "running_statistics"]

NORMALIZATION_LAYERS = ("BatchNormalization", "FusedBatchNormalization", "SyncBatchNormalization")


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


def read_roles(proto: NNablaMessage, path: str) -> Roles:
    """Read the roles from a file's optimizer and monitor sections.

    Raises:
        NetworkError: A section is missing or names something that does not exist.
        UnsupportedError: The file trains several networks, or feeds an input this package cannot supply.
    """
    if not proto.optimizer:
        raise NetworkError(
            f"'{path}' has no optimizer section, so its loss is unknown. Use the results.nnp or "
            "net.nntxt of a training project, not one exported for inference only;",
            remedy("state-loss", losses=_listed(loss_variables(proto))),
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


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "no loss; save it with its loss"


def matches(pattern: str, name: str) -> bool:
    """Tell whether a parameter name fits an optimizer's entry.

    NNabla expands loops: in today's files ``{Loop}`` in a name becomes ``[number]``, in older ones ``_Loop[number]`` is
    appended.

    >>> matches("{Loop}/affine/W", "[3]/affine/W"), matches("affine/W", "affine/W_Loop[3]"), matches("a/W", "b/W")
    (True, True, False)
    """
    parts = re.split(r"\{[^}]*\}", pattern)
    expanded = r"\[\d+\]".join(map(re.escape, parts)) + r"(_[^/\[\]]+\[\d+\])*"
    return re.fullmatch(expanded, name) is not None


def running_statistics(function: NNablaMessage) -> Tuple[str, ...]:
    """Return the names of the running mean and variance of a normalisation layer; empty for other layers.

    They never train, whatever the file's multipliers or an NNP's ``need_grad`` say.
    """
    if function.type not in NORMALIZATION_LAYERS:
        return ()
    # FusedBatchNormalization may have a sixth input; the others may lack beta or gamma.
    return tuple(function.input[3:5] if function.type == "FusedBatchNormalization" else function.input[-2:])


def _network_roles(
    networks: Dict[str, NNablaMessage], section: NNablaMessage, losses: Iterable[str], path: str
) -> NetworkRoles:
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
    roles = tuple(read_loss_role(network, name, inputs, path) for name in losses)
    if not roles:
        raise NetworkError(f"'{path}': '{section.name}' names no loss variable.")
    constants = _constants(section, path)
    _check_fed(network, roles, inputs, constants, f"'{path}': '{section.name}'")
    return NetworkRoles(network.name, inputs, constants, roles)


def _check_fed(
    network: NNablaMessage, losses: Iterable[LossRole], inputs: Iterable[str], constants: Iterable[str], section: str
) -> None:
    """Refuse a variable the losses start from and nobody fills: NNabla would compute with whatever lies in memory."""
    names = {variable.name for variable in network.variable}
    lost = [variable for variable in inputs if variable not in names]
    if lost:
        raise NetworkError(f"{section} feeds variable '{lost[0]}', which network '{network.name}' does not have.")
    parameters = {variable.name for variable in network.variable if variable.type == "Parameter"}
    sources = sources_of(network, (loss.variable for loss in losses))
    starved = sorted(sources - parameters - {*inputs, *constants})
    if starved:
        raise NetworkError(
            f"{section} names no data-set column for variable '{starved[0]}' of network "
            f"'{network.name}'. Save the network with a data_variable for each of its inputs."
        )


def _constants(section: NNablaMessage, path: str) -> Dict[str, float]:
    constants = {}
    for generator in section.generator_variable:
        if generator.type != "Constant":
            raise UnsupportedError(
                f"'{path}': variable '{generator.variable_name}' is filled by a random generator "
                f"({generator.type}); only constants are supported."
            )
        constants[generator.variable_name] = float(generator.multiplier)
    return constants


def _scoring_roles(
    networks: Dict[str, NNablaMessage], training: NetworkRoles, validation: NetworkRoles
) -> Tuple[NetworkRoles, str]:
    lasting = lasting_randomness(networks[training.name])
    if lasting is None or lasting_randomness(networks[validation.name]):
        return training, ""
    return validation, f"; training samples are scored on it too, because {lasting}"


def _validation_roles(
    proto: NNablaMessage, networks: Dict[str, NNablaMessage], training: NetworkRoles, path: str
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
