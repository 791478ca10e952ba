"""The role of one loss: which variable is predicted, which is the target, and where in the data that comes from.

NNabla's message of a network lists functions with the names of their inputs and outputs. A loss variable is followed
back through them: past factors to the loss function, from its target to the data-set column it is fed with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Set

from ..errors import NetworkError
from .nnp import NNablaMessage

__all__ = [
    "CLASS_LABELS",
    "MEAN",
    "LossRole",
    "column_behind",
    "loss_variables",
    "producers_of",
    "read_loss_role",
    "sources_of",
]

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

MEAN = "Mean"

# Loss functions that are minus the logarithm of the label's probability.
LOG_LIKELIHOODS = (*CLASS_LABELS, "SigmoidCrossEntropy", "BinaryCrossEntropy")


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

    @property
    def log_likelihood(self) -> bool:
        """Whether the loss, without its weight, is minus the logarithm of the label's probability."""
        return self.function in LOG_LIKELIHOODS


def read_loss_role(network: NNablaMessage, variable: str, inputs: Dict[str, str], path: str) -> LossRole:
    """Read the role of a loss variable from its network.

    Args:
        network: The network message.
        variable: The loss variable's name.
        inputs: Variable name to data-set column.
        path: Where the network came from, for messages.

    Raises:
        NetworkError: The network does not compute the variable.
    """
    producers = producers_of(network)
    if variable not in producers:
        raise NetworkError(f"'{path}': loss variable '{variable}' is not computed by network '{network.name}'.")
    function = producers[variable]
    weight = 1.0
    # A loss times a number is that loss with a weight.
    while function.type == "MulScalar" and function.input[0] in producers:
        weight *= function.mul_scalar_param.val
        function = producers[function.input[0]]
    if function.type not in LOSS_FUNCTIONS:
        return LossRole(variable, producers[variable].type, None, None)
    prediction, target = function.input[:2]
    parameters = {v.name for v in network.variable if v.type == "Parameter"}
    learns = {name: bool(sources_of(network, [name]) & parameters) for name in (prediction, target)}
    # With its inputs exchanged it is the same loss; the target is the one that learns nothing.
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


def _class_axis(function: NNablaMessage) -> int:
    # The batch axis cannot hold the classes; 0 is what an unwritten number reads as.
    return (getattr(function, CLASS_LABELS[function.type]).axis or -1) if function.type in CLASS_LABELS else -1


def column_behind(variable: str, producers: Mapping[str, NNablaMessage], inputs: Mapping[str, str]) -> Optional[str]:
    """Return the data-set column whose values a variable holds, reshaped at most.

    Args:
        variable: Its name.
        producers: The function that computes a variable, by the variable's name.
        inputs: Variable name to data-set column.
    """
    while variable not in inputs and variable in producers and producers[variable].type in ("Identity", "Reshape"):
        variable = producers[variable].input[0]
    return inputs.get(variable)


def producers_of(network: NNablaMessage) -> Dict[str, NNablaMessage]:
    """Return the function of a network message that computes a variable, by the variable's name."""
    return {output: function for function in network.function for output in function.output}


def sources_of(network: NNablaMessage, losses: Iterable[str]) -> Set[str]:
    """Return the variables that the losses depend on and no function computes."""
    producers = producers_of(network)
    waiting: List[str] = list(losses)
    seen: Set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += producers[name].input if name in producers else ()
    return seen - set(producers)


def loss_variables(proto: NNablaMessage) -> List[str]:
    """Return the variables of a file that look like a loss: what loss functions compute, and means of that."""
    loss_outputs: List[str] = []
    for network in proto.network:
        for function in network.function:
            if function.type in LOSS_FUNCTIONS or (function.type == MEAN and function.input[0] in loss_outputs):
                loss_outputs += function.output
    return list(dict.fromkeys(reversed(loss_outputs)))  # what was named by its author comes last in a graph
