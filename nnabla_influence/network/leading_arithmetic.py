"""Arithmetic with fixed numbers right behind an input, done in NumPy while a batch is copied into the network.

A network may begin with ``(x - mean) * scale``, as the built-in ones do where the data is no image. NNabla's layers for
that take some 25 nanoseconds a number, which is half of a training step of a small network, and nothing depends on who
does it: NumPy's float32 gives the same bits. So such layers are taken out of the copy of a network that is built for
training, and an input variable there holds what they make of the data.
"""

from __future__ import annotations

from collections import Counter
from typing import Callable, Container, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from ..array import Array
from .layer_order import LOOPS
from .nnp import NNablaMessage

__all__ = ["LeadingArithmetic", "take_leading_arithmetic"]

OPERATIONS: Dict[str, Callable[..., Array]] = {
    "Add2": np.add,
    "Sub2": np.subtract,
    "Mul2": np.multiply,
    "Div2": np.divide,
}
"""NumPy's function by the type of the layer."""


class _Step(NamedTuple):
    """A layer of two operands, one of which is the data."""

    operation: Callable[..., Array]
    parameter: str
    data_first: bool

    def __call__(self, data: Array, value: Array) -> None:
        """Compute the layer in place on data (B, ...)."""
        operands = (data, value) if self.data_first else (value, data)
        self.operation(*operands, out=data)


class LeadingArithmetic(NamedTuple):
    """What was taken out behind one input.

    Args:
        variable: The variable that now takes the place of the input.
        steps: The layers, in order.
    """

    variable: str
    steps: Tuple[_Step, ...] = ()

    def apply(self, data: Array, values: Callable[[str], Array]) -> None:
        """Compute the layers in place.

        Args:
            data: A batch (B, ...), float32.
            values: The parameters by name, each with a batch axis of one.
        """
        for step in self.steps:
            with np.errstate(all="ignore"):  # as NNabla: what is not finite is found in the loss
                step(data, values(step.parameter))


def take_leading_arithmetic(
    message: NNablaMessage, inputs: Iterable[str], trainable: Container[str]
) -> Mapping[str, LeadingArithmetic]:
    """Take the layers out of a network message, which is changed.

    A layer goes if it computes with the data and a parameter that does not train and that nothing else reads or writes,
    if nothing else reads what it reads, and if the batch keeps its shape.

    Args:
        message: The network message.
        inputs: Names of the variables that are fed.
        trainable: Names of the parameters that train.

    Returns:
        By input variable, where it was taken out.
    """
    if message.repeat_info or any(function.type in LOOPS for function in message.function):
        return {}
    shapes = {variable.name: tuple(variable.shape.dim) for variable in message.variable}
    parameters = {variable.name for variable in message.variable if variable.type == "Parameter"}
    readers = Counter(name for function in message.function for name in function.input)

    def step_behind(variable: str) -> Optional[Tuple[_Step, NNablaMessage]]:
        """Return the layer that reads a variable, if it can be taken out."""
        if readers[variable] != 1 or variable not in shapes:
            return None
        layer = next(function for function in message.function if variable in function.input)
        if layer.type not in OPERATIONS or len(layer.input) != 2 or len(layer.output) != 1:
            return None
        data_first = layer.input[0] == variable
        parameter = layer.input[1 if data_first else 0]
        fixed = parameter in parameters and parameter not in trainable and readers[parameter] == 1
        shape = shapes[variable]
        fits = shapes.get(layer.output[0]) == shape and len(shapes[parameter]) == len(shape) > 1
        if not fixed or not fits or shapes[parameter][0] != 1:
            return None
        return _Step(OPERATIONS[layer.type], parameter, data_first), layer

    taken: Dict[str, LeadingArithmetic] = {}
    for name in inputs:
        variable = name
        steps: List[_Step] = []
        behind = step_behind(variable)
        while behind is not None:
            step, layer = behind
            steps.append(step)
            variable = layer.output[0]
            message.function.remove(layer)
            behind = step_behind(variable)
        if steps:
            taken[name] = LeadingArithmetic(variable, tuple(steps))
    return taken
