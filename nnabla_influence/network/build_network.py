"""Build a network message into live variables, at any batch size, or say which layer does not let it.

NNabla's loader raises what its code happens to raise, from deep inside. A network that cannot be built is refused here
with its name, the layer, the batch size and NNabla's own words; one that can be built at another batch size only has
that number written into it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Callable, Optional

import nnabla as nn
import numpy as np
from nnabla.utils import nnabla_pb2

from ..errors import NetworkError, RequestError, UnsupportedError
from .nnabla_errors import NNABLA_ERRORS, one_line
from .nnp import NNablaMessage

__all__ = ["BuiltNetwork", "build_network"]

BuiltNetwork = Any
"""NNabla's ``graph_def.ProtoNetwork`` after it was called with a batch size; NNabla states no types."""


def build_network(
    message: NNablaMessage,
    batch_size: int,
    *,
    leaf: Optional[Callable[[str], nn.Variable]] = None,
    scope: Optional[OrderedDict[str, nn.Variable]] = None,
    rng: Optional[np.random.RandomState] = None,
) -> BuiltNetwork:
    """Build one network message into variables.

    Args:
        message: The network message.
        batch_size: B.
        leaf: Gives the variable of a parameter. NNabla itself makes a new variable for every use of a parameter, and
            its `grad` then follows one of the uses only.
        scope: Without `leaf`: parameters are taken from, or drawn into, this scope.
        rng: Draws them.

    Returns:
        NNabla's proto network; its ``variables`` hold the live ones.

    Raises:
        NetworkError: NNabla cannot read or build the network.
        UnsupportedError: It can be built at another batch size, but not at this one.
    """
    try:
        network = _read(message, batch_size, scope, rng)
    except NNABLA_ERRORS as error:
        raise NetworkError(f"NNabla cannot read network '{message.name}': {one_line(error)}.") from error
    if leaf is not None:
        # A parameter that no layer reads may be declared; nothing draws it.
        read = {name for function in network.functions.values() for name in function.inputs}
        used = {name: parameter for name, parameter in network.parameters.items() if name in read}
        for name, parameter in used.items():
            # A buffer's variable is used as it is, wherever the name occurs; a parameter's is copied for each use.
            parameter.type = "Buffer"
            parameter.variable_instance = leaf(name)
    try:
        network(batch_size=batch_size)
    except NNABLA_ERRORS as error:
        raise _refusal(message, network, batch_size, error) from error
    return network


def _read(
    message: NNablaMessage,
    batch_size: int,
    scope: Optional[OrderedDict[str, nn.Variable]],
    rng: Optional[np.random.RandomState],
) -> BuiltNetwork:
    proto = nnabla_pb2.NNablaProtoBuf()
    proto.network.add().CopyFrom(message)
    _cut_whole_batches(proto.network[0], batch_size)
    graph = nn.graph_def.ProtoGraph.from_proto(proto, param_scope=scope, rng=rng)
    graph.expand_loop_control()
    network = graph.networks[message.name]
    # The network refers to its graph weakly only.
    network.kept_alive = graph
    return network


def _cut_whole_batches(message: NNablaMessage, batch_size: int) -> None:
    """Let slices that took the whole batch axis take it again.

    Slices in Python (``h[:, :2]``) are saved with the batch size of their day as the end of the batch axis.
    """
    shapes = {v.name: tuple(v.shape.dim) for v in message.variable}
    for function in message.function:
        if function.type == "Slice":
            cut = function.slice_param
            before = shapes[function.input[0]]
            after = shapes[function.output[0]]
            # -1 stands for the batch axis; where it is gone after the slice, a part of the batch was meant.
            every_axis = len(cut.stop) == len(before) and before[:1] == after[:1] == (-1,)
            if every_axis and cut.start[0] == 0 and cut.step[0] == 1:
                cut.stop[0] = batch_size


def _refusal(message: NNablaMessage, network: BuiltNetwork, batch_size: int, error: BaseException) -> RequestError:
    """Return the error of a network that cannot be built: at this batch size, or at all."""
    built = {name for name, variable in network.variables.items() if variable.variable_instance is not None}
    unfinished = (f for f in network.forward_sequence() if not built.issuperset(f.outputs))
    layer = next((f"layer '{f.name}' ({f.type})" for f in unfinished), "a layer")
    cause = f"Network '{message.name}' cannot be built at batch size {batch_size}: {layer} says: {one_line(error)}."
    possible = next((size for size in (message.batch_size, 2, 1) if size != batch_size and _builds(message, size)), 0)
    if possible:
        return UnsupportedError(
            f"{cause} It can be at {possible}, so that number is written into a shape, a slice or a constant. "
            "Write -1 for the batch axis there, or build that part without it."
        )
    return NetworkError(f"{cause} Its layers or shapes do not fit each other: build and save it again.")


def _builds(message: NNablaMessage, batch_size: int) -> bool:
    try:
        _read(message, batch_size, OrderedDict(), np.random.RandomState(0))(batch_size=batch_size)
    except NNABLA_ERRORS:
        return False
    return batch_size > 0
