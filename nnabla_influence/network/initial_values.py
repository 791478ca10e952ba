"""Parameter values of a network: drawn by its initializers, or taken from its file.

NNabla's files state an initializer for each parameter, so a network without values can be drawn, and drawn anew with
another seed. A network built in Python has values but may lack initializers; an ``.nnp`` saved halfway has some of the
values only and is refused.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Dict, Mapping

import nnabla as nn
import numpy as np

from ..array import Array
from ..errors import NetworkError
from .build_network import build_network
from .nnp import NetworkFile, NNablaMessage

__all__ = ["complete_values", "drawable", "initial_values"]


def initial_values(proto: NNablaMessage, seed: int) -> Dict[str, Array]:
    """Draw every parameter with the file's initializers, in NNabla's own order of networks and layers.

    Returns:
        Float32 arrays by full parameter name; the same for the same seed.
    """
    scope: OrderedDict[str, nn.Variable] = OrderedDict()
    rng = np.random.RandomState(seed)
    for message in proto.network:
        build_network(message, 2, scope=scope, rng=rng)  # any batch size: parameters do not depend on it
    with nn.parameter_scope("", scope):
        return {name: variable.d.copy() for name, variable in nn.get_parameters(grad_only=False).items()}


def drawable(file: NetworkFile) -> NetworkFile:
    """Return the file if its parameters are there, or can be drawn.

    Raises:
        NetworkError: A parameter has neither a value nor an initializer.
    """
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


def complete_values(drawn: Mapping[str, Array], file: NetworkFile) -> Dict[str, Array]:
    """Return the file's values of all drawn parameters.

    Raises:
        NetworkError: The file lacks one, or holds one of another shape.
    """
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
